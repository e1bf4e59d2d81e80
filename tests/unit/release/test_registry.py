"""The registry: what may be added, what check refuses, two branches that both added."""

import json
import shutil
import subprocess

import pytest

from hetero2.errors import ConfigError, ContractError
from tests.releases import WHO, commit, git, project, published, release, row_of
from tools.release import chain, checks, pages, registry, repository, tags
from tools.release.__main__ import main as release_main

ONE, TWO = "value-ring-suite-2026-11-22-r0", "value-utility-proxy-2026-11-22-r0"
LATER, LAST = "value-ring-suite-2026-11-23-r0", "value-ring-suite-2026-11-24-r0"


@pytest.fixture
def root(tmp_path):
    return project(tmp_path / "project")


def written(root):
    return (root / checks.ARTEFACTS).read_bytes()


def test_a_row_is_added_once_and_the_pages_follow(root):
    assert checks.problems(root) == []
    assert registry.add(root, row_of(ONE))
    once = written(root)
    assert not registry.add(root, row_of(ONE))  # the same again: nothing to do
    assert written(root) == once
    assert ONE in (root / "docs/artefacts_registry.md").read_text()
    assert "**BUILT**, by " + ONE in (root / "docs/roadmap.md").read_text()
    assert checks.problems(root) == []


def test_a_tag_is_used_once(root):
    registry.add(root, row_of(ONE))
    before = written(root)
    with pytest.raises(ConfigError, match="line 1, built") as caught:
        registry.add(root, row_of(ONE, content=b"other"))
    assert "the next one is value-ring-suite-2026-11-22-r1" in caught.value.hint
    assert written(root) == before


def test_a_tag_of_the_predecessor_cannot_be_written_by_hand(root):
    row = row_of("value-customer-proxy-2026-01-12-r2", status="built")
    for line in (row, {**row, "tag": None}):
        (root / checks.ARTEFACTS).write_text(chain.render(line))
        assert checks.problems(root)
    with pytest.raises(ContractError, match="tag None: not a release tag"):
        checks.rows(root)
    row = published("value-customer-proxy-2026-01-12-r2")
    (root / checks.ARTEFACTS).write_text(chain.render(row))
    assert any("a tag of the predecessor" in one for one in checks.problems(root))


def test_no_predecessor_is_added(root):
    lines = (root / checks.LINEAGE).read_text()
    (root / checks.LINEAGE).write_text(lines + lines.splitlines(keepends=True)[-1])
    assert "a new predecessor" in checks.problems(root)[0]


def test_a_day_to_come_is_not_registered(root):
    with pytest.raises(ContractError, match="is in the future"):
        registry.add(root, row_of("value-ring-suite-2999-01-01-r0"))


def test_text_of_a_row_makes_no_page_of_its_own(root):
    for tag in (ONE, LATER):
        registry.add(root, row_of(tag))
    registry.supersede(root, ONE, LATER, "wrong | <script>x</script> [x](javascript:y)")
    text = (root / "docs/artefacts_registry.md").read_text()
    assert "<script>" not in text
    assert "](javascript" not in text.replace("\\](javascript", "")


def test_git_of_a_hook_or_of_another_machine_sees_this_repository(root, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert checks.problems(root) == []
    excludes = root.parent / "excludes"
    excludes.write_text("*\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(excludes))
    (root / "new.txt").touch()
    assert repository.git(root, "status", "--porcelain") == "?? new.txt\n"


def test_a_base_that_is_none_is_refused(root, monkeypatch):
    monkeypatch.setattr("tools.release.commands.registry.ROOT", root)
    for base in ("", " ", ":0", ":2"):
        with pytest.raises(SystemExit):
            release_main(["registry", "check", "--base", base])
    shutil.rmtree(root / ".git")
    with pytest.raises(ConfigError, match="is no git checkout"):
        checks.problems(root, "main")
    assert checks.problems(root) == []


def test_a_row_that_cannot_be_shown_is_not_added(root, monkeypatch):
    before = written(root)

    def broken(*_):
        raise KeyError("what a template asks for")

    monkeypatch.setattr("tools.release.pages.render", broken)
    with pytest.raises(KeyError):
        registry.add(root, row_of(ONE))
    assert written(root) == before


def test_a_registry_that_is_not_there_is_not_begun_anew(root):
    (root / checks.ARTEFACTS).unlink()
    with pytest.raises(ContractError, match="no such file"):
        registry.add(root, row_of(ONE))
    assert not (root / checks.ARTEFACTS).exists()


def test_a_tag_of_the_predecessor_is_a_used_one(root):
    with pytest.raises(ConfigError, match=r"lineage.jsonl line 5, predecessor"):
        registry.check_free(root, tags.parse("value-customer-proxy-2026-01-12-r2"))
    registry.check_free(root, tags.parse("value-customer-proxy-2026-01-12-r3"))


def changed(row, **changes):
    return {**row, **changes}


def assets(row, **changes):
    return {**row, "assets": [{**asset, **changes} for asset in row["assets"]]}


GATES = row_of(ONE)["gates"]
PUBLISHED = published("value-utility-proxy-2026-11-22-r1")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (changed(row_of(ONE), tag="ring-suite-2026-11-22-r0"), "has no prefix 'ring-suite'"),
        (changed(row_of(ONE), tag="value-ring-suite-2026-02-30-r0"), "there is no 2026-02-30"),
        (changed(row_of(ONE), tag=None), "not a release tag"),
        (changed(row_of(ONE), date="2026-11-23"), "the row value_ring_suite of 2026-11-23"),
        (changed(row_of(ONE), target="pilot"), "the row pilot of"),
        (changed(row_of(ONE), milestone="VALUE-M6"), "milestone VALUE-M6, but the tag counts for VALUE-M1"),
        (changed(row_of(ONE), status="superseded"), "status superseded after nothing"),
        (row_of("value-ring-suite-2026-11-22-r1"), "only -r0 is registered as built"),
        (changed(row_of(ONE), assets=[]), "assets: found .*; should be non-empty"),
        (assets(row_of(ONE), name="other.zip"), "assets are other.zip"),
        (assets(row_of(ONE), url="https://example.org/x"), "built, but an asset has an address"),
        (changed(row_of(ONE), gates={}), "gates: 'verified' is a required property"),
        (changed(row_of(ONE), gates={**GATES, "rebuilt": {**GATES["rebuilt"], "met": False}}), "not met: rebuilt"),
        (published(ONE), "-r0 is never published"),
        (assets(PUBLISHED, url=None), "VALUE-M5 is not done: it lacks a release asset that can be downloaded"),
        (changed(PUBLISHED, ci={**PUBLISHED["ci"], "docker": None}), r"lacks ci/test.*\(ci/docker\)"),
        (changed(PUBLISHED, ci={**PUBLISHED["ci"], "test": "failure"}), r"\(ci/test\)"),
        (changed(PUBLISHED, source_commit=None), "source_commit: found null"),
        (assets(row_of(ONE), sha256="ab"), "does not meet registry_row.v1"),
        (changed(row_of(ONE), gates={**GATES, "rows_error": {**GATES["rows_error"], "found": 1}}), "not met: rows_err"),
        (changed(row_of(ONE), acceptance={"outcome": "STOP", "not_met": ["x"]}), "do not say what its gates say"),
        (changed(row_of(ONE), source_commit="HEAD"), "does not meet registry_row.v1"),
        (changed(row_of(ONE), outcome={}), "does not meet registry_row.v1"),
        (changed(row_of(ONE), outcome={**row_of(ONE)["outcome"], "utility": {"x": 1}}), "does not meet registry_row"),
        ({key: value for key, value in row_of(ONE).items() if key != "acceptance"}, "does not meet registry_row.v1"),
        (assets(PUBLISHED, url="javascript:x"), "does not meet registry_row.v1"),
        (assets(PUBLISHED, outcome=None), "does not meet registry_row.v1"),
        (changed(PUBLISHED, superseded_by=ONE), "but it says what takes its place"),
        (changed(row_of(ONE), tag="value-ring-suite-2026-11-22-r\uff10"), "not a release tag"),
    ],
)
def test_what_may_not_be_added_and_what_check_says_where_it_was(root, row, problem):
    before = written(root)
    with pytest.raises((ConfigError, ContractError), match=problem):
        registry.add(root, row)
    assert written(root) == before
    (root / checks.ARTEFACTS).write_text(chain.render(row))  # by hand, past all of this
    assert checks.problems(root)


def test_a_published_release_makes_its_milestone_done(root):
    tag = "value-utility-proxy-2026-11-22-r1"
    registry.add(root, published(tag))
    assert "**DONE**, by " + tag in (root / "docs/roadmap.md").read_text()
    assert checks.problems(root) == []
    with pytest.raises(ConfigError, match="line 1, published"):
        registry.add(root, assets(published(tag), sha256="A" * 64))


def test_a_wrong_release_is_marked_and_stays(root):
    for tag in (ONE, LATER, TWO):
        registry.add(root, row_of(tag))
    before = written(root)
    for by, problem in ((TWO, "of another tag prefix"), (ONE, "no line before this"), ("x", "tag x: has no row")):
        with pytest.raises((ConfigError, ContractError), match=problem):
            registry.supersede(root, ONE, by, "wrong truth")
    for reason in ("", "  ", "\udcff"):
        with pytest.raises(ConfigError, match="--reason: is empty"):
            registry.supersede(root, ONE, LATER, reason)
    assert registry.supersede(root, ONE, LATER, "wrong truth")
    assert not registry.supersede(root, ONE, LATER, "wrong truth")
    with pytest.raises(ConfigError, match="is superseded already, by"):
        registry.supersede(root, ONE, LATER, "another reason")
    with pytest.raises(ContractError, match="which is superseded itself"):
        registry.supersede(root, LATER, ONE, "in a circle")
    assert written(root).startswith(before)
    assert "Superseded by " + LATER in (root / "docs/artefacts_registry.md").read_text()
    assert checks.problems(root) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"superseded_by": "value-ring-suite-2026-11-24-r0"}, "which has no line before this one"),
        ({"superseded_by": ONE}, "which has no line before this one"),
        ({"reason": ""}, "but not by what or why"),
        ({"tag": "value-ring-suite-2026-11-20-r0"}, "status superseded after nothing"),
        ({"source_commit": "c" * 40}, "source_commit: not as in the line before"),
        ({"command": "snakemake"}, "command: not as in the line before"),
        ({"outcome": {**row_of(ONE)["outcome"], "coverage_ok_rate": 1.0}}, "outcome: not as in the line before"),
        ({"status": "published"}, "status published after built"),
    ],
)
def test_a_line_that_marks_changes_nothing_else(root, changes, problem):
    for tag in (ONE, LATER):
        registry.add(root, row_of(tag))
    marked = {**row_of(ONE), "status": "superseded", "superseded_by": LATER, "reason": "wrong truth"}
    lines = written(root).decode().splitlines(keepends=True)
    lines = chain.linked([{**marked, **changes}], lines, "registry_row.v1")
    (root / checks.ARTEFACTS).write_text("".join(lines))
    assert problem in checks.problems(root)[0]


def test_old_lines_are_not_judged_by_the_configuration_of_today(root):
    """They cannot change, so a prefix that is no longer there, or a milestone of another name, is not their fault."""
    registry.add(root, row_of(ONE))
    commit(root, "a release")
    path = root / "config/releases.yaml"
    path.write_text(path.read_text().replace("value-ring-suite:", "value-circle:"))
    tags.prefixes.cache_clear()
    assert checks.problems(root) == []
    with pytest.raises(ConfigError, match="has no prefix 'value-ring-suite'"):
        registry.add(root, row_of(LATER))
    tags.prefixes.cache_clear()


def test_the_lineage_names_commit_and_parents(root):
    registry.add(root, row_of(ONE))
    with pytest.raises(ConfigError, match="has no row"):
        registry.add_lineage(root, TWO, None, "b" * 40)
    assert registry.add_lineage(root, ONE, "https://example.org/pull/1", "b" * 40)
    assert not registry.add_lineage(root, ONE, "https://example.org/pull/1", "b" * 40)
    line = checks.lineage(root)[-1]
    row = checks.rows(root)[0]
    assert (line["merge_commit"], line["registry_pr"]) == ("b" * 40, "https://example.org/pull/1")
    assert line["parents"] == [row["outcome"]["truth"]["sha256"].upper()]
    assert checks.problems(root) == []
    registry.add(root, row_of(LATER))
    registry.add_lineage(root, LATER, None, "c" * 40)
    assert row["assets"][0]["sha256"] not in checks.lineage(root)[-1]["parents"]
    registry.supersede(root, ONE, LATER, "wrong truth")  # as documented, the new one is registered by then
    assert row["assets"][0]["sha256"] in checks.lineage(root)[-1]["parents"]
    assert checks.lineage(root)[-1]["merge_commit"] == "c" * 40
    before = len(checks.lineage(root))
    registry.supersede(root, ONE, LATER, "wrong truth")
    assert len(checks.lineage(root)) == before == 11
    assert checks.problems(root) == []


@pytest.mark.parametrize("key", ["asset_sha256", "status", "merge_commit", "asset", "parents", "source_commit"])
def test_a_line_of_the_lineage_that_the_registry_does_not_know(root, key):
    registry.add(root, row_of(ONE))
    registry.add_lineage(root, ONE, None, "b" * 40)
    lines = (root / checks.LINEAGE).read_text().splitlines(keepends=True)
    wrong = {
        "asset_sha256": "A" * 64,
        "status": "published",
        "merge_commit": None,
        "asset": "x.zip",
        "parents": [],
        "source_commit": "d" * 40,
    }
    document = json.loads(lines[-1]) | {key: wrong[key]}
    (root / checks.LINEAGE).write_text("".join([*lines[:-1], chain.render(document)]))
    assert "lineage.jsonl: line 9" in checks.problems(root)[0]


def rewritten(lines):
    """All lines again, the second with other numbers, in a chain that is in order by itself."""
    rows = [json.loads(line) for line in lines]
    rows[1]["outcome"]["coverage_ok_rate"] = 1.0
    return chain.linked(rows, [], "registry_row.v1")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (rewritten, "line 2: was edited"),
        (lambda lines: lines[:-1], "line 3: was removed"),
        (lambda _: [], "line 1: was removed"),
    ],
)
def test_what_the_chain_cannot_know_the_history_does(root, change, problem):
    """Who writes the whole file anew, or cuts its end, has a chain that is in order by itself."""
    for tag in (ONE, TWO, LATER):
        registry.add(root, row_of(tag))
    base = commit(root, "three releases")
    lines = written(root).decode().splitlines(keepends=True)
    (root / checks.ARTEFACTS).write_text("".join(change(lines)))
    assert chain.problems(root / checks.ARTEFACTS, "registry_row.v1") == []
    assert problem in checks.problems(root)[0]
    commit(root, "edited")  # and committed: seen against the commit that it is for
    assert problem in checks.problems(root, base)[0]
    with pytest.raises(ConfigError, match="no such commit"):
        checks.problems(root, "no-such-branch")
    assert problem not in str(checks.problems(root, "0" * 40))  # the first push of a branch has no commit before


def forge(lines, contract, change):
    """All lines again, each changed, in a chain that is in order by itself."""
    documents = [change(json.loads(line)) for line in lines]
    return "".join(chain.linked([row for row in documents if row], [], contract))


def better(row):
    row["outcome"]["coverage_ok_rate"] = 1.0
    return row


def another_commit(row):
    return row | {"source_commit": "c" * 40}


def without_the_first(row):
    return None if row["tag"] == ONE else row


FORGERIES = [better, another_commit, without_the_first]


@pytest.mark.parametrize("tag", [ONE.replace("-r0", ""), "registry-3-8"], ids=["of a release", "of an anchor"])
@pytest.mark.parametrize("change", FORGERIES, ids=lambda change: change.__name__)
def test_a_registry_that_was_written_anew_with_its_history_is_found_by_a_tag_without_a_base(root, tag, change):
    for name in (ONE, TWO, LATER):
        registry.add(root, row_of(name))
    commit(root, "three releases")
    git(root, "tag", "--annotate", tag, "--message", "x")
    assert checks.problems(root) == []
    registry.add(root, row_of(LAST))
    commit(root, "one more")
    assert checks.problems(root) == []
    path = root / checks.ARTEFACTS
    path.write_text(forge(path.read_text().splitlines(keepends=True), "registry_row.v1", change))
    registered = checks.rows(root)
    pages.write(root, registered, checks.lineage(root))
    tree = commit(root, "forged") and git(root, "write-tree")
    alone = git(root, "commit-tree", tree, "-m", "one commit, as if there had been no other")
    git(root, "reset", "--quiet", "--hard", alone)
    assert any(f"since the tag {tag}" in problem for problem in checks.problems(root))
    git(root, "tag", "--delete", tag)  # which the rules of the repository forbid
    assert checks.problems(root) == []


def test_an_anchor_is_signed_and_whose_signature_cannot_be_verified_is_named(root, tmp_path, monkeypatch, capsys):
    key, trusted = tmp_path / "key", tmp_path / "trusted"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    trusted.write_text("somebody@example.org " + key.with_suffix(".pub").read_text())
    settings = {"gpg.format": "ssh", "user.signingKey": key, "gpg.ssh.allowedSignersFile": trusted}
    settings |= {"user.name": "somebody", "user.email": "somebody@example.org"}
    for name, value in settings.items():
        git(root, "config", name, str(value))
    monkeypatch.setattr("tools.release.commands.registry.ROOT", root)
    registry.add(root, row_of(ONE))
    commit(root, "a release")
    assert checks.problems(root) == []
    assert "no tag here says what the registry was" in checks.problems(root, signed=True)[0]
    assert release_main(["registry", "anchor"]) == 0
    assert "registry-1-8: signed" in capsys.readouterr().out
    assert checks.problems(root, signed=True) == []
    git(root, "tag", "--annotate", "registry-1-8-again", "--message", "x")
    assert checks.problems(root, signed=True) == ["the tag registry-1-8-again: has no signature that git can verify"]
    trusted.write_text("")
    assert len(checks.problems(root, signed=True)) == 2


def test_a_local_asset_that_is_another_is_found(root):
    registry.add(root, release(root, ONE))
    assert checks.problems(root) == []
    path = root / checks.RELEASE / ONE / "value_ring_suite_evidence_pack.zip"
    path.write_bytes(path.read_bytes() + b"x")
    assert "registered is" in checks.problems(root)[0]


@pytest.mark.parametrize("name", ["artefacts_registry", "lineage", "roadmap"])
def test_a_page_that_was_edited_by_hand_is_found(root, name):
    path = root / f"docs/{name}.md"
    path.write_text(path.read_text().replace("OPEN", "DONE") + "more\n")
    assert checks.problems(root) == [
        f"docs/{name}.md: is not what the registry says; run python -m tools.release registry render"
    ]


@pytest.fixture
def two_branches(root):
    """main has one more release, and so has the branch that is checked out."""
    registry.add(root, row_of(ONE))
    commit(root, "what both have")
    git(root, "switch", "--quiet", "--create", "mine")
    registry.add(root, row_of(LATER))
    registry.add_lineage(root, ONE, None, "b" * 40)
    commit(root, "mine")
    git(root, "switch", "--quiet", "main")
    registry.add(root, row_of(TWO))
    commit(root, "theirs")
    git(root, "switch", "--quiet", "mine")
    return root


def in_conflict(root, *words):
    done = subprocess.run(["git", *WHO, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "CONFLICT" in done.stdout


@pytest.mark.parametrize("how", ["merge", "rebase", "before"])
def test_two_branches_that_both_added_are_joined(two_branches, how):
    root = two_branches
    if how != "before":  # resolve may also be asked before git is
        in_conflict(root, how, "main")
    theirs = git(root, "show", f"main:{checks.ARTEFACTS}")
    assert registry.resolve(root, "main") == {checks.ARTEFACTS: 1, checks.LINEAGE: 1}
    assert written(root).decode().startswith(theirs)
    assert [row["tag"] for row in checks.rows(root)] == [ONE, TWO, LATER]
    git(root, "add", "registry", "docs")
    git(
        root,
        *{"merge": ("commit", "--no-edit"), "rebase": ("-c", "core.editor=true", "rebase", "--continue")}.get(
            how, ("commit", "--quiet", "-m", "joined")
        ),
    )
    assert checks.problems(root, "main") == []
    assert registry.resolve(root, "main") == {checks.ARTEFACTS: 1, checks.LINEAGE: 1}  # again: the same
    assert git(root, "status", "--porcelain") == ""


@pytest.fixture
def three_releases(root):
    for tag in (ONE, LATER, "value-ring-suite-2026-11-24-r0"):
        registry.add(root, row_of(tag, content=tag.encode()))
    registry.add_lineage(root, "value-ring-suite-2026-11-24-r0", None, "b" * 40)
    commit(root, "three, of which the last is in the lineage")
    return root


def test_two_branches_that_marked_releases_by_the_same_new_one_are_joined(three_releases):
    root, new = three_releases, "value-ring-suite-2026-11-24-r0"
    git(root, "switch", "--quiet", "--create", "mine")
    registry.supersede(root, ONE, new, "wrong truth")
    commit(root, "mine")
    git(root, "switch", "--quiet", "main")
    registry.supersede(root, LATER, new, "wrong scores")
    commit(root, "theirs")
    git(root, "switch", "--quiet", "mine")
    in_conflict(root, "merge", "main")
    assert registry.resolve(root, "main") == {checks.ARTEFACTS: 1, checks.LINEAGE: 1}
    assert checks.problems(root, "main") == []
    packs = {row["assets"][0]["sha256"] for row in checks.rows(root) if row["tag"] in (ONE, LATER)}
    assert packs <= set(checks.lineage(root)[-1]["parents"])


def test_a_mark_that_the_lineage_does_not_know_is_found_and_made_good(three_releases):
    """One branch entered the new release in the lineage, another marked the old one: git joins both without a word."""
    root, new = three_releases, "value-ring-suite-2026-11-24-r0"
    lines = (root / checks.LINEAGE).read_text()
    registry.supersede(root, ONE, new, "wrong truth")
    (root / checks.LINEAGE).write_text(lines)
    assert "no line names what it takes the place of" in checks.problems(root)[0]
    assert not registry.supersede(root, ONE, new, "wrong truth")
    assert checks.problems(root) == []


def test_an_edited_line_is_not_joined(two_branches):
    """Joining must not make a new line of an old one that somebody edited."""
    for name in (checks.ARTEFACTS, checks.LINEAGE):
        path = two_branches / name
        text = path.read_text()
        path.write_text(text.replace("OK 60", "OK 99").replace('"coverage_ok_rate": 0.55', '"coverage_ok_rate": 0.99'))
        with pytest.raises(ContractError, match=r"only open the file|of the joined file"):
            registry.resolve(two_branches, "main")
        path.write_text(text)
    registry.resolve(two_branches, "main")


@pytest.mark.parametrize("text", ["5\n", "null\n", "NaN\n", '{"a": NaN}\n', "[" * 100000 + "\n", "half"])
def test_what_is_no_line_is_not_joined(two_branches, text):
    path = two_branches / checks.ARTEFACTS
    before = path.read_text()
    path.write_text(before + text)
    with pytest.raises(ContractError, match="a line is no"):
        registry.resolve(two_branches, "main")
    assert path.read_text() == before + text


def test_a_line_that_was_not_committed_is_kept(two_branches):
    newest = "value-ring-suite-2026-11-24-r0"
    registry.add(two_branches, row_of(newest))
    registry.resolve(two_branches, "main")
    assert [row["tag"] for row in checks.rows(two_branches)] == [ONE, TWO, LATER, newest]


def test_two_branches_with_the_same_tag_are_not_joined(two_branches):
    root = two_branches
    git(root, "switch", "--quiet", "main")
    registry.add(root, row_of(LATER, content=b"other"))
    commit(root, "the same tag with another pack")
    git(root, "switch", "--quiet", "mine")
    before = written(root)
    with pytest.raises(ContractError, match=LATER) as caught:
        registry.resolve(root, "main")
    assert "one of them needs another" in caught.value.hint
    assert written(root) == before
