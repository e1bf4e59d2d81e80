"""Estimates for a library from a stratified sample, against all samples there are and by simulation."""

from itertools import combinations

import numpy as np
import pytest

from hetero2.stats.audit.sampling import Z, weighted_mean


def estimate(values, chosen, n_top):
    """The estimate from the first `n_top` rows and the `chosen` others of a library of `values`."""
    rest = len(values) - n_top
    drawn = np.array([False] * n_top + [True] * len(chosen))
    weight = np.array([1.0] * n_top + [rest / len(chosen)] * len(chosen))
    return weighted_mean(np.array([*values[:n_top], *(values[i] for i in chosen)]), drawn, weight)


def test_over_all_samples_it_is_unbiased_and_so_is_its_variance(monkeypatch):
    monkeypatch.setattr("hetero2.stats.audit.sampling.MIN_DRAWN", 2)
    values = np.array([9.0, 8.0, 1.0, 4.0, 2.0, 7.0, 3.0, 0.0, -50.0, 60.0])
    estimates = [estimate(values, list(chosen), 2) for chosen in combinations(range(2, 10), 4)]
    means = np.array([interval.estimate for interval in estimates])
    assert means.mean() == pytest.approx(values.mean())
    # the interval may be cut at the range of what was seen; the uncut half widths give the variance back
    half = [
        max(interval.ci_high - interval.estimate, interval.estimate - interval.ci_low) / Z for interval in estimates
    ]
    cut = [interval.ci_high in values and interval.ci_low in values for interval in estimates]
    assert not any(cut)
    assert np.mean(np.square(half)) == pytest.approx(means.var(), rel=1e-9)


def test_the_interval_covers_also_for_a_share_of_a_domain():
    rng = np.random.default_rng(1)
    n, n_top, n_drawn = 2000, 100, 300
    ok = rng.random(n) < 0.8
    values = np.where(ok, (rng.random(n) < np.linspace(0.7, 0.1, n)).astype(float), np.nan)
    truth = np.nanmean(values)
    covered = 0
    for _ in range(400):
        interval = estimate(values, rng.choice(np.arange(n_top, n), n_drawn, replace=False).tolist(), n_top)
        covered += interval.ci_low <= truth <= interval.ci_high
    assert 0.92 <= covered / 400 <= 0.98


def test_a_census_has_no_error_and_what_cannot_be_known_is_null_with_a_reason():
    values = np.array([1.0, 0.0, 1.0, 1.0])
    whole = estimate(values, [1, 2, 3], 1)
    assert (whole.estimate, whole.ci_low, whole.ci_high) == (0.75, 0.75, 0.75)
    few = estimate(np.arange(50.0), [5, 6], 1)
    assert (few.ci_low, few.reason) == (None, "random_part_has_fewer_than_30_rows")
    top = weighted_mean(values, np.zeros(4, bool), np.ones(4))
    assert (top.estimate, top.reason) == (0.75, "no_random_part")
    none = weighted_mean(np.full(3, np.nan), np.ones(3, bool), np.ones(3))
    assert (none.n, none.estimate, none.reason) == (0, None, "no_molecules")
    equal = weighted_mean(np.ones(40), np.ones(40, bool), np.full(40, 3.0))
    assert (equal.estimate, equal.ci_low, equal.reason) == (1.0, None, "all_values_are_equal")


def test_what_cannot_be_known_is_said_with_the_number_of_molecules():
    values, nan = np.array([1.0, 0.0, 1.0, 1.0, np.nan]), np.nan
    assert weighted_mean(values, np.zeros(5, bool), np.ones(5)) == (4, 0.75, None, None, "no_random_part")
    assert weighted_mean(np.full(3, nan), np.ones(3, bool), np.ones(3)) == (0, None, None, None, "no_molecules")
    equal = np.append(np.ones(40), nan)
    assert weighted_mean(equal, np.ones(41, bool), np.full(41, 3.0)) == (40, 1.0, None, None, "all_values_are_equal")
    drawn = weighted_mean(np.arange(29.0), np.ones(29, bool), np.full(29, 2.0))
    assert drawn == (29, 14.0, None, None, "random_part_has_fewer_than_30_rows")
    assert weighted_mean(np.arange(30.0), np.ones(30, bool), np.full(30, 2.0)).reason is None
