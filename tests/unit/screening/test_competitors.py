"""What the screen is compared with, each beside a twin that is written out."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from hetero2.chem.count_features import N_BINS, count_features
from hetero2.chem.properties import bulk_property_matrix
from hetero2.screening.competitors import COMPETITORS, Molecules
from tests.unit.screening.molecules import SMILES

IS_HIT = np.array([True, False, True, False, False, True])


def molecules(smiles):
    """As the product describes them, but for the operators, which are made up: 27 numbers, one of them undefined."""
    heavy = np.array([float(sum(letter.isalpha() and letter.upper() != "H" for letter in text)) for text in smiles])
    operators = np.random.default_rng(len(smiles)).normal(size=(len(smiles), 27))
    operators[0, 3] = np.nan
    return Molecules(count_features(smiles), bulk_property_matrix(smiles), heavy, operators)


KNOWN, LIBRARY = molecules(SMILES[:6]), molecules(SMILES[3:])


def scores(name, seed=5):
    return COMPETITORS[name](KNOWN, IS_HIT, LIBRARY, seed)


def counts(features, row, families=3):
    part = slice(features.start[row], features.start[row + 1])
    pairs = zip(features.bins[part].tolist(), features.values[part].tolist(), strict=True)
    return {bin_: value for bin_, value in pairs if bin_ < families * N_BINS}


def min_max(first, second):
    keys = first.keys() | second.keys()
    larger = sum(max(first.get(key, 0), second.get(key, 0)) for key in keys)
    return sum(min(first.get(key, 0), second.get(key, 0)) for key in keys) / larger if larger else 1.0


@pytest.mark.parametrize("name", COMPETITORS)
def test_every_competitor_gives_each_molecule_a_number(name):
    assert scores(name).shape == (len(SMILES) - 3,)
    assert np.isfinite(scores(name)).all()


def test_the_plain_process_is_ridge_regression_on_morgan_counts():
    rows = {}
    for part, which in (("known", KNOWN), ("library", LIBRARY)):
        rows[part] = [counts(which.features, row, families=1) for row in range(len(which.features))]
    known = np.array([[min_max(a, b) for b in rows["known"]] for a in rows["known"]])
    between = np.array([[min_max(a, b) for b in rows["known"]] for a in rows["library"]])
    signs = np.where(IS_HIT, 1.0, -1.0)
    weights = np.linalg.solve(known + 0.1 * np.eye(6), signs - signs.mean())
    np.testing.assert_allclose(scores("plain_gp"), between @ weights, atol=1e-9)


def test_the_nearest_hit_is_the_most_similar_of_the_hits_alone():
    def similarity(a, b):
        family = [
            min_max(*({key: n for key, n in each.items() if key // N_BINS == number} for each in (a, b)))
            for number in range(3)
        ]
        return (2 * family[0] + family[1] + family[2]) / 4

    hits = [counts(KNOWN.features, row) for row in np.flatnonzero(IS_HIT)]
    twin = [max(similarity(counts(LIBRARY.features, row), hit) for hit in hits) for row in range(len(LIBRARY.features))]
    np.testing.assert_allclose(scores("nearest_hit"), twin, atol=1e-12)


def dense(features):
    """(n, bins) counts of all families."""
    table = np.zeros((len(features), 3 * N_BINS), np.float32)
    for row in range(len(features)):
        for bin_, value in counts(features, row).items():
            table[row, bin_] = value
    return table


def forest_of(known, library, seed):
    model = RandomForestClassifier(300, random_state=seed, class_weight="balanced_subsample")
    return model.fit(known, IS_HIT).predict_proba(library)[:, 1]


def test_the_forest_sees_all_families_and_its_seed():
    """Of counts and of counts by another unit a tree makes the same splits."""
    np.testing.assert_array_equal(scores("forest", 5), forest_of(dense(KNOWN.features), dense(LIBRARY.features), 5))
    assert not np.array_equal(scores("forest", 5), scores("forest", 6))


def test_operators_that_are_not_defined_count_as_0():
    tables = [np.where(np.isnan(each.operators), 0.0, each.operators) for each in (KNOWN, LIBRARY)]
    np.testing.assert_array_equal(scores("operators", 5), forest_of(*tables, 5))


def test_properties_are_scaled_and_squared():
    tables = [np.hstack([each.properties, each.properties**2]) for each in (KNOWN, LIBRARY)]
    mean, sd = tables[0].mean(axis=0), tables[0].std(axis=0)
    sd[sd == 0] = 1.0
    model = LogisticRegression(max_iter=2000, class_weight="balanced").fit((tables[0] - mean) / sd, IS_HIT)
    np.testing.assert_allclose(scores("properties"), model.decision_function((tables[1] - mean) / sd), atol=1e-6)


def test_heavy_atoms_need_no_label():
    np.testing.assert_array_equal(scores("heavy_atoms"), LIBRARY.heavy_atoms)
