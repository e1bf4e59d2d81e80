"""Annotations that a call is held to, and those that leave the value to the function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hetero2.config.arguments import Count, checked_arguments
from hetero2.errors import ConfigError


@checked_arguments
def call(
    number: int = 0,
    *,
    share: float | None = 0.5,
    count: Count = 1,
    path: Path | str | None = None,
    table: Any | Path | str = None,
) -> tuple[Any, ...]:
    """Some function."""
    return number, share, count, path, table


def test_values_of_the_annotated_types_arrive_as_they_are():
    assert call(3, share=1, count=2, path="a", table=[1]) == (3, 1, 2, "a", [1])
    assert call(-3, share=None, path=Path("a"), table=None) == (-3, None, 1, Path("a"), None)
    assert call.__doc__ == "Some function."
    with pytest.raises(TypeError, match="unexpected keyword"):
        call(other=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": True}, "number: found true; expected a whole number"),
        ({"number": 1.0}, "number: found 1.0; expected a whole number"),
        ({"share": "0.5"}, 'share: found "0.5"; expected a number or None'),
        ({"count": 0}, "count: found 0; expected a whole number of at least 1"),
        ({"count": None}, "count: found null; expected a whole number of at least 1"),
        ({"path": b"a"}, 'path: found "bytes"; expected a path or a string or None'),
        ({"path": "a\0"}, "no path has such characters"),
        ({"table": "x" * 5000}, "longer than a path can be"),
    ],
)
def test_another_value_is_named_with_what_is_expected(arguments, message):
    with pytest.raises(ConfigError) as caught:
        call(**arguments)
    assert message in caught.value.message
