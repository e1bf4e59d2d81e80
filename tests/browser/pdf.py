"""The text of a PDF that Chromium wrote. It knows what Chromium writes (plain objects, fonts that say what their glyphs
mean) and no more, which saves the tests a program or a library of their own."""

import re
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path

Glyphs = dict[str, str]
_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)endobj", re.DOTALL)
_SHOWN = re.compile(r"/F(\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj", re.IGNORECASE)


def _objects(file: Path) -> Iterator[tuple[str, str, str]]:
    """(number, head, unpacked stream) of every object; of pictures and fonts the stream is left out."""
    for number, body in _OBJECT.findall(file.read_bytes()):
        head, _, stream = body.partition(b"stream\n")
        skipped = b"/FlateDecode" not in head or b"/Image" in head or b"/Length1" in head
        unpacked = b"" if skipped else zlib.decompressobj().decompress(stream)
        yield number.decode(), head.decode("latin-1"), unpacked.decode("latin-1")


def _letters(code: str) -> str:
    return bytes.fromhex(code).decode("utf-16-be", "replace")


def _glyphs(table: str) -> Glyphs:
    """What each glyph means, from a font's table of Unicode."""
    glyphs: Glyphs = {}
    for part in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        glyphs |= {glyph.upper(): _letters(code) for glyph, code in re.findall(r"<(\w+)> <(\w+)>", part)}
    for part in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, code in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", part):
            for step in range(int(last, 16) - int(first, 16) + 1):
                glyphs[f"{int(first, 16) + step:0{len(first)}X}"] = chr(int(code, 16) + step)
    return glyphs


def _page(content: str, fonts: dict[str, Glyphs]) -> Iterator[str]:
    glyphs: Glyphs = {}
    for font, codes in _SHOWN.findall(content):
        if font:
            glyphs = fonts.get(font, {})
            continue
        width = len(next(iter(glyphs), "0000"))
        yield from (glyphs.get(codes[at : at + width].upper(), "") for at in range(0, len(codes), width))


def squeezed(text: str) -> str:
    """A text without blanks and with ligatures taken apart: what of it is the same on a page and in a PDF."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def text(file: Path) -> str:
    """All text, squeezed, in the order in which it was drawn."""
    objects = list(_objects(file))
    streams = {number: stream for number, _, stream in objects}
    heads = {number: re.search(r"/ToUnicode (\d+) 0 R", head) for number, head, _ in objects}
    fonts = {number: _glyphs(streams[reference[1]]) for number, reference in heads.items() if reference}
    return squeezed("".join(letters for stream in streams.values() for letters in _page(stream, fonts)))
