"""Inference by refits: permutation of labels, p-values, verdicts, residuals."""

import numpy as np
import pytest

from hetero2.stats.audit import label_permutation
from hetero2.stats.audit.decoy_sets import describe_decoy_sets, library_test


def test_scaffold_permutation_keeps_labels_and_runs():
    rng = np.random.default_rng(0)
    groups = [f"s{n // 5}" for n in range(200)]
    labels = np.repeat(rng.integers(0, 2, 40), 5)
    permuted = label_permutation.scaffold_permutation(labels, groups, (1, 2))
    assert permuted.sum() == labels.sum()
    assert (permuted != labels).any()
    assert all(len(set(permuted[start : start + 5])) == 1 for start in range(0, 200, 5))
    assert (permuted == label_permutation.scaffold_permutation(labels, groups, (1, 2))).all()
    assert (permuted != label_permutation.scaffold_permutation(labels, groups, (1, 3))).any()
    alone = [label_permutation.scaffold_permutation(labels, [str(n) for n in range(200)], (s,)) for s in range(300)]
    assert np.mean([(labels_dealt * labels).sum() for labels_dealt in alone]) == pytest.approx(
        labels.sum() ** 2 / 200, rel=0.03
    )


def test_scaffold_permutation_keeps_scaffolds_of_any_size_as_alike_as_they_are():
    sizes = [40, 25, 15, 10, 8, 6, 5, 4, 3, 3, 2, 2, *[1] * 25]
    groups = np.repeat([f"s{n}" for n in range(len(sizes))], sizes)
    alike = np.repeat(np.arange(len(sizes)) % 3 == 0, sizes).astype(np.int64)
    mixed = np.arange(len(groups)) % 2
    for seed in range(50):
        permuted = label_permutation.scaffold_permutation(alike, groups.tolist(), (seed,))
        assert all(len(set(permuted[groups == name])) == 1 for name in set(groups))
        permuted = label_permutation.scaffold_permutation(mixed, groups.tolist(), (seed,))
        assert all(abs(permuted[groups == f"s{n}"].mean() - 0.5) <= 0.3 for n in range(2))
    dealt = np.array([label_permutation.scaffold_permutation(alike, groups.tolist(), (seed,)) for seed in range(400)])
    assert abs(dealt[:, 0].mean() - 3 / 8) < 0.08  # three of the eight largest have the label
    assert dealt[:, -1].mean() == pytest.approx(alike[-25:].mean(), abs=0.08)


def test_p_value_counts_ties_against_the_model():
    assert label_permutation.p_value(1.0, np.array([0.0, 0.5, 1.0])) == 0.5
    assert label_permutation.p_value(2.0, np.zeros(99)) == 0.01


def test_verdicts():
    low, high = [float(n) for n in range(99)], [200.0] * 99
    assert label_permutation.verdict({0: (150.0, low)})["verdict"] == "RESOLVES_STRUCTURE"
    assert label_permutation.verdict({0: (150.0, high)})["verdict"] == "NOT_SHOWN"
    outcome = label_permutation.verdict({0: (150.0, low), 1: (150.0, low), 2: (150.0, high)})
    assert (outcome["verdict"], outcome["p_value"], outcome["p_values"]) == (
        "RESOLVES_STRUCTURE",
        0.01,
        [0.01, 0.01, 1.0],
    )
    below = {0: (-3.5, [-9.0] * 99)}  # less dispersed than a random score, its refits still less
    assert (label_permutation.verdict(below)["verdict"], label_permutation.verdict(below)["p_value"]) == (
        "NOT_SHOWN",
        0.01,
    )
    assert label_permutation.verdict({})["reason"] == "no_refits"
    assert label_permutation.verdict({0: (None, low)})["reason"] == "a_statistic_is_undefined"
    assert label_permutation.verdict({0: (1.0, [0.0, None])})["verdict"] == "NOT_ASSESSABLE"


def test_residuals_keep_nothing_of_the_competitor_and_all_of_an_own_signal():
    rng = np.random.default_rng(0)
    starts = np.arange(0, 300 * 21, 21)
    strange = rng.normal(size=300 * 21)
    strange[starts] += 2
    z = library_test(describe_decoy_sets(strange, starts)).mean_z
    copied = label_permutation.residual_ranks(np.exp(strange), [strange], starts)
    assert z > 10
    assert library_test(describe_decoy_sets(copied, starts)).reason == "all_scores_equal"
    independent = rng.normal(size=300 * 21)
    independent[starts] += 2
    kept = library_test(
        describe_decoy_sets(label_permutation.residual_ranks(independent, [strange], starts), starts)
    ).mean_z
    assert kept > 8


def test_residuals_are_exchangeable_under_the_null():
    rng = np.random.default_rng(1)
    starts = np.arange(0, 40 * 11, 11)
    values = []
    for _ in range(400):
        competitor = rng.normal(size=40 * 11)
        scores = competitor + rng.normal(size=40 * 11)
        values.append(
            library_test(
                describe_decoy_sets(label_permutation.residual_ranks(scores, [competitor], starts), starts)
            ).mean_z
        )
    assert np.mean(values) == pytest.approx(0, abs=0.2)
    assert np.std(values) == pytest.approx(1, abs=0.12)


def test_a_positive_control_is_found():
    starts = np.arange(0, 100 * 21, 21)
    assert (
        library_test(describe_decoy_sets(label_permutation.positive_control(starts, 2100, 2.5, 0), starts)).mean_z > 10
    )
    assert (
        abs(library_test(describe_decoy_sets(label_permutation.positive_control(starts, 2100, 0.0, 0), starts)).mean_z)
        < 3
    )


def test_verdicts_are_complete_records():
    not_assessable = {"verdict": "NOT_ASSESSABLE", "p_value": None, "p_values": []}
    assert label_permutation.verdict({}) == not_assessable | {"reason": "no_refits"}
    for undefined in ({0: (None, [1.0])}, {0: (1.0, [])}, {0: (1.0, [0.0, None])}, {0: (1.0, [0.0]), 1: (None, [0.0])}):
        assert label_permutation.verdict(undefined) == not_assessable | {"reason": "a_statistic_is_undefined"}
    refits = [float(n) for n in range(19)]
    assert label_permutation.verdict({0: (18.5, refits)}) == {
        "verdict": "RESOLVES_STRUCTURE",
        "reason": None,
        "p_value": 0.05,
        "p_values": [0.05],
    }
    assert label_permutation.verdict({0: (17.5, refits), 1: (17.5, refits)}) == {
        "verdict": "NOT_SHOWN",
        "reason": None,
        "p_value": 0.1,
        "p_values": [0.1, 0.1],
    }


def test_a_model_resolves_structure_at_the_level_but_not_without_dispersion():
    assert label_permutation.resolves(0.05, 0.01) is True
    assert label_permutation.resolves(0.0501, 0.01) is False
    assert label_permutation.resolves(0.05, 0.0) is False
