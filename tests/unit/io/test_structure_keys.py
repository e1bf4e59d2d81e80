import hashlib
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from hetero2.io.structure_keys import find, first_of_each, keys, place_of_first


@given(st.lists(st.integers(0, 5)))
def test_the_first_of_each_and_how_often_it_is_there(numbers):
    hashes = [hashlib.sha256(str(n).encode()).hexdigest() for n in numbers]
    first, count = first_of_each(*keys(hashes))
    seen, expected = set(), []
    for key in hashes:
        expected.append(key not in seen)
        seen.add(key)
    assert first.tolist() == expected
    assert count.tolist() == [Counter(hashes)[key] if new else 0 for key, new in zip(hashes, expected, strict=True)]


def test_keys_are_the_first_128_bits():
    high, low = keys(["0" * 15 + "1" + "0" * 15 + "2" + "f" * 32])
    assert (high.tolist(), low.tolist(), high.dtype) == ([1], [2], np.uint64)


def sorted_keys(pairs):
    """Keys of (high, low) numbers, sorted as `find` needs them."""
    ordered = sorted(pairs)
    return tuple(np.array([pair[half] for pair in ordered], np.uint64) for half in (0, 1))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2))))
def test_the_place_of_the_first_is_that_of_a_list(pairs):
    high, low = (np.array([pair[half] for pair in pairs], np.uint64) for half in (0, 1))
    assert place_of_first(high, low).tolist() == [pairs.index(pair) for pair in pairs]


# Few first halves, so that many keys share one and are told apart by the second.
@given(
    st.sets(st.tuples(st.integers(0, 2), st.integers(0, 6))),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7))),
)
def test_a_key_is_found_by_both_halves_or_not_at_all(pairs, queries):
    ordered = sorted(pairs)
    asked = tuple(np.array([query[half] for query in queries], np.uint64) for half in (0, 1))
    places = find(*sorted_keys(pairs), asked)
    assert places.dtype == np.int64
    assert places.tolist() == [ordered.index(query) if query in pairs else -1 for query in queries]


def test_columns_in_chunks_and_slices_give_the_keys_of_their_rows():
    hashes = [hashlib.sha256(bytes([n])).hexdigest() for n in range(7)]
    expected = [(int(text[:16], 16), int(text[16:32], 16)) for text in hashes]
    whole = pa.array(hashes)
    for column in (
        whole,
        whole[:],
        pa.chunked_array([whole[:3], whole[3:]]),
        pa.chunked_array([hashes[:2], [], hashes[2:]]),
    ):
        assert list(zip(*(half.tolist() for half in keys(column)), strict=True)) == expected
    assert keys(whole[2:5])[0].tolist() == [high for high, _ in expected[2:5]]
    assert [half.tolist() for half in keys([])] == [[], []]
