"""A score beside trivial competitors, compared with scikit-learn's AUC and a bootstrap written out."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hetero2.stats.diagnosis.competitors import compare, out_of_fold

N, CLUSTERS = 240, 60


@pytest.fixture
def labelled():
    """(hit, scaffold, score, atoms): a score that is better than counting atoms, which rank hits low."""
    rng = np.random.default_rng(3)
    scaffold = rng.integers(0, CLUSTERS, N)
    hit = rng.random(N) < 0.4
    return hit, scaffold, (1.5 * hit + rng.normal(size=N)).round(1), (20 - 2 * hit + 4 * rng.normal(size=N)).round()


def test_auc_is_that_of_scikit_learn_and_a_competitor_is_turned_as_suits_the_labels(labelled):
    hit, scaffold, score, atoms = labelled
    result = compare(score, {"heavy_atoms": atoms, "nearest_hit": atoms}, hit, scaffold, seed=0, resamples=20)
    assert result["auc"] == pytest.approx(roc_auc_score(hit, score))
    turned, as_it_is = result["competitors"]
    assert (turned["direction"], as_it_is["direction"]) == (-1, None)
    assert turned["auc"] == pytest.approx(roc_auc_score(hit, -atoms)) == pytest.approx(1 - as_it_is["auc"])
    assert turned["auc"] > 0.5


def test_the_paired_interval_is_that_of_resampled_scaffolds(labelled):
    """The twin draws scaffolds, repeats their molecules, and asks scikit-learn."""
    hit, scaffold, score, atoms = labelled
    entry = compare(score, {"heavy_atoms": atoms}, hit, scaffold, seed=5, resamples=300)["competitors"][0]
    rng = np.random.Generator(np.random.PCG64(5))
    names = np.unique(scaffold)
    differences = []
    for drawn in rng.integers(0, len(names), (300, len(names))):
        rows = np.concatenate([np.flatnonzero(scaffold == names[number]) for number in drawn])
        differences.append(roc_auc_score(hit[rows], score[rows]) - roc_auc_score(hit[rows], -atoms[rows]))
    low, high = np.percentile(differences, [2.5, 97.5])
    assert (entry["ci_low"], entry["ci_high"]) == (pytest.approx(low), pytest.approx(high))
    assert entry["score_is"] == "better"


def test_a_score_that_counts_atoms_is_no_better_than_counting_atoms(labelled):
    hit, scaffold, _, atoms = labelled
    entry = compare(-3.0 * atoms, {"heavy_atoms": atoms}, hit, scaffold, seed=0, resamples=50)["competitors"][0]
    assert (entry["ci_low"], entry["ci_high"], entry["score_is"]) == (0, 0, "no_better")


def test_few_labels_do_not_decide(labelled):
    hit, scaffold, score, atoms = (values[:40] for values in labelled)
    noisy = score + 2 * np.random.default_rng(0).normal(size=40)
    scaffold = np.arange(40)
    entry = compare(noisy, {"heavy_atoms": atoms}, hit, scaffold, seed=0, resamples=300)["competitors"][0]
    assert entry["ci_low"] < 0 < 0.1 < entry["ci_high"]
    assert entry["score_is"] == "undecided"


@pytest.mark.parametrize(
    ("rows", "scaffolds", "reason"),
    [
        (4, 60, "fewer_than_10_hits"),
        (1, 60, "fewer_than_10_hits"),
        (0, 60, "fewer_than_10_hits"),
        (N, 1, "fewer_than_30_scaffolds"),
    ],
)
def test_where_there_is_no_interval_there_is_a_reason(labelled, rows, scaffolds, reason):
    hit, scaffold, score, atoms = (values[:rows] for values in labelled)
    result = compare(score, {"heavy_atoms": atoms, "logp": "no_structures"}, hit, scaffold % scaffolds, seed=0)
    entry, absent = result["competitors"]
    assert (result["ci_low"], result["reason"]) == (None, reason)
    assert (entry["ci_low"], entry["score_is"], entry["reason"]) == (None, None, reason)
    assert (absent["auc"], absent["reason"]) == (None, "no_structures")


def test_a_score_without_error_has_an_interval_of_no_width(labelled):
    hit, scaffold, _, atoms = labelled
    result = compare(hit.astype(float), {"heavy_atoms": atoms}, hit, scaffold, seed=0, resamples=50)
    assert (result["auc"], result["ci_low"], result["ci_high"], result["reason"]) == (1, 1, 1, None)


def test_out_of_fold_scores_come_from_fits_on_other_scaffolds(labelled):
    hit, scaffold, _, _ = labelled
    fitted_on = []

    def fit(rows):
        fitted_on.append(set(scaffold[rows].tolist()))
        return np.full(N, float(len(fitted_on)))

    scores, reason = out_of_fold(fit, hit, scaffold)
    assert reason is None
    assert not any(name in fitted_on[int(score) - 1] for name, score in zip(scaffold.tolist(), scores, strict=True))
    assert out_of_fold(fit, hit, scaffold % 4) == (None, "fewer_than_5_scaffolds")
    in_one_fold = np.arange(N) == 0
    assert out_of_fold(fit, in_one_fold, scaffold) == (None, "a_fold_leaves_one_label_only")
