"""Arguments of the public functions: their annotations, enforced before anything is done.

Python does not check annotations. Without this a word in the place of a number would come out somewhere deep inside as
a TypeError, or, like `higher_is_better="no"`, count as true.
"""

import errno
import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from hetero2.config.keys import shown
from hetero2.errors import ConfigError

Count = int  # an annotation: a whole number of at least 1
_MAX_COUNT = 2**63 - 1
_P = ParamSpec("_P")
_R = TypeVar("_R")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# What each part of an annotation allows, and what a message calls it. Other parts stand for a table or for what the
# function checks itself: they allow any value.
_ALLOWED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Count": (lambda value: _is_whole(value) and 1 <= value <= _MAX_COUNT, "a whole number of at least 1"),
    "Mapping": (lambda value: isinstance(value, Mapping), "a mapping"),
    "None": (lambda value: value is None, "None"),
    "Path": (lambda value: isinstance(value, Path), "a path"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "float": (lambda value: _is_whole(value) or isinstance(value, float), "a number"),
    "int": (_is_whole, "a whole number"),
    "str": (lambda value: isinstance(value, str), "a string"),
}


def checked_arguments(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Raise ConfigError unless each argument is of a type that its annotation names, and each path can be one.

    The annotations are read as they are written: the module of the function must have `from __future__ import
    annotations`. They are the names in `_ALLOWED`, with `|` between them.
    """

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        signature = inspect.signature(function)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            annotation = signature.parameters[name].annotation
            if annotation is not inspect.Parameter.empty:  # as of self
                _check(name, value, [part.partition("[")[0] for part in annotation.split(" | ")])
        return function(*args, **kwargs)

    return checked


def _check(name: str, value: Any, parts: list[str]) -> None:
    if "Path" in parts and isinstance(value, Path | str):
        _check_path(name, value)
    elif all(part in _ALLOWED and not _ALLOWED[part][0](value) for part in parts):
        expected = " or ".join(_ALLOWED[part][1] for part in parts)
        raise ConfigError(f"{name}: found {shown(value)}; expected {expected}")


def _check_path(name: str, path: Path | str) -> None:
    """Raise ConfigError for a path that no system call takes; whether something is there is seen by who reads it."""
    try:
        Path(path).lstat()
    except ValueError:  # a NUL, or a lone surrogate
        raise ConfigError(f"{name}: found {shown(str(path))}; no path has such characters") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ConfigError(f"{name}: found {shown(str(path))}; longer than a path can be") from None
