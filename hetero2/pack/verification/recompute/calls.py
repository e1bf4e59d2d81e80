"""Calls of summary.csv: NO_SIGNAL and UNDECIDABLE again, and what SIGNAL needs.

Which q-value a molecule has depends on the largest score of each decoy set, which no light pack holds: it is taken as
it stands.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

from hetero2.pack.verification.contracts.schema_sets import ENDING, FOLDER
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import MANIFEST, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, RECOMPUTED, Subject
from hetero2.pack.verification.recompute.summary_rows import n_at_or_above

_CALLED_SINCE = f"{FOLDER}control_sample_item.v1{ENDING}"  # older packs may have called otherwise
_ENOUGH = 20  # molecules with enough decoys
_ONE_IN = 20  # the share 0.05 of decoys at or above a molecule
_LEVEL = 0.05
_MOST_DECOYS, _MOST_SHARES = 10_000, 20_000  # of a molecule; of a library: beyond, it takes too long
_SIGNAL, _NO_SIGNAL, _UNDECIDABLE = "SIGNAL", "NO_SIGNAL", "UNDECIDABLE"


def binomial_tail(x: int, m: int) -> float:
    """P(X >= x), or P(X <= x) where x/m is at most 0.05, of X binomial with m trials at the share 0.05, 0 <= x <= m.

    The terms become smaller away from x, which lies beyond the mode: summed until they no longer count.
    """
    log_first = math.lgamma(m + 1) - math.lgamma(x + 1) - math.lgamma(m - x + 1)
    term = math.exp(log_first + x * math.log(_LEVEL) + (m - x) * math.log1p(-_LEVEL))
    total, k, is_upper = term, x, _ONE_IN * x > m
    while term > 1e-18 * total and (k < m if is_upper else k > 0):
        odds = _LEVEL / (1 - _LEVEL)
        term *= (m - k) / (k + 1) * odds if is_upper else k / (m - k + 1) / odds
        k += 1 if is_upper else -1
        total += term
    return total


class SharesDecided:
    """Whether the one-sided 95 % Clopper-Pearson interval of a share seen as x of m leaves 0.05 out.

    It does so where the binomial tail at the share 0.05 is below 0.05. None where that is too close to be told, and
    beyond a number of different shares that no library has.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], bool | None] = {}

    def get(self, x: int, m: int) -> bool | None:
        """For 0 <= x <= m."""
        if (x, m) not in self._known:
            if m > _MOST_DECOYS or len(self._known) >= _MOST_SHARES:
                return None
            tail = binomial_tail(x, m)
            self._known[x, m] = None if abs(tail - _LEVEL) < 1e-9 else tail < _LEVEL
        return self._known[x, m]


class _Compared:
    """The rows that were compared with decoys, and the first of each structure; 40 bytes a row."""

    def __init__(self, evidence: Evidence, min_decoys: int) -> None:
        self.rows, self.x, self.m, self.tied = array("q"), array("q"), array("q"), array("q")
        self.number, n_usable, self._shares = array("Q"), 0, SharesDecided()
        columns = ("status", "n_decoys_scored", "n_decoys_tied", "p_value", "structure_hash")
        for row, (status, scored, tied, p_value, structure) in enumerate(evidence.rows(SUMMARY, *columns)):
            if status == "OK" and p_value:
                self.rows.append(row)
                self.m.append(int(scored))
                self.x.append(n_at_or_above(float(p_value), int(scored)) or 0)
                self.tied.append(int(tied))
                self.number.append(int(structure[:16], 16) if structure else row)
        self.first = array("q", range(len(self.rows)))
        order = sorted(range(len(self.rows)), key=self.number.__getitem__)
        for before, place in zip(order, order[1:]):
            if self.number[place] == self.number[before]:
                self.first[place] = self.first[before]
        for place, first in enumerate(self.first):
            n_usable += first == place and self.m[place] >= min_decoys
        self.is_enough = n_usable >= _ENOUGH

    def expected(self, place: int, min_decoys: int) -> tuple[str, str]:
        """(call, reason) of a molecule that is no SIGNAL; '' where it cannot be told."""
        x, m = self.x[place], self.m[place]
        decided = self._shares.get(x, m)
        is_usable = m >= min_decoys
        if is_usable and self.is_enough and decided is None:
            return "", ""
        if is_usable and self.is_enough and decided and _ONE_IN * x > m:
            return _NO_SIGNAL, "all_scores_equal" if self.tied[place] == m else "decoys_score_as_high"
        if not is_usable:
            return _UNDECIDABLE, "too_few_decoys"
        if not self.is_enough:
            return _UNDECIDABLE, "library_too_small"
        return _UNDECIDABLE, "share_below_0.05_but_not_called" if decided else "share_not_told_from_0.05"


def _expected_calls(evidence: Evidence) -> Iterator[tuple[int, str, str, str]]:
    """(row, call, reason, why) of every row with a score whose call follows from the others."""
    config = evidence.config
    min_decoys = min(config["audit"]["min_decoys"], config["decoys"]["k"])
    compared = _Compared(evidence, min_decoys)
    calls, scores, place = evidence.summary.texts("call"), evidence.summary.numbers("score"), 0
    reasons = [""] * len(compared.rows)
    for row, (status, reason) in enumerate(evidence.rows(SUMMARY, "status", "call_reason")):
        if status != "OK":
            continue
        if place == len(compared.rows) or compared.rows[place] != row:
            yield row, _UNDECIDABLE, "no_scored_decoys", "it has no scored decoy"
            continue
        first = compared.first[place]
        reasons[place] = reason
        if first == place:
            if calls[row] != _SIGNAL:
                yield (row, *compared.expected(place, min_decoys), "its decoys and those of the library")
            elif not compared.is_enough or compared.m[place] < min_decoys:
                yield (row, *compared.expected(place, min_decoys), "too few decoys or molecules for a SIGNAL")
        elif scores[compared.rows[first]] == scores[row]:
            yield row, calls[compared.rows[first]], reasons[first], "the first row of its structure"
        else:
            yield row, _UNDECIDABLE, "copy_with_another_score", "the first row of its structure"
        place += 1


def check_calls(evidence: Evidence, problems: Problems) -> None:
    """Compare call and reason."""
    if _CALLED_SINCE not in evidence:
        return
    ids, calls = evidence.summary.texts("id"), evidence.summary.texts("call")
    said = ((reason,) for (reason,) in evidence.rows(SUMMARY, "call_reason"))
    row_said, reason_said = -1, ""
    for row, call, reason, why in _expected_calls(evidence):
        while row_said < row:
            row_said, reason_said = row_said + 1, next(said)[0]
        if call and (calls[row], reason_said) != (call, reason):
            problems.add(
                f"{SUMMARY}: row {row + 1}: {ids[row][:80]!r}: call is {calls[row]} ({reason_said[:80]}), "
                f"{why}: {call} ({reason})"
            )


CALLS = (
    Subject(
        f"{SUMMARY}: call and call_reason of molecules that are no SIGNAL",
        RECOMPUTED,
        "p_value, n_decoys_scored and score of the rows, audit of the configuration",
        (SUMMARY, MANIFEST),
        check_calls,
    ),
    Subject(f"{SUMMARY}: q_value, m_needed, SIGNAL", CONSISTENT, "audit.fdr of the configuration, call of the row"),
)
