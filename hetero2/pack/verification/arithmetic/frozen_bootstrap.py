"""The bootstrap of cost_lift.v1, draw for draw that of Python's random.Random, for many draws at once."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from random import Random

_RESAMPLES, _LOW, _HIGH = 500, int(0.025 * 499), int(0.975 * 499)
_WORDS = 1 << 18  # of 32 bits, drawn at once
_HALF = 16  # bits
_MISS, _HIT, _NO_DRAW = 0, 1, 2


def _words(rng: Random, n_words: int) -> array[int]:
    """The next words of the generator, 32 bits each.

    One large getrandbits takes the words in the same order as many small ones, the first in its lowest bits.
    """
    words = array("I", rng.getrandbits(32 * n_words).to_bytes(4 * n_words, sys.byteorder))
    if sys.byteorder == "big":  # pragma: no cover - the lowest word comes last there
        words.reverse()
    return words


def _outcomes(hits: Sequence[bool], rng: Random) -> Iterator[bytes]:
    """0 or 1 for each draw of randrange(len(hits)): whether it is a hit; many draws at a time.

    A draw is the high bits of a word, as many as the number of molecules has, and is repeated where they are too large.
    """
    bits = len(hits).bit_length()
    table = bytes(_HIT if hit else _MISS for hit in hits) + bytes([_NO_DRAW]) * ((1 << bits) - len(hits))
    n_words = min(_WORDS, 64 * len(hits))
    if bits <= _HALF:  # by the high half of each word: looking up needs no shift then
        by_half = b"".join(bytes([outcome]) * (1 << (_HALF - bits)) for outcome in table)
        first = 1 if sys.byteorder == "little" else 0
        while True:
            halves = array("H", _words(rng, n_words).tobytes())[first::2]
            yield bytes(map(by_half.__getitem__, halves)).translate(None, bytes([_NO_DRAW]))
    shift = 2 * _HALF - bits
    while True:
        yield bytes([table[word >> shift] for word in _words(rng, n_words)]).translate(None, bytes([_NO_DRAW]))


def frozen_interval(hits: Sequence[bool], seed: int) -> tuple[float, float]:
    """Percentile interval of the hit rate: 500 resamples of len(hits) draws, sorted rates 12 and 486 (from 0).

    Where all or none are hits no draw can change it. O(500·n).
    """
    n, n_hits = len(hits), sum(hits)
    if n_hits in (0, n):
        return n_hits / n, n_hits / n
    pieces = _outcomes(hits, Random(seed))
    drawn, start = next(pieces), 0
    totals: list[int] = []
    while len(totals) < _RESAMPLES:
        total, n_left = 0, n
        while n_left:
            end = min(start + n_left, len(drawn))
            total += drawn.count(_HIT, start, end)
            n_left -= end - start
            start = end
            if start == len(drawn):
                drawn, start = next(pieces), 0
        totals.append(total)
    rates = sorted(total / n for total in totals)
    return rates[_LOW], rates[_HIGH]
