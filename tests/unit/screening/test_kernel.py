"""The kernel against a written-out twin."""

import numpy as np
import pytest

from hetero2.chem.count_features import N_BINS, CountFeatures, count_features
from hetero2.screening.kernel import Centre, Postings, kernel, powered, similarity
from tests.unit.screening.molecules import SMILES


def _min_max(first: dict[int, int], second: dict[int, int]) -> float:
    keys = first.keys() | second.keys()
    larger = sum(max(first.get(key, 0), second.get(key, 0)) for key in keys)
    return sum(min(first.get(key, 0), second.get(key, 0)) for key in keys) / larger if larger else 1.0


def _family(features: CountFeatures, row: int, family: int) -> dict[int, int]:
    part = slice(features.start[row], features.start[row + 1])
    pairs = zip(features.bins[part].tolist(), features.values[part].tolist(), strict=True)
    return {key: value for key, value in pairs if key // N_BINS == family}


def test_similarity_is_the_weighted_mean_of_min_max_by_family() -> None:
    features = count_features(SMILES)
    quality = similarity(features, Postings.of(features))
    for i in range(len(SMILES)):
        for j in range(len(SMILES)):
            by_family = [_min_max(_family(features, i, f), _family(features, j, f)) for f in range(3)]
            assert quality[i, j] == pytest.approx((2 * by_family[0] + by_family[1] + by_family[2]) / 4, abs=1e-12)


def test_it_is_symmetric_and_one_on_the_diagonal_to_the_last_bit() -> None:
    features = count_features(SMILES)
    values = kernel(features, Postings.of(features))
    np.testing.assert_array_equal(values, values.T)
    np.testing.assert_array_equal(np.diag(values), 1.0)
    assert np.linalg.eigvalsh(values).min() > 0


def test_a_value_does_not_depend_on_what_is_computed_with_it() -> None:
    features = count_features(SMILES)
    postings = Postings.of(features)
    alone = np.vstack([similarity(features.take([row]), postings) for row in range(len(SMILES))])
    np.testing.assert_array_equal(alone, similarity(features, postings))
    turned = similarity(features, Postings.of(features.take(range(len(SMILES))[::-1])))
    np.testing.assert_array_equal(turned[:, ::-1], alone)


def test_centred_on_its_own_sample_it_sums_to_zero() -> None:
    features = count_features(SMILES)
    values = kernel(features, Postings.of(features))
    means = values.mean(axis=1)
    centre = Centre(float(values.mean()))
    centred = centre.between(values, means, means)
    np.testing.assert_allclose(centred.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(centre.variances(means), np.diag(centred), atol=1e-12)


def test_molecules_without_a_family_are_alike_in_it() -> None:
    features = count_features(["C", "N"])
    np.testing.assert_array_equal(similarity(features, Postings.of(features)), [[1.0, 0.5], [0.5, 1.0]])
    np.testing.assert_array_equal(powered(np.array([0.0, 0.25, 1.0])), [0.0, 0.125, 1.0])
