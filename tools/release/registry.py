"""Adding to registry and lineage, marking a release as wrong, joining two branches that both added."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, ContractError
from hetero2.io.contracts import validate
from hetero2.io.files import parse_json, write_text
from tools.release import chain, pages, records
from tools.release.checks import (
    ARTEFACTS,
    CONTRACTS,
    LINEAGE,
    all_row_problems,
    document_problems,
    lineage,
    lineage_problems,
    rows,
)
from tools.release.milestones import latest
from tools.release.repository import lines_at
from tools.release.tags import Tag, parse

_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")  # of git, around what is in conflict
Facts = dict[str, Any]


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


def _same(one: Facts, other: Facts) -> bool:
    """Whether two documents say the same, whatever stands before them and whoever published what they name."""
    aside = dict.fromkeys((chain.LINK, "publish_run_url"))
    return {**one, **aside} == {**other, **aside}


def add(root: Path, row: Facts) -> bool:
    """Add a row and render the pages; False where it is there already. Raises ConfigError, ContractError."""
    validate(row, CONTRACTS[ARTEFACTS], f"{row.get('tag')}: cannot be registered")
    with chain.locked(root / "registry"):
        known = rows(root)
        new = not any(_same(row, other) for other in known)
        if new:
            if row["status"] != "superseded":
                check_free(root, parse(row["tag"] or "", root))
            problem = next(iter(all_row_problems(row, known, root)), None)
            if problem:
                raise ContractError(f"{row['tag']}: cannot be registered: {problem}")
            pages.render(root, [*known, row], lineage(root))  # what cannot be shown is not added
            chain.append(root / ARTEFACTS, [row], CONTRACTS[ARTEFACTS])
        pages.write(root, rows(root), lineage(root))
    return new


def add_lineage(root: Path, tag: str, pull_request: str | None, merge_commit: str) -> bool:
    """Add the lines of a registered release to the lineage; False where they are there already."""
    with chain.locked(root / "registry"):
        known, before = rows(root), lineage(root)
        row = next((row for row in reversed(known) if row["tag"] == tag and row["status"] != "superseded"), None)
        if row is None:
            raise ConfigError(f"tag {tag}: has no row in {ARTEFACTS}", f"python -m tools.release registry add {tag}")
        new = records.missing(records.lineage(row, known, pull_request, merge_commit), before)
        problem = next((text for line in new for text in lineage_problems(line, before, known)), None)
        if problem:
            raise ContractError(f"{tag}: cannot enter the lineage: {problem}")
        chain.append(root / LINEAGE, new, CONTRACTS[LINEAGE])
        pages.write(root, known, lineage(root))
    return bool(new)


def supersede(root: Path, old: str, by: str, reason: str) -> bool:
    """Mark a release as wrong, with what takes its place; its line stays. False where that was said already.

    Where the new one is in the lineage, lines that name the old packs among its parents follow there.
    """
    known = latest(rows(root))
    for name in (old, by):
        if name not in known:
            raise ConfigError(
                f"tag {name}: has no row in {ARTEFACTS}", "register the new release before the old is marked"
            )
    reason = " ".join(reason.split())
    if not reason or not reason.isprintable():
        raise ConfigError("--reason: is empty, or holds what cannot be printed", "say in a sentence what was wrong")
    row = known[old]
    if row["status"] == "superseded" and (row["superseded_by"], row["reason"]) != (by, reason):
        raise ConfigError(f"{old} was superseded already, by {row['superseded_by']}: {row['reason']}")
    new = add(root, records.superseded(row, by, reason))
    with chain.locked(root / "registry"):
        chain.append(root / LINEAGE, records.further(rows(root), lineage(root)), CONTRACTS[LINEAGE])
        pages.write(root, rows(root), lineage(root))
    return new


def resolve(root: Path, base: str) -> dict[str, int]:
    """Two branches added lines: those of `base` stay as they are, ours are bound anew behind them. How many, by file.

    Ours are all lines that base does not have, committed or not, in the middle of a merge or rebase or not. Nothing is
    written unless all of it is in order.
    """
    with chain.locked(root / "registry"):
        added: dict[str, int] = {}
        texts: dict[str, list[str]] = {}
        documents: dict[str, list[Facts]] = {}
        for name, contract in CONTRACTS.items():
            theirs = lines_at(root, base, name)
            wrong = (chain.line_problem(line, theirs[:place], contract) for place, line in enumerate(theirs))
            problem = next(filter(None, wrong), None)
            if problem:
                raise ContractError(f"{name} of {base}: {problem}", "mend it there first")
            known = _documents(theirs, f"{name} of {base}")
            ours: list[Facts] = []
            for one in _own(root, name):
                if not any(_same(one, other) for other in (*known, *ours)):
                    ours.append(one)
            if name == LINEAGE:
                ours = _not_further(ours, known)
                ours += records.further(documents[ARTEFACTS], [*known, *ours])
            texts[name] = chain.linked(ours, theirs, contract)
            added[name], documents[name] = len(ours), known + ours
        found = document_problems(documents[ARTEFACTS], documents[LINEAGE])
        if found:
            name, number, problem = found[0]
            raise ContractError(
                f"{name}: line {number} of the joined file, {documents[name][number - 1]['tag']}: {problem}",
                f"nothing was written; of a tag that both registered, one needs another; else take the files of {base} "
                f"(git checkout {base} -- registry docs) and run your registry commands again",
            )
        pages.render(root, documents[ARTEFACTS], documents[LINEAGE])
        for name, lines in texts.items():
            write_text(root / name, "".join(lines))
        pages.write(root, rows(root), lineage(root))
    return added


def _not_further(ours: Sequence[Facts], known: Sequence[Facts]) -> list[Facts]:
    """Our lines of the lineage but those of packs that the other side has too: what these add follows from the rows."""
    there = {(one["tag"], one["asset"], one["asset_sha256"]) for one in known}
    return [
        one
        for one in ours
        if one.get("status") == "predecessor" or (one["tag"], one["asset"], one["asset_sha256"]) not in there
    ]


def _documents(lines: Sequence[str], where: str) -> list[Facts]:
    """Documents of lines, whatever they are bound to."""
    found = []
    for line in lines:
        try:
            document = parse_json(line)
        except ValueError as error:
            raise ContractError(f"{where}: holds a line that is not JSON: {error}", "mend it first") from None
        if not isinstance(document, dict):
            raise ContractError(f"{where}: holds a line that is no object: {line.strip()[:40]}", "mend it first")
        found.append(document)
    return found


def _own(root: Path, name: str) -> list[Facts]:
    """Documents of a file in the index, of both sides of a conflict, and in the working tree but for git's marks."""
    lines = [line for side in (":0", ":2", ":3") for line in lines_at(root, side, name)]
    path = root / name
    written = chain.lines_of(path.read_bytes().decode("utf-8", "replace")) if path.is_file() else []
    return _documents([*lines, *(line for line in written if not line.startswith(_MARKS))], name)
