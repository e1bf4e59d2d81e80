"""What a campaign learns from: measurements as labels of structures, and from which value on one is a hit."""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hetero2.campaign.measurements import Measurement
from hetero2.screening.labels import Measurements

LEAST = 5  # labels below which a campaign does not learn from them
FEW = 10  # labels below which a strong score may do better alone
Array = NDArray[Any]


class Threshold(NamedTuple):
    """From which value on a molecule is a hit, in the units of the measurements; None where no value says so.

    is_fixed: whether it stays as it is, whatever is measured; hits can be compared between looks only then.
    """

    hit_at: float | None
    note: str | None = None
    is_fixed: bool = True

    @property
    def was_set(self) -> bool:
        """Whether it was set with --hit-at, and not derived from values."""
        return self.hit_at is not None and self.note is None


class Labels(NamedTuple):
    """Measured structures, each once, in the order in which they were measured.

    measured: of the screen, larger is better; ids: of the first molecule with the structure.
    """

    ids: list[str]
    canonical_smiles: list[str]
    hashes: list[str]
    measured: Measurements
    notes: list[str]

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.ids)

    def take(self, rows: Array) -> "Labels":
        """These labels."""
        ids, smiles, hashes = ([column[row] for row in rows] for column in self[:3])
        return Labels(ids, smiles, hashes, Measurements(*(column[rows] for column in self.measured)), self.notes)


def better_half(values: Sequence[float]) -> float | None:
    """The least value that at most half of the values reach, or the best where more share it; None where all are equal.

    Larger is better. None too where there is no value.
    """
    distinct, counts = np.unique(np.asarray(values, float), return_counts=True)
    if len(distinct) < 2:
        return None
    n_reaching = np.cumsum(counts[::-1])[::-1]
    reached = distinct[2 * n_reaching <= len(values)]
    return float(reached[0] if len(reached) else distinct[-1])


def threshold(
    hit_at: float | None, lower_is_better: bool, at_start: Iterable[Measurement], latest: Iterable[Measurement]
) -> Threshold:
    """The threshold that was set, or else the better half of the values known at the start.

    Where fewer than 5 values were known then, it is the better half of all there are by now. Labels need no threshold.
    """
    if hit_at is not None:
        return Threshold(hit_at)
    sign = -1.0 if lower_is_better else 1.0
    first, usable = ([m.value for m in part if m.value is not None and m.label is None] for part in (at_start, latest))
    is_fixed = len(first) >= LEAST
    chosen, when = (first, "at the start") if is_fixed else (usable, "so far")
    if not chosen:
        return Threshold(None)
    value = better_half([sign * value for value in chosen])
    if value is None:
        return Threshold(
            None,
            f"all {len(chosen)} values known {when} are equal: they do not say what a hit is; set --hit-at",
            is_fixed,
        )
    shown = sign * value + 0.0
    direction = "at most" if lower_is_better else "at least"
    note = f"no --hit-at: the better half of the values known {when} counts as hits ({direction} {shown:g})"
    return Threshold(shown, note, is_fixed)


def is_hit(value: float | None, label: int | None, limit: Threshold, lower_is_better: bool) -> bool | None:
    """Whether a result is a hit: its label says so, or else its value; None where neither does."""
    if label is not None:
        return label == 1
    if value is None or limit.hit_at is None:
        return None
    return value <= limit.hit_at if lower_is_better else value >= limit.hit_at


def labels_of(measurements: Iterable[Measurement], limit: Threshold, lower_is_better: bool, if_few: str = "") -> Labels:
    """The labels of structures: values of replicates are averaged, structures with contradicting labels left out.

    if_few: what the caller does with fewer than 5 labels, the end of the note on them.
    """
    by_hash: dict[str, list[Measurement]] = {}
    n_against_value = 0
    for measurement in measurements:
        n_against_value += limit.was_set and _contradicts_its_value(measurement, limit, lower_is_better)
        if measurement.structure_hash is not None:
            by_hash.setdefault(measurement.structure_hash, []).append(measurement)
    molecules, hits, means = list[Measurement](), list[bool](), list[float]()
    contradicting, n_averaged = list[str](), 0
    for replicates in by_hash.values():
        values = [m.value for m in replicates if m.value is not None]
        labels = {m.label for m in replicates if m.label is not None}
        mean = statistics.mean(values) if values else None  # exact: sums of floats may overflow
        hit = is_hit(mean, max(labels, default=None), limit, lower_is_better)
        if len(labels) == 2:
            contradicting.append(replicates[0].id)
        elif hit is not None:
            n_averaged += len(values) > 1
            molecules.append(replicates[0])
            hits.append(hit)
            means.append(math.nan if mean is None else -mean if lower_is_better else mean)
    measured = Measurements(np.array(hits, bool), np.array(means, float))
    notes = list(_notes(contradicting, n_averaged, measured.is_hit, if_few))
    if n_against_value:
        notes.append(
            f"measurements whose value contradicts their label by --hit-at: {n_against_value}; the label counts"
        )
    return Labels(
        [m.id for m in molecules],
        [m.canonical_smiles or "" for m in molecules],
        [m.structure_hash or "" for m in molecules],
        measured,
        notes,
    )


def _contradicts_its_value(measurement: Measurement, limit: Threshold, lower_is_better: bool) -> bool:
    if measurement.label is None or measurement.value is None:
        return False
    return is_hit(measurement.value, None, limit, lower_is_better) != (measurement.label == 1)


def _notes(contradicting: list[str], n_averaged: int, hits: Array, if_few: str) -> Iterable[str]:
    if contradicting:
        shown = ", ".join(contradicting[:3]) + (", …" if len(contradicting) > 3 else "")
        yield f"{len(contradicting)} structures have contradicting labels, and are not learned from: {shown}"
    if n_averaged:
        yield f"{n_averaged} structures have several values: their mean counts"
    if len(hits) >= LEAST and hits.all():
        yield f"all {len(hits)} labels are hits: the library is presumed to hold few"
    if len(hits) >= LEAST and not hits.any():
        yield f"no hit among the {len(hits)} labels: the screen learns only what to avoid"
    if 0 < len(hits) < LEAST:
        yield f"{len(hits)} label{'s' * (len(hits) > 1)}: fewer than {LEAST}{if_few}"
    elif 0 < len(hits) < FEW:
        yield f"{len(hits)} labels: below {FEW} a strong score may do better alone; see --trust-score"
