"""The ledger: every file of measurements that was told, in order; nothing in it is ever changed or lost.

An entry is a table, `0001.csv`, and beside it `0001.json`, with the sha256 of the table and of the entry before it. The
table is written last and renamed into place whole: it is there, and the entry counts, or the entry does not exist. A
last `.json` without its table is what a killed process leaves, or a table that was deleted: it is noted.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.campaign.layout import Layout
from hetero2.campaign.measurements import FAILED, Measurement
from hetero2.errors import GateError
from hetero2.io.contracts import validate
from hetero2.io.csv_reader import read_csv
from hetero2.io.csv_writer import cell
from hetero2.io.files import atomic_path, pretty_json, read_json, sha256_bytes, sha256_file
from hetero2.io.tables import number

CONTRACT = "campaign_entry.v1"
KNOWN, MEASURED = "known", "measured"
_COLUMNS = Measurement._fields
_MAX_BYTES = 100 << 20
Record = dict[str, Any]


class Entry(NamedTuple):
    """One file of measurements: its table, what is recorded of it, and its rows, one for each id that was new in it."""

    table: Path
    record: Record
    measurements: list[Measurement]


class Ledger(NamedTuple):
    """All entries, the oldest first; `notes`: what a person should know of them."""

    entries: list[Entry]
    notes: Sequence[str] = ()

    def latest(self) -> dict[str, Measurement]:
        """The last measurement of each id, in the order in which the ids came."""
        by_id: dict[str, Measurement] = {}
        for entry in self.entries:
            by_id.update({measurement.id: measurement for measurement in entry.measurements})
        return by_id

    def files(self) -> list[Record]:
        """Name and sha256 of each table."""
        return [{"name": entry.table.name, "sha256": entry.record["sha256"]} for entry in self.entries]


class Told(NamedTuple):
    """What became of a file of measurements; `entry` is None where it said nothing new."""

    entry: Path | None
    n_new: int
    n_same: int
    changes: list[Record]


def _check(path: Path, expected: str, what: str) -> None:
    if sha256_file(path) != expected:
        raise GateError(
            f"{path}: was changed after it was written: its sha256 is not the one in {what}",
            "restore the file; a result is corrected by telling it again, with `hetero2 campaign tell`",
        )


def read_ledger(layout: Layout) -> Ledger:
    """The ledger, whose digests are checked: raises GateError where a file in it was changed or is missing."""
    entries: list[Entry] = []
    previous = layout.campaign
    record_numbers = numbers(layout.measurements, 4, ".json")  # before the tables: others may be telling
    entry_numbers = numbers(layout.measurements, 4, ".csv")
    for n_before, entry_number in enumerate(entry_numbers):
        table = _table(layout, entry_number)
        if entry_number != n_before + 1:
            raise GateError(f"{_table(layout, n_before + 1)}: is missing, but there is {table.name}", "restore it")
        beside = table.with_suffix(".json")
        if not beside.is_file():
            raise GateError(
                f"{beside}: is missing, but there is {table.name}",
                f"restore it; or, if no round and no later entry rests on it, move {table.name} elsewhere and tell its "
                "results again",
            )
        record = read_json(beside, _MAX_BYTES)
        validate(record, CONTRACT, str(beside))
        _check(previous, record["previous_sha256"], beside.name)
        _check(table, record["sha256"], beside.name)
        entries.append(Entry(table, record, _read_table(table)))
        previous = beside
    return Ledger(entries, _notes_on_missing_tables(layout, record_numbers, len(entries)))


def _notes_on_missing_tables(layout: Layout, record_numbers: Sequence[int], n_entries: int) -> list[str]:
    """Raises GateError where a table is missing that no killed process could have left out."""
    later = [number for number in record_numbers if number > n_entries]
    if not later:
        return []
    table = _table(layout, n_entries + 1)
    if later != [n_entries + 1]:
        raise GateError(f"{table}: is missing, but there is {later[-1]:04d}.json", "restore it")
    return [
        f"{table.with_suffix('.json').name} is there without {table.name}: `hetero2 campaign tell` was killed, or the "
        "table was deleted; restore it, or tell its results again"
    ]


def numbers(folder: Path, width: int, suffix: str = "") -> list[int]:
    """Numbers of the entries of a folder that are named as a campaign names them, in order; copies are ignored."""
    matches = (re.fullmatch(f"([0-9]{{{width},}}){re.escape(suffix)}", path.name) for path in folder.glob("[0-9]*"))
    digits = (match[1] for match in matches if match)
    return sorted(int(text) for text in digits if int(text) and text == f"{int(text):0{width}d}")


def _table(layout: Layout, entry_number: int) -> Path:
    return layout.measurements / f"{entry_number:04d}.csv"


def _read_table(path: Path) -> list[Measurement]:
    return [
        Measurement(
            row["id"],
            row["canonical_smiles"] or None,
            row["structure_hash"] or None,
            number(row["value"]) if row["value"] else None,
            int(row["label"]) if row["label"] else None,
            row["status"],
        )
        for _, row in read_csv(path, _COLUMNS)
    ]


def _shown(measurement: Measurement) -> Record:
    return {"value": measurement.value, "label": measurement.label, "status": measurement.status}


def tell(layout: Layout, measurements: Sequence[Measurement], source: Mapping[str, Any], kind: str) -> Told:
    """Record measurements; call it while the campaign is held.

    An id with the same result as before is not recorded again; one with another is a new version, and the last counts.
    """
    ledger = read_ledger(layout)
    latest = ledger.latest()
    news = [m for m in measurements if m.id not in latest or latest[m.id].outcome != m.outcome]
    changes = [{"id": m.id, "was": _shown(latest[m.id]), "is": _shown(m)} for m in news if m.id in latest]
    n_same, n_new = len(measurements) - len(news), len(news) - len(changes)
    if not news:
        return Told(None, 0, n_same, [])
    table = _table(layout, len(ledger.entries) + 1)
    text = "\n".join([",".join(_COLUMNS), *(",".join(map(cell, m)) for m in news)]) + "\n"
    record = {
        "entry_schema": CONTRACT,
        "kind": kind,
        "source": dict(source),
        "sha256": sha256_bytes(text.encode("utf-8")),
        "previous_sha256": sha256_file(ledger.entries[-1].table.with_suffix(".json") if latest else layout.campaign),
        "new": n_new,
        "same": n_same,
        "failed": sum(m.status == FAILED for m in news),
        "changes": changes,
    }
    validate(record, CONTRACT, str(table))
    for leftover in layout.measurements.glob(".*.part"):  # of processes that were killed: nobody else is at work
        leftover.unlink()
    write_durably(table.with_suffix(".json"), pretty_json(record))
    write_durably(table, text)
    return Told(table, n_new, n_same, changes)


def write_durably(path: Path, text: str) -> None:
    """Write a text atomically, and return when it would survive a power cut."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
