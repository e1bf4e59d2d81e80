"""Columns as arrays of numbers, against slow twins."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from hetero2.io.columns import places, text_numbers


@given(st.lists(st.integers(-20, 20)), st.lists(st.integers(-20, 20), unique=True))
def test_places(numbers, among):
    place = places(np.array(numbers, np.int64), np.array(among, np.int64))
    assert place.tolist() == [among.index(number) if number in among else -1 for number in numbers]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")))))
def test_text_numbers_are_ranks(chunks):
    texts = [text for chunk in chunks for text in chunk]
    rank = {text: number for number, text in enumerate(sorted(set(texts)))}
    assert text_numbers(pa.chunked_array(chunks, pa.string())).tolist() == [rank[text] for text in texts]
