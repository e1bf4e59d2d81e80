"""Results as labels: words that say hit or not, or numbers against a threshold."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import ConfigError, InputError
from hetero2.io.tables import number, quoted

_HIT = frozenset("pass 1 1.0 true yes y active actives hit positive binder".split())
_MISS = frozenset("fail 0 0.0 false no n inactive inactives miss negative decoy".split()) | {
    "non-hit",
    "nonhit",
    "non-binder",
    "not active",
}
Cell = tuple[str, str]  # (place in the file, text)


class Rule(NamedTuple):
    """What makes a result a hit: a number at least (or at most) `threshold`, or without one a word."""

    threshold: float | None = None
    lower_is_better: bool = False


class Labels(NamedTuple):
    """Whether each result is a hit, None where a cell is empty; and in words what was taken for what.

    by_threshold: whether they were numbers.
    """

    is_hit: list[bool | None]
    understood: str
    by_threshold: bool = False


def are_numbers(cells: Iterable[Cell]) -> bool:
    """Whether results are numbers, and not only 1 and 0, which are labels."""
    words = {text.strip().lower() for _, text in cells} - {""}
    return not words <= _HIT | _MISS and all(number(word) == number(word) for word in words)


_LABELS = "labels are pass/fail, 1/0, active/inactive, hit/miss, true/false, yes/no, in any case; or numbers, "
HINT = f"{_LABELS}with --threshold"
HINT_AS_NUMBERS = f"{_LABELS}all of them"


def read_labels(path: Path, column: str, cells: Iterable[Cell], rule: Rule, hint: str = HINT) -> Labels:
    """The labels of a column; `hint`: what is said beside a cell that is none.

    Raises InputError, with the place, for a cell that is neither a word known for a label nor, with a threshold, a
    number; ConfigError where the cells are numbers and no threshold was given.
    """
    cells = [(place, text.strip()) for place, text in cells]
    words = list(dict.fromkeys(text.lower() for _, text in cells if text))
    if rule.threshold is not None and not set(words) <= _HIT | _MISS:  # 1 and 0 are labels, whatever another file has
        sign = "at most" if rule.lower_is_better else "at least"
        values = [_number(path, column, place, text) for place, text in cells]
        hits = [
            None if v is None else v <= rule.threshold if rule.lower_is_better else v >= rule.threshold for v in values
        ]
        return Labels(hits, f"a hit is {column} of {sign} {rule.threshold:g}", True)
    unknown = [word for word in words if word not in _HIT | _MISS]
    if are_numbers(cells):
        raise ConfigError(
            f"{path}: the column {column!r} holds numbers, such as {words[0]}: which results are hits?",
            "say --threshold 7, for example: hits are 7 or more, or with --lower-is-hit 7 or less, as for an IC50",
        )
    if unknown:
        place, text = next((place, text) for place, text in cells if text.lower() == unknown[0])
        raise InputError(
            f"{path}: {place}: column {column!r}: {quoted(text)} is not a label",
            hint,
        )
    hits = [None if not text else text.lower() in _HIT for _, text in cells]
    used = ", ".join(f"{word!r} {'a hit' if word in _HIT else 'not a hit'}" for word in words)
    return Labels(hits, f"{column}: {used}")


def _number(path: Path, column: str, place: str, text: str) -> float | None:
    if not text:
        return None
    value = number(text)
    if value != value:
        raise InputError(
            f"{path}: {place}: column {column!r}: {quoted(text)} is not a number",
            "with --threshold every result is one, or every result is a label",
        )
    return value
