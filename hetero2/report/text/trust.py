"""Can this score be trusted? The diagnosis of diagnosis.json in plain words."""

from collections.abc import Iterator
from typing import Any

from hetero2.report.evidence import Evidence
from hetero2.report.text import isomers
from hetero2.report.text.vocabulary import ISOMERS, TRUST, Answer
from hetero2.report.text.words import counted, number
from hetero2.report.text.worth import plain

Record = dict[str, Any]
NAMES = {
    "chance": "chance",
    "heavy_atoms": "counting atoms",
    "logp": "logP",
    "property_model": "a property model",
    "nearest_hit": "the nearest known hit",
}
_LABELS = {
    "truth": "measured labels",
    "out_of_fold": "training labels, each scored by a fit on other scaffolds",
    "training": "training labels, which the model has seen",
}
_NO_LABELS = {
    "no_truth_and_no_training_set": "there are no labels (truth, or scores.train)",
    "truth_is_a_hash_of_the_smiles": "the only labels are a hash of the SMILES",
    "no_molecule_with_score_and_label_of_truth": "no molecule of the truth has a score",
    "no_molecule_with_score_and_label_of_out_of_fold": "the model could not be cross-validated on its training set",
    "no_molecule_with_score_and_label_of_training": "no molecule of the training set has a score in this library",
}
_NO_INTERVAL = {
    "fewer_than_10_hits": "at least 10 hits are needed",
    "fewer_than_10_non_hits": "at least 10 non-hits are needed",
    "fewer_than_30_scaffolds": "at least 30 scaffolds are needed",
}
_NO_SHARE = {
    "all_scores_are_equal": "all scores are equal",
    "fewer_than_100_molecules": "that takes at least 100 scored molecules",
    "fewer_than_5_scaffolds": "that takes at least 5 scaffolds",
    "no_structures": "no structures were given",
}


def judged(evidence: Evidence) -> Answer | None:
    """The answer and why, in at most two lines of a terminal; None in an older pack."""
    diagnosis = evidence.diagnosis
    if diagnosis is None:
        return None
    return Answer(TRUST.asked, TRUST.word(diagnosis["codes"][0]), _because(diagnosis))


def sentence(evidence: Evidence) -> str | None:
    """The answer as a sentence."""
    answer = judged(evidence)
    return None if answer is None else answer.sentence()


def _because(diagnosis: Record) -> str:
    code, labels, ranking = diagnosis["codes"][0], diagnosis["labels"], diagnosis["ranking"]
    if code == "ALL_SCORES_EQUAL":
        return "all scores are equal"
    if code == "NO_LABELS":
        return f"{_NO_LABELS.get(labels['reason'], plain(str(labels['reason'])))}{_model(diagnosis)}"
    if code.startswith("TOO_FEW") or code == "NO_INTERVAL":
        needed = _NO_INTERVAL.get(ranking["reason"], plain(str(ranking["reason"])))
        counts = f"{counted(labels['n'], 'label')}, {counted(labels['hits'], 'hit')}"
        return f"{needed} ({counts}, {counted(labels['scaffolds'], 'scaffold')})"
    area = _area(ranking) + (", cross-validated" if labels["source"] == "out_of_fold" else "")
    if code == "WRONG_WAY":
        return f"hits score lower than non-hits ({area}); check scores.higher_is_better"
    if code == "NO_STRUCTURES":
        return f"without structures it cannot be compared with counting atoms ({area})"
    if code == "LABELS_SEEN":
        return f"the only labels are those that the model was fitted on ({area})"
    if code == "INFORMATIVE":
        return f"it tells hits from non-hits better than chance, counting atoms and logP ({area}){_but(diagnosis)}"
    name = code.rpartition("THAN_")[2].lower()
    beside = "" if name == "chance" else f"; {_difference(_competitor(ranking, name))}"
    if code.startswith("NO_BETTER"):
        return f"it is no better than {NAMES[name]} ({area}{beside})"
    return f"these labels do not show that it is better than {NAMES[name]} ({area}{beside})"


def _competitor(ranking: Record, name: str) -> Record:
    return next(entry for entry in ranking["competitors"] if entry["name"] == name)


def _area(ranking: Record) -> str:
    return f"ROC-AUC {ranking['auc']:.2f}, {ranking['ci_low']:.2f} to {ranking['ci_high']:.2f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _difference(entry: Record) -> str:
    return f"difference {_signed(entry['ci_low'])} to {_signed(entry['ci_high'])}"


def _model(diagnosis: Record) -> str:
    """What to add about a score that bulk properties explain."""
    bulk = diagnosis["bulk_properties"]
    return f"; it is a property model ({_share(bulk)})" if bulk["is_property_model"] else ""


def _share(bulk: Record) -> str:
    return f"bulk properties explain {number(100 * max(0.0, bulk['explained_share']), 0)} % of its order"


def _but(diagnosis: Record) -> str:
    """What a yes must not hide: that the score is a property model, or what does as well after a fit on the labels."""
    model = _model(diagnosis)
    if model:
        return f"{model}"
    fitted = [
        NAMES[entry["name"]]
        for entry in diagnosis["ranking"]["competitors"]
        if entry["name"] in ("property_model", "nearest_hit") and entry["score_is"] in ("no_better", "undecided")
    ]
    return f"; not shown to beat {' or '.join(fitted)}" if fitted else ""


def parts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """(what was looked at, what it says), in order: sign, competitors, bulk properties, refits, isomers."""
    diagnosis = evidence.diagnosis
    if diagnosis is None:
        return
    yield "sign", _sign(diagnosis)
    yield "labels", _labels(diagnosis)
    yield from (("beside", _beside(entry, diagnosis["ranking"])) for entry in diagnosis["ranking"]["competitors"])
    yield "bulk properties", _bulk(diagnosis["bulk_properties"])
    yield "refits", _refits(evidence)
    diagnosed = isomers.diagnose(evidence)
    yield "isomers", f"{diagnosed.answer}, {diagnosed.because}"


def _sign(diagnosis: Record) -> str:
    sign = diagnosis["sign"]
    declared = "larger" if sign["higher_is_better"] else "smaller"
    text = f"{declared} values are declared better (scores.higher_is_better)"
    if sign["all_at_most_zero"] and sign["higher_is_better"]:
        return f"{text}, but no value is above 0, as with docking energies, where lower is better"
    if diagnosis["codes"][0] == "WRONG_WAY":
        return f"{text}, but hits score lower than non-hits"
    agrees = diagnosis["ranking"]["ci_low"] is not None and diagnosis["ranking"]["ci_low"] > 0.5
    return f"{text}; {'the labels agree' if agrees else 'no label confirms or contradicts it'}"


def _labels(diagnosis: Record) -> str:
    labels, ranking = diagnosis["labels"], diagnosis["ranking"]
    if labels["source"] == "none":
        return f"none: {_NO_LABELS.get(labels['reason'], plain(str(labels['reason'])))}"
    text = f"{number(labels['n'])} {_LABELS[labels['source']]}: {counted(labels['hits'], 'hit')}"
    text += f", {counted(labels['scaffolds'], 'scaffold')}"
    if ranking["ci_low"] is not None:
        return f"{text}; {_area(ranking)} (95 % over resampled scaffolds)"
    return f"{text}; no interval: {_NO_INTERVAL.get(ranking['reason'], plain(str(ranking['reason'])))}"


def _beside(entry: Record, ranking: Record) -> str:
    fitted = "" if entry["name"] in ("heavy_atoms", "logp") else ", fitted in folds of whole scaffolds"
    name = f"{NAMES[entry['name']]}{fitted}"
    if entry["auc"] is None:
        return f"{name}: not compared, {plain(str(entry['reason']))}"
    turned = {1: ", more is better", -1: ", less is better", None: ""}[entry["direction"]]
    text = f"{name}: ROC-AUC {entry['auc']:.2f}{turned}"
    if entry["score_is"] is None:
        return text
    says = {
        "better": "the score is better",
        "no_better": "the score is no better",
        "undecided": "these labels do not show that the score is better",
    }
    return f"{text}; {says[entry['score_is']]} ({_signed(ranking['auc'] - entry['auc'])}, {_difference(entry)})"


def _bulk(bulk: Record) -> str:
    pairs = (("heavy atoms", "rank_correlation_heavy_atoms"), ("logP", "rank_correlation_logp"))
    listed = [f"{_signed(bulk[key])} with {name}" for name, key in pairs if bulk[key] is not None]
    correlations = f"; rank correlation {', '.join(listed)}" if listed else ""
    if bulk["explained_share"] is None:
        return f"share not computed: {_NO_SHARE.get(bulk['reason'], plain(str(bulk['reason'])))}{correlations}"
    model = ": a property model" if bulk["is_property_model"] else ""
    return f"{_share(bulk)}, in folds of whole scaffolds{model}{correlations}"


def _refits(evidence: Evidence) -> str:
    folds, inference = evidence.controls["cross_validation"], evidence.controls["inference"]
    if folds["auc"] is None:
        return f"no scaffold cross-validation: {plain(str(folds['reason']))}"
    text = f"scaffold cross-validation on the training labels: ROC-AUC {folds['auc']:.2f}"
    if inference["p_value"] is None:
        return f"{text}; no Y-randomisation: {plain(str(inference['reason']))}"
    answer = ISOMERS.word(inference["verdict"])
    return f"{text}; better on isomers than fits on shuffled labels: {answer} (p = {inference['p_value']:.2g})"
