"""Ids of an SD file that stand in a data item of each record, not in its title."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hetero2.errors import InputError
from hetero2.inputs.recognised.columns import ID, find
from hetero2.io.tables import open_text, text_lines

_ITEM = re.compile(r">.*?<([^<>]*)>")


def _records(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(title, first line of each data item by name) of each record."""
    title, items, name, n_lines = "", dict[str, str](), None, 0
    with open_text(path) as handle:
        for raw in text_lines(handle, path):
            line = raw.rstrip("\r\n")
            if line.startswith("$$$$") and not name:
                yield title, items
                title, items, n_lines = "", {}, 0
                continue
            n_lines += 1
            item = _ITEM.match(line) if line.startswith(">") else None
            if n_lines == 1:
                title = line.strip()
            elif item:
                name = item[1]
            elif name and not line.strip():
                name = None
            elif name:
                items.setdefault(name, line.strip())
    if n_lines > 1 or items:
        yield title, items


def item_names(path: Path) -> set[str]:
    """The names of the data items of all records."""
    return {name for _, record in _records(path) for name in record}


def ids(path: Path, asked: str | None) -> tuple[str, list[str]] | None:
    """(name of the data item with the ids, the id of each record), or None where titles are the ids.

    asked: the item that the user named, where there is one of this name. Else an item is taken only where no record has
    a title. Raises ConfigError where two could be meant; InputError where a record lacks it.
    """
    records = list(_records(path))
    counts = Counter(name for _, record in records for name in record)
    if asked is not None and asked in counts:
        chosen: str | None = asked
    elif any(title for title, _ in records):
        return None
    else:
        chosen = find(path, list(counts), ID, asked)
    if chosen is None:
        return None
    for number, (_, record) in enumerate(records, start=1):
        if chosen not in record:
            raise InputError(f"{path}: record {number}: has no data item {chosen!r}", "give each record its id")
    return chosen, [record[chosen] for _, record in records]
