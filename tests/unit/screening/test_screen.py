"""The screen: what it ranks first, and that a molecule's values are its own."""

import numpy as np
import pytest

from hetero2.chem.count_features import count_features
from hetero2.screening.kernel import Postings, kernel
from hetero2.screening.labels import Measurements
from hetero2.screening.score_trust import TRUST
from hetero2.screening.screen import Screen, Settings, centre_sample, labels_to_fit, order
from tests.unit.screening.molecules import SMILES

BENZAMIDES = [
    f"c1ccc({group})cc1C(=O)NC{ring}" for group in ("C", "F", "Cl", "OC") for ring in ("1CCCC1", "1CCCCC1", "C")
]
LIBRARY = [*SMILES, *BENZAMIDES]
KNOWN = ["c1ccccc1C(=O)NC1CCCC1", "c1ccc(Br)cc1C(=O)NCC", "CCCCCC", "OCC1OC(O)C(O)C(O)C1C"]
HITS = np.array([True, True, False, False])
UNMEASURED = np.full(4, np.nan)


def _screen(**settings: object) -> Screen:
    sample = count_features(LIBRARY)
    return Screen.fit(sample, count_features(KNOWN), Measurements(HITS, UNMEASURED), Settings(**settings))  # type: ignore[arg-type]


def test_relatives_of_hits_come_first() -> None:
    prediction = _screen().predict(count_features(LIBRARY))
    best = np.argsort(-prediction.mean)[: len(BENZAMIDES)]
    assert sum(row >= len(SMILES) for row in best) >= len(BENZAMIDES) - 2


def test_mean_and_sd_by_the_formulas() -> None:
    sample, known = count_features(LIBRARY), count_features(KNOWN)
    everything = [*KNOWN, *LIBRARY]
    features = count_features(everything)
    full, on_sample = kernel(features, Postings.of(features)), kernel(features, Postings.of(sample)).mean(axis=1)
    middle = kernel(sample, Postings.of(sample)).mean()
    centred = full - on_sample[:, None] - on_sample[None, :] + middle
    noisy = centred[:4, :4] + 0.1 * np.eye(4)
    expected = -0.9 + centred[4:, :4] @ np.linalg.solve(noisy, np.where(HITS, 1.0, -1.0) + 0.9)
    variance = np.diag(centred)[4:] - np.einsum("ij,jk,ik->i", centred[4:, :4], np.linalg.inv(noisy), centred[4:, :4])
    prediction = Screen.fit(sample, known, Measurements(HITS, UNMEASURED), Settings()).predict(count_features(LIBRARY))
    np.testing.assert_allclose(prediction.mean, expected, atol=1e-8)
    np.testing.assert_allclose(prediction.sd, np.sqrt(np.maximum(variance, 0)), atol=1e-8)


def test_values_do_not_depend_on_the_block_or_its_order() -> None:
    screen, features = _screen(), count_features(LIBRARY)
    whole = screen.predict(features)
    turned = screen.predict(features.take(np.arange(len(LIBRARY))[::-1]))
    single = [screen.predict(features.take([row])) for row in range(len(LIBRARY))]
    for column, (values, backwards) in enumerate(zip(whole, turned, strict=True)):
        np.testing.assert_array_equal(values, backwards[::-1])
        np.testing.assert_array_equal(values, [alone[column][0] for alone in single])


def test_actives_alone_and_inactives_alone_rank_too() -> None:
    sample = count_features(LIBRARY)
    for hits in (True, False):
        rows = [row for row, hit in enumerate(HITS) if hit == hits]
        measured = Measurements(np.full(2, hits), np.full(2, np.nan))
        prediction = Screen.fit(sample, count_features([KNOWN[row] for row in rows]), measured, Settings()).predict(
            sample
        )
        relatives = prediction.mean[len(SMILES) :].mean() - prediction.mean[: len(SMILES)].mean()
        assert relatives > 0


def test_nearest_known_molecule_and_domain() -> None:
    prediction = _screen().predict(count_features([KNOWN[1], "[Na+].[Cl-]"]))
    assert prediction.nearest[0] == 1
    assert prediction.similarity[0] == 1.0
    assert prediction.in_domain.tolist() == [True, False]


def test_a_score_that_the_labels_support_moves_the_order() -> None:
    sample, known = count_features(LIBRARY), count_features(KNOWN)
    score = np.array([2.0, 1.5, -1.0, -2.0])
    plain = Screen.fit(sample, known, Measurements(HITS, UNMEASURED), Settings())
    informed = Screen.fit(sample, known, Measurements(HITS, UNMEASURED), Settings(), score)
    assert plain.support.probability == 0
    assert informed.support.probability > TRUST
    z = np.linspace(-2, 2, len(LIBRARY))
    assert np.corrcoef(informed.predict(sample, z).mean - informed.predict(sample).mean, z)[0, 1] > 0.8


def test_without_labels_the_score_orders() -> None:
    sample = count_features(LIBRARY)
    nothing = Measurements(np.zeros(0, bool), np.zeros(0))
    screen = Screen.fit(sample, count_features([]), nothing, Settings(), np.zeros(0))
    z = np.linspace(2, -2, len(LIBRARY))
    prediction = screen.predict(sample, z)
    assert order(prediction.mean, LIBRARY).tolist() == list(range(len(LIBRARY)))
    assert not prediction.in_domain.any()


def test_the_sample_does_not_depend_on_the_order_of_the_library() -> None:
    hashes = [f"{number:03d}" for number in range(50)]
    chosen = {hashes[row] for row in centre_sample(hashes, 10, 3)}
    assert chosen == {hashes[::-1][row] for row in centre_sample(hashes[::-1], 10, 3)}
    assert chosen != {hashes[row] for row in centre_sample(hashes, 10, 4)}
    assert len(centre_sample(hashes, 100, 3)) == 50


@pytest.mark.parametrize(("n_hits", "n_misses"), [(900, 3000), (3000, 900), (2500, 2500), (10, 5000)])
def test_labels_beyond_the_limit_are_thinned_hits_last(n_hits: int, n_misses: int) -> None:
    is_hit = np.repeat([True, False], [n_hits, n_misses])
    rows = labels_to_fit(is_hit, 0, most=2000)
    assert len(rows) == len(np.unique(rows)) == 2000
    assert is_hit[rows].sum() == min(n_hits, max(1000, 2000 - n_misses))
    np.testing.assert_array_equal(rows, labels_to_fit(is_hit, 0, most=2000))


def test_ties_go_by_structure_hash() -> None:
    assert order(np.array([0.5, 0.5, 0.7]), ["b", "a", "c"]).tolist() == [2, 1, 0]
