"""Adding to registry and lineage, superseding a release, joining two branches that both added lines."""

import json
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

_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
Facts = dict[str, Any]


def check_free(root: Path, tag: Tag) -> None:
    """Raise ConfigError for a tag in use: by a row that says built or published, or by a predecessor."""
    for name, documents in {ARTEFACTS: rows(root), LINEAGE: lineage(root)}.items():
        for number, line in enumerate(documents):
            if line["tag"] == tag.text and line["status"] != "superseded":
                raise ConfigError(
                    f"tag {tag.text}: is registered: {name} line {number + 1}, {line['status']}",
                    f"a tag is never used twice; the next one is {tag.next()}",
                )


def _same(left: Facts, right: Facts) -> bool:
    """Whether two documents are equal but for their link and the job that published."""
    ignored = dict.fromkeys((chain.LINK, "publish_run_url"))
    return {**left, **ignored} == {**right, **ignored}


def add(root: Path, row: Facts) -> bool:
    """Add a row and render the pages; False if it is there already. Raises ConfigError, ContractError."""
    validate(row, CONTRACTS[ARTEFACTS], f"{row.get('tag')}: cannot be registered")
    with chain.locked(root / "registry"):
        registered = rows(root)
        new = not any(_same(row, earlier) for earlier in registered)
        if new:
            if row["status"] != "superseded":
                check_free(root, parse(row["tag"] or "", root))
            problem = next(iter(all_row_problems(row, registered, root)), None)
            if problem:
                raise ContractError(f"{row['tag']}: cannot be registered: {problem}")
            pages.render(root, [*registered, row], lineage(root))  # what cannot be shown is not added
            chain.append(root / ARTEFACTS, [row], CONTRACTS[ARTEFACTS])
        pages.write(root, rows(root), lineage(root))
    return new


def add_lineage(root: Path, tag: str, pull_request: str | None, merge_commit: str) -> bool:
    """Add the lines of a registered release to the lineage; False if they are there already."""
    with chain.locked(root / "registry"):
        registered, before = rows(root), lineage(root)
        row = next((row for row in reversed(registered) if row["tag"] == tag and row["status"] != "superseded"), None)
        if row is None:
            raise ConfigError(f"tag {tag}: has no row in {ARTEFACTS}", f"python -m tools.release registry add {tag}")
        new = records.missing(records.lineage(row, registered, pull_request, merge_commit), before)
        problem = next((text for line in new for text in lineage_problems(line, before, registered)), None)
        if problem:
            raise ContractError(f"{tag}: cannot enter the lineage: {problem}")
        chain.append(root / LINEAGE, new, CONTRACTS[LINEAGE])
        pages.write(root, registered, lineage(root))
    return bool(new)


def supersede(root: Path, old: str, by: str, reason: str) -> bool:
    """Mark a release as superseded by another; its line stays. False if it is marked so already.

    If the new one is in the lineage, lines that name the old packs among its parents are added there.
    """
    last = latest(rows(root))
    for name in (old, by):
        if name not in last:
            raise ConfigError(
                f"tag {name}: has no row in {ARTEFACTS}", "register the new release before you mark the old one"
            )
    reason = " ".join(reason.split())
    if not reason or not reason.isprintable():
        raise ConfigError("--reason: is empty, or has unprintable characters", "say in a sentence what was wrong")
    row = last[old]
    if row["status"] == "superseded" and (row["superseded_by"], row["reason"]) != (by, reason):
        raise ConfigError(f"{old} is superseded already, by {row['superseded_by']}: {row['reason']}")
    new = add(root, records.superseded(row, by, reason))
    with chain.locked(root / "registry"):
        chain.append(root / LINEAGE, records.further(rows(root), lineage(root)), CONTRACTS[LINEAGE])
        pages.write(root, rows(root), lineage(root))
    return new


def resolve(root: Path, base: str) -> dict[str, int]:
    """After two branches added lines: keep those of `base` and add ours again behind them. How many, by file.

    Ours are all lines of the working tree that base does not have, also between the marks of a conflict. Nothing is
    written unless the result is valid. Raises ContractError.
    """
    with chain.locked(root / "registry"):
        theirs = {name: _lines_of_base(root, base, name) for name in CONTRACTS}
        base_rows, base_lineage = ([json.loads(line) for line in lines] for lines in theirs.values())
        our_rows = _added(root, ARTEFACTS, base_rows)
        all_rows = base_rows + our_rows
        our_lineage = _without_further(_added(root, LINEAGE, base_lineage), base_lineage)
        our_lineage += records.further(all_rows, base_lineage + our_lineage)
        ours = {ARTEFACTS: our_rows, LINEAGE: our_lineage}
        texts = {name: "".join(chain.linked(ours[name], theirs[name], CONTRACTS[name])) for name in CONTRACTS}
        _check_joined(all_rows, base_lineage + our_lineage, base)
        pages.render(root, all_rows, base_lineage + our_lineage)  # what cannot be shown is not written
        for name, text in texts.items():
            write_text(root / name, text)
        pages.write(root, rows(root), lineage(root))
    return {name: len(documents) for name, documents in ours.items()}


def _lines_of_base(root: Path, base: str, name: str) -> list[str]:
    """The lines that stay as they are; raises ContractError if they are broken."""
    lines = lines_at(root, base, name)
    if problem := chain.first_line_problem(lines, CONTRACTS[name]):
        raise ContractError(f"{name} of {base}: {problem}", "fix it there first")
    return lines


def _added(root: Path, name: str, base: Sequence[Facts]) -> list[Facts]:
    """Documents of the working tree that the base does not have, whatever they are bound to, each once."""
    path = root / name
    text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    added: list[Facts] = []
    for line in chain.lines_of(text):
        if line.startswith(_CONFLICT_MARKS):
            continue
        try:
            document = parse_json(line)
        except ValueError as error:
            raise ContractError(f"{name}: a line is not JSON: {error}", "fix it first") from None
        if not isinstance(document, dict):
            raise ContractError(f"{name}: a line is no JSON object: {line.strip()[:40]}", "fix it first")
        if not any(_same(document, earlier) for earlier in (*base, *added)):
            added.append(document)
    return added


def _without_further(ours: Sequence[Facts], base: Sequence[Facts]) -> list[Facts]:
    """Our lines of the lineage without those of packs that the base has too: what they add follows from the rows."""
    packs = {(line["tag"], line["asset"], line["asset_sha256"]) for line in base}
    return [
        line
        for line in ours
        if line.get("status") == "predecessor" or (line["tag"], line["asset"], line["asset_sha256"]) not in packs
    ]


def _check_joined(all_rows: Sequence[Facts], all_lineage: Sequence[Facts], base: str) -> None:
    """Raise ContractError for the first problem of the files with our lines behind those of the base."""
    problem = next(iter(document_problems(all_rows, all_lineage)), None)
    if problem:
        name, number, text = problem
        tag = {ARTEFACTS: all_rows, LINEAGE: all_lineage}[name][number - 1]["tag"]
        raise ContractError(
            f"{name}: line {number} of the joined file, {tag}: {text}",
            f"nothing was written; if both branches registered the same tag, one of them needs another; otherwise take "
            f"the files of {base} (git checkout {base} -- registry docs) and run your registry commands again",
        )
