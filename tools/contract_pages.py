"""Write a page for every contract from its schema and its stored file: `make docs`.

    python -m tools.contract_pages [--check]

The table in docs/contracts/README.md says which contracts there are, whether they are frozen, and which stored file of
an older release must still be read. Anything above the mark in a page is written by hand and kept.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tools import made_files
from tools.made_files import ROOT

PAGES, SCHEMAS = ROOT / "docs/contracts", ROOT / "schemas"
MARK = "<!-- from here on written by `make docs` -->"
FROZEN = """Frozen: the meaning never changes under this name. An optional field may be added; any other change is a new
version with a line in CHANGELOG.md and a migration path. `tests/contracts/test_frozen.py` refuses a change of
`schemas/frozen/{name}.schema.json` or of what it says."""
OPEN = """Not frozen yet: until the first release fields may change, each with a line in CHANGELOG.md. From then on
fields are only added, and any other change is a new version."""
_LINES, _WIDTH = 4, 400
Schema = dict[str, Any]


class Contract(NamedTuple):
    """A line of the table: name, file, state, stored file."""

    name: str
    file: str
    state: str
    stored: Path | None


def contracts() -> list[Contract]:
    """The contracts of the table that a user meets; those between stages have no page."""
    user_contracts = []
    for line in (PAGES / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        name = re.search(r"`([\w.]+\.v\d+)`", cells[0]) if len(cells) == 4 else None
        if name and cells[2] != "internal":
            stored = re.search(r"`(tests/[\w./-]+\.(?:csv|json|jsonl|parquet))`", cells[3])
            user_contracts.append(Contract(name[1], cells[1], cells[2], ROOT / stored[1] if stored else None))
    return user_contracts


def _kind(field: Schema) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join("null" if value is None else f"`{value}`" for value in field["enum"])
    kinds = field.get("type", "")
    return " or ".join([kinds] if isinstance(kinds, str) else kinds)


def _fields(schema: Schema) -> list[str]:
    required = schema.get("required", [])
    lines = ["| field | | what it holds | meaning |", "|---|---|---|---|"]
    for name, field in schema["properties"].items():
        must = "" if name in required else "optional"
        lines.append(f"| `{name}` | {must} | {_kind(field)} | {field.get('description', '')} |")
    return lines


def _example(stored: Path) -> list[str]:
    lines = stored.read_text(encoding="utf-8").splitlines()
    shown = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]} …" for line in lines]
    count = _LINES if stored.suffix in (".csv", ".jsonl", ".smi") else 40
    rest = [f"… ({len(lines)} lines)"] if len(lines) > count else []
    return ["```", *shown[:count], *rest, "```"]


def page(contract: Contract, by_hand: str) -> str:
    """The whole page; `by_hand` is what stands above the mark, or nothing."""
    path = SCHEMAS / f"{contract.name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    said = schema["description"] if schema else ""
    lines = [by_hand.rstrip() if by_hand.strip() else f"# `{contract.name}`: {contract.file}\n\n{said}", "", MARK, ""]
    if schema:
        name = path.relative_to(ROOT).as_posix()
        lines += ["## Fields", "", f"Schema: [`{name}`](../../{name}).", "", *_fields(schema), ""]
    if contract.stored:
        name = contract.stored.relative_to(ROOT).as_posix()
        text = f"[`{name}`](../../{name}) must always be read."
        lines += [
            "## Example",
            "",
            text,
            *(["", *_example(contract.stored)] if contract.stored.suffix not in (".zip", ".parquet") else []),
            "",
        ]
    lines += ["## Changes", "", (FROZEN if contract.state == "frozen" else OPEN).format(name=contract.name)]
    return "\n".join(lines) + "\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Every page as it should be."""
    for contract in contracts():
        path = PAGES / f"{contract.name}.md"
        by_hand = (path.read_text(encoding="utf-8") if path.is_file() else "").split(MARK)[0]
        if by_hand.startswith(f"# `{contract.name}`: {contract.file}\n"):  # written by us
            by_hand = ""
        yield path, page(contract, by_hand)


def main() -> int:
    """Write the pages, or say which are not current."""
    return made_files.main(__doc__, pages())


if __name__ == "__main__":
    sys.exit(main())
