"""The blocks of a deflate stream (RFC 1951), bit by bit: slow, and independent of zlib."""

from typing import NamedTuple

_LENGTHS = [*range(3, 11), *range(11, 19, 2), *range(19, 35, 4), *range(35, 67, 8), *range(67, 131, 16)]
_LENGTHS += [*range(131, 258, 32), 258]
_LENGTH_BITS = [0] * 8 + [n for n in range(1, 6) for _ in range(4)] + [0]
_DISTANCES = [1, 2, 3, 4] + [(2 + n % 2 << n // 2) + 1 for n in range(2, 28)]
_DISTANCE_BITS = [0, 0, 0, 0] + [n // 2 for n in range(2, 28)]
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)


class Stream(NamedTuple):
    """What a stream unpacks to; of each block its first bit and the bytes it gives; its last bit and the padding."""

    content: bytes
    starts: list[int]
    blocks: list[int]
    end: int
    padding: int

    def is_whole(self, data: bytes) -> bool:
        """Whether data holds this stream, nothing behind it, and no block after the last byte."""
        return -(-self.end // 8) == len(data) and not self.padding and (self.blocks[-1] > 0 or data == b"\3\0")


class _Bits:
    def __init__(self, data):
        self.data, self.place = data, 0

    def take(self, count):
        value = 0
        for n in range(count):
            value |= (self.data[self.place >> 3] >> (self.place & 7) & 1) << n
            self.place += 1
        return value

    def symbol(self, codes):
        code, length = 0, 0
        while (length, code) not in codes:
            code, length = code << 1 | self.take(1), length + 1
            if length > 15:
                raise ValueError("no such code")
        return codes[length, code]


def _codes(lengths):
    """Canonical Huffman codes: symbol by (length, code)."""
    codes, code = {}, 0
    for length in range(1, 16):
        code <<= 1
        for symbol, code_length in enumerate(lengths):
            if code_length == length:
                codes[length, code] = symbol
                code += 1
    return codes


_FIXED = _codes([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8), _codes([5] * 30)


def _dynamic(bits):
    n_literals, n_distances, n_lengths = bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4
    first = [0] * 19
    for place in _ORDER[:n_lengths]:
        first[place] = bits.take(3)
    codes, lengths = _codes(first), []
    while len(lengths) < n_literals + n_distances:
        symbol = bits.symbol(codes)
        if symbol < 16:
            lengths.append(symbol)
        elif symbol == 16:
            lengths += [lengths[-1]] * (3 + bits.take(2))
        else:
            lengths += [0] * (3 + bits.take(3) if symbol == 17 else 11 + bits.take(7))
    return _codes(lengths[:n_literals]), _codes(lengths[n_literals:])


def _coded(bits, out, literals, distances):
    while (symbol := bits.symbol(literals)) != 256:
        if symbol < 256:
            out.append(symbol)
            continue
        length = _LENGTHS[symbol - 257] + bits.take(_LENGTH_BITS[symbol - 257])
        code = bits.symbol(distances)
        distance = _DISTANCES[code] + bits.take(_DISTANCE_BITS[code])
        for _ in range(length):
            out.append(out[-distance])


def read(data: bytes) -> Stream:
    """Read a stream; raises ValueError or IndexError where it is none."""
    bits, out, starts, blocks, last = _Bits(data), bytearray(), [], [], 0
    while not last:
        before = len(out)
        starts.append(bits.place)
        last, kind = bits.take(1), bits.take(2)
        if kind == 0:
            bits.place = -(-bits.place // 8) * 8
            length, start = bits.take(16), bits.place // 8 + 2
            if bits.take(16) != 0xFFFF - length or start + length > len(data):
                raise ValueError("no stored block")
            out += data[start : start + length]
            bits.place = 8 * (start + length)
        elif kind == 3:
            raise ValueError("no such block")
        else:
            _coded(bits, out, *(_FIXED if kind == 1 else _dynamic(bits)))
        blocks.append(len(out) - before)
    end = bits.place
    return Stream(bytes(out), starts, blocks, end, bits.take(-end % 8))


def with_more(data: bytes, more: str, padding: int = 0) -> bytes:
    """A stream with further blocks behind its last one, given as bits in their order (`|`: up to the next byte)."""
    stream = read(data)
    value = int.from_bytes(data, "little") & ~(1 << stream.starts[-1]) & (1 << stream.end) - 1
    place = stream.end
    for letter in more:
        if letter == "|":
            place = -(-place // 8) * 8
        else:
            value, place = value | int(letter) << place, place + 1
    n_bytes = -(-place // 8)
    return (value | (padding << place) & (1 << 8 * n_bytes) - 1).to_bytes(n_bytes, "little")


FIXED, STORED = "0000000", "00|" + "0" * 16 + "1" * 16
EMPTY = {  # blocks that give nothing, the last of them marked as the last of the stream
    "fixed": "110" + FIXED,
    "stored": "1" + STORED,
    "two fixed": "010" + FIXED + "110" + FIXED,
    "stored, fixed": "0" + STORED + "110" + FIXED,
    "many": ("010" + FIXED) * 50 + "1" + STORED,
}
