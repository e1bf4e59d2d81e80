"""Columns of tables as arrays of numbers, so that a library needs no Python object per row."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
MOLECULE_INDEX = -1  # decoy_index of the molecule itself in tables that hold molecules and decoys


def item_numbers(table: pa.Table) -> Ints:
    """(n,): a number for each (row, decoy_index) that sorts as the pairs do: row · 2³² + decoy_index + 1."""
    numbers: Ints = (table["row"].to_numpy() << 32) + table["decoy_index"].to_numpy() + 1
    return numbers


def places(numbers: Ints, among: Ints) -> Ints:
    """(len(numbers),): index of each number in `among`, whose values are unique; -1 where it is absent. O(n log n)."""
    if not len(among):
        return np.full(len(numbers), -1, np.int64)
    order = np.argsort(among, kind="stable")  # linear where they are sorted already
    candidate = order[np.minimum(np.searchsorted(among, numbers, sorter=order), len(among) - 1)]
    return np.where(among[candidate] == numbers, candidate, -1)


def within(among: Ints, numbers: Ints) -> NDArray[np.bool_]:
    """(len(numbers),): whether each number is one of `among`, which are sorted. O(n log n)."""
    if not len(among):
        return np.zeros(len(numbers), bool)
    values, where = np.unique(numbers, return_inverse=True)  # searching in order stays in the processor's cache
    inside: NDArray[np.bool_] = among[np.minimum(np.searchsorted(among, values), len(among) - 1)] == values
    return inside[where]


def text_numbers(texts: pa.ChunkedArray) -> Ints:
    """(n,): rank of each text among the different texts, by code points; equal texts share a rank. O(n log n)."""
    coded = texts.dictionary_encode().combine_chunks()
    rank = np.empty(len(coded.dictionary), np.int64)
    rank[pc.sort_indices(coded.dictionary).to_numpy()] = np.arange(len(rank))
    numbers: Ints = rank[coded.indices.to_numpy(zero_copy_only=False)]
    return numbers
