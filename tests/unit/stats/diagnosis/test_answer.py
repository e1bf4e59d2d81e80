"""Yes, no or cannot say, for each thing that can be the case."""

import pytest

from hetero2.stats.diagnosis.answer import answer

SIGN = {"higher_is_better": True, "all_at_most_zero": False, "all_equal": False}
NAMES = ("heavy_atoms", "logp", "property_model", "nearest_hit")


def answered(
    interval=(0.7, 0.8),
    score_is=("better",) * 4,
    source="truth",
    reason=None,
    is_property_model=False,
    **sign,
):
    competitors = [{"name": name, "score_is": says} for name, says in zip(NAMES, score_is, strict=True)]
    ranking = {"ci_low": interval[0], "ci_high": interval[1], "reason": reason, "competitors": competitors}
    return answer({"source": source}, ranking, SIGN | sign, {"is_property_model": is_property_model})


@pytest.mark.parametrize(
    ("case", "reply", "codes"),
    [
        ({}, "yes", ["INFORMATIVE"]),
        ({"source": "out_of_fold"}, "yes", ["INFORMATIVE"]),
        ({"source": "training"}, "cannot_say", ["LABELS_SEEN"]),
        ({"source": "training", "interval": (0.4, 0.55)}, "no", ["NO_BETTER_THAN_CHANCE"]),
        ({"interval": (0.2, 0.4)}, "no", ["WRONG_WAY"]),
        ({"interval": (0.45, 0.58)}, "no", ["NO_BETTER_THAN_CHANCE"]),
        ({"interval": (0.45, 0.75)}, "cannot_say", ["NOT_SHOWN_BETTER_THAN_CHANCE"]),
        (
            {"score_is": ("no_better", "better", "better", "better")},
            "no",
            ["NO_BETTER_THAN_HEAVY_ATOMS"],
        ),
        ({"score_is": ("undecided", "no_better", "better", "better")}, "no", ["NO_BETTER_THAN_LOGP"]),
        ({"score_is": ("better", "undecided", "better", "better")}, "cannot_say", ["NOT_SHOWN_BETTER_THAN_LOGP"]),
        ({"score_is": ("better", "better", "no_better", "better")}, "yes", ["INFORMATIVE"]),
        ({"score_is": (None,) * 4}, "cannot_say", ["NO_STRUCTURES"]),
        ({"is_property_model": True}, "yes", ["INFORMATIVE", "PROPERTY_MODEL"]),
        ({"source": "none", "interval": (None, None), "is_property_model": True}, "cannot_say", ["NO_LABELS"]),
        ({"all_equal": True, "interval": (None, None)}, "cannot_say", ["ALL_SCORES_EQUAL"]),
        ({"interval": (None, None), "reason": "fewer_than_10_non_hits"}, "cannot_say", ["TOO_FEW_LABELS"]),
        ({"interval": (None, None), "reason": "fewer_than_30_scaffolds"}, "cannot_say", ["TOO_FEW_SCAFFOLDS"]),
        ({"all_at_most_zero": True}, "yes", ["INFORMATIVE", "NO_VALUE_ABOVE_0"]),
        ({"all_at_most_zero": True, "higher_is_better": False}, "yes", ["INFORMATIVE"]),
    ],
)
def test_the_first_code_decides(case, reply, codes):
    result, all_codes = answered(**case)
    assert result == reply
    assert all_codes[: len(codes)] == codes
    assert len(set(all_codes)) == len(all_codes)


def test_every_competitor_that_is_not_beaten_has_a_code():
    assert answered(score_is=("better", "better", "undecided", "no_better"))[1] == [
        "INFORMATIVE",
        "NOT_SHOWN_BETTER_THAN_PROPERTY_MODEL",
        "NO_BETTER_THAN_NEAREST_HIT",
    ]


@pytest.mark.parametrize("reason", ["all_resamples_are_equal", "no_molecules"])
def test_without_interval_for_another_reason_nothing_can_be_said(reason):
    assert answered(interval=(None, None), reason=reason) == ("cannot_say", ["NO_INTERVAL"])


def test_an_interval_that_ends_at_one_half_is_not_the_wrong_way():
    assert answered(interval=(0.3, 0.5))[1][0] == "NO_BETTER_THAN_CHANCE"
    assert answered(interval=(0.3, 0.4999))[1][0] == "WRONG_WAY"
