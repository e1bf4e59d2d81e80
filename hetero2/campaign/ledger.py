"""The ledger: every file of measurements that was told, in order; nothing in it is ever changed or lost.

An entry is a table, `0001.csv`, and beside it `0001.json`, with the sha256 of the table and of the entry before it. The
table is written last and renamed into place whole: it is there, and the entry counts, or the entry does not exist.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.campaign.layout import Layout
from hetero2.campaign.measurements import FAILED, Measurement
from hetero2.errors import GateError
from hetero2.io.contracts import validate
from hetero2.io.csv_writer import cell
from hetero2.io.files import atomic_path, pretty_json, read_json, sha256_bytes, sha256_file
from hetero2.io.tables import number, read_csv

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
    """All entries, the oldest first."""

    entries: list[Entry]

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
    numbers = sorted(int(path.stem) for path in layout.measurements.glob("[0-9]*.csv"))
    for n_before, entry_number in enumerate(numbers):
        table = _table(layout, entry_number)
        if entry_number != n_before + 1:
            raise GateError(f"{_table(layout, n_before + 1)}: is missing, but there is {table.name}", "restore it")
        beside = table.with_suffix(".json")
        record = read_json(beside, _MAX_BYTES)
        validate(record, CONTRACT, str(beside))
        _check(previous, record["previous_sha256"], beside.name)
        _check(table, record["sha256"], beside.name)
        entries.append(Entry(table, record, _read_table(table)))
        previous = beside
    return Ledger(entries)


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
