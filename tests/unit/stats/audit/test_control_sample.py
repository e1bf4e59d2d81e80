"""The audit of a control sample: which of its decoy sets count, and what they say."""

import numpy as np
import pytest

from hetero2.stats.audit.control_sample import audit, sampled_decoy_sets
from hetero2.stats.audit.decoy_sets import describe_decoy_sets, library_test
from hetero2.stats.audit.hardness import cluster_mean


def item(block, decoy_index, level=0):
    return {
        "block": block,
        "decoy_index": decoy_index,
        "level": level,
        "scaffold": f"scaffold {block}" if decoy_index == -1 else "?",
    }


SAMPLE = [
    *(item(7, place - 1) for place in range(3)),
    *(item(2, place - 1, level=1) for place in range(3)),
    *(item(5, place - 1) for place in range(2)),
    *(item(9, place - 1) for place in range(2)),
]


def test_the_sets_of_one_level_follow_each_other_molecule_first():
    scores = np.arange(10.0)
    flat, starts, scaffolds = sampled_decoy_sets(SAMPLE, 0, scores)
    assert flat.tolist() == [0, 1, 2, 6, 7, 8, 9]
    assert starts.tolist() == [0, 3, 5]
    assert starts.dtype == np.int64
    assert scaffolds == ["scaffold 7", "scaffold 5", "scaffold 9"]
    assert sampled_decoy_sets(SAMPLE, 1, scores)[0].tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        (6, [0, 1, 2, 8, 9]),  # a molecule without score takes its decoys along
        (7, [0, 1, 2, 8, 9]),  # nothing to compare with
        (1, [0, 2, 6, 7, 8, 9]),  # one decoy less
    ],
)
def test_what_has_no_score_is_left_out(missing, left):
    scores = np.arange(10.0)
    scores[missing] = np.nan
    assert sampled_decoy_sets(SAMPLE, 0, scores)[0].tolist() == left


def test_a_level_without_sets_says_so():
    flat, starts, scaffolds = sampled_decoy_sets(SAMPLE, 4, np.arange(10.0))
    assert (flat.tolist(), starts.tolist(), scaffolds) == ([], [], [])
    assert audit(SAMPLE, np.arange(10.0), level=4) == {
        **dict.fromkeys(("mean_auc", "mean_z", "dispersion_z")),
        "n": 0,
        "reason": "no_molecules",
    }


def test_the_audit_is_that_of_the_sets_with_the_interval_over_scaffolds():
    rng = np.random.default_rng(3)
    sample = [item(block, place - 1) for block in range(24) for place in range(5)]
    for each in sample:
        each["scaffold"] = f"scaffold {each['block'] // 2}" if each["decoy_index"] == -1 else "?"
    scores = rng.normal(size=len(sample))
    sets = describe_decoy_sets(scores, np.arange(24) * 5)
    mean = cluster_mean(sets.auc, np.arange(24) // 2)
    record = audit(sample, scores)
    assert record == {**vars(library_test(sets)), "auc_ci_low": mean.low, "auc_ci_high": mean.high}
    assert (record["n"], record["reason"]) == (24, None)
    assert record["auc_ci_low"] < record["mean_auc"] < record["auc_ci_high"]
