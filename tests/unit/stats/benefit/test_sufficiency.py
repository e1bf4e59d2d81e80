"""When nothing can be said of hits, limit by limit, the first reason first."""

import pytest

from hetero2.stats.benefit.sufficiency import insufficient, too_few_labels


@pytest.mark.parametrize(
    ("n_hits", "n_others", "reason"),
    [(9, 9, "fewer_than_10_hits"), (10, 9, "fewer_than_10_non_hits"), (10, 10, None)],
)
def test_labels(n_hits, n_others, reason):
    assert too_few_labels(n_hits, n_others) == reason
    assert insufficient(n_hits, n_others, 12, [6.0]) == reason


@pytest.mark.parametrize(
    ("k", "bought", "reason"),
    [
        (9, [9.0], "k_below_10"),
        (10, [1.0, 5.0], None),
        (10, [4.9, 1.0], "fewer_than_5_hits_bought"),
        (10, [], "fewer_than_5_hits_bought"),
        (59, [20.0], None),
        (60, [20.0], "k_is_the_whole_library"),
    ],
)
def test_sizes_and_hits_that_are_bought(k, bought, reason):
    assert insufficient(20, 40, k, bought) == reason
