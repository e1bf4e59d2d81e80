"""Today's score of a library, or any other score of it: a table with id and score, and what in it is no score."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hetero2.errors import ConfigError, InputError
from hetero2.inputs.library import read_library
from hetero2.io.tables import number_cell, quoted

ORDERS = ("score", "size", "listed")  # by the score of a table; by heavy atoms, most first; as the library lists them
_MOSTLY = 0.75  # share of negative scores from which on they look like energies
_LEAST_SHARED = 5  # molecules with one extreme score that make one suspicious


class Scores(NamedTuple):
    """Scores by id, larger is better; `notes`: what a person should know of them."""

    by_id: dict[str, float]
    notes: list[str]


def read_scores(path: Path, column: str = "score") -> Scores:
    """The scores of a table as they stand in it; an empty cell is none, and a line may be there twice.

    Raises InputError, with file and line, for what is no number, and for an id with two different scores.
    """
    places: dict[str, tuple[str, float | None]] = {}
    n_repeated = 0
    for row in read_library(path, structures=False, more=column):
        score = number_cell(row.cell, path, row.place, column) + 0.0 if row.cell else None
        place, before = places.setdefault(row.id, (row.place, score))
        if before != score:
            raise InputError(
                f"{path}: {row.place}: {quoted(row.id)} has another score than in {place}", "give each id one score"
            )
        n_repeated += place != row.place
    by_id = {molecule_id: score for molecule_id, (_, score) in places.items() if score is not None}
    if not by_id:
        raise InputError(f"{path}: no row has a score in the column {column!r}", "is it the right column?")
    notes = [f"{path.name}: {n_repeated} lines repeat an id with the same score"] if n_repeated else []
    return Scores(by_id, notes)


def read_today(path: Path, column: str, lower_is_better: bool | None) -> tuple[Scores, bool]:
    """(today's scores, larger is better; whether lower was better), without what can only be a failed calculation.

    Raises ConfigError where scores look like energies and nobody said which way is better.
    """
    scores = read_scores(path, column)
    values = Counter(scores.by_id.values())
    are_energies = _look_like_energies(values)
    if lower_is_better is None and are_energies:
        raise ConfigError(
            f"{path}: {_negative(values)} of {values.total()} scores are negative, as energies are, where lower is "
            "better",
            "say --today-lower-is-better, or --no-today-lower-is-better",
        )
    notes = list(scores.notes)
    if lower_is_better and not _negative(values):
        notes.append(f"{path.name}: no score is negative, although lower is said to be better: is it so?")
    if lower_is_better and are_energies:
        failures = Counter({value: count for value, count in values.items() if value >= 0})
        if failures:
            shown = ", ".join(f"{value:g} ({count})" for value, count in failures.most_common(3))
            notes.append(f"{path.name}: {failures.total()} scores are not negative: failures, left out: {shown}")
        scores = _without(scores, failures)
    scores, more_notes = _without_suspicious(scores, path.name, lower_is_better is not None)
    sign = -1.0 if lower_is_better else 1.0
    by_id = {key: sign * value + 0.0 for key, value in scores.by_id.items()}
    return Scores(by_id, [*notes, *more_notes]), bool(lower_is_better)


def read_new_order(path: Path, column: str) -> Scores:
    """Scores in place of the screen, larger is better, without what can only be a failed calculation.

    Raises ConfigError where they look like energies.
    """
    scores = read_scores(path, column)
    values = Counter(scores.by_id.values())
    if _look_like_energies(values):
        raise ConfigError(
            f"{path}: {_negative(values)} of {values.total()} scores are negative, as energies are, but larger must be "
            "better",
            "turn the sign of energies; add a constant to scores that are negative by nature",
        )
    usable, notes = _without_suspicious(scores, path.name, True)
    return Scores(usable.by_id, [*scores.notes, *notes])


def _negative(values: Counter[float]) -> int:
    return sum(count for value, count in values.items() if value < 0)


def _look_like_energies(values: Counter[float]) -> bool:
    """Whether scores are mostly negative, leaving aside the one that most failures share, such as 0 or 999."""
    shared = max((count for value, count in values.items() if value >= 0), default=0)
    n_judged = values.total() - (shared if shared >= _LEAST_SHARED else 0)
    return 0 < _MOSTLY * n_judged <= _negative(values)


def _without(scores: Scores, left_out: Collection[float]) -> Scores:
    return Scores({key: value for key, value in scores.by_id.items() if value not in left_out}, scores.notes)


def _without_suspicious(scores: Scores, name: str, leave_out: bool) -> tuple[Scores, list[str]]:
    """(scores, notes): what many molecules share, further off than all others are apart, is noted or left out too."""
    by_id = scores.by_id
    values, counts = np.unique(np.fromiter(by_id.values(), float, len(by_id)), return_counts=True)
    if len(values) == 1 and len(by_id) > 1:
        return scores, [f"{name}: all {len(by_id)} scores are equal: they give no order"]
    suspicious, notes = list[float](), list[str]()
    what = ": failures, left out" if leave_out else "; if it stands for a failure, leave the cells empty"
    for at, rest in ((0, values[1:]), (-1, values[:-1])):
        distance = min(abs(rest - values[at]), default=0.0)
        if len(rest) > 1 and counts[at] >= _LEAST_SHARED and distance > rest.max() - rest.min():
            suspicious.append(float(values[at]))
            notes.append(f"{name}: {counts[at]} molecules share the score {values[at]:g}, far from all others{what}")
    return (_without(scores, suspicious) if leave_out else scores), notes


def coverage(scores: Mapping[str, float], ids: list[str], path: Path) -> str:
    """How many ids of the library have a score; raises InputError where none has."""
    n_scored = sum(molecule_id in scores for molecule_id in ids)
    if n_scored == 0:
        raise InputError(
            f"{path}: none of its {len(scores)} ids is an id of the library",
            f"the first is {quoted(next(iter(scores)))}, that of the library {quoted(ids[0] if ids else '')}",
        )
    return f"{path.name}: {n_scored} of {len(ids)} molecules of the library have a score"
