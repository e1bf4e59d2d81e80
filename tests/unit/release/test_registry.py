"""The registry: what may be added, what check refuses, two branches that both added."""

import json
import subprocess

import pytest

from hetero2.errors import ConfigError, ContractError
from hetero2.release import chain, registry
from tests.releases import WHO, commit, git, project, published, release, row_of

ONE, TWO = "value-ring-suite-2026-11-22-r0", "value-utility-proxy-2026-11-22-r0"
LATER = "value-ring-suite-2026-11-23-r1"


@pytest.fixture
def root(tmp_path):
    return project(tmp_path / "project")


def written(root):
    return (root / registry.ARTEFACTS).read_bytes()


def test_a_row_is_added_once_and_the_pages_follow(root):
    assert registry.problems(root) == []
    assert registry.add(root, row_of(ONE))
    once = written(root)
    assert not registry.add(root, row_of(ONE))  # the same again: nothing to do
    assert written(root) == once
    assert ONE in (root / "docs/artefacts_registry.md").read_text()
    assert "**BUILT**, by " + ONE in (root / "docs/roadmap.md").read_text()
    assert registry.problems(root) == []


def test_a_tag_is_used_once(root):
    registry.add(root, row_of(ONE))
    before = written(root)
    with pytest.raises(ConfigError, match="line 1, built") as caught:
        registry.add(root, row_of(ONE, content=b"other"))
    assert "the next one is value-ring-suite-2026-11-22-r1" in caught.value.hint
    assert written(root) == before


def test_a_tag_of_the_predecessor_is_a_used_one(root):
    from hetero2.release.tags import parse

    with pytest.raises(ConfigError, match=r"lineage.jsonl line 5, predecessor"):
        registry.check_free(root, parse("value-customer-proxy-2026-01-12-r2"))
    registry.check_free(root, parse("value-customer-proxy-2026-01-12-r3"))


def changed(row, **changes):
    return {**row, **changes}


def assets(row, **changes):
    return {**row, "assets": [{**asset, **changes} for asset in row["assets"]]}


GATES = row_of(ONE)["gates"]
PUBLISHED = published("value-utility-proxy-2026-11-22-r1")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (changed(row_of(ONE), tag="ring-suite-2026-11-22"), "has no prefix 'ring-suite'"),
        (changed(row_of(ONE), tag="value-ring-suite-2026-02-30"), "there is no 2026-02-30"),
        (changed(row_of(ONE), tag=None), "not a release tag"),
        (changed(row_of(ONE), date="2026-11-23"), "the row value_ring_suite of 2026-11-23"),
        (changed(row_of(ONE), target="pilot"), "the row pilot of"),
        (changed(row_of(ONE), milestone="VALUE-M6"), "milestone VALUE-M6, but the tag counts for VALUE-M1"),
        (changed(row_of(ONE), status="superseded"), "status superseded after nothing"),
        (changed(row_of(ONE), assets=[]), "assets are none"),
        (assets(row_of(ONE), name="other.zip"), "assets are other.zip"),
        (assets(row_of(ONE), url="https://example.org/x"), "built, but an asset has an address"),
        (changed(row_of(ONE), gates={}), "gates not met: verified, accepted"),
        (changed(row_of(ONE), gates={**GATES, "rebuilt": {**GATES["rebuilt"], "met": False}}), "not met: rebuilt"),
        (published(ONE), "-r0 is never published"),
        (assets(PUBLISHED, url=None), "VALUE-M5 is not done: it lacks a release asset that can be downloaded"),
        (changed(PUBLISHED, ci={**PUBLISHED["ci"], "docker": None}), r"lacks ci/test.*\(ci/docker\)"),
        (changed(PUBLISHED, ci={**PUBLISHED["ci"], "test": "failure"}), r"\(ci/test\)"),
        (changed(PUBLISHED, source_commit=None), "lacks ci/test"),
        (assets(row_of(ONE), sha256="ab"), "does not meet registry_row.v1"),
    ],
)
def test_what_may_not_be_added_and_what_check_says_where_it_was(root, row, problem):
    before = written(root)
    with pytest.raises((ConfigError, ContractError), match=problem):
        registry.add(root, row)
    assert written(root) == before
    (root / registry.ARTEFACTS).write_text(chain.render(row))  # by hand, past all of this
    assert registry.problems(root)


def test_published_after_built_keeps_the_line_and_the_sha256(root):
    tag = "value-utility-proxy-2026-11-22-r1"
    registry.add(root, row_of(tag))
    before = written(root)
    with pytest.raises(ContractError, match="another sha256"):
        registry.add(root, assets(published(tag), sha256="A" * 64))
    registry.add(root, published(tag))
    assert written(root).startswith(before)
    assert "**DONE**, by " + tag in (root / "docs/roadmap.md").read_text()
    assert registry.problems(root) == []


def test_a_wrong_release_is_marked_and_stays(root):
    for tag in (ONE, LATER, TWO):
        registry.add(root, row_of(tag))
    before = written(root)
    for by, problem in ((TWO, "cannot take the place"), (ONE, "cannot take the place"), ("x", "tag x: has no row")):
        with pytest.raises(ConfigError, match=problem):
            registry.supersede(root, ONE, by, "wrong truth")
    assert registry.supersede(root, ONE, LATER, "wrong truth")
    assert not registry.supersede(root, ONE, LATER, "wrong truth")
    with pytest.raises(ConfigError, match="was superseded already, by"):
        registry.supersede(root, ONE, LATER, "another reason")
    with pytest.raises(ConfigError, match="was superseded itself"):
        registry.supersede(root, LATER, ONE, "in a circle")
    assert written(root).startswith(before)
    assert "Superseded by " + LATER in (root / "docs/artefacts_registry.md").read_text()
    assert registry.problems(root) == []


def test_the_lineage_names_commit_and_parents(root):
    registry.add(root, row_of(ONE))
    with pytest.raises(ConfigError, match="has no row"):
        registry.add_lineage(root, TWO, None, "b" * 40)
    assert registry.add_lineage(root, ONE, "https://example.org/pull/1", "b" * 40)
    assert not registry.add_lineage(root, ONE, "https://example.org/pull/1", "b" * 40)
    line = registry.lineage(root)[-1]
    row = registry.rows(root)[0]
    assert (line["merge_commit"], line["registry_pr"]) == ("b" * 40, "https://example.org/pull/1")
    assert line["parents"] == [row["outcome"]["truth"]["sha256"].upper()]
    assert registry.problems(root) == []
    registry.add(root, row_of(LATER))
    registry.supersede(root, ONE, LATER, "wrong truth")
    registry.add_lineage(root, LATER, None, "c" * 40)
    assert row["assets"][0]["sha256"] in registry.lineage(root)[-1]["parents"]


@pytest.mark.parametrize("key", ["asset_sha256", "status", "merge_commit", "asset"])
def test_a_line_of_the_lineage_that_the_registry_does_not_know(root, key):
    registry.add(root, row_of(ONE))
    registry.add_lineage(root, ONE, None, "b" * 40)
    lines = (root / registry.LINEAGE).read_text().splitlines(keepends=True)
    wrong = {"asset_sha256": "A" * 64, "status": "published", "merge_commit": None, "asset": "x.zip"}
    document = json.loads(lines[-1]) | {key: wrong[key]}
    (root / registry.LINEAGE).write_text("".join([*lines[:-1], chain.render(document)]))
    assert "lineage.jsonl: line 9" in registry.problems(root)[0]


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
    (root / registry.ARTEFACTS).write_text("".join(change(lines)))
    assert chain.problems(root / registry.ARTEFACTS, "registry_row.v1") == []
    assert problem in registry.problems(root)[0]
    commit(root, "edited")  # and committed: seen against the commit that it is for
    assert problem in registry.problems(root, base)[0]
    with pytest.raises(ConfigError, match="no such commit"):
        registry.problems(root, "no-such-branch")
    assert problem not in str(registry.problems(root, "0" * 40))  # the first push of a branch has no commit before


def test_a_local_asset_that_is_another_is_found(root):
    registry.add(root, release(root, ONE))
    assert registry.problems(root) == []
    path = root / registry.RELEASE / ONE / "value_ring_suite_evidence_pack.zip"
    path.write_bytes(path.read_bytes() + b"x")
    assert "registered is" in registry.problems(root)[0]


@pytest.mark.parametrize("name", ["artefacts_registry", "lineage", "roadmap"])
def test_a_page_that_was_edited_by_hand_is_found(root, name):
    path = root / f"docs/{name}.md"
    path.write_text(path.read_text().replace("OPEN", "DONE") + "more\n")
    assert registry.problems(root) == [f"docs/{name}.md: is not what the registry says: hetero2 registry render"]


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
    theirs = git(root, "show", f"main:{registry.ARTEFACTS}")
    assert registry.resolve(root, "main") == {registry.ARTEFACTS: 1, registry.LINEAGE: 1}
    assert written(root).decode().startswith(theirs)
    assert [row["tag"] for row in registry.rows(root)] == [ONE, TWO, LATER]
    git(root, "add", "registry", "docs")
    git(
        root,
        *{"merge": ("commit", "--no-edit"), "rebase": ("-c", "core.editor=true", "rebase", "--continue")}.get(
            how, ("commit", "--quiet", "-m", "joined")
        ),
    )
    assert registry.problems(root, "main") == []
    assert registry.resolve(root, "main") == {registry.ARTEFACTS: 1, registry.LINEAGE: 1}  # again: the same
    assert git(root, "status", "--porcelain") == ""


def test_a_line_that_was_not_committed_is_kept(two_branches):
    newest = "value-ring-suite-2026-11-24-r0"
    registry.add(two_branches, row_of(newest))
    registry.resolve(two_branches, "main")
    assert [row["tag"] for row in registry.rows(two_branches)] == [ONE, TWO, LATER, newest]


def test_two_branches_with_the_same_tag_are_not_joined(two_branches):
    root = two_branches
    git(root, "switch", "--quiet", "main")
    registry.add(root, row_of(LATER, content=b"other"))
    commit(root, "the same tag with another pack")
    git(root, "switch", "--quiet", "mine")
    before = written(root)
    with pytest.raises(ContractError, match=LATER) as caught:
        registry.resolve(root, "main")
    assert "one needs another tag" in caught.value.hint
    assert written(root) == before
