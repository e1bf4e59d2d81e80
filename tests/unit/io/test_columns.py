"""Columns as arrays of numbers, against slow twins."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from hetero2.io.columns import item_numbers, places, text_numbers


@given(st.lists(st.integers(-20, 20)), st.lists(st.integers(-20, 20), unique=True))
def test_places(numbers, among):
    place = places(np.array(numbers, np.int64), np.array(among, np.int64))
    assert place.tolist() == [among.index(number) if number in among else -1 for number in numbers]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")))))
def test_text_numbers_are_ranks(chunks):
    texts = [text for chunk in chunks for text in chunk]
    rank = {text: number for number, text in enumerate(sorted(set(texts)))}
    numbers = text_numbers(pa.chunked_array(chunks, pa.string()))
    assert numbers.dtype == np.int64
    assert numbers.tolist() == [rank[text] for text in texts]


@given(st.lists(st.tuples(st.integers(0, 2**30), st.integers(-1, 2**20))))
def test_item_numbers_sort_as_the_pairs_do(pairs):
    table = pa.table(
        {name: pa.array([pair[i] for pair in pairs], pa.int64()) for i, name in enumerate(("row", "decoy_index"))}
    )
    numbers = item_numbers(table).tolist()
    assert numbers == [row * 2**32 + decoy + 1 for row, decoy in pairs]
    assert [pairs[place] for place in np.argsort(numbers, kind="stable")] == sorted(pairs)
