"""Pull requests for registry and lineage: real git against a bare repository, the service on loopback."""

import json

import pytest

from hetero2.errors import ConfigError, HeteroError
from tests.release_api import TOKEN, service
from tests.releases import commit, git, project, release, row_of
from tools.release import build, checks, proposals, registry
from tools.release.api import Api
from tools.release.proposals import Remote, propose_pins, record, register
from tools.release.publish import publish
from tools.release.tags import parse

TAG = parse("value-utility-proxy-2026-11-22-r1")
BRANCH, LINEAGE = f"registry/{TAG.text}", f"lineage/{TAG.text}"


@pytest.fixture
def root(tmp_path):
    """A published release in a checkout whose origin is a bare repository."""
    made = project(tmp_path / "project")
    git(tmp_path, "clone", "--quiet", "--bare", str(made), "origin.git")
    git(made, "remote", "add", "origin", str(tmp_path / "origin.git"))
    release(made, TAG.text, source=git(made, "rev-parse", "HEAD"))
    return made


@pytest.fixture
def api(tmp_path, root, monkeypatch):
    with service(tmp_path, tmp_path / "origin.git") as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.ca_file))
        running.client = Api.from_environment(running.environment())
        running.remote = Remote(running.client, minutes=0.2, poll_seconds=0.01)
        publish(root, TAG, running.client, False, {}, lambda _: None)
        running.asked.clear()
        yield running


def posts(api):
    return [path.rsplit("/", 1)[1] for method, path, _ in api.asked if method == "POST"]


def at_remote(root, branch, name):
    git(root, "fetch", "--quiet", "origin", branch)
    return git(root, "show", f"FETCH_HEAD:{name}")


def test_from_published_to_lineage(root, api):
    told = []
    before = git(root, "status", "--porcelain")
    assert register(root, TAG, api.remote, told.append)
    head = git(root, "ls-remote", "origin", f"refs/heads/{BRANCH}").split()[0]
    assert told[-2:] == [f"pytest run url: {api.all_runs[0]['html_url']}", f"tested_sha: {head}"]
    assert api.all_pulls[0]["base"] == "main"
    assert "\nMilestone: VALUE-M5\n" in api.all_pulls[0]["body"]
    assert f'"tag": "{TAG.text}"' in at_remote(root, BRANCH, checks.ARTEFACTS)
    assert TAG.text in at_remote(root, BRANCH, "docs/artefacts_registry.md")
    assert git(root, "show", "--no-patch", "--format=%an", head) == "HETERO-2 release"
    with pytest.raises(HeteroError, match="is not merged") as caught:
        record(root, TAG, api.remote, told.append)
    assert api.all_pulls[0]["html_url"] in caught.value.hint
    merged = api.merge(1)
    assert not register(root, TAG, api.remote, told.append)  # main has it: nothing to do
    assert record(root, TAG, api.remote, told.append)
    line = at_remote(root, LINEAGE, checks.LINEAGE).splitlines()[-1]
    assert f'"merge_commit": "{merged}"' in line
    assert api.all_pulls[0]["html_url"] in line
    assert "\nMilestone: VALUE-M5\n" in api.all_pulls[1]["body"]
    api.merge(2)
    assert not record(root, TAG, api.remote, told.append)
    assert len(api.all_pulls) == len(api.all_runs) == 2
    assert git(root, "status", "--porcelain") == before  # the tree of who asks is not touched
    assert len(git(root, "worktree", "list").splitlines()) == 1
    git(root, "switch", "--quiet", "--detach", "FETCH_HEAD")
    git(root, "fetch", "--quiet", "origin", "main")
    git(root, "switch", "--quiet", "--detach", "FETCH_HEAD")
    assert checks.problems(root, "main") == []


@pytest.mark.parametrize(
    ("method", "path", "how"),
    [
        ("POST", "/pulls$", "before"),
        ("POST", "/pulls$", "after"),
        ("POST", "/dispatches$", "before"),
        ("POST", "/dispatches$", "after"),
        ("POST", "/dispatches$", "502"),
    ],
)
def test_after_a_fault_of_the_network_the_same_command_finishes(root, api, method, path, how):
    api.fail(method, path, how)
    with pytest.raises(HeteroError, match="https://127"):
        register(root, TAG, api.remote, lambda _: None)
    head = git(root, "ls-remote", "origin", f"refs/heads/{BRANCH}")
    assert register(root, TAG, api.remote, lambda _: None)
    assert git(root, "ls-remote", "origin", f"refs/heads/{BRANCH}") == head  # the branch is used as it is
    assert len(api.all_pulls) == len(api.all_runs) == 1


def test_a_push_that_fails_is_told_and_can_be_repeated(root, api, tmp_path):
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(HeteroError, match="git push"):
        register(root, TAG, api.remote, lambda _: None)
    assert len(git(root, "worktree", "list").splitlines()) == 1
    hook.unlink()
    assert register(root, TAG, api.remote, lambda _: None)


def test_a_main_that_moved_on_is_followed(root, api):
    """Another release was merged meanwhile: ours is bound anew behind it, in the same pull request."""
    register(root, TAG, api.remote, lambda _: None)
    git(root, "fetch", "--quiet", "origin", "main")
    git(root, "switch", "--quiet", "--create", "theirs", "FETCH_HEAD")
    registry.add(root, row_of("value-ring-suite-2026-11-22-r0"))
    commit(root, "another release")
    git(root, "push", "--quiet", "origin", "theirs:main")
    assert register(root, TAG, api.remote, lambda _: None)
    tags = [line.split('"tag": "')[1].split('"')[0] for line in at_remote(root, BRANCH, checks.ARTEFACTS).splitlines()]
    assert tags == ["value-ring-suite-2026-11-22-r0", TAG.text]
    assert len(api.all_pulls) == 1
    assert len(api.all_runs) == 2  # what was pushed anew is tested anew


def test_other_code_than_that_of_main_renders_nothing(root, api):
    (root / "config/releases.yaml").write_text((root / "config/releases.yaml").read_text() + "more: {target: pilot}\n")
    commit(root, "another prefix")
    with pytest.raises(HeteroError, match="the code here is not that of origin/main") as caught:
        register(root, TAG, api.remote, lambda _: None)
    assert "git switch --detach origin/main" in caught.value.hint
    assert posts(api) == []


def test_a_failed_run_is_told_and_the_next_try_starts_another(root, api):
    api.conclusion = "failure"
    with pytest.raises(HeteroError, match="CI ended with failure: https://example"):
        register(root, TAG, api.remote, lambda _: None)
    api.conclusion = "success"
    assert register(root, TAG, api.remote, lambda _: None)
    assert len(api.all_runs) == 2


@pytest.mark.parametrize("conclusion", ["cancelled", "timed_out", "skipped", "neutral", "startup_failure"])
def test_only_success_is_success(root, api, conclusion):
    api.conclusion = conclusion
    with pytest.raises(HeteroError, match=f"CI ended with {conclusion}"):
        register(root, TAG, api.remote, lambda _: None)


def test_a_pull_request_that_was_closed_is_not_merged(root, api):
    register(root, TAG, api.remote, lambda _: None)
    api.all_pulls[0]["state"] = "closed"
    with pytest.raises(HeteroError, match="is not merged"):
        record(root, TAG, api.remote, lambda _: None)
    assert register(root, TAG, api.remote, lambda _: None)  # another one takes its place
    assert len(api.all_pulls) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["assets"][0].update(url="https://example.org/elsewhere"),
        lambda row: row["ci"].update(docker="failure"),
        lambda row: row.update(prerelease=True, milestone=None),
    ],
)
def test_a_row_that_does_not_say_what_is_published_is_not_registered(root, api, change):
    path = build.folder_of(root, TAG) / build.ROW
    row = json.loads(path.read_text())
    change(row)
    path.write_text(json.dumps(row))
    with pytest.raises(HeteroError, match="does not match what is published"):
        register(root, TAG, api.remote, lambda _: None)
    assert api.all_pulls == []


@pytest.mark.parametrize(
    "change",
    [
        lambda api: api.assets.popitem(),
        lambda api: api._put(1, "evil.zip", b"x", "uploaded"),
        lambda api: api.assets[1].update(state="starter"),
        lambda api: api.assets[1].update(content=b"x"),
        lambda api: api.all_releases[1].update(prerelease=True),
    ],
)
def test_what_was_changed_after_it_was_published_is_not_registered(root, api, change):
    change(api)
    with pytest.raises(HeteroError, match="does not match what is published"):
        register(root, TAG, api.remote, lambda _: None)
    assert api.all_pulls == []


@pytest.mark.parametrize("commit", ["e" * 40, "not-a-commit", "--help"])
def test_a_merge_that_is_not_in_main_enters_no_lineage(root, api, commit):
    register(root, TAG, api.remote, lambda _: None)
    api.merge(1)
    api.all_pulls[0]["merge_commit_sha"] = commit
    with pytest.raises(HeteroError, match="has no row of"):
        record(root, TAG, api.remote, lambda _: None)
    assert len(api.all_pulls) == 1


def test_a_branch_that_somebody_else_made_is_replaced(root, api):
    """One of no history of ours, in place of the branch."""
    other = git(root, "commit-tree", git(root, "rev-parse", "HEAD^{tree}"), "-m", "of nothing")
    git(root, "push", "--quiet", "origin", f"{other}:refs/heads/{BRANCH}")
    assert register(root, TAG, api.remote, lambda _: None)
    assert TAG.text in at_remote(root, BRANCH, checks.ARTEFACTS)


def test_ci_that_never_ends_is_not_awaited_for_ever(root, api):
    runs = api.runs
    # Of a commit there are those that made its checks; of the branch none ever begins.
    api.runs = lambda query, **more: (200, {"workflow_runs": []}) if "branch" in query else runs(query, **more)
    with pytest.raises(HeteroError, match="did not finish within"):
        register(root, TAG, Remote(api.client, minutes=0.001, poll_seconds=0.01), lambda _: None)


def test_a_run_of_another_commit_does_not_count(root, api):
    dispatch = api.dispatch

    def elsewhere(given, **more):
        answer = dispatch(given, **more)
        api.all_runs[-1]["head_sha"] = "b" * 40
        return answer

    api.dispatch = elsewhere
    with pytest.raises(HeteroError, match="did not finish within"):
        register(root, TAG, Remote(api.client, minutes=0.005, poll_seconds=0.01), lambda _: None)


def test_what_is_not_published_is_not_registered(root, api):
    tag = parse("value-ring-suite-2026-11-22-r1")
    with pytest.raises(ConfigError, match="was not built here"):
        register(root, tag, api.remote, lambda _: None)
    release(root, tag.text)
    with pytest.raises(ConfigError, match="is not published"):
        register(root, tag, api.remote, lambda _: None)
    with pytest.raises(HeteroError, match="is not merged") as caught:
        record(root, tag, api.remote, lambda _: None)
    assert caught.value.hint == f"python -m tools.release register {tag.text}"
    assert posts(api) == []


def test_git_gets_the_token_in_its_environment_for_the_server_alone(api):
    found = proposals._environment(api.client, {"GITHUB_SERVER_URL": "https://example.org"})
    assert found["GIT_CONFIG_KEY_0"] == "http.https://example.org/.extraheader"
    assert TOKEN not in str(found)  # base64, as the server wants it
    assert "GIT_CONFIG_COUNT" not in proposals._environment(api.client, {})


PINS = "envs/core.linux-64.pin.txt"


def test_conda_pins_are_proposed_as_they_are_here_once(root, api):
    with pytest.raises(ConfigError, match=r"no pins \(\*\.pin\.txt\)"):
        propose_pins(root, api.remote, lambda _: None)
    (root / "envs").mkdir(exist_ok=True)
    (root / PINS).write_text("# first\n@EXPLICIT\n")
    assert propose_pins(root, api.remote, lambda _: None)
    assert at_remote(root, "conda-pins", PINS) == "# first\n@EXPLICIT"
    assert "\nMilestone: VALUE-M0\n" in api.all_pulls[0]["body"]
    api.merge(1)
    assert not propose_pins(root, api.remote, lambda _: None)  # main has them: nothing to do
    (root / PINS).rename(root / "envs/chem.linux-64.pin.txt")
    assert propose_pins(root, api.remote, lambda _: None)
    git(root, "fetch", "--quiet", "origin", "conda-pins")
    names = git(root, "ls-tree", "--name-only", "FETCH_HEAD", "envs/").splitlines()
    assert [name for name in names if name.endswith(".pin.txt")] == ["envs/chem.linux-64.pin.txt"]
