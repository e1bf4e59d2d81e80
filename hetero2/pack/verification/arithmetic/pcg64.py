"""The random numbers of numpy.random.PCG64 in plain Python: seeded by an integer, drawn as bounded integers.

M. E. O'Neill, PCG: a family of simple fast space-efficient statistically good algorithms (2014), XSL-RR 128/64; seeding
as numpy's SeedSequence; bounded integers by D. Lemire (doi 10.1145/3230636).
"""

from __future__ import annotations

from collections.abc import Iterator

_M32, _M64, _M128 = (1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645


class _Hash:
    """The running hash of SeedSequence, whose constant changes with each word."""

    def __init__(self, constant: int, factor: int) -> None:
        self._constant, self._factor = constant, factor

    def __call__(self, word: int) -> int:
        word ^= self._constant
        self._constant = self._constant * self._factor & _M32
        word = word * self._constant & _M32
        return word ^ word >> 16


def _mixed(left: int, right: int) -> int:
    mixed = (0xCA01F9DD * left - 0x4973F715 * right) & _M32
    return mixed ^ mixed >> 16


def _seed_words(seed: int) -> list[int]:
    """Four words of 64 bits that SeedSequence makes of an integer of at least 0."""
    entropy = [seed >> 32 * place & _M32 for place in range(max(1, (seed.bit_length() + 31) // 32))]
    hashed = _Hash(0x43B0D7E5, 0x931E8875)
    pool = [hashed(word) for word in [*entropy, 0, 0, 0][:4]]
    for source in range(4):
        for place in range(4):
            if place != source:
                pool[place] = _mixed(pool[place], hashed(pool[source]))
    for word in entropy[4:]:
        for place in range(4):
            pool[place] = _mixed(pool[place], hashed(word))
    halves = list(map(_Hash(0x8B51F9DD, 0x58F38DED), pool + pool))
    return [halves[place] | halves[place + 1] << 32 for place in range(0, 8, 2)]


def _words32(seed: int) -> Iterator[int]:
    """The generator's numbers of 32 bits, without end: the low half of each 64 first."""
    high, low, inc_high, inc_low = _seed_words(seed)
    increment = ((inc_high << 64 | inc_low) << 1 | 1) & _M128
    state = (increment + (high << 64 | low)) & _M128
    state = (state * _MULTIPLIER + increment) & _M128
    while True:
        state = (state * _MULTIPLIER + increment) & _M128
        word, turn = (state >> 64 ^ state) & _M64, state >> 122
        word = (word >> turn | word << (64 - turn)) & _M64
        yield word & _M32
        yield word >> 32


def bounded(seed: int, bound: int) -> Iterator[int]:
    """Generator(PCG64(seed)).integers(0, bound, ..), without end; 1 <= bound < 2**32."""
    if bound == 1:
        while True:
            yield 0
    threshold = (1 << 32) % bound
    for word in _words32(seed):
        product = word * bound
        if product & _M32 >= threshold:
            yield product >> 32
