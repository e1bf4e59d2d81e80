"""What must not change an estimator, in one table: each is enrolled, with the changes that it must not see."""

import numpy as np
import pytest

from hetero2.stats.audit import hardness, label_permutation, target_decoy_competition
from hetero2.stats.audit.decoy_sets import describe_decoy_sets, library_test
from hetero2.stats.audit.ranking import audit
from hetero2.stats.benefit import choosing, enrichment

N, M = 60, 20


def library(seed=0):
    """(blocks (N, M + 1), Tanimoto, hit, cluster); scores on a grid of quarters: exact under all the changes below."""
    rng = np.random.default_rng(seed)
    scores = np.round(4 * rng.normal(size=(N, M + 1))) / 4
    scores[: N // 3, 0] += 3
    return scores, rng.uniform(0.3, 0.9, (N, M + 1)), rng.uniform(size=N) < 0.4, np.arange(N) // 2


def flat(scores):
    return scores.ravel(), np.arange(0, scores.size, M + 1)


def calls(scores, method="union"):
    return target_decoy_competition.call(
        describe_decoy_sets(*flat(scores)), 0.1, method, 19, target_decoy_competition.pooled_residual_p(*flat(scores))
    )


def by_molecule(read):
    """An estimator with a value for each molecule: a change of their order changes the order of the values alone."""
    return lambda scores, _t, _h, _c: np.asarray(read(scores))


def against(scores, tanimoto):
    bins = np.digitize(tanimoto.ravel(), [0.6])
    return hardness.wins_by_bin(hardness.pairwise_wins(*flat(scores)), flat(scores)[1], bins, 2, tanimoto.ravel())


def by_bin(scores, tanimoto, _, cluster):
    curve = hardness.curve(against(scores, tanimoto), cluster, [0, 1])
    return np.array([[mean.estimate, mean.low, mean.high] for mean, _ in curve.values()])


def of_list(read):
    return lambda scores, _t, hit, _c: np.array(read(scores[:, 0], hit), float)


def uplift(scores, _, hit, cluster):
    call = np.where(scores[:, 1] > scores[:, 0], "NO_SIGNAL", "UNDECIDABLE").astype(object)
    score = scores[:, 0]
    data = choosing.Library(score, hit, call, cluster, score, score, score > 0)
    at = choosing.methods_at(data, choosing.priorities(data), 20, None)["methods"]
    return np.array([method["expected_hits"] for method in at.values()])


def frozen(scores):
    audits = [audit(block[0], 1.0, block[1:], np.ones(M)) for block in scores]
    return [[result.p_value, result.auc_tie_aware, result.slack, result.perm_q] for result in audits]


SIGNALS = {
    name: by_molecule(lambda scores, name=name: calls(scores, name).call == "SIGNAL")
    for name in target_decoy_competition.METHODS
}
LIBRARY = {
    "frozen audit": by_molecule(frozen),
    "share at or above": by_molecule(lambda scores: describe_decoy_sets(*flat(scores)).n_at_or_above),
    "AUC": by_molecule(lambda scores: describe_decoy_sets(*flat(scores)).auc),
    "mean z": lambda scores, *_: np.array([library_test(describe_decoy_sets(*flat(scores))).mean_z]),
    "dispersion z": lambda scores, *_: np.array([library_test(describe_decoy_sets(*flat(scores))).dispersion_z]),
    "AUC by hardness": by_bin,
    "trend": lambda scores, tanimoto, *_: np.array([hardness.trend(against(scores, tanimoto))["z"]]),
    "residual ranks": lambda scores, tanimoto, *_: np.array(
        [
            library_test(
                describe_decoy_sets(
                    label_permutation.residual_ranks(flat(scores)[0], [tanimoto.ravel()], flat(scores)[1]),
                    flat(scores)[1],
                )
            ).mean_z
        ]
    ),
    "ROC AUC": of_list(lambda score, hit: [enrichment.roc_auc(score, hit)[0]]),
    "EF": of_list(lambda score, hit: [enrichment.enrichment_factor(score, hit, 0.2)[0]]),
    "BEDROC": of_list(lambda score, hit: enrichment.bedroc(score, hit)[:2]),
    "hits of the top K": uplift,
}
EVERYTHING = LIBRARY | SIGNALS
MONOTONE = LIBRARY | {"block_max": SIGNALS["block_max"]}
PER_MOLECULE = {"frozen audit", "share at or above", "AUC", *SIGNALS}


@pytest.mark.parametrize("name", EVERYTHING)
def test_order_of_molecules(name):
    parts = library()
    order = np.random.default_rng(1).permutation(N)
    base, reordered = EVERYTHING[name](*parts), EVERYTHING[name](*(part[order] for part in parts))
    assert reordered == pytest.approx(base[order] if name in PER_MOLECULE else base)


@pytest.mark.parametrize("name", sorted(set(EVERYTHING) - {"hits of the top K"}))
def test_order_of_decoys(name):
    scores, tanimoto, hit, cluster = library()
    order = np.append(0, 1 + np.random.default_rng(2).permutation(M))
    assert EVERYTHING[name](scores[:, order], tanimoto[:, order], hit, cluster) == pytest.approx(
        EVERYTHING[name](scores, tanimoto, hit, cluster)
    )


@pytest.mark.parametrize("name", MONOTONE)
def test_monotone_rescaling(name):
    scores, *rest = library()
    assert MONOTONE[name](np.exp(scores), *rest) == pytest.approx(MONOTONE[name](scores, *rest))


@pytest.mark.parametrize("name", EVERYTHING)
def test_positive_affine_rescaling(name):
    scores, *rest = library()
    assert EVERYTHING[name](8 * scores - 3, *rest) == pytest.approx(EVERYTHING[name](scores, *rest))


@pytest.mark.parametrize("name", EVERYTHING)
def test_renaming_of_scaffolds(name):
    scores, tanimoto, hit, cluster = library()
    renamed = np.array([7919 * (value + 1) % 997 for value in cluster])
    assert EVERYTHING[name](scores, tanimoto, hit, renamed) == pytest.approx(
        EVERYTHING[name](scores, tanimoto, hit, cluster)
    )


@pytest.mark.parametrize(("name", "factor"), [("mean z", 2**0.5), ("dispersion z", 2**0.5), ("trend", 2**0.5)])
def test_every_molecule_twice(name, factor):
    """A z of independent molecules would grow by √2; that copies are no evidence is what clusters are for."""
    once = library()
    assert LIBRARY[name](*(np.concatenate([part, part]) for part in once)) == pytest.approx(
        factor * LIBRARY[name](*once)
    )


def test_copies_of_one_scaffold_do_not_narrow_the_interval():
    scores, tanimoto, hit, cluster = library()
    twice = by_bin(*(np.concatenate([part, part]) for part in (scores, tanimoto, hit, cluster)))
    assert twice == pytest.approx(by_bin(scores, tanimoto, hit, cluster))


def test_flips():
    """Scores turned round: z of the mean changes its sign, dispersion stays, AUC becomes its complement."""
    scores, tanimoto, hit, cluster = library()
    for name, expected in [("mean z", -1), ("dispersion z", 1), ("trend", -1)]:
        assert LIBRARY[name](-scores, tanimoto, hit, cluster) == pytest.approx(
            expected * LIBRARY[name](scores, tanimoto, hit, cluster)
        )
    assert LIBRARY["AUC"](-scores, tanimoto, hit, cluster) == pytest.approx(
        1 - LIBRARY["AUC"](scores, tanimoto, hit, cluster)
    )
    assert LIBRARY["ROC AUC"](scores, tanimoto, ~hit, cluster) == pytest.approx(
        1 - LIBRARY["ROC AUC"](scores, tanimoto, hit, cluster)
    )
