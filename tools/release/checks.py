"""What is wrong with registry and lineage: with a line by itself, beside the others, against what was committed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, ContractError
from hetero2.io.files import sha256_file
from tools.release import chain, pages, records
from tools.release.gates import not_met
from tools.release.milestones import CONTEXTS, PROOFS, latest, of_release
from tools.release.repository import is_signed, lines_at, tags
from tools.release.tags import check_date, parse, prefix_of

ARTEFACTS, LINEAGE = "registry/artefacts.jsonl", "registry/lineage.jsonl"
CONTRACTS = {ARTEFACTS: "registry_row.v1", LINEAGE: "lineage.v1"}
ANCHOR = "registry-"  # tags of commits whose registry must stay as it is
RELEASE = "release"  # git-ignored folder of what was built here
_AFTER = {None: ("built", "published"), "built": ("superseded",), "published": ("superseded",), "superseded": ()}
_MARK = {"status", "superseded_by", "reason", chain.LINK}  # all that a line that supersedes may change
Facts = dict[str, Any]


def rows(root: Path) -> list[Facts]:
    """Lines of the registry; raises ContractError where it is not in order."""
    lines = chain.read(root / ARTEFACTS, CONTRACTS[ARTEFACTS])
    for number, row in enumerate(lines, 1):
        if not isinstance(row["tag"], str):
            raise ContractError(f"{root / ARTEFACTS}: line {number}: tag {row['tag']!r}: not a release tag")
    return lines


def lineage(root: Path) -> list[Facts]:
    """Lines of the lineage; raises ContractError where it is not in order."""
    return chain.read(root / LINEAGE, CONTRACTS[LINEAGE])


def row_problems(row: Facts, registered: Sequence[Facts]) -> Iterator[str]:
    """What is wrong with a row that follows the `registered` ones, whatever the configuration says today."""
    if prefix_of(row["tag"] or "") is None:
        yield f"tag {row['tag']!r}: not a release tag"
        return
    before = next((earlier for earlier in reversed(registered) if earlier["tag"] == row["tag"]), None)
    status = before["status"] if before else None
    if row["status"] not in _AFTER[status]:
        allowed = ", ".join(_AFTER[status]) or "none"
        yield f"status {row['status']} after {status or 'nothing'}; allowed: {allowed}"
    changed = sorted(key for key in {*row, *(before or row)} - _MARK if before and row.get(key) != before.get(key))
    if changed:
        yield f"{', '.join(changed)}: not as in the line before of this tag; only its status may change"
    yield from release_problems(row)
    yield from _status_problems(row, registered)


def release_problems(row: Facts) -> Iterator[str]:
    """What in a row shows that it should not have been released."""
    if failed := not_met(row):
        yield f"gates not met: {', '.join(failed)}"
    if row["acceptance"]["outcome"] != "GO" or row["outcome"]["counts"]["ERROR"] != 0:
        yield "its acceptance or its counts do not say what its gates say"


def _status_problems(row: Facts, registered: Sequence[Facts]) -> Iterator[str]:
    local = row["tag"].endswith("-r0")
    if row["status"] == "built" and not local:
        yield "only -r0 is registered as built; any other tag when it is published"
    if row["status"] == "built" and any(asset["url"] for asset in row["assets"]):
        yield "built, but an asset has an address: that is published"
    if row["status"] == "published":
        if local:
            yield "-r0 is never published"
        if row.get("superseded_by"):
            yield "published, but it says what takes its place"
        missing = [text for text, check in PROOFS.values() if not check(row)]
        wanting = [f"ci/{name}" for name in CONTEXTS if row["ci"][name] != "success"]
        if missing:
            contexts = f" ({', '.join(wanting)})" if wanting else ""
            yield f"{row['milestone'] or 'published'} is not done: it lacks {'; '.join(missing)}{contexts}"
    if row["status"] == "superseded":
        yield from _mark_problems(row, latest(registered))


def _mark_problems(row: Facts, registered: dict[str, Facts]) -> Iterator[str]:
    """What is wrong with a line that says what replaces a release."""
    by = registered.get(row["superseded_by"] or "")
    if not row["superseded_by"] or not (row["reason"] or "").strip():
        yield "superseded, but not by what or why"
    elif by is None or by["tag"] == row["tag"]:
        yield f"superseded by {row['superseded_by']}, which has no line before this one"
    elif prefix_of(by["tag"]) != prefix_of(row["tag"]):
        yield f"superseded by {by['tag']}, which is of another tag prefix"
    elif by["status"] == "superseded":
        yield f"superseded by {by['tag']}, which is superseded itself, by {by['superseded_by']}"
    elif by["status"] == "built" and registered.get(row["tag"], row)["status"] == "published":
        yield f"superseded by {by['tag']}, which is not published, as this one is"
    elif by.get("prerelease") and not row.get("prerelease"):
        yield f"superseded by {by['tag']}, which is a prerelease"


def configured_problems(row: Facts, root: Path) -> Iterator[str]:
    """What is wrong with a new row by today's configuration; old rows, which cannot change, are not judged by it."""
    try:
        tag = parse(row["tag"], root)
        check_date(tag)
    except ConfigError as error:
        yield error.message
        return
    if (row["target"], row["date"]) != (tag.target, tag.date):
        yield f"its tag names {tag.target} of {tag.date}, the row {row['target']} of {row['date']}"
    variants = [(asset["name"], asset["variant"]) for asset in row["assets"]]
    if variants != tag.variants():
        names, expected_names = (", ".join(name for name, _ in assets) for assets in (variants, tag.variants()))
        yield f"assets are {names}; the target makes {expected_names}, in this order and of these variants"
    if row["milestone"] != of_release(row, root):
        yield f"milestone {row['milestone']}, but the tag counts for {of_release(row, root)}"


def all_row_problems(row: Facts, registered: Sequence[Facts], root: Path) -> list[str]:
    """Everything that is wrong with a new row."""
    return list(row_problems(row, registered)) or list(configured_problems(row, root))


def lineage_problems(line: Facts, before: Sequence[Facts], registered: Sequence[Facts]) -> Iterator[str]:
    """What is wrong with a line of the lineage after others, beside the registry."""
    if line["status"] == "predecessor":
        return
    rows_of = [row for row in registered if row["tag"] == line["tag"]]
    candidates = [
        entry | {"least": records.parents(row, ())} for row in rows_of for entry in records.lineage(row, registered)
    ]
    row = next(
        (entry for entry in candidates if (entry["asset"], entry["status"]) == (line["asset"], line["status"])), None
    )
    who = f"{line['tag']}, {line['asset']}"
    if row is None:
        yield f"{who}: the registry has no row with it that says {line['status']}"
        return
    differing = [key for key in ("asset_sha256", "source_commit", "publish_run_url") if line[key] != row[key]]
    if differing:
        yield f"{who}: {', '.join(differing)}: not as in the registry"
    if not set(row["least"]) <= set(line["parents"]) <= set(row["parents"]):
        yield f"{who}: parents: not what the registry says it was made from"
    if not line["merge_commit"]:
        yield f"{who}: no commit that entered its row in the registry"
    same = [entry for entry in before if (entry["tag"], entry["asset"]) == (line["tag"], line["asset"])]
    if any(not set(entry["parents"]) < set(line["parents"]) for entry in same):
        yield f"{who}: is there already; a further line only adds packs that it takes the place of"


def document_problems(registered: Sequence[Facts], lines: Sequence[Facts]) -> list[tuple[str, int, str]]:
    """(file, line, problem) of the documents of registry and lineage, whatever the configuration says today."""
    old = {line["tag"] for line in lines if line["status"] == "predecessor"}
    problems = [
        (ARTEFACTS, n, problem)
        for n, row in enumerate(registered, 1)
        for problem in row_problems(row, registered[: n - 1])
    ]
    problems += [(ARTEFACTS, n, "a tag of the predecessor") for n, row in enumerate(registered, 1) if row["tag"] in old]
    problems += [
        (
            LINEAGE,
            len(lines),
            f"{problem['tag']}, {problem['asset']}: no line names what it takes the place of: supersede again",
        )
        for problem in records.further(registered, lines)
    ]
    for n, line in enumerate(lines, 1):
        problems += [(LINEAGE, n, problem) for problem in lineage_problems(line, lines[: n - 1], registered)]
    return problems


def anchors(root: Path) -> list[str]:
    """Tags that say what the registry was: those of releases, and those of `registry anchor`, which start with ANCHOR.

    A tag is neither moved nor deleted (docs/release.md), so that what it holds outlasts a history that was rewritten.
    """
    return [tag for tag in tags(root) if tag.startswith(ANCHOR) or prefix_of(tag) is not None]


def anchor_problems(root: Path, signed: bool = False) -> list[str]:
    """Where registry and lineage no longer have the lines of an anchor; `signed`: or it has no signature."""
    names = anchors(root)
    sentences = [
        problem
        for tag in names
        for name in CONTRACTS
        for problem in _against(root, name, lines_at(root, f"refs/tags/{tag}", name), f"the tag {tag}")
    ]
    if signed:
        sentences += [
            f"the tag {tag}: has no signature that git can verify" for tag in names if not is_signed(root, tag)
        ]
        sentences += [] if names else ["no tag here says what the registry was: git fetch --tags, or registry anchor"]
    return sentences


def problems(root: Path, base: str | None = None, signed: bool = False) -> list[str]:
    """Everything that is wrong with registry, lineage and the pages made of them; `base`: None for the last commit.

    Whatever the base, lines that an anchor has must be there; `signed`: each anchor must have a signature, too.
    """
    sentences = [problem for name, contract in CONTRACTS.items() for problem in chain.problems(root / name, contract)]
    before = {name: _committed(root, name, base) for name in CONTRACTS}
    sentences += [problem for name in CONTRACTS for problem in _against(root, name, before[name], base)]
    sentences += anchor_problems(root, signed)
    if sentences:
        return sentences
    try:
        registered, lines = rows(root), lineage(root)
    except ContractError as error:
        return [error.message]
    sentences += [f"{name}: line {number}: {problem}" for name, number, problem in document_problems(registered, lines)]
    for number, row in enumerate(registered):
        if number >= len(before[ARTEFACTS]) and not sentences:
            sentences += [f"{ARTEFACTS}: line {number + 1}: {problem}" for problem in configured_problems(row, root)]
    for number, line in enumerate(lines[len(before[LINEAGE]) :], len(before[LINEAGE]) + 1):
        if line["status"] == "predecessor" and (root / ".git").exists():
            sentences.append(f"{LINEAGE}: line {number}: a new predecessor; there are no more of them")
    if not sentences:
        sentences = [
            f"{ARTEFACTS}: line {number}: {problem}"
            for number, row in enumerate(registered, 1)
            for problem in _local_problems(root, row)
        ]
    return sentences or pages.problems(root, registered, lines)


def _local_problems(root: Path, row: Facts) -> Iterator[str]:
    """Assets of a row that lie here and are not those of the row."""
    for asset in row["assets"]:
        path = root / RELEASE / str(row["tag"]) / Path(asset["name"]).name
        if path.is_file() and (digest := sha256_file(path).upper()) != asset["sha256"]:
            yield f"{path}: has sha256 {digest}, registered is {asset['sha256']}"


def _committed(root: Path, name: str, base: str | None) -> list[str]:
    """Lines of a commit; none without a history, or before the first push, whose base is all zeros."""
    if base in ("0" * 40, "0" * 64):
        return []
    if not (root / ".git").exists():
        if base is not None:
            raise ConfigError(f"--base {base}: {root} is no git checkout")
        return []
    return lines_at(root, "HEAD" if base is None else base, name)


def _against(root: Path, name: str, before: Sequence[str], base: str | None) -> list[str]:
    """The first line of a commit that is no longer there as it was."""
    path = root / name
    now = chain.lines_of(path.read_bytes().decode("utf-8", "replace")) if path.is_file() else []
    for number, line in enumerate(before):
        if number >= len(now) or now[number] != line:
            what = "removed" if line not in now else "moved"
            if number < len(now) and line not in now and len(now) >= len(before):
                what = "edited"
            return [f"{path}: line {number + 1}: was {what} since {base or 'the last commit'}; lines are only added"]
    return []
