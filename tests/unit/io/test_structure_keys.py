import hashlib
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hetero2.io.structure_keys import first_of_each, keys


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
