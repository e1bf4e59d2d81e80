"""The registry and the lineage: what may be added, what is wrong with them, and two branches that both added."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, ContractError
from hetero2.files import sha256_file, write_text
from hetero2.release import chain, pages, records
from hetero2.release.gates import NAMES
from hetero2.release.milestones import CONTEXTS, PROOFS, latest, of_release
from hetero2.release.repository import lines_at
from hetero2.release.tags import Tag, parse

ARTEFACTS, LINEAGE = "registry/artefacts.jsonl", "registry/lineage.jsonl"
CONTRACTS = {ARTEFACTS: "registry_row.v1", LINEAGE: "lineage.v1"}
RELEASE = "release"  # git-ignored folder of what was built here
_AFTER = {None: ("built", "published"), "built": ("published", "superseded"), "published": ("superseded",)}
_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")  # of git, around what is in conflict
Facts = dict[str, Any]


def rows(root: Path) -> list[Facts]:
    """Lines of the registry; raises ContractError where it is not in order."""
    return chain.read(root / ARTEFACTS, CONTRACTS[ARTEFACTS])


def lineage(root: Path) -> list[Facts]:
    """Lines of the lineage; raises ContractError where it is not in order."""
    return chain.read(root / LINEAGE, CONTRACTS[LINEAGE])


def check_free(root: Path, tag: Tag) -> None:
    """Raise ConfigError for a tag that was used: by a row that says built or published, or by the predecessor."""
    lines = {ARTEFACTS: rows(root), LINEAGE: lineage(root)}
    for name, known in lines.items():
        for number, line in enumerate(known):
            if line["tag"] == tag.text and line["status"] != "superseded":
                raise ConfigError(
                    f"tag {tag.text}: is registered: {name} line {number + 1}, {line['status']}",
                    f"a tag is never used twice; the next one is {tag.next()}",
                )


def add(root: Path, row: Facts) -> bool:
    """Add a row and render the pages; False where it is there already. Raises ConfigError, ContractError."""
    with chain.locked(root / "registry"):
        known = rows(root)
        same = [other for other in known if {**other, chain.LINK: None} == {**row, chain.LINK: None}]
        if not same:
            before = latest(known).get(row["tag"])
            problem = next(_row_problems(row, before, root), None)
            if before is not None and row["status"] not in _AFTER.get(before["status"], ()):
                check_free(root, parse(row["tag"], root))
            if problem:
                raise ContractError(f"{row['tag']}: cannot be registered: {problem}")
            chain.append(root / ARTEFACTS, [row], CONTRACTS[ARTEFACTS])
        pages.write(root, rows(root), lineage(root))
    return not same


def add_lineage(root: Path, tag: str, pull_request: str | None, merge_commit: str) -> bool:
    """Add the lines of a registered release to the lineage; False where they are there already."""
    with chain.locked(root / "registry"):
        known, before = rows(root), lineage(root)
        row = latest(known).get(tag)
        if row is None:
            raise ConfigError(f"tag {tag}: has no row in {ARTEFACTS}", f"hetero2 registry add {tag}")
        there = any(line["tag"] == tag for line in before)
        if not there:
            lines = records.lineage(row, known, pull_request, merge_commit)
            problem = next((text for line in lines for text in _lineage_problems(line, known)), None)
            if problem:
                raise ContractError(f"{tag}: cannot enter the lineage: {problem}")
            chain.append(root / LINEAGE, lines, CONTRACTS[LINEAGE])
        pages.write(root, known, lineage(root))
    return not there


def supersede(root: Path, old: str, by: str, reason: str) -> bool:
    """Mark a release as wrong, with what takes its place; its line stays. False where that was said already."""
    known = latest(rows(root))
    for name in (old, by):
        if name not in known:
            raise ConfigError(
                f"tag {name}: has no row in {ARTEFACTS}", "register the new release before the old is marked"
            )
    if old == by or parse(old, root).prefix != parse(by, root).prefix:
        raise ConfigError(f"{by} cannot take the place of {old}", "it must be another release of the same tag prefix")
    if known[by]["status"] == "superseded":
        raise ConfigError(f"{by} was superseded itself, by {known[by]['superseded_by']}")
    row = known[old]
    if row["status"] == "superseded" and (row["superseded_by"], row["reason"]) != (by, reason):
        raise ConfigError(f"{old} was superseded already, by {row['superseded_by']}: {row['reason']}")
    return add(root, records.superseded(row, by, reason))


def _row_problems(row: Facts, before: Facts | None, root: Path) -> Iterator[str]:
    """What is wrong with a row beyond its schema; `before` is the row that its tag had until then."""
    try:
        tag = parse(row["tag"] or "", root)
    except ConfigError as error:
        yield error.message
        return
    if (row["target"], row["date"]) != (tag.target, tag.date):
        yield f"its tag names {tag.target} of {tag.date}, the row {row['target']} of {row['date']}"
    allowed = _AFTER.get(before["status"] if before else None, ())
    if row["status"] not in allowed:
        yield f"status {row['status']} after {before['status'] if before else 'nothing'}; allowed: {', '.join(allowed)}"
    names = [asset["name"] for asset in row["assets"]]
    if sorted(names) != sorted(tag.assets()):
        yield f"assets are {', '.join(names) or 'none'}; the target makes {', '.join(tag.assets())}"
    if row["milestone"] != of_release(row, root):
        yield f"milestone {row['milestone']}, but the tag counts for {of_release(row, root)}"
    if before is not None and [(a["name"], a["sha256"]) for a in before["assets"]] != [
        (a["name"], a["sha256"]) for a in row["assets"]
    ]:
        yield "another sha256 than in the row before of this tag: an asset is never exchanged"
    yield from _status_problems(row, tag, root)


def _status_problems(row: Facts, tag: Tag, root: Path) -> Iterator[str]:
    gates = row.get("gates", {})
    not_met = [name for name in NAMES if not gates.get(name, {}).get("met")]
    if not_met:
        yield f"gates not met: {', '.join(not_met)}"
    if row["status"] == "built" and any(asset["url"] for asset in row["assets"]):
        yield "built, but an asset has an address: that is published"
    if row["status"] == "published":
        if tag.is_local:
            yield "-r0 is never published"
        missing = [text for text, check in PROOFS.values() if not check(row, root)]
        if missing:
            wanting = [f"ci/{name}" for name in CONTEXTS if row["ci"][name] != "success"]
            told = f" ({', '.join(wanting)})" if wanting else ""
            yield f"{row['milestone'] or 'published'} is not done: it lacks {'; '.join(missing)}{told}"
    if row["status"] == "superseded" and not (row.get("superseded_by") and row.get("reason")):
        yield "superseded, but not by what or why"


def _lineage_problems(line: Facts, known: Sequence[Facts]) -> Iterator[str]:
    if line["status"] == "predecessor":
        return
    match = [row for row in known if row["tag"] == line["tag"] and row["status"] == line["status"]]
    sums = {asset["name"]: asset["sha256"] for row in match for asset in row["assets"]}
    found = sums.get(line["asset"], f"no row with it that says {line['status']}")
    if found != line["asset_sha256"]:
        yield f"{line['tag']}: {line['asset']} with sha256 {line['asset_sha256']}: the registry has {found}"
    if not line["merge_commit"]:
        yield f"{line['tag']}: no commit that entered its row in the registry"


def problems(root: Path, base: str | None = None) -> list[str]:
    """Everything that is wrong with registry, lineage and the pages made of them."""
    found = [one for name, contract in CONTRACTS.items() for one in chain.problems(root / name, contract)]
    found += [one for name in CONTRACTS for one in _against(root, name, base)]
    if found:
        return found
    known, lines = rows(root), lineage(root)
    seen: dict[str, Facts] = {}
    for number, row in enumerate(known):
        found += [f"{ARTEFACTS}: line {number + 1}: {one}" for one in _row_problems(row, seen.get(row["tag"]), root)]
        found += [f"{ARTEFACTS}: line {number + 1}: {one}" for one in _local_problems(root, row)]
        seen[row["tag"] or ""] = row
    for number, line in enumerate(lines):
        found += [f"{LINEAGE}: line {number + 1}: {one}" for one in _lineage_problems(line, known)]
    return found or pages.problems(root, known, lines)


def _local_problems(root: Path, row: Facts) -> Iterator[str]:
    """Assets of a row that lie here and are not those of the row."""
    for asset in row["assets"]:
        path = root / RELEASE / str(row["tag"]) / asset["name"]
        if path.is_file() and (found := sha256_file(path).upper()) != asset["sha256"]:
            yield f"{path}: has sha256 {found}, registered is {asset['sha256']}"


def _against(root: Path, name: str, base: str | None) -> list[str]:
    """Lines of `base` (default: the last commit) that are no longer there as they were."""
    if not (root / ".git").exists() or (base is not None and not base.strip("0")):  # no history, or the first push
        return []
    before, path = lines_at(root, base or "HEAD", name), root / name
    now = chain.lines_of(path.read_text(encoding="utf-8")) if path.is_file() else []
    for number, line in enumerate(before):
        if number >= len(now) or now[number] != line:
            what = "removed" if line not in now else "moved"
            if number < len(now) and line not in now and len(now) >= len(before):
                what = "edited"
            return [f"{path}: line {number + 1}: was {what} since {base or 'the last commit'}; lines are only added"]
    return []


def resolve(root: Path, base: str) -> dict[str, int]:
    """Two branches added lines: those of `base` stay as they are, ours are bound anew behind them. How many, by file.

    Ours are all lines that base does not have, committed or not, in the middle of a merge or rebase or not. Nothing is
    written unless all of it is in order.
    """
    with chain.locked(root / "registry"):
        added, texts = {}, {}
        for name, contract in CONTRACTS.items():
            theirs = lines_at(root, base, name)
            known = [_without_link(json.loads(line)) for line in theirs]
            ours: list[Facts] = []
            for one in map(_without_link, _own(root, name)):
                if one not in known and one not in ours:
                    ours.append(one)
            texts[name] = chain.linked(ours, theirs, contract)
            added[name] = len(ours)
        _check_tags([json.loads(line) for line in texts[ARTEFACTS]], root)
        for name, lines in texts.items():
            write_text(root / name, "".join(lines))
        pages.write(root, rows(root), lineage(root))
    return added


def _own(root: Path, name: str) -> list[Facts]:
    """Documents of a file in the index, of both sides of a conflict, and in the working tree but for git's marks."""
    lines = [line for side in (":0", ":2", ":3") for line in lines_at(root, side, name)]
    path = root / name
    written = chain.lines_of(path.read_text(encoding="utf-8")) if path.is_file() else []
    lines += [line for line in written if not line.startswith(_MARKS)]
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise ContractError(
            f"{path}: holds a line that is not JSON: {error}", "mend or remove that line first"
        ) from None


def _without_link(document: Facts) -> Facts:
    return {key: value for key, value in document.items() if key != chain.LINK}


def _check_tags(known: Sequence[Facts], root: Path) -> None:
    seen: dict[str, Facts] = {}
    for row in known:
        problem = next(_row_problems(row, seen.get(row["tag"]), root), None)
        if problem:
            raise ContractError(f"{row['tag']}: {problem}", "both branches registered it: one needs another tag")
        seen[row["tag"]] = row
