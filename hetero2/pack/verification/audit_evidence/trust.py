"""diagnosis.json: labels and the score from summary.csv and truth.csv, the answer from its own numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from hetero2.pack.verification.arithmetic.agreement import Record, compared
from hetero2.pack.verification.arithmetic.molecules import Molecules
from hetero2.pack.verification.arithmetic.ranked_list import RankedList
from hetero2.pack.verification.arithmetic.redrawn import (
    LEAST_SCAFFOLDS,
    MOST_CELLS,
    RESAMPLES,
    Resamples,
    auc_limits,
    percentile_interval,
    redrawn,
)
from hetero2.pack.verification.arithmetic.structures import drawn_structures, heavy_atoms
from hetero2.pack.verification.decision.early import FEW_SCAFFOLDS, few_labels
from hetero2.pack.verification.layout import DIAGNOSIS

MOST_LABELLED, MOST_SCORED = 5000, 2000
MATERIAL, SHARE_OF_A_MODEL = 0.1, 0.7
UNFITTED = ("heavy_atoms", "logp")
_CODE = {"no_better": "NO_BETTER_THAN", "undecided": "NOT_SHOWN_BETTER_THAN"}


def gain_in_words(low: float, high: float) -> str:
    """What the 95 % interval of a gain in AUC says."""
    return "better" if low > 0 else "no_better" if high < MATERIAL else "undecided"


def _decided(document: Record) -> tuple[str, str]:
    """(answer, the code that decides) from labels, ranking and sign."""
    labels, ranking = document["labels"], document["ranking"]
    if document["sign"]["all_equal"]:
        return "cannot_say", "ALL_SCORES_EQUAL"
    if labels["source"] == "none":
        return "cannot_say", "NO_LABELS"
    if ranking["ci_low"] is None:
        reason = str(ranking["reason"])
        few = "TOO_FEW_SCAFFOLDS" if "scaffolds" in reason else "TOO_FEW_LABELS" if "hits" in reason else "NO_INTERVAL"
        return "cannot_say", few
    if ranking["ci_high"] < 0.5:
        return "no", "WRONG_WAY"
    return _beside(labels, ranking)


def _beside(labels: Record, ranking: Record) -> tuple[str, str]:
    """The same where there is an interval: better than chance, and than what needs no fit?"""
    beside = {"CHANCE": gain_in_words(ranking["ci_low"] - 0.5, ranking["ci_high"] - 0.5)}
    for entry in ranking["competitors"]:
        if entry["name"] in UNFITTED:
            beside[entry["name"].upper()] = entry["score_is"]
    for verdict, answer in (("no_better", "no"), ("undecided", "cannot_say")):
        for name, score_is in beside.items():
            if score_is == verdict:
                return answer, f"{_CODE[verdict]}_{name}"
    if any(score_is != "better" for score_is in beside.values()):
        return "cannot_say", "NO_STRUCTURES"
    return ("cannot_say", "LABELS_SEEN") if labels["source"] == "training" else ("yes", "INFORMATIVE")


def _codes(document: Record) -> tuple[str, list[str]]:
    answer, first = _decided(document)
    sign, more = document["sign"], []
    if sign["all_at_most_zero"] and sign["higher_is_better"]:
        more.append("NO_VALUE_ABOVE_0")
    if document["bulk_properties"]["is_property_model"]:
        more.append("PROPERTY_MODEL")
    for entry in document["ranking"]["competitors"]:
        if entry["score_is"] in _CODE:
            more.append(f"{_CODE[entry['score_is']]}_{entry['name'].upper()}")
    return answer, [first, *(code for code in more if code != first)]


def _from_itself(document: Record) -> Record:
    answer, codes = _codes(document)
    share = document["bulk_properties"]["explained_share"]
    entries = [
        {
            "score_is": None
            if None in (entry["ci_low"], entry["ci_high"])
            else gain_in_words(entry["ci_low"], entry["ci_high"])
        }
        for entry in document["ranking"]["competitors"]
    ]
    return {
        "answer": answer,
        "codes": codes,
        "ranking": {"competitors": entries},
        "bulk_properties": {"is_property_model": None if share is None else share >= SHARE_OF_A_MODEL},
    }


def _sign_of(molecules: Molecules, scored: Sequence[int], config: Record) -> Record:
    """Whether all values are as docking gives them, before a sign was turned."""
    higher = (config.get("scores") or {}).get("higher_is_better", True)
    scores = [molecules["score"][row] for row in scored]
    if not scores:
        return {"higher_is_better": higher, "all_at_most_zero": False, "all_equal": False}
    low, high = min(scores), max(scores)
    return {
        "higher_is_better": higher,
        "all_at_most_zero": low < high and (high if higher else -low) <= 0,
        "all_equal": low == high,
    }


def rank_correlation_of(score: Sequence[float], values: Sequence[float]) -> float | None:
    """Spearman's rank correlation (doi 10.2307/1412159), ties by mean rank, six digits; None where one is constant."""
    ranks = [_centred_ranks(column) for column in (score, values)]
    norm = math.sqrt(math.fsum(r * r for r in ranks[0]) * math.fsum(r * r for r in ranks[1]))
    return round(math.fsum(a * b for a, b in zip(*ranks)) / norm, 6) if norm > 0 else None


def _centred_ranks(values: Sequence[float]) -> list[float]:
    ranking = RankedList(values, [False] * len(values))
    ranks, start, middle = [0.0] * len(values), 0, (len(values) + 1) / 2
    for end in ranking.sizes:
        for row in ranking.order[start:end]:
            ranks[row] = middle - (start + 1 + end) / 2
        start = end
    return ranks


def _labelled(molecules: Molecules, scored: Sequence[int], seed: int) -> list[int]:
    return drawn_structures(molecules, [row for row in scored if molecules.hit[row] is not None], MOST_LABELLED, seed)


def _of_truth(molecules: Molecules, rows: Sequence[int], seed: int) -> Record:
    """Labels and ranking where the labels are those of truth.csv."""
    hit = [bool(molecules.hit[row]) for row in rows]
    scaffold = [molecules["scaffold"][row] for row in rows]
    n, n_hits, n_scaffolds = len(rows), sum(hit), len(set(scaffold))
    labels = {"n": n, "hits": n_hits, "scaffolds": n_scaffolds}
    if not n:
        return {"labels": labels}
    ranking = RankedList([molecules["score"][row] for row in rows], hit)
    few = few_labels(n_hits, n - n_hits) or (FEW_SCAFFOLDS if n_scaffolds < LEAST_SCAFFOLDS else None)
    follows: Record = {"auc": ranking.roc_auc()}
    smiles = [molecules["canonical_smiles"][row] for row in rows]
    if few is not None:
        follows = {**follows, "ci_low": None, "ci_high": None, "reason": few}
    atoms = [heavy_atoms(text) for text in smiles] if all(smiles) and 0 < n_hits < n else None
    rival = None if atoms is None else RankedList(atoms, hit)
    area = None if rival is None else rival.roc_auc()
    direction = -1 if area is not None and area < 0.5 else 1
    if atoms is not None and direction < 0:
        rival = RankedList([-number for number in atoms], hit)
    if few is None and n * RESAMPLES <= MOST_CELLS:
        drawn = redrawn(ranking, rival or ranking, hit, scaffold, n, seed, with_areas=True)
        if drawn is not None:
            follows = {**follows, **_with_interval(ranking, n_hits, drawn)}
            if rival is not None:
                gains = [a - b for a, b in zip(drawn.auc, drawn.auc_of_audit) if not math.isnan(a)]
                low, high = percentile_interval(gains)
                follows["heavy_atoms"] = {"ci_low": low, "ci_high": high}
    if rival is not None:
        follows["heavy_atoms"] = {**follows.get("heavy_atoms", {}), "auc": rival.roc_auc(), "direction": direction}
    return {"labels": labels, "ranking": follows}


def _with_interval(ranking: RankedList, n_hits: int, drawn: Resamples) -> Record:
    area = ranking.roc_auc()
    limits = None if area is None else auc_limits(area, n_hits, ranking.sizes[-1] - n_hits, drawn.auc)
    low, high = limits if limits is not None else (area, area)
    return {"ci_low": low, "ci_high": high, "reason": None}


def diagnosis_problems(document: Record, molecules: Molecules, config: Record) -> Iterator[str]:
    """What of diagnosis.json contradicts summary.csv, truth.csv, the configuration or its own numbers."""
    seed, scored = int(config["audit"]["seed"]), molecules.has_score()
    yield from compared(DIAGNOSIS, document, _from_itself(document), "its other values")
    bulk_rows = drawn_structures(molecules, scored, MOST_SCORED, seed)
    bulk: Record = {"n": len(bulk_rows)}
    smiles = [molecules["canonical_smiles"][row] for row in bulk_rows]
    if smiles and all(smiles):
        scores = [molecules["score"][row] for row in bulk_rows]
        bulk["rank_correlation_heavy_atoms"] = rank_correlation_of(scores, [heavy_atoms(text) for text in smiles])
    follows: Record = {"sign": _sign_of(molecules, scored, config), "bulk_properties": bulk}
    if document["labels"]["source"] == "truth":
        follows = {**follows, **_of_truth(molecules, _labelled(molecules, scored, seed), seed)}
    competitor = follows.get("ranking", {}).pop("heavy_atoms", None)
    yield from compared(DIAGNOSIS, document, follows, "summary.csv, truth.csv and the configuration")
    for entry in document["ranking"]["competitors"]:
        if entry["name"] == "heavy_atoms" and competitor is not None:
            yield from compared(f"{DIAGNOSIS}: heavy_atoms", entry, competitor, "summary.csv and truth.csv")
        yield from _entry(entry)


def _entry(entry: Record) -> Iterator[str]:
    if entry["auc"] is not None and not 0 <= entry["auc"] <= 1:
        yield f"{DIAGNOSIS}: {entry['name']}: auc is {entry['auc']}, not within 0 and 1"
    if None not in (entry["ci_low"], entry["ci_high"]) and entry["ci_low"] > entry["ci_high"]:
        yield f"{DIAGNOSIS}: {entry['name']}: an interval from {entry['ci_low']} to {entry['ci_high']}"
