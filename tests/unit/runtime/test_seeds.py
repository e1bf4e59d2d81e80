"""Samples depend on their seed and on nothing else."""

import hashlib

from hetero2.runtime.seeds import sample


def test_another_seed_is_another_sample_and_order_does_not_matter():
    molecules = [{"structure_hash": hashlib.sha256(str(n).encode()).hexdigest()} for n in range(1000)]
    chosen = {seed: {m["structure_hash"] for m in sample(molecules, 200, seed)} for seed in range(6)}
    for seed in range(1, 6):
        assert 20 <= len(chosen[0] & chosen[seed]) <= 60  # 40 expected
    assert sample(molecules[::-1], 200, 1) == sample(molecules, 200, 1)
    assert len(sample(molecules + molecules, 5000, 0)) == 1000
