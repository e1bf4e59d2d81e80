"""The curve of hits at many K, beside lists counted by hand."""

import dataclasses

import numpy as np
import pytest

from hetero2.stats.benefit.choosing import PRESENT, priorities
from hetero2.stats.benefit.hit_curve import GRID, curve
from tests.unit.stats.benefit.libraries import brute_force, library


def test_every_point_is_the_hits_of_the_list_of_its_length():
    data = library(3, n=300)
    ways = priorities(data)
    points = curve(data, 37)
    for point in points:
        hits = brute_force(ways[PRESENT], data.hit, point["k"])
        assert point["methods"][PRESENT]["expected_hits"] == pytest.approx(hits)
        assert point["methods"][PRESENT]["cost_per_hit"] is None


def test_the_grid_runs_from_1_to_all_in_equal_ratios_and_holds_k_itself():
    sizes = [point["k"] for point in curve(library(4, n=2000), 777)]
    assert (sizes[0], sizes[-1]) == (1, 2000)
    assert 777 in sizes
    assert sizes == sorted({*(round(2000 ** (i / (GRID - 1))) for i in range(GRID)), 777})


def test_a_k_beyond_the_library_is_the_whole_library():
    data = library(5, n=30)
    assert curve(data, 31) == curve(data, 30)


@pytest.mark.parametrize("hit", [[], [True, True], [False, False, False]])
def test_where_hits_cannot_be_told_apart_there_is_no_curve(hit):
    data = library(6, n=max(len(hit), 1))
    fields = {name: value[: len(hit)] for name, value in vars(data).items() if value is not None}
    assert curve(dataclasses.replace(data, **fields | {"hit": np.array(hit, bool)}), 1) == []
