"""decoy_quality.json: its counts from summary.csv, its judgements from its own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record, compared
from hetero2.pack.verification.arithmetic.distributions import beta_quantile
from hetero2.pack.verification.arithmetic.molecules import Molecules
from hetero2.pack.verification.arithmetic.structures import heavy_atoms
from hetero2.pack.verification.layout import DECOY_QUALITY

LIMITS_OF_BIAS = {
    "doe": 0.02,
    "property_auc": 0.55,
    "topology_auc": 0.65,
    "synthetic_accessibility": 0.60,
    "fragment_popularity": 0.60,
}
_COVERAGE, _DRUG_LIKE = 0.99, (10, 70)
_NONE = "no_decoys_generated"
_DIGIT = 1.01e-4  # the last one of what is rounded to four digits
_BINS = ("easy", "medium", "hard")


def _decoy_counts(quality: Record, molecules: Molecules, config: Record) -> Record:
    """Counts of molecules and decoys that follow from summary.csv."""
    k, generated = quality["k"], molecules["n_decoys_generated"]
    smiles = molecules["canonical_smiles"]
    with_decoys = [row for row in range(molecules.n) if generated[row] > 0 and smiles[row]]
    n_without = quality["molecules_with_fewer_decoys"].get(_NONE, 0)
    full = [row for row in with_decoys if _DRUG_LIKE[0] <= heavy_atoms(smiles[row]) <= _DRUG_LIKE[1]]
    n_full, n_drug_like = sum(generated[row] == k for row in full), quality["drug_like_molecules"]
    follows: Record = {
        "k": config["decoys"]["k"],
        "molecules": len(with_decoys) + n_without,
        "decoys": sum(generated[row] for row in with_decoys),
        "sample": {"seed": config["decoys"]["seed"]},
    }
    if "of" in quality.get("coverage", {}):  # older ones are judged by another rule
        follows["coverage"] = _coverage(n_full, n_drug_like, quality["coverage"].get("of"))
    return follows


def _coverage(n_full: int, n: int, of: Any) -> Record:
    """Share of drug-like molecules with all their decoys; of a sample, judged by the bound of Clopper and Pearson."""
    if not n:
        return {"estimate": None, "lower_bound": None, "met": None, "target": _COVERAGE}
    share = n_full / n
    is_exact = of == "library" or not 0 < n_full <= n
    bound = share if is_exact else beta_quantile(0.05, n_full, n - n_full + 1)
    return {"estimate": round(share, 4), "lower_bound": round(bound, 4), "met": bound >= _COVERAGE, "target": _COVERAGE}


def _judgements(quality: Record) -> Record:
    """Targets and the positive control, from the measures."""
    follows: Record = {}
    measures, planted = quality.get("measures"), quality.get("planted_leak")
    if measures:
        follows["targets"] = {}
        for name, target in LIMITS_OF_BIAS.items():
            bound = measures[name]["upper_bound"]
            shift = 0.0 if name == "doe" else 0.5
            follows["targets"][name] = {"target": target, "met": None if bound is None else bound + shift <= target}
    if planted:
        follows["planted_leak"] = {
            name: {"seen": None if leak["estimate"] is None else leak["estimate"] > LIMITS_OF_BIAS[name]}
            for name, leak in planted.items()
        }
    connected = quality.get("connected")
    if connected:
        follows["connected"] = {"target": 1.0, "met": connected["estimate"] == 1.0}
    return follows


def _measure(name: str, measure: Record) -> Iterator[str]:
    low, high, estimate, bound = (measure[key] for key in ("ci_low", "ci_high", "estimate", "upper_bound"))
    if None in (low, high, bound):
        if not low is high is bound is None or not measure.get("reason"):
            yield f"{DECOY_QUALITY}: {name}: an interval that is not whole, or missing without a reason"
        return
    if estimate is None or not low - _DIGIT <= estimate <= high + _DIGIT:
        yield f"{DECOY_QUALITY}: {name}: the estimate {estimate} is not within its interval from {low} to {high}"
        return
    most = high if name.endswith("doe") else max(abs(low - 0.5), abs(high - 0.5))
    if bound > most + _DIGIT or bound < (low if name.endswith("doe") else 0.0) - _DIGIT:
        yield f"{DECOY_QUALITY}: {name}: upper_bound is {bound}, which its interval from {low} to {high} does not allow"


def _shares(quality: Record, curve: Sequence[Record]) -> Iterator[str]:
    """Shares of the bins: they add up to 1, and are those of hardness_curve.csv where that holds the same decoys."""
    shares, where = quality["hardness"]["shares"], f"{DECOY_QUALITY}: hardness.shares"
    if quality["decoys"] and abs(sum(shares.values()) - 1) > 3 * _DIGIT:
        yield f"{DECOY_QUALITY}: hardness.shares add up to {sum(shares.values()):.4f}, not to 1"
    n_by_bin = {line["bin"]: line["n_decoys"] for line in curve}
    total = sum(n_by_bin.get(name, 0) for name in _BINS)
    if total and total == quality["decoys"]:
        for name in _BINS:
            if abs(shares[name] - n_by_bin[name] / total) > _DIGIT:
                yield f"{where}.{name} is {shares[name]}, hardness_curve.csv gives {n_by_bin[name]} of {total}"
    else:
        # decoys without a score, of the library or of the training set are in no bin of the curve
        yield from (
            f"{DECOY_QUALITY}: hardness.shares.{name}: fewer decoys than the {n_by_bin[name]} of hardness_curve.csv"
            for name in _BINS
            if total and shares[name] * quality["decoys"] < n_by_bin[name] - _DIGIT * quality["decoys"] - 1
        )


def _spreads(value: Any, where: str) -> Iterator[str]:
    """p05, median and p95 are in order."""
    if isinstance(value, dict):
        points: list[Any] = [value.get(key) for key in ("p05", "median", "p95")]
        if None not in points and points != sorted(points):
            yield f"{DECOY_QUALITY}: {where}: p05, median and p95 are {points[0]}, {points[1]} and {points[2]}"
        for key, inner in value.items():
            yield from _spreads(inner, f"{where}.{key}" if where else key)


def _sampled(quality: Record, config: Record) -> Iterator[str]:
    """The sample is no larger than the library and the configuration allow, and alerts are counted in it."""
    sample, alerts, alike = quality["sample"]["molecules"], quality.get("alerts"), quality.get("doppelganger")
    most = config["decoys"].get("quality_sample")
    if sample > quality["molecules"] or (isinstance(most, int) and sample > most):
        yield f"{DECOY_QUALITY}: sample.molecules is {sample}, more than there are or than the configuration asks for"
    if alerts:
        each = quality["sample"].get("decoys_per_molecule")  # older packs look at all decoys of the sample
        decoys = min(quality["decoys"], sample * each) if isinstance(each, int) else quality["decoys"]
        counts = {"molecules": sample, "molecules_with_alert": sample, "decoys": decoys}
        counts["decoys_with_new_alert"] = alerts["decoys"]
        for key, largest in counts.items():
            if alerts[key] > largest or (key == "molecules" and alerts[key] != sample):
                yield f"{DECOY_QUALITY}: alerts.{key} is {alerts[key]}, of {largest}"
    if alike and not 0 <= alike["mean"] <= alike["max"] <= 1:
        yield f"{DECOY_QUALITY}: doppelganger: a mean of {alike['mean']} with a maximum of {alike['max']}"


def quality_problems(quality: Record, curve: Sequence[Record], molecules: Molecules, config: Record) -> Iterator[str]:
    """What of decoy_quality.json contradicts summary.csv, hardness_curve.csv, the configuration or its own numbers."""
    if (config.get("input") or {}).get("structures", True):
        yield from _shares(quality, curve)
        yield from compared(
            DECOY_QUALITY, quality, _decoy_counts(quality, molecules, config), "summary.csv and the configuration"
        )
    yield from compared(DECOY_QUALITY, quality, _judgements(quality), "its measures")
    few = quality["molecules_with_fewer_decoys"]
    n_few = sum(
        0 < n < quality["k"] and bool(smiles)
        for n, smiles in zip(molecules["n_decoys_generated"], molecules["canonical_smiles"])
    )
    n_stated = sum(few.values()) - few.get(_NONE, 0)
    if n_stated != n_few:
        yield f"{DECOY_QUALITY}: molecules_with_fewer_decoys are {n_stated}, summary.csv has {n_few}"
    for name, measure in (quality.get("measures") or {}).items():
        yield from _measure(f"measures.{name}", measure)
    for name, leak in (quality.get("planted_leak") or {}).items():
        yield from _measure(f"planted_leak.{name}", leak)
    yield from _spreads(quality, "")
    yield from _sampled(quality, config)
