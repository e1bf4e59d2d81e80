"""Publishing against a real HTTPS service on loopback: nothing twice, nothing over another, a way on after faults."""

import json
import threading

import pytest

from hetero2.errors import ConfigError, GateError, HeteroError
from tests.release_api import AUTHORIZATIONS, REPOSITORY, SUITE, TOKEN, service
from tests.releases import COMMIT, project, release
from tools.release import build, registry
from tools.release.__main__ import main as release_main
from tools.release.api import AGAIN, Api
from tools.release.checks import rows
from tools.release.milestones import states
from tools.release.publish import publish
from tools.release.tags import parse

TAG = parse("value-known-bad-good-2026-11-22-r1")
NAMES = sorted(TAG.files())
JOB = {"GITHUB_SERVER_URL": "https://example.org", "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_RUN_ID": "7"}


@pytest.fixture
def api(tmp_path, monkeypatch):
    with service(tmp_path) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.ca_file))
        running.client = Api.from_environment(running.environment())
        yield running


@pytest.fixture
def root(tmp_path):
    made = project(tmp_path / "project")
    release(made, TAG.text)
    return made


def go(root, api, tell=lambda _: None, client=None):
    return publish(root, TAG, client or api.client, False, JOB, tell)


def row(root):
    return json.loads((build.folder_of(root, TAG) / build.ROW).read_text())


def uploads(api):
    return [path for method, path, _ in api.asked if method == "POST" and path.startswith("/uploads")]


def check_published(root, api):
    """One release with every asset once, all of them as built; the row says so."""
    assert [(one["tag_name"], one["draft"]) for one in api.all_releases.values()] == [(TAG.text, False)]
    assert sorted(one["name"] for one in api.assets.values()) == NAMES
    for one in api.assets.values():
        assert one["content"] == (build.folder_of(root, TAG) / one["name"]).read_bytes()
    assert api.tags == {TAG.text: COMMIT}
    found = row(root)
    assert found["status"] == "published"
    assert found["ci"] == {"test": "success", "test-chem": "success", "docker": "success"}
    assert found["publish_run_url"] == f"https://example.org/{REPOSITORY}/actions/runs/7"
    keys = {one["name"]: one["id"] for one in api.assets.values()}
    assert all(asset["url"] == f"{api.url}/public/{keys[asset['name']]}" for asset in found["assets"])


def test_everything_is_uploaded_once_downloaded_again_and_compared(root, api):
    told = []
    assert sorted(go(root, api, told.append)) == NAMES
    check_published(root, api)
    assert sum(text.endswith("downloaded again, same sha256") for text in told) == len(NAMES)
    row_before, asked = (build.folder_of(root, TAG) / build.ROW).read_bytes(), len(uploads(api))
    go(root, api)  # again: nothing is uploaded, all of it is compared
    check_published(root, api)
    assert len(uploads(api)) == asked == len(NAMES)
    assert (build.folder_of(root, TAG) / build.ROW).read_bytes() == row_before


FAULTS = [
    ("POST", "/releases$", "before"),
    ("POST", "/releases$", "after"),
    ("POST", "/releases$", "502"),
    ("POST", "/assets$", "before"),
    ("POST", "/assets$", "after"),
    ("POST", "/assets$", "half"),
    ("POST", "/assets$", "502"),
    ("PATCH", "/releases/", "before"),
    ("PATCH", "/releases/", "after"),
]


@pytest.mark.parametrize(("method", "path", "how"), FAULTS)
def test_after_a_fault_of_the_network_the_same_command_finishes(root, api, method, path, how):
    api.fail(method, path, how)
    with pytest.raises(HeteroError, match="https://127") as caught:
        go(root, api)
    assert caught.value.hint == AGAIN
    assert row(root)["status"] == "built"
    go(root, api)
    check_published(root, api)


@pytest.mark.parametrize("how", ["before", "after", "502"])
def test_what_reads_is_tried_again_by_itself(root, api, how):
    for path in ("check-runs", "/releases$", "/assets$", "/git/ref/tags/"):
        api.fail("GET", path, how)
    go(root, api)
    check_published(root, api)
    assert api.failures == []


def test_a_network_that_stays_away_is_one_clear_error(root, api):
    api.fail("GET", "check-runs", "before", times=4)
    with pytest.raises(HeteroError, match="check-runs"):
        go(root, api)
    go(root, api)
    check_published(root, api)


def test_a_fault_while_an_asset_is_compared_leaves_a_row_that_says_built(root, api):
    api.fail("GET", "/files/", "before")
    with pytest.raises(GateError, match="/files/"):
        go(root, api)
    assert row(root)["status"] == "built"
    go(root, api)
    check_published(root, api)


@pytest.mark.parametrize("digests", [True, False])
def test_an_asset_is_never_overwritten(root, api, digests):
    """By the service's own sha256, or by that of what is downloaded where it tells none."""
    api.digests = digests
    go(root, api)
    asset = next(one for one in api.assets.values() if one["name"] == TAG.assets()[0])
    asset["content"] += b"x"
    with pytest.raises(HeteroError, match="another sha256; an asset is never overwritten") as caught:
        go(root, api)
    assert "value-known-bad-good-2026-11-22-r2" in caught.value.hint
    assert asset["content"].endswith(b"x")


def test_what_is_private_is_downloaded_with_the_token(root, api):
    api.private = True
    go(root, api)
    check_published(root, api)
    assert not [path for _, path, _ in api.asked if path.startswith("/public/")]


def test_a_second_build_elsewhere_finishes_what_the_first_began(root, api, monkeypatch):
    """Everything that is published has the same bytes wherever it was built, in whatever job."""
    api.fail("POST", "/assets$", "before", times=1)
    with pytest.raises(HeteroError):
        go(root, api)
    monkeypatch.setenv("GITHUB_RUN_ID", "8")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://example.org")
    other = project(root.parent / "other")
    release(other, TAG.text)
    go(other, api)
    check_published(other, api)


def test_whether_it_is_a_prerelease_is_as_it_was_asked(root, api):
    """A draft of an earlier try takes what is asked for; what is public is not changed."""
    api.fail("POST", "/assets$", "before")
    with pytest.raises(HeteroError):
        go(root, api)
    publish(root, TAG, api.client, True, JOB, lambda _: None)
    assert [one["prerelease"] for one in api.all_releases.values()] == [True]
    assert row(root)["milestone"] is None
    with pytest.raises(HeteroError, match="is public as a prerelease"):
        go(root, api)


def test_what_another_published_meanwhile_is_not_deleted(root, api, monkeypatch):
    document = {"tag_name": TAG.text, "target_commitish": COMMIT, "draft": True, "prerelease": False}
    api.draft(document)
    theirs = api._put(1, TAG.assets()[0], b"theirs", "uploaded")
    listed = api.asset_list

    def then_public(number, **more):
        answer = listed(number, **more)
        api.all_releases[1]["draft"] = False
        return answer

    monkeypatch.setattr(api, "asset_list", then_public)
    with pytest.raises(HeteroError, match="somebody else has published it meanwhile"):
        go(root, api)
    assert api.assets[theirs["id"]]["content"] == b"theirs"


def test_a_tag_that_names_itself_is_not_followed_for_ever(root, api):
    api.tags[TAG.text] = COMMIT
    api.annotated = lambda name, **_: (200, {"object": {"type": "tag", "sha": name}})
    with pytest.raises(HeteroError, match="the remote repository has it at"):
        go(root, api)


def test_a_prerelease_counts_for_no_milestone(root, api):
    publish(root, TAG, api.client, True, JOB, lambda _: None)
    found = row(root)
    assert (found["status"], found["milestone"], found["prerelease"]) == ("published", None, True)
    assert [one["prerelease"] for one in api.all_releases.values()] == [True]
    assert registry.add(root, found)
    assert {one.word for one in states(rows(root), root)} == {"OPEN"}


def test_a_commit_status_can_forbid_but_not_allow(root, api):
    """The newest of a name counts, which is the first."""
    states = ["failure", "success"]
    api.statuses = lambda _commit, **_: (200, [{"context": "ci/docker", "state": state} for state in states])
    with pytest.raises(HeteroError, match="ci/docker is failure"):
        go(root, api)
    states.reverse()
    check = api.checks.pop("ci/docker")
    with pytest.raises(HeteroError, match="ci/docker is missing"):
        go(root, api)
    api.checks["ci/docker"] = check
    go(root, api)


def test_a_check_of_that_name_which_ci_yml_did_not_make_counts_for_nothing(root, api):
    """As of another workflow, whose job is called ci/docker, or of an app with a token of the repository."""
    green, forged = api.check_runs, {"id": 99, "name": "ci/docker", "status": "completed", "conclusion": "success"}
    api.check_runs = lambda commit, **_: (
        200,
        {
            "check_runs": [
                {**forged, "check_suite": {"id": 8}},
                *(run for run in green(commit)[1]["check_runs"] if run["name"] != "ci/docker"),
            ]
        },
    )
    with pytest.raises(HeteroError, match="ci/docker is missing"):
        go(root, api)
    api.check_runs, api.ci_path = green, ".github/workflows/other.yml"
    with pytest.raises(HeteroError, match="ci/test is missing"):
        go(root, api)
    assert api.all_releases == {}
    api.ci_path = ".github/workflows/ci.yml@refs/heads/main"
    go(root, api)


def test_a_check_of_another_that_failed_forbids(root, api):
    failed = {"id": 99, "name": "ci/docker", "status": "completed", "conclusion": "failure", "check_suite": {"id": 8}}
    green = api.check_runs
    api.check_runs = lambda commit, **_: (200, {"check_runs": [failed, *green(commit)[1]["check_runs"]]})
    with pytest.raises(HeteroError, match="ci/docker is failure"):
        go(root, api)


def test_a_service_that_asks_us_to_wait_is_told_so(root, api):
    api.draft = lambda **_: (403, {"message": "You have exceeded a secondary rate limit"})
    with pytest.raises(HeteroError, match="secondary rate limit") as caught:
        go(root, api)
    assert "asks us to wait" in caught.value.hint


def test_a_read_waits_as_long_as_the_service_asks_but_not_for_hours(root, api, monkeypatch):
    waits, answers = [], [(403, {"message": "You have exceeded a secondary rate limit"}, {})]
    answers += [(429, {"message": "slow down"}, {"Retry-After": "7"}), (403, {"message": "x"}, {"Retry-After": "7200"})]
    check_runs = api.check_runs
    api.check_runs = lambda commit, **more: answers.pop(0) if answers else check_runs(commit, **more)
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    go(root, api)
    assert waits == [60, 7, 120]
    check_published(root, api)


def test_a_redirect_of_the_api_is_not_followed(root, api):
    requests = len(api.asked)
    api.check_runs = lambda _commit, **_: (301, {}, {"Location": f"{api.url}/elsewhere"})
    with pytest.raises(HeteroError, match="check-runs: 301"):
        go(root, api)
    assert len(api.asked) == requests + 2  # the runs of ci.yml, and this


def test_all_pages_of_a_list_are_read(root, api):
    """The release of the tag is the oldest of 250, three requests away."""
    go(root, api)
    for number in range(249):
        api.draft({"tag_name": f"other-{number}", "target_commitish": COMMIT, "draft": True, "prerelease": False})
    go(root, api)
    assert [release["tag_name"] for release in api.all_releases.values()].count(TAG.text) == 1


def test_an_asset_that_is_not_ours_stops_it(root, api):
    go(root, api)
    api._put(1, "other.zip", b"x", "uploaded")
    with pytest.raises(HeteroError, match=r"contains other\.zip, which is not of this build"):
        go(root, api)


def test_what_arrives_changed_is_not_published(root, api, monkeypatch):
    put = api._put

    def flipped(number, name, content, state):
        return put(number, name, content[:-1] + b"?", state)

    monkeypatch.setattr(api, "_put", flipped)
    with pytest.raises(HeteroError, match="did not arrive as it was sent"):
        go(root, api)
    assert [one["draft"] for one in api.all_releases.values()] == [True]
    assert row(root)["status"] == "built"
    monkeypatch.setattr(api, "_put", put)
    go(root, api)  # nobody has seen the draft, so what is wrong there may be sent again
    check_published(root, api)


def test_into_a_release_that_is_not_ours_nothing_is_uploaded(root, api):
    """Somebody made a public release of this tag by hand."""
    for name, content in (("other.zip", b"x"), (TAG.assets()[0], b"y")):
        api.all_releases, api.assets = {}, {}
        api.draft({"tag_name": TAG.text, "target_commitish": COMMIT, "draft": False, "prerelease": False})
        api._put(1, name, content, "uploaded")
        with pytest.raises(HeteroError, match=r"not of this build|never overwritten"):
            go(root, api)
        assert [one["name"] for one in api.assets.values()] == [name]
    assert uploads(api) == []


def test_a_public_release_is_the_one_though_an_older_draft_is_there(root, api):
    document = {"tag_name": TAG.text, "target_commitish": COMMIT, "prerelease": False}
    for draft in (True, False):
        api.draft({**document, "draft": draft})
    api.tags[TAG.text] = COMMIT
    go(root, api)
    assert [one["draft"] for one in api.all_releases.values()] == [True, False]
    assert {one["release"] for one in api.assets.values()} == {2}
    api.draft({**document, "draft": False})
    with pytest.raises(HeteroError, match="there are two public ones"):
        go(root, api)


@pytest.mark.parametrize("address", [None, "", "http://example.org/x"])
def test_an_asset_without_an_address_is_not_published(root, api, address, monkeypatch):
    described = api.described
    monkeypatch.setattr(api, "described", lambda asset: {**described(asset), "browser_download_url": address})
    with pytest.raises(HeteroError, match="has no download URL"):
        go(root, api)
    assert row(root)["status"] == "built"
    monkeypatch.setattr(api, "described", described)
    go(root, api)
    check_published(root, api)


@pytest.mark.parametrize("place", ["http://127.0.0.1:1/x", "https://example.org/x", "https://[/x", "x"])
def test_the_token_is_sent_nowhere_else_whatever_an_answer_says(root, api, place, monkeypatch):
    shown = api.shown
    monkeypatch.setattr(api, "shown", lambda release: {**shown(release), "upload_url": place})
    with pytest.raises(HeteroError, match=r"unexpected answer|not https"):
        go(root, api)
    assert uploads(api) == []


def test_an_answer_of_any_size_is_not_taken_in(root, api):
    api.check_runs = lambda _commit, **_: (200, b" " * (17 << 20), {})
    with pytest.raises(HeteroError, match="larger than 16 MB"):
        go(root, api)


@pytest.mark.parametrize("answer", ["x", 5, {"check_runs": [{}]}, {"check_runs": ["x"]}, {"check_runs": 5}])
def test_an_answer_of_another_shape_is_one_clear_error(api, answer, monkeypatch, capsys):
    api.check_runs = lambda _commit, **_: (200, answer)
    for name, value in api.environment().items():
        monkeypatch.setenv(name, value)
    assert release_main(["contexts", "HEAD"]) == 1
    assert "unexpected answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("registry_row.json", lambda _: "[]"),
        ("registry_row.json", lambda text: text.replace('"GO"', '"STOP"')),
        ("registry_row.json", lambda text: text.replace('"rebuilt"', '"built_again"')),
        ("registry_row.json", lambda text: text.replace("2026-11-22", "2026-11-23")),
        ("registry_row.json", lambda text: text.replace("a" * 40, "b" * 40)),
        (f"{TAG.assets()[0]}.sha256", lambda text: "0" * 64 + text[64:]),
        (TAG.statements()[0], lambda text: text.replace("a" * 40, "b" * 40)),
        (TAG.statements()[1], lambda text: text.replace("PASSED", "FAILED")),
        (TAG.statements()[1], lambda _: "{}"),
        ("separation.json", lambda text: text + "\n"),
        ("notes.md", lambda text: text + "It cures cancer.\n"),
        ("registry_row.json", lambda text: text.replace('"claims_tested": true', '"claims_tested": false')),
        ("registry_row.json", lambda text: text.replace('"OK": 33', '"OK": 34')),
    ],
)
def test_what_was_edited_is_not_published(root, api, name, change):
    path = build.folder_of(root, TAG) / name
    path.write_text(change(path.read_text()))
    with pytest.raises((HeteroError, ConfigError)):
        go(root, api)
    assert api.asked == []


@pytest.mark.parametrize("name", ["ci/test", "ci/test-chem", "ci/docker"])
@pytest.mark.parametrize("state", ["failure", None])
def test_without_green_checks_nothing_is_made(root, api, name, state):
    api.checks[name] = state
    if state is None:
        del api.checks[name]
    with pytest.raises(HeteroError, match=f"{name} is {state or 'missing'}"):
        go(root, api)
    assert api.all_releases == {}


def test_of_two_checks_with_a_name_the_newer_counts(root, api):
    runs = api.check_runs(COMMIT)[1]["check_runs"]
    later = {"id": 99, "name": "ci/docker", "status": "in_progress", "conclusion": None, "check_suite": {"id": SUITE}}
    api.check_runs = lambda _commit, **_: (200, {"check_runs": [later, *runs]})
    with pytest.raises(HeteroError, match="ci/docker is in_progress; all three must be success"):
        go(root, api)


def test_a_tag_that_is_elsewhere_stops_it(root, api):
    api.tags[TAG.text] = "b" * 40
    with pytest.raises(HeteroError, match=f"has it at {'b' * 40}, but the build is of {COMMIT}"):
        go(root, api)
    assert api.all_releases == {}


def test_what_was_built_must_be_as_it_was_built(root, api):
    path = build.folder_of(root, TAG) / TAG.assets()[0]
    path.write_bytes(b"x")
    with pytest.raises(HeteroError, match="has changed since it was built"):
        go(root, api)
    path.unlink()
    with pytest.raises(HeteroError, match="no such file"):
        go(root, api)
    assert api.asked == []


def test_r0_is_never_published(root, api):
    tag = parse("value-known-bad-good-2026-11-22-r0")
    release(root, tag.text)
    with pytest.raises(ConfigError, match="never published"):
        publish(root, tag, api.client, False, {}, lambda _: None)
    assert api.asked == []


def test_two_at_once_make_one_release(root, api):
    """Two machines: their locks do not know of each other, so the service is all that they share."""
    other = root.parent / "other"
    project(other)
    release(other, TAG.text)
    errors = []

    def attempt(folder):
        client = Api.from_environment(api.environment())
        for _ in range(3):  # who comes second may have to run again
            try:
                go(folder, api, client=client)
                return
            except HeteroError as error:
                errors.append(error)

    both = [threading.Thread(target=attempt, args=(folder,)) for folder in (root, other)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    check_published(root, api)
    check_published(other, api)


def test_a_second_command_here_is_refused_while_one_is_at_work(root, api):
    with build.alone(root, TAG), pytest.raises(HeteroError, match="another command is working on it here"):
        go(root, api)
    assert api.asked == []


def test_the_token_goes_to_the_service_alone_and_is_not_told(root, api):
    go(root, api)
    open_to_all = ("/files/", "/public/")
    assert {token for _, path, token in api.asked if not path.startswith(open_to_all)} <= {*AUTHORIZATIONS}
    assert {token for _, path, token in api.asked if path.startswith(open_to_all)} == {None}
    assert TOKEN not in repr(api.client)
    wrong = Api.from_environment({**api.environment(), "GITHUB_TOKEN": "other"})
    with pytest.raises(HeteroError, match="401 Bad credentials") as caught:
        publish(root, TAG, wrong, False, {}, lambda _: None)
    assert "other" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"GITHUB_REPOSITORY": ""}, "expected owner/name"),
        ({"GITHUB_REPOSITORY": "a/b/c"}, "expected owner/name"),
        ({"GITHUB_API_URL": "http://127.0.0.1"}, "the scheme is http"),
        ({"GITHUB_API_URL": "https://[::1"}, "GITHUB_API_URL"),
        ({"GITHUB_TOKEN": "a\nb"}, "is not a valid token"),
    ],
)
def test_a_wrong_environment_is_refused(environment, problem):
    with pytest.raises(ConfigError, match=problem):
        Api.from_environment({"GITHUB_REPOSITORY": REPOSITORY} | environment)


def test_a_certificate_that_nobody_vouches_for_is_refused(root, api, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    stranger = Api.from_environment(api.environment())
    with pytest.raises(HeteroError, match="certificate verify failed"):
        publish(root, TAG, stranger, False, {}, lambda _: None)
