"""Folds of whole scaffolds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hetero2.stats.diagnosis.scaffold_folds import FOLDS, scaffold_folds


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200))
def test_no_scaffold_is_in_two_folds_and_folds_are_of_a_size(scaffolds):
    scaffold = np.array(scaffolds)
    fold = scaffold_folds(scaffold)
    if len(set(scaffolds)) < FOLDS:
        assert fold is None
        return
    pairs = set(zip(scaffold.tolist(), fold.tolist(), strict=True))
    assert len(pairs) == len(set(scaffolds))
    sizes = np.bincount(fold, minlength=FOLDS)
    assert sizes.min() > 0
    assert sizes.max() - sizes.min() <= np.bincount(scaffold).max()  # a greedy deal is out by one scaffold at most
