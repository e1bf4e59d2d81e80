"""A random forest that is grown and asked in one go: scikit-learn's trees without what it repeats for each of them.

Its checks of parameters and labels take longer than small trees take to grow.
"""

from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix, issparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import _criterion, _splitter, _tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Where what follows was compared with RandomForestClassifier, bit by bit; other versions draw in other ways.
_COMPARED = "1.9."
_LEAF = 3  # molecules in a leaf at least
_SEEDS = np.iinfo(np.int32).max


def chance_of_label_1(table: Any, label: Ints, asked: Any, trees: int, seed: int) -> Floats:
    """(m,): probability of label 1 for rows `asked` (m, f), by class-balanced trees on `table` (n, f), `label` (n,).

    Tables are dense or CSR, float; labels 0 and 1, both there. As RandomForestClassifier, bit by bit.
    """
    if not sklearn.__version__.startswith(_COMPARED):
        forest = RandomForestClassifier(
            trees, min_samples_leaf=_LEAF, class_weight="balanced", random_state=seed, max_features="sqrt"
        ).fit(table, label)
        probability: Floats = forest.predict_proba(asked)[:, 1]
        return probability
    table, asked, splitter_type = _for_trees(table, asked)
    labels = np.ascontiguousarray(label[:, None], np.float64)
    n, features = table.shape
    weight = (n / (2 * np.bincount(label)))[label]
    share, drawn, chance = weight / weight.sum(), np.random.RandomState(seed), np.zeros((asked.shape[0], 2))
    for _ in range(trees):
        tree_seed = drawn.randint(_SEEDS)
        rows = np.random.RandomState(tree_seed).choice(n, n, replace=True, p=share)
        splitter = splitter_type(
            _criterion.Gini(1, np.array([2])),
            max(1, int(np.sqrt(features))),
            _LEAF,
            0.0,
            np.random.RandomState(tree_seed),
            None,
        )
        tree = _tree.Tree(features, np.array([2]), 1)
        builder = _tree.DepthFirstTreeBuilder(splitter, 2 * _LEAF, _LEAF, 0.0, np.iinfo(np.int32).max, 0.0)
        builder.build(tree, table, labels, np.bincount(rows, minlength=n).astype(float))
        chance += tree.predict(asked)
    return np.asarray(chance[:, 1] / trees)


def _for_trees(table: Any, asked: Any) -> tuple[Any, Any, Any]:
    """Both tables as compiled trees read them, and what splits such a table."""
    if issparse(table):
        columns = csc_matrix(table, dtype=np.float32)
        columns.sort_indices()
        return columns, csr_matrix(asked, dtype=np.float32), _splitter.BestSparseSplitter
    return np.asarray(table, np.float32), np.asarray(asked, np.float32), _splitter.BestSplitter
