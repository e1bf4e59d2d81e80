"""Scores: those of summary.csv are those of the scores file, and what has none is said to have none."""

from __future__ import annotations

import math

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import MANIFEST, METRICS, MISSING_SCORES, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.score_file import is_read, n_keys, scores_of
from hetero2.pack.verification.recompute.subject import DIGEST_ONLY, RECOMPUTED, Subject

_HASHED = ("no_decoys_generated", "no_hard_decoys_generated", "disconnected")  # left out, but scored by structure
_BY_ID = ("too_many_atoms", "undefined_structure", "invalid_smiles")  # left out, but scored by id


def check_scores_file(evidence: Evidence, problems: Problems) -> None:
    """Its columns, and that it has as many scores as the manifest says."""
    if not is_read(evidence):
        return
    scores, said = scores_of(evidence), evidence.json(MANIFEST)["scores"]
    if scores.problem is not None:
        problems.add(f"{scores.name}: {scores.problem}")
        return
    n_scores, n_rows = said.get("n_scores"), scores.n_rows
    if n_scores != n_rows and not scores.has_pairs and said.get("source") == "external" and n_rows > (n_scores or 0):
        n_rows = n_keys(evidence, scores)  # a user may give a key again, with the same score
    if n_scores != n_rows and not (scores.has_pairs and n_scores is None):
        problems.add(f"{MANIFEST}: scores.n_scores is {n_scores}, {scores.name} has {n_rows}")


def check_scores_of_summary(evidence: Evidence, problems: Problems) -> None:
    """The score of every row, to the last digit, turned round where smaller ones are better."""
    if not is_read(evidence) or scores_of(evidence).problem is not None:
        return
    scores = scores_of(evidence)
    columns = ("id", "status", "reason", "score", "structure_hash")
    for n_row, (molecule_id, status, reason, score, structure) in enumerate(evidence.rows(SUMMARY, *columns), start=1):
        is_scored = status == "OK" or reason in _HASHED or (reason in _BY_ID and not structure)
        expected = scores.of_molecule(molecule_id, structure)
        where = f"{SUMMARY}: row {n_row}: {molecule_id[:80]!r}"
        if score and float(score) != expected:
            problems.add(f"{where}: score is {score}, {scores.name} has {_shown(expected)}")
        elif not score and is_scored and not math.isnan(expected):
            problems.add(f"{where}: score is empty, {scores.name} has {expected}")
        elif reason == "missing_scores_input" and not math.isnan(expected):
            problems.add(f"{where}: is left out for want of a score, but {scores.name} has {expected}")


def _shown(score: float) -> str:
    return "none" if math.isnan(score) else str(score)


def check_missing_scores(evidence: Evidence, problems: Problems) -> None:
    """The decoys without a score: none of them has one, most needed first, and as many as metrics.json counts."""
    total, before = 0, (-math.inf, "")
    scores = scores_of(evidence) if is_read(evidence) and scores_of(evidence).problem is None else None
    for decoy_hash, count in evidence.rows(MISSING_SCORES, "decoy_hash", "count_rows_affected"):
        total, place = total + int(count), (-float(count), decoy_hash)
        if place <= before:
            problems.add(f"{MISSING_SCORES}: {decoy_hash}: not in order, most rows first, then by hash")
        before = place
        if scores is not None and not scores.has_pairs and not math.isnan(scores.of_decoy("", decoy_hash)):
            problems.add(f"{MISSING_SCORES}: {decoy_hash}: is listed without a score, but {scores.name} has one")
    counted = evidence.json(METRICS)["scores_coverage"]["decoys_missing"]
    if total < counted:
        problems.add(f"{MISSING_SCORES}: its decoys are missing {total} times, {METRICS} counts {counted}")


SCORES_USED = (
    Subject(
        "scores file: columns, number of scores",
        RECOMPUTED,
        "itself; Parquet, gzip and gathered documents by their digest alone",
        (MANIFEST, SUMMARY),
        check_scores_file,
    ),
    Subject(
        f"{SUMMARY}: score",
        RECOMPUTED,
        "scores file, unless it needs a library",
        (MANIFEST, SUMMARY),
        check_scores_of_summary,
    ),
    Subject(
        f"{MISSING_SCORES}: that its decoys have no score, their order and number",
        RECOMPUTED,
        "scores file, scores_coverage of metrics.json",
        (MANIFEST, SUMMARY, METRICS, MISSING_SCORES),
        check_missing_scores,
    ),
    Subject("decoys.parquet, scores as Parquet, gzip or gathered documents", DIGEST_ONLY, "need a library to be read"),
)
