import pytest

from hetero2.stats.benefit.distribution import describe, nearest_rank


def test_nearest_rank_is_the_contracts_formula():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert nearest_rank(values, 0.25) == sorted(values)[max(1, round(0.25 * 5)) - 1] == 1.0
    assert nearest_rank(values, 0.75) == sorted(values)[round(0.75 * 5) - 1] == 4.0
    assert nearest_rank([7.0], 0.25) == 7.0


def test_without_values_everything_is_undefined():
    assert set(describe([], []).values()) == {None}


def test_median_is_the_ordinary_one():
    summary = describe([0.0, -0.5, -1.0, 0.0], [0.05] * 4)
    assert (summary["median_slack"], summary["mean_slack"], summary["median_margin"]) == (
        -0.25,
        pytest.approx(-0.375),
        0.05,
    )


def test_the_quartiles_are_nearest_ranks_of_the_slacks_under_the_names_of_the_contract():
    assert describe([0.0, -0.5, -1.0, 0.25, 0.5, -2.0, 0.125], [0.1, 0.3, 0.2]) == {
        "mean_slack": pytest.approx(-2.625 / 7),
        "p25_slack": -1.0,
        "median_slack": 0.0,
        "p75_slack": 0.125,
        "median_margin": 0.2,
    }
