"""Ids of an SD file that stand in a data item of each record, not in its title."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hetero2.errors import ConfigError, InputError
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


def ids(path: Path, asked: str | None) -> tuple[str, list[str]] | None:
    """(name of the data item with the ids, the id of each record), or None where titles are the ids.

    asked: the item that the user named. Without, an item is taken only where no record has a title. Raises ConfigError
    where no item has that name, or two could be meant; InputError where a record lacks it.
    """
    records = list(_records(path))
    if asked is None and any(title for title, _ in records):
        return None
    counts = Counter(name for _, items in records for name in items)
    if asked is None:
        chosen = find(path, list(counts), ID, None)
        if chosen is None:
            return None
    elif asked in counts:
        chosen = asked
    else:
        raise ConfigError(f"{path}: no record has a data item {asked!r}; there are {list(counts)[:10]}", "--id-column")
    for number, (_, items) in enumerate(records, start=1):
        if chosen not in items:
            raise InputError(f"{path}: record {number}: has no data item {chosen!r}", "give each record its id")
    return chosen, [items[chosen] for _, items in records]
