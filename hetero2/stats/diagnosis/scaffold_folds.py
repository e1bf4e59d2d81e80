"""Folds of whole scaffolds: a molecule is predicted by what was fitted on other scaffolds."""

import numpy as np

from hetero2.stats.benefit.cluster_bootstrap import Ints

FOLDS = 5
FEW_SCAFFOLDS = f"fewer_than_{FOLDS}_scaffolds"


def scaffold_folds(scaffold: Ints) -> Ints | None:
    """(n,): fold of each molecule, 0 to 4; `scaffold` (n,): the number of its scaffold. None below five scaffolds.

    Folds are balanced in size, largest scaffolds first, without regard to labels. O(n log n).
    """
    names, member = np.unique(scaffold, return_inverse=True)
    if len(names) < FOLDS:
        return None
    sizes = np.bincount(member)
    load, fold_of = np.zeros(FOLDS), np.zeros(len(names), np.int64)
    for name in np.argsort(-sizes, kind="stable"):
        fold_of[name] = int(load.argmin())
        load[fold_of[name]] += sizes[name]
    return fold_of[member]
