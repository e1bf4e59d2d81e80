"""Samples depend on their seed and on nothing else."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from hetero2.runtime.seeds import sample


def test_another_seed_is_another_sample_and_order_does_not_matter():
    molecules = [{"structure_hash": hashlib.sha256(str(n).encode()).hexdigest()} for n in range(1000)]
    chosen = {seed: {m["structure_hash"] for m in sample(molecules, 200, seed)} for seed in range(6)}
    for seed in range(1, 6):
        assert 20 <= len(chosen[0] & chosen[seed]) <= 60  # 40 expected
    assert sample(molecules[::-1], 200, 1) == sample(molecules, 200, 1)
    assert len(sample(molecules + molecules, 5000, 0)) == 1000


@given(st.lists(st.integers(0, 30)), st.integers(1, 8), st.integers(0, 3))
def test_a_sample_is_the_first_of_all_in_the_order_of_their_hashes(numbers, size, seed):
    molecules = [
        {"structure_hash": str(n) if n % 3 else None, "id": f"i{n}", "place": p} for p, n in enumerate(numbers)
    ]
    first = {molecule["structure_hash"] or molecule["id"]: molecule for molecule in reversed(molecules)}
    order = sorted(first, key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    assert sample(iter(molecules), size, seed) == [first[key] for key in order[:size]]
