"""hardness_curve.csv and what controls.json says of the library, from summary.csv."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record, agree, compared
from hetero2.pack.verification.arithmetic.distributions import t_quantile
from hetero2.pack.verification.arithmetic.molecules import Molecules
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import HARDNESS_CURVE

LIBRARY_OF = "controls.json: library"
SPANS = {"easy": (0.0, 0.5), "medium": (0.5, 0.7), "hard": (0.7, 1.0), "all": (0.0, 1.0)}
LEAST_CLUSTERS, LEAST_ON_HARD, LEAST_HARD_SHARE = 10, 30, 0.05
_NO_SCORES = {
    "INCONCLUSIVE_TOO_FEW_HARD": ("no_molecules", "no molecule has a score"),
    "INCONCLUSIVE_NO_SCORED_DECOYS": (
        "no_scored_decoys",
        "no molecule has a decoy with a score, so the isomer audit is not possible",
    ),
}


def _read_curve(evidence: Evidence) -> list[Record]:
    """Lines of hardness_curve.csv with numbers; None where a cell is empty."""
    kinds = {"bin": str, "reason": str, **dict.fromkeys(("n_molecules", "n_scaffolds", "n_decoys"), int)}
    names = "bin tanimoto_from tanimoto_to n_molecules n_scaffolds n_decoys auc ci_low ci_high reason".split()
    return [
        {name: kinds.get(name, float)(text) if text else None for name, text in zip(names, cells)}
        for cells in evidence.rows(HARDNESS_CURVE, *names)
    ]


def hardness_of(evidence: Evidence) -> list[Record]:
    """The lines of hardness_curve.csv, read once; none where there is no such file."""
    if HARDNESS_CURVE not in evidence:
        return []
    lines: list[Record] = evidence.kept("hardness curve", lambda: _read_curve(evidence))
    return lines


def compared_rows(molecules: Molecules) -> list[int]:
    """Rows that take part in the audit of the library: audited, with a scored decoy, the first of each structure."""
    seen: set[str] = set()
    rows = []
    for row in range(molecules.n):
        is_compared = molecules["status"][row] == "OK" and molecules["score"][row] is not None
        if not is_compared or not molecules["n_decoys_scored"][row]:
            continue
        key = molecules["structure_hash"][row] or f"row {row}"
        if key not in seen:
            seen.add(key)
            rows.append(row)
    return rows


def clustered_mean(values: Sequence[float], clusters: Sequence[str]) -> tuple[float, float | None, float | None]:
    """(mean, ends of its 95 % interval over whole clusters) of values (n,); doi 10.1093/biomet/73.1.13."""
    n, mean = len(values), math.fsum(values) / len(values)
    sums: Counter[str] = Counter()
    for value, cluster in zip(values, clusters):
        sums[cluster] += value - mean  # type: ignore[assignment]
    groups = len(sums)
    if groups < LEAST_CLUSTERS:
        return mean, None, None
    spread = groups / (groups - 1) * math.fsum(value * value for value in sums.values())
    half = t_quantile(0.975, groups - 1) * spread**0.5 / n
    return mean, mean - half, mean + half


def _over_all(molecules: Molecules, rows: Sequence[int]) -> Record:
    """The line over all decoys."""
    scaffolds = [molecules["scaffold"][row] for row in rows]
    mean, low, high = clustered_mean([molecules["auc_tie_aware"][row] for row in rows], scaffolds)
    return {
        "n_molecules": len(rows),
        "n_scaffolds": len(set(scaffolds)),
        "n_decoys": sum(molecules["n_decoys_scored"][row] for row in rows),
        "auc": mean,
        "ci_low": low,
        "ci_high": high,
        "reason": None if low is not None else f"fewer_than_{LEAST_CLUSTERS}_scaffolds",
    }


def hardness_problems(curve: Sequence[Record], molecules: Molecules) -> Iterator[str]:
    """What of the curve does not follow from summary.csv, or from itself."""
    rows, by_bin = compared_rows(molecules), {line["bin"]: line for line in curve}
    if [line["bin"] for line in curve] != (list(SPANS) if rows else []):
        bins = ", ".join(str(line["bin"]) for line in curve)
        yield f"{HARDNESS_CURVE}: its bins are {bins or 'none'}, expected {', '.join(SPANS) if rows else 'none'}"
        return
    if rows and not molecules.is_weighted:
        yield from compared(
            f"{HARDNESS_CURVE}: all", by_bin["all"], _over_all(molecules, rows), "the rows of summary.csv"
        )
    for name, line in by_bin.items():
        yield from _line(name, line, by_bin["all"])


def _line(name: str, line: Record, over_all: Record) -> Iterator[str]:
    where, ends = f"{HARDNESS_CURVE}: {name}", (line["ci_low"], line["ci_high"])
    if (line["tanimoto_from"], line["tanimoto_to"]) != SPANS[name]:
        yield f"{where}: its Tanimoto is not from {SPANS[name][0]} to {SPANS[name][1]}"
    if any(line[key] > over_all[key] for key in ("n_molecules", "n_scaffolds", "n_decoys")):
        yield f"{where}: more molecules, scaffolds or decoys than over all decoys"
    if line["auc"] is not None and not 0 <= line["auc"] <= 1:
        yield f"{where}: auc is {line['auc']}, not within 0 and 1"
    has_interval = line["n_scaffolds"] >= LEAST_CLUSTERS
    if (
        has_interval != (ends[0] is not None)
        or has_interval != (ends[1] is not None)
        or has_interval != (line["reason"] is None)
    ):
        yield f"{where}: an interval, or why none: it has {line['n_scaffolds']} scaffolds, {LEAST_CLUSTERS} are needed"
    elif ends[0] is not None and not agree(line["auc"] - ends[0], ends[1] - line["auc"]):
        yield f"{where}: the interval from {ends[0]} to {ends[1]} is not around its auc {line['auc']}"


def interpreted(curve: Sequence[Record]) -> tuple[tuple[str, ...], str] | None:
    """(the interpretations that the curve allows, why) or None without a curve."""
    if not curve:
        return None
    by_bin = {line["bin"]: line for line in curve}
    easy, hard = by_bin["easy"], by_bin["hard"]
    total = sum(by_bin[name]["n_decoys"] for name in ("easy", "medium", "hard"))
    if hard["n_decoys"] < LEAST_HARD_SHARE * total:
        return ("INCONCLUSIVE_DECOYS_TOO_EASY",), f"{hard['n_decoys']} of {total} decoys are hard"
    if hard["n_molecules"] < LEAST_ON_HARD or hard["ci_low"] is None:
        why = f"{hard['n_molecules']} molecules of {hard['n_scaffolds']} scaffolds have hard decoys"
        return ("INCONCLUSIVE_TOO_FEW_HARD",), why
    text = f"AUC against hard decoys {hard['auc']:.3f} ({hard['ci_low']:.3f} to {hard['ci_high']:.3f})"
    if hard["ci_low"] > 0.5:
        return ("SIGNAL_ON_HARD",), text
    if easy["ci_low"] is None or easy["ci_low"] <= 0.5:
        return ("NOT_SHOWN_ON_HARD",), text
    text += f", against easy ones {easy['auc']:.3f} ({easy['ci_low']:.3f} to {easy['ci_high']:.3f})"
    return ("ILLUSION", "NOT_SHOWN_ON_HARD"), text


def library_problems(library: Record, curve: Sequence[Record], molecules: Molecules, config: Record) -> Iterator[str]:
    """What controls.json says of the library: calls, counts, what the curve means."""
    rows, calls = compared_rows(molecules), Counter(molecules["call"])
    audit = config.get("audit") or {}
    follows: Record = {
        "n": len(rows),
        "calls": {name: calls[name] for name in ("SIGNAL", "NO_SIGNAL", "UNDECIDABLE")},
        **{key: audit[key] for key in ("fdr", "method") if key in audit},
    }
    if rows and not molecules.is_weighted:
        aucs = [molecules["auc_tie_aware"][row] for row in rows]
        follows["mean_auc"] = math.fsum(aucs) / len(aucs)
        yield from _mean_z(library.get("mean_z"), aucs, [molecules["n_decoys_scored"][row] for row in rows])
    yield from compared(LIBRARY_OF, library, follows, "the rows of summary.csv and the configuration")
    meaning = interpreted(curve)
    if meaning is None:
        reason = _NO_SCORES.get(library["interpretation"])
        if reason is None or (library.get("reason"), library["why"]) != reason:
            yield f"{LIBRARY_OF}: interpretation {library['interpretation']!r}, but no molecule could be compared"
    elif library["interpretation"] not in meaning[0] or library["why"] != meaning[1]:
        expected = f"{' or '.join(meaning[0])}: {meaning[1]}"
        said = f"{library['interpretation']}: {library['why']}"
        yield f"{LIBRARY_OF}: interpretation is {said}, but {HARDNESS_CURVE} gives {expected}"
    yield from _trend(library.get("trend"))


def _mean_z(mean_z: Any, aucs: Sequence[float], decoys: Sequence[int]) -> Iterator[str]:
    """The mean z is as far from 0 as without ties, or farther: ties make its variance smaller."""
    if mean_z is None:
        return
    total, most = math.fsum(auc - 0.5 for auc in aucs), math.fsum((m + 2) / (12 * m) for m in decoys)
    least = total / most**0.5
    if mean_z * least < -1e-9 or abs(mean_z) < abs(least) - 1e-6:
        yield f"{LIBRARY_OF}: mean_z is {mean_z}, but the AUC of the rows of summary.csv give {least} or farther from 0"


def _trend(trend: Any) -> Iterator[str]:
    if isinstance(trend, dict) and trend.get("z") is not None:
        p = 2 * NormalDist().cdf(-abs(trend["z"]))
        if not agree(trend["p_value"], p) and not math.isclose(trend["p_value"], p, rel_tol=1e-6):
            yield f"{LIBRARY_OF}: trend.p_value is {trend['p_value']}, its z gives {p}"
