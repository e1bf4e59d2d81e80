"""Whether the score tells molecules from their isomers, in plain words."""

from collections.abc import Iterator
from typing import Any

from hetero2.report.evidence import Evidence
from hetero2.report.text import sentences
from hetero2.report.text.vocabulary import ISOMERS, NO, NOT_SHOWN, YES, Answer
from hetero2.report.text.words import counted, number, spoken

CONTROLS_NOT_RUN = "CONTROLS_NOT_RUN"  # in the place of their status, where an audit is no run
Record = dict[str, Any]


def all_decoys(evidence: Evidence) -> Record | None:
    """The line of hardness_curve.csv over all decoys, where it has an AUC."""
    return next((row for row in evidence.hardness if row["bin"] == "all" and row["auc"] is not None), None)


def prefers_decoys(evidence: Evidence) -> bool:
    """Whether the score ranks decoys above their molecules: the interval of the AUC lies below one half."""
    row = all_decoys(evidence)
    return row is not None and row["ci_high"] is not None and bool(row["ci_high"] < 0.5)


def diagnose(evidence: Evidence) -> Answer:
    """The diagnosis; what the audit cannot vouch for does not count as an answer."""
    return Answer(ISOMERS.asked, *_answer(evidence))


def untested(audit: Record) -> str:
    """Why the audit's own controls could not be run, in words."""
    few = "audit.control_sample holds fewer than 20 molecules"
    return few if audit["reason"] == "fewer_than_20_molecules" else str(audit["reason"]).replace("_", " ")


def _answer(evidence: Evidence) -> tuple[str, str]:
    audit, inference = evidence.controls["audit"], evidence.controls["inference"]
    unscored = sentences.decoys_without_scores(evidence.metrics)
    if unscored is not None:
        return NOT_SHOWN, unscored
    if all_decoys(evidence) is None:
        return NOT_SHOWN, "no molecule was ranked among decoys"
    if audit["status"] == "FAILED":
        return NOT_SHOWN, f"the audit failed its own controls on this library ({audit['reason']})"
    if audit["status"] not in ("OK", CONTROLS_NOT_RUN):
        return NOT_SHOWN, f"whether the audit works on this library could not be tested ({untested(audit)})"
    turned = f"it prefers the isomers ({_auc(all_decoys(evidence))}), which does not mean that its sign is wrong"
    if inference["verdict"] == "RESOLVES_STRUCTURE":
        also = f"; {turned}" if prefers_decoys(evidence) else _rival(inference)
        return YES, f"better than the same learner does with shuffled labels ({_refits(inference)}){also}"
    if prefers_decoys(evidence):
        return NO, turned
    if inference["verdict"] == "NOT_ASSESSABLE":
        return _of_a_fixed_score(evidence)
    return NOT_SHOWN, f"{_not_beyond_shuffled(evidence)}{_rival(inference)}"


def _not_beyond_shuffled(evidence: Evidence) -> str:
    """Why Y-randomisation does not show that labels taught the score to tell isomers, and what it can do anyway."""
    inference, whole = evidence.controls["inference"], all_decoys(evidence)
    ranks = whole is not None and whole["ci_low"] is not None and whole["ci_low"] > 0.5
    though = f"although it ranks molecules above them ({_auc(whole)}), " if ranks else ""
    n_refits, p_value = inference["refits"], inference["p_value"]
    if p_value <= 0.05:
        return f"{though}its molecules stand out from their isomers less than random items would ({_refits(inference)})"
    if inference["model_seeds"] > 1:
        return f"{though}models trained on shuffled labels do as well too often ({_refits(inference)})"
    as_well = round(p_value * (n_refits + 1)) - 1
    quick = "; a quick look" if inference["quick_look"] else ""
    shuffled = f"{as_well} of {n_refits} models trained on shuffled labels"
    return f"{though}{shuffled} did as well or better (p = {p_value:.2g}{quick})"


def _refits(inference: Record) -> str:
    seeds = f", median of {inference['model_seeds']} model seeds" if inference["model_seeds"] > 1 else ""
    quick = ", a quick look" if inference["quick_look"] else ""
    return f"Y-randomisation: {counted(inference['refits'], 'refit')}{seeds}{quick}, p = {inference['p_value']:.2g}"


def _rival(inference: Record) -> str:
    if not inference["explanation"]:
        return ""
    return f"; {_rivals(inference)} the molecules more"


def _rivals(inference: Record) -> str:
    """The familiarity controls that prefer the molecules more than the score does, with their verb."""
    names = " and ".join(map(spoken, inference["explained_by"]))
    return f"{names} alone prefers" if len(inference["explained_by"]) == 1 else f"{names} each alone prefer"


def _auc(row: Record | None) -> str:
    if row is None:
        return "undefined"
    bounds = "" if row["ci_low"] is None else f", {row['ci_low']:.2f} to {row['ci_high']:.2f}"
    return f"AUC {row['auc']:.2f}{bounds}"


def _of_a_fixed_score(evidence: Evidence) -> tuple[str, str]:
    """Without Y-randomisation: what the hardness curve shows; how much of it labels taught stays open."""
    inference, library = evidence.controls["inference"], evidence.controls["library"]
    hard = next((row for row in evidence.hardness if row["bin"] == "hard" and row["auc"] is not None), None)
    interpretation = library["interpretation"]
    if interpretation == "SIGNAL_ON_HARD" and inference["explanation"]:
        return NOT_SHOWN, f"{_rivals(inference)} the molecules more than the score does"
    if interpretation == "SIGNAL_ON_HARD":
        untested = "only Y-randomisation could say whether its labels taught it that"
        return YES, f"also from those that look most like them ({_auc(hard)}); {untested}"
    if interpretation == "ILLUSION":
        return (
            NOT_SHOWN,
            f"it does so only where isomers look little like the molecule (hard ones: {_auc(hard)})",
        )
    if interpretation == "NOT_SHOWN_ON_HARD":
        return NOT_SHOWN, f"those that look most like the molecules score about as high ({_auc(hard)})"
    return NOT_SHOWN, f"too few isomers look like the molecules ({library['why']})"


def contradictions(evidence: Evidence) -> Iterator[str]:
    """Explanations of findings that seem to contradict each other, where they stand side by side."""
    metrics, verdict = evidence.metrics, evidence.controls["inference"]["verdict"]
    signal, passed = metrics["call_counts"]["SIGNAL"], metrics["verdict_counts"]["PASS"]
    chance = metrics["pass_expected_by_chance"]
    if not signal and verdict == "RESOLVES_STRUCTURE":
        yield (
            "It tells molecules from their isomers, yet no single molecule stands out: Y-randomisation tests all "
            "molecules together, and can show a preference too weak, or spread over too many of them, to name one."
        )
    if not signal and passed > chance + 3 * chance**0.5:
        yield (
            f"{number(passed)} molecules score above all their decoys, {number(chance)} by chance, yet none stands "
            "out: more do so than under a blind score, which says something of the library, but not which of them did "
            "so by chance."
        )
    if signal and verdict == "NOT_SHOWN":
        yield (
            f"{counted(signal, 'molecule stands', 'molecules stand')} out from isomers, yet it is not shown that the "
            "score tells molecules from them: models trained on shuffled labels can do as well, so this is no evidence "
            "of what the labels taught."
        )
