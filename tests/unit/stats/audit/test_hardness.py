"""AUC by hardness against a slow twin, statsmodels, and permutations."""

import numpy as np
import pytest
from scipy.stats import t
from statsmodels.api import OLS
from statsmodels.stats.contingency_tables import StratifiedTable

from hetero2.stats.audit import hardness

BINS = ("easy", "medium", "hard")


def library(seed, n=80, m=12, effect=0.0):
    """Scores where the molecule stands out by `effect` against decoys that do not look like it."""
    rng = np.random.default_rng(seed)
    starts = np.arange(0, n * (m + 1), m + 1)
    tanimoto = rng.uniform(0.2, 0.95, n * (m + 1))
    scores = np.round(rng.normal(size=n * (m + 1)) - effect * (tanimoto < 0.7), 1)
    scores[starts] = np.round(rng.normal(size=n), 1)
    return scores, starts, tanimoto, np.digitize(tanimoto, [0.5, 0.7]), np.arange(n) // 2


def against(scores, starts, bins, tanimoto=None):
    tanimoto = np.zeros(len(scores)) if tanimoto is None else tanimoto
    return hardness.wins_by_bin(hardness.pairwise_wins(scores, starts), starts, bins, len(BINS), tanimoto)


def trend(won, starts, tanimoto):
    return hardness.trend(hardness.wins_by_bin(won, starts, np.zeros(len(won), np.int64), 1, tanimoto))


def test_curve_is_the_twins():
    scores, starts, _, bins, cluster = library(0)
    curve = hardness.curve(against(scores, starts, bins), cluster, BINS)
    assert sum(count for name, (_, count) in curve.items() if name != hardness.ALL) == curve[hardness.ALL][1]
    for number, name in enumerate(BINS):
        values = []
        for start in starts:
            molecule_score = scores[start]
            others = [scores[i] for i in range(start + 1, start + 13) if bins[i] == number]
            if others:
                values.append(np.mean([(molecule_score > s) + 0.5 * (molecule_score == s) for s in others]))
        assert curve[name][0].estimate == pytest.approx(np.mean(values))
        assert curve[name][0].n == len(values)


def test_cluster_mean_is_the_cluster_robust_intercept_of_statsmodels():
    rng = np.random.default_rng(1)
    values, cluster = rng.normal(size=100), rng.integers(0, 25, 100)
    mean = hardness.cluster_mean(values, cluster)
    model = OLS(values, np.ones(100)).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
    assert (mean.low, mean.high) == pytest.approx(tuple(model.conf_int()[0]))
    alone = hardness.cluster_mean(values, np.arange(100))
    assert (alone.high - alone.low) / 2 == pytest.approx(t.ppf(0.975, 99) * values.std(ddof=1) / 10)
    assert hardness.cluster_mean(values, cluster % 9).reason == "fewer_than_10_scaffolds"
    assert hardness.cluster_mean(values[:0], cluster[:0]).reason == "no_molecules"


def test_trend_has_the_moments_of_its_permutations():
    scores, starts, tanimoto, _, _ = library(2, n=15, m=6)
    won = hardness.pairwise_wins(scores, starts)
    rng = np.random.default_rng(0)
    values = []
    for _ in range(4000):
        dealt = won.copy()
        for start in starts:
            dealt[start + 1 : start + 7] = rng.permutation(dealt[start + 1 : start + 7])
        values.append(trend(dealt, starts, tanimoto)["z"])
    assert np.mean(values) == pytest.approx(0, abs=0.07)
    assert np.std(values) == pytest.approx(1, abs=0.05)
    flat = trend(np.full(len(won), 0.5), starts, tanimoto)
    assert (flat["z"], flat["reason"]) == (None, "no_molecule_where_both_vary")


def test_trend_in_two_classes_is_the_test_of_cochran_mantel_and_haenszel():
    scores, starts, tanimoto, _, _ = library(5, n=40, m=12)
    scores += np.random.default_rng(3).uniform(0, 1e-3, len(scores))
    hard, won = (tanimoto > 0.6).astype(float), hardness.pairwise_wins(scores, starts)
    tables = [
        [[((won[s] == w) & (hard[s] == h)).sum() for h in (0, 1)] for w in (0, 1)]
        for s in (slice(start + 1, start + 13) for start in starts)
    ]
    expected = StratifiedTable([np.array(table, float) for table in tables]).test_null_odds(correction=False)
    slope = trend(won, starts, hard)
    assert slope["z"] ** 2 == pytest.approx(expected.statistic)
    assert slope["p_value"] == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(("effect", "name"), [(1.5, "ILLUSION"), (0.0, "NOT_SHOWN_ON_HARD")])
def test_interpretations(effect, name):
    scores, starts, tanimoto, bins, cluster = library(3, n=200, effect=effect)

    def read(scores, bins, n=200):
        won = against(scores[: n * 13], starts[:n], bins[: n * 13])
        easier = hardness.easy_minus_hard(won, cluster[:n], BINS)
        return hardness.interpret(hardness.curve(won, cluster[:n], BINS), easier)[0]

    assert read(scores, bins) == name
    assert (trend(hardness.pairwise_wins(scores, starts), starts, tanimoto)["p_value"] < 0.001) == (effect > 0)
    better = scores.copy()
    better[starts] += 3
    assert read(better, bins) == "SIGNAL_ON_HARD"
    soft = np.where(np.arange(len(bins)) % 97 == 1, bins, BINS.index("easy"))
    assert read(better, soft) == "INCONCLUSIVE_DECOYS_TOO_EASY"
    assert read(better, bins, n=8) == "INCONCLUSIVE_TOO_FEW_HARD"


def test_the_same_advantage_on_easy_and_hard_decoys_is_hardly_ever_called_an_illusion():
    """Many more easy decoys than hard ones: their interval is narrower, and leaves 1/2 out before the other does."""
    rng, names = np.random.default_rng(0), []
    bins = np.tile([-1, *[0] * 14, *[1] * 3, *[2] * 3], 40)
    starts, cluster = np.arange(0, 40 * 21, 21), np.arange(40) // 2
    for _ in range(200):
        scores = rng.normal(size=40 * 21)
        scores[starts] += 0.35
        won = against(scores, starts, bins)
        names.append(
            hardness.interpret(hardness.curve(won, cluster, BINS), hardness.easy_minus_hard(won, cluster, BINS))[0]
        )
    assert names.count("ILLUSION") < 12
    assert names.count("SIGNAL_ON_HARD") > 40


def test_blocks_can_be_looked_at_in_parts():
    scores, starts, tanimoto, bins, _ = library(7, n=30)
    whole = against(scores, starts, bins, tanimoto)
    cut = 11 * 13
    first = against(scores[:cut], starts[:11], bins[:cut], tanimoto[:cut])
    rest = against(scores[cut:], starts[11:] - cut, bins[cut:], tanimoto[cut:])
    for all_, of_first, of_rest in zip(whole, first, rest, strict=True):
        assert np.array_equal(all_, np.concatenate([of_first, of_rest]))


def mean(estimate=0.6, low=0.5, high=0.7, n=30, clusters=10):
    return hardness.Mean(estimate, low, high, n, clusters, None)


@pytest.mark.parametrize(
    ("hard", "easy", "difference", "name"),
    [
        (mean(low=0.51), mean(low=0.6), mean(low=0.1), "SIGNAL_ON_HARD"),
        (mean(low=0.5), mean(low=0.6), mean(low=0.1), "ILLUSION"),
        (mean(low=0.5), mean(low=0.5), mean(low=0.1), "NOT_SHOWN_ON_HARD"),
        (mean(low=0.5), mean(low=None), mean(low=0.1), "NOT_SHOWN_ON_HARD"),
        (mean(low=0.5), mean(low=0.6), mean(low=0.0), "NOT_SHOWN_ON_HARD"),
        (mean(low=0.5), mean(low=0.6), mean(low=None), "NOT_SHOWN_ON_HARD"),
        (mean(n=29), mean(low=0.6), mean(low=0.1), "INCONCLUSIVE_TOO_FEW_HARD"),
        (mean(low=None), mean(low=0.6), mean(low=0.1), "INCONCLUSIVE_TOO_FEW_HARD"),
    ],
)
def test_an_interval_that_ends_at_its_limit_shows_nothing(hard, easy, difference, name):
    by_bin = {"easy": (easy, 60), "medium": (mean(), 35), "hard": (hard, 5), "all": (mean(), 100)}
    assert hardness.interpret(by_bin, difference)[0] == name
    few = by_bin | {"hard": (hard, 4)}
    assert hardness.interpret(few, difference) == ("INCONCLUSIVE_DECOYS_TOO_EASY", "4 of 99 decoys are hard")


def test_the_reasons_are_said_in_numbers():
    by_bin = {"easy": (mean(0.9, 0.8, 0.95), 60), "medium": (mean(), 35), "hard": (mean(0.55, 0.45, 0.65), 5)}
    assert hardness.interpret(by_bin, mean(low=0.1))[1] == (
        "AUC against hard decoys 0.550 (0.450 to 0.650), against easy ones 0.900 (0.800 to 0.950)"
    )
    assert (
        hardness.interpret(by_bin | {"easy": (mean(), 60)}, mean())[1]
        == "AUC against hard decoys 0.550 (0.450 to 0.650)"
    )
    few = by_bin | {"hard": (mean(n=29, clusters=7), 5)}
    assert hardness.interpret(few, mean())[1] == "29 molecules of 7 scaffolds have hard decoys"
