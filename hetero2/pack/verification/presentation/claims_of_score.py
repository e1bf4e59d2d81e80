"""Sentences about the score: labels, competitors, controls, isomers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.audit_evidence.hardness import hardness_of
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CONTROLS, DIAGNOSIS, HARDNESS_CURVE
from hetero2.pack.verification.presentation.wording import Claim, claim, in_digits, signed

_MANY = r"(?<![\d,])([\d,]+)"
_TWO = r"(\d\.\d\d)"
_SIGNED = r"([+\u2212]\d\.\d\d)"
_RIVALS = {
    "heavy_atoms": "counting atoms",
    "logp": "logP",
    "property_model": "a property model",
    "nearest_hit": "the nearest known hit",
}
_ANSWERS = {"yes": "Yes", "no": "No", "cannot_say": "Not shown"}
_STATUS = {"OK": "yes", "FAILED": "no", "INCONCLUSIVE": "not shown"}


def _ends(record: Any, *before: str) -> tuple[str, ...]:
    return (*before, f"{record['ci_low']:.2f}", f"{record['ci_high']:.2f}")


def claims_of_diagnosis(evidence: Evidence) -> Iterator[Claim]:
    """The answer, labels, ROC-AUC with its interval, competitors and bulk properties."""
    document = evidence.json(DIAGNOSIS)
    if document is None:
        return
    labels, ranking, bulk = document["labels"], document["ranking"], document["bulk_properties"]
    yield claim(r"Can this score be trusted\? (Yes|No|Not shown)\b", DIAGNOSIS, (_ANSWERS[document["answer"]],))
    if ranking["ci_low"] is not None:
        yield claim(rf"ROC-AUC {_TWO}, {_TWO} to {_TWO}", DIAGNOSIS, _ends(ranking, f"{ranking['auc']:.2f}"))
    scaffolds = in_digits(labels["scaffolds"])
    counts = (in_digits(labels["n"]), in_digits(labels["hits"]), scaffolds)
    yield claim(
        rf"{_MANY} (?:measured|training) labels[^:]{{0,80}}: {_MANY} hits?, {_MANY} scaffolds?",
        DIAGNOSIS,
        counts,
    )
    yield claim(rf"\({_MANY} labels?, {_MANY} hits?, {_MANY} scaffolds?\)", DIAGNOSIS, counts)
    for entry in ranking["competitors"]:
        fitted = "" if entry["name"] in ("heavy_atoms", "logp") else ", fitted in folds of whole scaffolds"
        if entry["auc"] is not None:
            name = f"{_RIVALS[entry['name']]}{fitted}: ROC-AUC"
            yield claim(rf"{name} {_TWO}", DIAGNOSIS, (f"{entry['auc']:.2f}",))
            if entry["ci_low"] is not None and ranking["auc"] is not None:
                gains = (signed(ranking["auc"] - entry["auc"]), signed(entry["ci_low"]), signed(entry["ci_high"]))
                yield claim(
                    rf"{name} \d\.\d\d[^(]{{0,80}}\({_SIGNED}, difference {_SIGNED} to {_SIGNED}\)", DIAGNOSIS, gains
                )
    if bulk["explained_share"] is not None:
        share = in_digits(100 * max(0.0, bulk["explained_share"]), 0)
        yield claim(rf"bulk properties explain {_MANY} % of its order", DIAGNOSIS, (share,))
    for key, name in (("heavy_atoms", "heavy atoms"), ("logp", "logP")):
        value = bulk[f"rank_correlation_{key}"]
        if value is not None:
            yield claim(rf"{_SIGNED} with {name}", DIAGNOSIS, (signed(value),))


def claims_of_controls(evidence: Evidence) -> Iterator[Claim]:
    """Whether the audit works, look-alikes, refits and cross-validation."""
    controls = evidence.json(CONTROLS)
    if controls is None or "inference" not in controls:
        return
    audit, library, inference = controls["audit"], controls["library"], controls["inference"]
    yield claim(r"^(?:- )?audit works:? (yes|no|not shown):", CONTROLS, (_STATUS[audit["status"]],))
    yield claim(r"^(?:- )?look-alikes:? (?:yes|no|not shown): (.*)$", CONTROLS, (library["why"],))
    if inference["p_value"] is not None:
        p, refits = f"{inference['p_value']:.2g}", inference["refits"]
        yield claim(r"\(p = ([\d.e-]+)[;)]", CONTROLS, (p,))
        yield claim(rf"Y-randomisation, {_MANY} refits on shuffled labels", CONTROLS, (refits,))
        as_well = round(inference["p_value"] * (refits + 1)) - 1
        yield claim(rf"{_MANY} of {_MANY} models trained on shuffled labels", CONTROLS, (as_well, refits))
    folds = controls.get("cross_validation") or {}
    if folds.get("auc") is not None:
        yield claim(rf"cross-validation on the training labels: ROC-AUC {_TWO}", CONTROLS, (f"{folds['auc']:.2f}",))


def claims_of_hardness(evidence: Evidence) -> Iterator[Claim]:
    """AUC over all decoys, or over hard ones, with its interval."""
    lines = [line for line in hardness_of(evidence) if line["auc"] is not None and line["ci_low"] is not None]
    if lines:
        allowed = [_ends(line, f"{line['auc']:.2f}") for line in lines]
        yield claim(rf"\((?:hard ones: )?AUC {_TWO}, {_TWO} to {_TWO}\)", HARDNESS_CURVE, *allowed)
