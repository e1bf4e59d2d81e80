"""JSON: read strictly, within limits, and in its canonical text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.layout import SCHEMAS
from hetero2.pack.verification.limits import HINT, MAX_NUMBER, UNREADABLE
from hetero2.pack.verification.problems import Problems


def _strict_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _number(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if len(text) > MAX_NUMBER:
            raise ValueError(f"a number of {len(text)} characters")
        return kind(text)

    return read


def read_json(pack: Pack, name: str) -> tuple[str, Any]:
    """(text, value) of a JSON file; raises one of UNREADABLE or RecursionError.

    First its size and an upper bound of its number of values are compared with what may still be read of the pack.
    """
    size = pack.sizes.get(name, 0)
    if size > pack.json_bytes:
        raise ValueError(f"with its {size} bytes the pack has more JSON than {HINT}")
    content = b"".join(pack.blocks(name)) if size else b""
    n_values = sum(map(content.count, (b",", b"[", b"{")))
    if n_values > pack.json_values:
        raise ValueError(f"with it the pack has more values in JSON than {HINT}")
    pack.json_bytes, pack.json_values = pack.json_bytes - size, pack.json_values - n_values
    text = content.decode("utf-8")
    value = json.loads(text, parse_constant=_strict_constant, parse_int=_number(int), parse_float=_number(float))
    return text, value


def is_canonical(text: str, value: Any) -> bool:
    """Whether a text is the canonical one of a value; piece by piece, that of a nested one can fill the memory."""
    place = 0
    for piece in json.JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).iterencode(value):
        if not text.startswith(piece, place):
            return False
        place += len(piece)
    return text[place:] == "\n"


def parse_json(pack: Pack, name: str, problems: Problems) -> Any:
    """A JSON file of the pack in its canonical text (sorted keys, two spaces, final newline), or None."""
    if name not in pack:
        return None
    try:
        text, value = read_json(pack, name)
        canonical = name not in SCHEMAS or is_canonical(text, value)
    except OSError as error:
        problems.add(f"{name}: cannot be read as JSON: {error.strerror or error}")
        return None
    except (*UNREADABLE, RecursionError) as error:
        problems.add(f"{name}: not valid JSON: {error}")
        return None
    if name in SCHEMAS and value is None:
        problems.add(f"{name}: is null")
    if not canonical:
        problems.add(f"{name}: not in canonical form (sorted keys, two spaces, final newline)")
    return value
