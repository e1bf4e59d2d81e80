"""The forest against scikit-learn's own, bit by bit."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.ensemble import RandomForestClassifier

from hetero2.stats.audit import forest


def scikit_learn(table, label, asked, trees, seed):
    model = RandomForestClassifier(
        trees, min_samples_leaf=3, class_weight="balanced", random_state=seed, max_features="sqrt"
    )
    return model.fit(table, label).predict_proba(asked)[:, 1]


def properties(random, n):
    return random.normal(size=(n, 6)).round(1)


def bits(random, n):
    return csr_matrix(random.random((n, 256)) < 0.1, dtype=np.float32)


@pytest.mark.parametrize("table_of", [properties, bits])
@pytest.mark.parametrize(("n", "seed"), [(12, 0), (150, 7)])
def test_probabilities_are_those_of_scikit_learn(table_of, n, seed):
    random = np.random.default_rng(seed)
    table, asked, label = table_of(random, n), table_of(random, 40), (random.random(n) < 0.3).astype(np.int64)
    expected = scikit_learn(table, label, asked, 30, seed)
    assert forest.chance_of_label_1(table, label, asked, 30, seed).tolist() == expected.tolist()


def test_a_version_that_was_not_compared_grows_the_forest_itself(monkeypatch):
    random = np.random.default_rng(0)
    table, label = properties(random, 60), np.arange(60) % 2
    expected = scikit_learn(table, label, table, 10, 3).tolist()
    monkeypatch.setattr(forest.sklearn, "__version__", "0.1")
    monkeypatch.setattr(forest, "_tree", None)
    assert forest.chance_of_label_1(table, label, table, 10, 3).tolist() == expected
