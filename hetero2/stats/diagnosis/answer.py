"""Tells actives from inactives across scaffolds: yes, no, or cannot say; and the codes that say why."""

from collections.abc import Iterator, Mapping
from typing import Any

from hetero2.stats.diagnosis.competitors import BETTER, NO_BETTER, UNDECIDED, UNFITTED, against

YES, NO, CANNOT_SAY = "yes", "no", "cannot_say"
TRUTH, OUT_OF_FOLD, TRAINING, NONE = "truth", "out_of_fold", "training", "none"  # where labels come from
Record = Mapping[str, Any]


def answer(labels: Record, ranking: Record, sign: Record, bulk: Record) -> tuple[str, list[str]]:
    """(answer, codes, of which the first decides) from the parts of diagnosis.json.

    Yes takes more than chance: also better than heavy atoms and logP, each by its paired interval, on labels that the
    model was not fitted on. What rests on labels that it was fitted on can only be a no.
    """
    decided, code = _decided(labels, ranking, sign)
    return decided, [code, *(more for more in _more(ranking, sign, bulk) if more != code)]


def _decided(labels: Record, ranking: Record, sign: Record) -> tuple[str, str]:
    if sign["all_equal"]:
        return CANNOT_SAY, "ALL_SCORES_EQUAL"
    if labels["source"] == NONE:
        return CANNOT_SAY, "NO_LABELS"
    if ranking["ci_low"] is None:
        return CANNOT_SAY, _no_interval(ranking["reason"])
    if ranking["ci_high"] < 0.5:
        return NO, "WRONG_WAY"
    beside = {"CHANCE": against(ranking["ci_low"] - 0.5, ranking["ci_high"] - 0.5)}
    beside |= {
        entry["name"].upper(): entry["score_is"] for entry in ranking["competitors"] if entry["name"] in UNFITTED
    }
    for verdict, reply, prefix in ((NO_BETTER, NO, "NO_BETTER_THAN"), (UNDECIDED, CANNOT_SAY, "NOT_SHOWN_BETTER_THAN")):
        name = next((name for name, score_is in beside.items() if score_is == verdict), None)
        if name is not None:
            return reply, f"{prefix}_{name}"
    if any(score_is != BETTER for score_is in beside.values()):
        return CANNOT_SAY, "NO_STRUCTURES"
    return (CANNOT_SAY, "LABELS_SEEN") if labels["source"] == TRAINING else (YES, "INFORMATIVE")


def _no_interval(reason: str) -> str:
    return "TOO_FEW_SCAFFOLDS" if "scaffolds" in reason else "TOO_FEW_LABELS" if "hits" in reason else "NO_INTERVAL"


def _more(ranking: Record, sign: Record, bulk: Record) -> Iterator[str]:
    """Codes beside the one that decides."""
    if sign["all_at_most_zero"] and sign["higher_is_better"]:
        yield "NO_VALUE_ABOVE_0"
    if bulk["is_property_model"]:
        yield "PROPERTY_MODEL"
    for entry in ranking["competitors"]:
        if entry["score_is"] in (NO_BETTER, UNDECIDED):
            prefix = "NO_BETTER_THAN" if entry["score_is"] == NO_BETTER else "NOT_SHOWN_BETTER_THAN"
            yield f"{prefix}_{entry['name'].upper()}"
