"""cost_lift.v1: refusals, eligibility, choices. Its figures are compared with stored reports in tests/golden."""

from random import Random

import pytest

from hetero2.legacy import cost_lift_v1


def row(number, **changes):
    base = {
        "id": f"m{number}",
        "status": "OK",
        "verdict": "PASS",
        "gate": 1.0,
        "slack": 0.0,
        "auc": 1.0,
        "n_decoys_generated": 3,
        "n_decoys_scored": 3,
        "hit": number % 2 == 0,
    }
    return cost_lift_v1.Row(**(base | changes))


def report(rows, k=4):
    return cost_lift_v1.cost_lift(rows, k, 0, "summary.csv", "truth.csv")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "SKIP"}, "status_not_ok"),
        ({"hit": None}, "truth_unknown"),
        ({"verdict": "SKIP"}, "verdict_not_pass_fail"),
        ({"slack": None}, "gate_or_slack_missing"),
        ({"gate": float("nan")}, "gate_or_slack_missing"),
        ({}, None),
    ],
)
def test_why_a_row_may_not_be_bought(changes, reason):
    assert cost_lift_v1.ineligible_reason(row(0, **changes)) == reason


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(0, status="SKIP")], "no row of the library is OK"),
        ([row(0, hit=None), row(1, verdict="SKIP")], "1 truth_unknown, 1 verdict_not_pass_fail"),
        ([row(0, verdict="FAIL", slack=-0.5, auc=0.5)], "none of the 1 eligible rows has the verdict PASS"),
    ],
)
def test_what_the_data_do_not_allow_is_refused_with_a_reason(rows, message):
    with pytest.raises(cost_lift_v1.RefusedError, match=message):
        report(rows)


def test_k_below_one_is_a_defect_of_the_caller():
    with pytest.raises(ValueError, match="at least 1"):
        report([row(0)], k=0)


def test_k_beyond_the_library_buys_all_of_it_and_all_methods_agree():
    document = report([row(n) for n in range(10)], k=1000)
    assert document["K_effective"] == 10
    assert {m["hit_rate"] for m in document["methods"].values()} == {0.5}


def test_the_filter_never_buys_a_fail_and_ranks_by_slack_then_id():
    rows = [row(n, verdict="FAIL" if n < 5 else "PASS", slack=-0.1 if n < 5 else 0.0, hit=n == 9) for n in range(10)]
    chosen = cost_lift_v1._choose(rows, 3, 0)
    assert [r.id for r in chosen[cost_lift_v1.FILTERED]] == ["m5", "m6", "m7"]
    assert len(chosen[cost_lift_v1.RANDOM]) == 3


def test_no_choice_sees_the_label():
    rows = [row(n, slack=-n / 10, auc=1 - n / 10) for n in range(10)]
    turned = [row(n, slack=-n / 10, auc=1 - n / 10, hit=n % 2 == 1) for n in range(10)]
    for name, chosen in cost_lift_v1._choose(rows, 4, 7).items():
        assert [r.id for r in chosen] == [r.id for r in cost_lift_v1._choose(turned, 4, 7)[name]]


def test_bootstrap_interval_is_the_contracts():
    hits, rng = [True, False, True, False, False], Random(11)
    rates = sorted(sum(hits[rng.randrange(5)] for _ in range(5)) / 5 for _ in range(500))
    assert cost_lift_v1.bootstrap_interval(hits, 11) == (rates[12], rates[486])


def test_an_interval_of_all_hits_is_a_point():
    assert cost_lift_v1.bootstrap_interval([True] * 3, 0) == (1.0, 1.0)
