"""ranked_candidates.csv: the list again from summary.csv: members, order, ranks, cells, selection."""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Iterator

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CANDIDATES, MANIFEST, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject

BIN_NAMES, BIN_EDGES = ("easy", "medium", "hard"), (0.5, 0.7)  # of decoys by their Tanimoto similarity


def bin_of(tanimoto: str) -> str:
    """The hardness of a decoy from the cell of its similarity; '' where that is empty."""
    return BIN_NAMES[sum(float(tanimoto) >= edge for edge in BIN_EDGES)] if tanimoto else ""


class _Listed:
    """What the list must say of each row of the summary that has a score; 24 bytes a row."""

    def __init__(self, evidence: Evidence) -> None:
        self.high, self.low, self.cells = array("Q"), array("Q"), array("Q")
        columns = ("id", "structure_hash", "reason", "call", "call_reason", "canonical_smiles", "tanimoto_median")
        for molecule_id, structure, reason, call, call_reason, smiles, similar in evidence.rows(SUMMARY, *columns):
            # ties are broken by the structure, or by the id where a row has none
            key = structure or hashlib.sha256(molecule_id.encode("utf-8")).hexdigest()
            self.high.append(int(key[:16], 16))
            self.low.append(int(key[16:32], 16))
            self.cells.append(_text_number(call, call_reason if call else reason, smiles, similar))

    def place(self, row: int, score: float) -> tuple[float, int, int]:
        """By what the list is sorted."""
        return -score, self.high[row], self.low[row]


def _text_number(*cells: str) -> int:
    return int.from_bytes(hashlib.sha256("\0".join(cells).encode("utf-8", "surrogatepass")).digest()[:8], "big")


def selection_sizes(evidence: Evidence) -> list[int]:
    """The K of the selections, smallest first."""
    selection = evidence.config["selection"]
    return sorted({selection["k"], *selection.get("k_list", ())})


def _line_problems(evidence: Evidence, listed: _Listed, row: int, cells: tuple[str, ...]) -> Iterator[str]:
    """Of a line of the list that is about this row of the summary."""
    smiles, score, call, call_reason, similar, hardness = cells
    summary = evidence.summary
    if float(score) != summary.numbers("score")[row]:
        yield f"score is {score}, {SUMMARY} has {summary.numbers('score')[row]}"
    if call != summary.texts("call")[row]:
        yield f"call is {call!r}, {SUMMARY} has {summary.texts('call')[row]!r}"
    elif _text_number(call, call_reason, smiles, similar) != listed.cells[row]:
        yield f"its call_reason, canonical_smiles or decoy_tanimoto_median is not that of {SUMMARY}"
    if hardness != bin_of(similar):
        yield f"decoy_hardness is {hardness!r}, its decoy_tanimoto_median {similar} gives {bin_of(similar)!r}"


def check_candidates(evidence: Evidence, problems: Problems) -> None:
    """Exactly the molecules with a score, best first."""
    listed, sizes = _Listed(evidence), selection_sizes(evidence)
    scores, is_listed = evidence.summary.numbers("score"), bytearray(len(evidence.summary))
    columns = ("id", "rank", "selected_at_k", "canonical_smiles", "score", "call", "call_reason")
    before, n_passed = (-math.inf, -1, -1), 0  # sizes of selections that are smaller than the rank
    lines = evidence.rows(CANDIDATES, *columns, "decoy_tanimoto_median", "decoy_hardness")
    for rank, (molecule_id, said_rank, said_k, *cells) in enumerate(lines, start=1):
        row = evidence.summary.place(molecule_id)
        texts: list[str] = []
        if row is None or math.isnan(scores[row]):
            texts.append(f"{SUMMARY} has no molecule of this id with a score")
        else:
            if is_listed[row]:
                texts.append("it is listed twice")
            is_listed[row] = 1
            texts += _line_problems(evidence, listed, row, tuple(cells))
            while n_passed < len(sizes) and sizes[n_passed] < rank:
                n_passed += 1
            selected = str(sizes[n_passed]) if n_passed < len(sizes) else ""
            if (said_rank, said_k) != (str(rank), selected):
                texts.append(f"rank is {said_rank}, selected_at_k {said_k!r}, not {rank} and {selected!r}")
            place = listed.place(row, scores[row])
            if place < before:
                texts.append("it is not in its place: the best score first, then by structure hash")
            before = place
        if texts:
            problems.add_all(f"{CANDIDATES}: row {rank}: {molecule_id[:80]!r}: {text}" for text in texts)
    missing = sum(1 for row, score in enumerate(scores) if not math.isnan(score) and not is_listed[row])
    if missing:
        problems.add(f"{CANDIDATES}: {missing} molecules of {SUMMARY} that have a score are not in it")


CANDIDATE_LIST = (
    Subject(
        f"{CANDIDATES}: every cell, the molecules, their order",
        RECOMPUTED,
        f"{SUMMARY}, selection of the configuration",
        (CANDIDATES, SUMMARY, MANIFEST),
        check_candidates,
    ),
)
