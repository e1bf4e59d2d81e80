"""Rounds: what was chosen, from what; each names the sha256 of all that it rests on, and of the round before it."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from hetero2.campaign.choosing.labels import Labels, Threshold, is_hit, labels_of, threshold
from hetero2.campaign.layout import Layout, Settings
from hetero2.campaign.ledger import KNOWN, Ledger, numbers
from hetero2.campaign.library import Library
from hetero2.campaign.measurements import FAILED, Measurement
from hetero2.errors import GateError
from hetero2.io.contracts import validate, write_json
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import read_json, sha256_file
from hetero2.io.tables import quoted, to_table

CONTRACT, BATCH = "campaign_round.v1", "campaign_batch.v1"
_MAX_BYTES = 100 << 20
Array = NDArray[Any]
Record = dict[str, Any]


class Round(NamedTuple):
    """One round: its folder, and what is recorded of it, its picks too.

    batch_changed: whether batch.csv is not any more what was written, as where people add their results to it. It is
    for them; the campaign goes by the picks.
    """

    folder: Path
    record: Record
    batch_changed: bool

    @property
    def picks(self) -> list[Record]:
        """id, arm and in_both of each pick, in the order of the batch."""
        picks: list[Record] = self.record["picks"]
        return picks


TODAY, NEW = "today", "new"  # the arms: the order that drafted a pick
PENDING, FAILURE, UNDECIDED, HIT, MISS = "pending", "failed", "undecided", "hit", "miss"


class Outcome(NamedTuple):
    """What became of a pick; result: pending, failed, undecided (a value, but no threshold), hit or miss."""

    round: int
    id: str
    arm: str
    in_both: bool
    result: str
    framework: str


def _result(measurement: Measurement | None, limit: Threshold, lower_is_better: bool) -> str:
    if measurement is None:
        return PENDING
    if measurement.status == FAILED:
        return FAILURE
    hit = is_hit(measurement.value, measurement.label, limit, lower_is_better)
    return UNDECIDED if hit is None else HIT if hit else MISS


class State(NamedTuple):
    """All of a campaign that a choice depends on."""

    settings: Settings
    library: Library
    ledger: Ledger
    rounds: list[Round]
    elsewhere: dict[str, float]

    def latest(self) -> dict[str, Measurement]:
        """The last measurement of each id."""
        return self.ledger.latest()

    def value_threshold(self) -> Threshold:
        """From which value on a molecule without a label is a hit."""
        settings = self.settings
        at_start = [m for entry in self.ledger.entries if entry.record["kind"] == KNOWN for m in entry.measurements]
        return threshold(settings.hit_at, settings.lower_is_better, at_start, self.latest().values())

    def limit(self) -> Threshold:
        """From which value on a molecule is a hit; fixed too as long as no pick is decided by its value."""
        by_value = (m is not None and m.label is None and m.value is not None for _, _, _, m in self._bought())
        limit = self.value_threshold()
        return limit if limit.is_fixed or any(by_value) else limit._replace(is_fixed=True)

    def labels(self) -> Labels:
        """What the screen can learn from."""
        limit, lower_is_better = self.value_threshold(), self.settings.lower_is_better
        labels = labels_of(self.latest().values(), limit, lower_is_better, ", so the order is today's")
        return labels._replace(notes=[*labels.notes, *self.ledger.notes])

    def pending(self) -> list[str]:
        """Ids of earlier batches without a result, in order."""
        return [outcome.id for outcome in self.outcomes() if outcome.result == PENDING]

    def outcomes(self) -> list[Outcome]:
        """What became of every pick, in the order in which they were bought.

        A structure that was measured under another id counts for its pick, the last result first.
        """
        limit = self.value_threshold()
        return [
            Outcome(
                number,
                pick["id"],
                pick["arm"],
                pick["in_both"],
                _result(measurement, limit, self.settings.lower_is_better),
                self.library.frameworks[row],
            )
            for number, pick, row, measurement in self._bought()
        ]

    def _bought(self) -> Iterator[tuple[int, Record, int, Measurement | None]]:
        """(round, pick, row of the library, last result) of every pick."""
        by_id, rows = self.latest(), self.library.places()
        by_hash = {m.structure_hash: m for m in by_id.values() if m.structure_hash is not None}
        for chosen in self.rounds:
            for pick in chosen.picks:
                row = rows[pick["id"]]
                measurement = by_id.get(pick["id"]) or by_hash.get(self.library.hashes[row])
                yield chosen.record["round"], pick, row, measurement

    def passed_over(self) -> list[int]:
        """Rows that the smaller arm left out in earlier rounds, and returns to last."""
        rows = self.library.places()
        return [rows[name] for chosen in self.rounds for name in chosen.record["passed_over"]]

    def eligible(self) -> Array:
        """Rows of the library that may be bought: of usable structure, neither measured nor pending."""
        taken = {measurement.structure_hash for measurement in self.latest().values()}
        rows = self.library.places()
        taken |= {self.library.hashes[rows[name]] for name in self.pending()}
        distinct = self.library.distinct()
        return distinct[[self.library.hashes[row] not in taken for row in distinct]]


def read_rounds(layout: Layout) -> list[Round]:
    """All rounds, the first first, with their digests checked: raises GateError where a file was changed or is missing.

    The measurements are checked by their own chain.
    """
    rounds: list[Round] = []
    previous: str | None = None
    for n_before, number in enumerate(numbers(layout.rounds, 2)):
        folder = _folder(layout, number)
        if number != n_before + 1:
            raise GateError(f"{_folder(layout, n_before + 1)}: is missing, but there is {folder.name}", "restore it")
        path = folder / "round.json"
        if not path.is_file():
            raise GateError(f"{path}: is missing", "restore it")
        record = read_json(path, _MAX_BYTES)
        validate(record, CONTRACT, str(path))
        for name, digest in (("previous_sha256", previous), ("campaign_sha256", sha256_file(layout.campaign))):
            if record[name] != digest:
                raise GateError(
                    f"{path}: {name} is not that of the file: a file of the campaign was changed after it was written",
                    "restore it: what was chosen, and from what, must stay as it was",
                )
        if record["round"] != number:
            raise GateError(f"{path}: says that it is round {record['round']}: it was changed", "restore it")
        batch = folder / "batch.csv"
        rounds.append(Round(folder, record, not batch.is_file() or sha256_file(batch) != record["batch_sha256"]))
        previous = sha256_file(path)
    return rounds


def check_ids(rounds: Iterable[Round], library: Library) -> None:
    """Raise GateError where a round names a molecule that is not in the library."""
    rows = library.places()
    for chosen in rounds:
        for molecule_id in (*(pick["id"] for pick in chosen.picks), *chosen.record["passed_over"]):
            if molecule_id not in rows:
                raise GateError(
                    f"{chosen.folder / 'round.json'}: {quoted(molecule_id)} is not in the library: it was changed "
                    "after it was written",
                    "restore it: what was chosen, and from what, must stay as it was",
                )


def _folder(layout: Layout, number: int) -> Path:
    return layout.rounds / f"{number:02d}"


def write_round(layout: Layout, number: int, rows: list[Record], record: Record) -> Path:
    """Write a round; call it while the campaign is held. Its folder is there with both files, or not at all."""
    for leftover in layout.rounds.glob(".*.part"):  # of processes that were killed: nobody else is at work
        shutil.rmtree(leftover)
    folder = _folder(layout, number)
    temporary = folder.with_name(f".{folder.name}.part")
    write_csv(temporary / "batch.csv", [to_table(rows, BATCH)], BATCH)
    previous = _folder(layout, number - 1) / "round.json"
    whole = {
        **record,
        "round_schema": CONTRACT,
        "round": number,
        "campaign_sha256": sha256_file(layout.campaign),
        "previous_sha256": sha256_file(previous) if number > 1 else None,
        "picks": [{name: row[name] for name in ("id", "arm", "in_both")} for row in rows],
        "batch_sha256": sha256_file(temporary / "batch.csv"),
    }
    write_json(temporary / "round.json", whole, CONTRACT)
    temporary.rename(folder)
    return folder
