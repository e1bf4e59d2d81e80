"""controls.json: what its own numbers say of the audit and of the model."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from hetero2.pack.verification.arithmetic.agreement import Record, agree, compared
from hetero2.pack.verification.layout import CONTROLS

ITS_NUMBERS = "its other values"
LOUD = 3.3  # |z| that chance exceeds less than once in a thousand
LEVEL, QUICK = 0.05, 99
LEAST_MOLECULES = 20
_NOT_COMPARED = "training_part_has_fewer"


def _is_silent(control: Record) -> bool | None:
    if control.get("reason") == "no_structures":
        return None
    return all(abs(control[key] or 0.0) < LOUD for key in ("mean_z", "dispersion_z"))


def _status(controls: Record) -> Record:
    """Whether the audit works, by its controls."""
    loud = [name for name, control in controls["negative"].items() if control.get("silent") is False]
    named = str(controls["audit"].get("reason") or "").partition("not silent: ")[2].split(", ")
    planted = controls["planted"]
    if loud:
        in_order = sorted(loud, key=lambda name: named.index(name) if name in named else len(named))
        return {"status": "FAILED", "reason": f"not silent: {', '.join(in_order)}"}
    if planted["found"] is None:
        return {"status": "INCONCLUSIVE", "reason": planted["reason"]}
    if not planted["found"]:
        return {"status": "FAILED", "reason": "positive control missed"}
    return {"status": "OK", "reason": None}


def _p_value(fits: list[Record], statistic: str) -> float | None:
    """(1 + refits at least as large as the observed fit) / (refits + 1); None where one is undefined."""
    observed, refits = fits[0][statistic], [fit[statistic] for fit in fits[1:]]
    if observed is None or None in refits or not refits:
        return None
    return float((1 + sum(value >= observed for value in refits)) / (len(refits) + 1))


def _inference(inference: Record) -> Record:
    """The verdict of Y-randomisation from the fits that are listed."""
    by_seed: dict[int, list[Record]] = {}
    for fit in sorted(inference["fits"], key=lambda fit: (fit["model_seed"], fit["refit"])):
        by_seed.setdefault(fit["model_seed"], []).append(fit)
    if not by_seed:
        return {
            "verdict": "NOT_ASSESSABLE",
            "p_value": None,
            "p_values": [],
            "mean_z_p_value": None,
            "refits": 0,
            "model_seeds": 0,
        }
    follows: Record = {
        "model_seeds": len(by_seed),
        "refits": max(len(fits) for fits in by_seed.values()) - 1,
    }
    follows["quick_look"] = follows["refits"] < QUICK
    nothing: Record = {"verdict": "NOT_ASSESSABLE", "p_value": None, "p_values": []}
    if str(inference.get("reason") or "").startswith(_NOT_COMPARED):
        return {**follows, **nothing}
    if len({fit.get("n_scored") for fit in inference["fits"]}) > 1:
        return {**follows, **nothing, "reason": "fits_scored_different_numbers_of_structures"}
    refitted = [fits for fits in by_seed.values() if len(fits) > 1]
    by_mean_z = [_p_value(fits, "mean_z") for fits in refitted]
    defined = [p for p in by_mean_z if p is not None]
    follows["mean_z_p_value"] = median(defined) if defined and len(defined) == len(by_mean_z) else None
    p_values = [_p_value(fits, "dispersion_z") for fits in refitted]
    numbers = [p for p in p_values if p is not None]
    if not refitted or len(numbers) < len(p_values):
        return {**follows, **nothing, "reason": "a_statistic_is_undefined" if refitted else "no_refits"}
    p, z = median(numbers), median(fits[0]["dispersion_z"] for fits in refitted)
    verdict = "RESOLVES_STRUCTURE" if p <= LEVEL and z > 0 else "NOT_SHOWN"
    return {**follows, "verdict": verdict, "reason": None, "p_value": p, "p_values": numbers}


def _explanation(controls: Record) -> Iterator[str]:
    """Familiarity explains a score only where that prefers the molecules, and by controls that are listed."""
    inference, mean_z = controls["inference"], controls["score"]["mean_z"]
    explanation, by = inference.get("explanation"), inference.get("explained_by") or []
    if explanation != ("EXPLAINED_BY_NOVELTY" if by else None):
        yield f"{CONTROLS}: inference.explanation is {explanation!r}, but explained_by names {', '.join(by) or 'none'}"
    if by and (mean_z is None or mean_z < LOUD):
        yield f"{CONTROLS}: inference.explanation, but score.mean_z {mean_z} leaves nothing to explain"
    unknown = [name for name in by if name not in controls["novelty"]]
    if unknown:
        yield f"{CONTROLS}: inference.explained_by names {', '.join(unknown)}, which novelty has not"
    if mean_z is not None and mean_z >= LOUD:
        for name, control in controls["novelty"].items():
            same = control["n"] == controls["score"]["n"] and control["mean_z"] is not None
            if same and name in by and control["mean_z"] <= mean_z:
                yield f"{CONTROLS}: inference.explained_by names {name}, whose mean_z is not above that of the score"


def _means(value: Any, where: str) -> Iterator[str]:
    """An interval lies around its mean AUC, which lies within 0 and 1."""
    if not isinstance(value, dict):
        return
    ends: tuple[Any, Any, Any] = (value.get("mean_auc"), value.get("auc_ci_low"), value.get("auc_ci_high"))
    mean, low, high = ends
    if mean is not None and not 0 <= mean <= 1:
        yield f"{CONTROLS}: {where}: mean_auc is {mean}, not within 0 and 1"
    if None not in (mean, low, high) and not agree(mean - low, high - mean):
        yield f"{CONTROLS}: {where}: the interval from {low} to {high} is not around its mean_auc {mean}"
    for key, inner in value.items():
        yield from _means(inner, f"{where}.{key}" if where else key)


def _sample(controls: Record, config: Record) -> Iterator[str]:
    audit, sample = config.get("audit") or {}, controls["sample"]
    most = audit.get("control_sample", audit.get("sample"))
    if "seed" in audit and sample["seed"] != audit["seed"]:
        yield f"{CONTROLS}: sample.seed is {sample['seed']}, the configuration says {audit['seed']}"
    if isinstance(most, int) and sample["molecules"] > most:
        yield f"{CONTROLS}: sample.molecules is {sample['molecules']}, the configuration says at most {most}"
    for name, control in (("score", controls["score"]), *controls["negative"].items(), *controls["novelty"].items()):
        if control["n"] > sample["molecules"]:
            yield f"{CONTROLS}: {name}.n is {control['n']}, of {sample['molecules']} molecules in the sample"


def _as_the_library(controls: Record) -> Iterator[str]:
    """A sample that holds all molecules says of the score what the library says."""
    score, library = controls["score"], controls["library"]
    if score["n"] and score["n"] == library.get("n") == controls["sample"]["molecules"]:
        follows = {key: library.get(key) for key in ("mean_auc", "mean_z", "dispersion_z")}
        yield from compared(f"{CONTROLS}: score", score, follows, "the library, all of which is in the sample,")


def _folds(controls: Record) -> Iterator[str]:
    folds = controls.get("cross_validation") or {}
    for area in (folds.get("auc"), *(folds.get("by_fold") or ())):
        if area is not None and not 0 <= area <= 1:
            yield f"{CONTROLS}: cross_validation: an AUC of {area}, not within 0 and 1"


def controls_problems(controls: Record, config: Record) -> Iterator[str]:
    """What of controls.json contradicts its own numbers or the configuration."""
    planted = controls["planted"]
    follows: Record = {
        "negative": {name: {"silent": _is_silent(control)} for name, control in controls["negative"].items()},
        "audit": _status(controls),
        "inference": _inference(controls["inference"]),
    }
    if planted["mean_z"] is not None:
        follows["planted"] = {"found": planted["mean_z"] > LOUD and planted["n_signal"] != 0}
    yield from compared(CONTROLS, controls, follows, ITS_NUMBERS)
    yield from _explanation(controls)
    yield from _means(controls, "")
    yield from _sample(controls, config)
    yield from _as_the_library(controls)
    yield from _folds(controls)
