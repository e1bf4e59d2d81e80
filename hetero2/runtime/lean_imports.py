"""Keep libraries from importing what no verb uses, which takes longer than most stages: for the command line alone.

A run starts dozens to thousands of processes, and most of a short one's CPU is spent on imports. While a verb's module
is imported, some modules are `_ABSENT`, as where they are not installed, and others have `_STAND_INS`, which load them
with the first use of what they hold. scikit-learn alone saves half of its two seconds by that. A program that uses
pandas later would get wrong arrays of a Series, so `hetero2.api` calls nothing of this.
"""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# pyarrow and scikit-learn look for pandas, numba for the coverage tool, all to serve those who have imported them.
_ABSENT = ("pandas", "coverage")
# scikit-learn names functions of scipy.stats that no model of ours calls; scipy imports all of numpy.
_STAND_INS = ("scipy.stats", "numpy.f2py", "numpy.testing")


class _Later:
    """An object of a module that is imported when the object is first called, or something of it asked for."""

    def __init__(self, module: str, name: str) -> None:
        self._place = (module, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._found()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found(), name)

    def _found(self) -> Any:
        module, name = self._place
        if isinstance(sys.modules.get(module), _StandIn):  # asked for while imports are still lean
            _remove(module)
            sys.meta_path.remove(_Finder)
            try:
                importlib.import_module(module)
            finally:
                sys.meta_path.insert(0, _Finder)
        return getattr(importlib.import_module(module), name)


class _StandIn(ModuleType):
    """A module whose names are all there, each loaded when it is used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(self.__name__, name)


class _Finder:
    """Reports some modules as not installed, stands in for others, and leaves all else to the next finder.

    None in sys.modules would not do: pyarrow takes only an ImportError for a no, and ends in an AttributeError there.
    """

    @classmethod
    def find_spec(cls, name: str, *_: object) -> ModuleSpec | None:
        """Raise ModuleNotFoundError for what is absent."""
        if name in _ABSENT:
            raise ModuleNotFoundError(name, name=name)
        return importlib.util.spec_from_loader(name, cls()) if name in _STAND_INS else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stand-in."""
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: a stand-in has no code."""


@contextlib.contextmanager
def lean_imports() -> Iterator[None]:
    """Meanwhile imports find nothing of what no verb uses; what is loaded already is as it was.

    Afterwards an import finds everything again.
    """
    sys.meta_path.insert(0, _Finder)
    try:
        yield
        _forget_pandas()
    finally:
        sys.meta_path.remove(_Finder)
        for name in _STAND_INS:
            if isinstance(sys.modules.get(name), _StandIn):
                _remove(name)


def _remove(stand_in: str) -> None:
    """Let the next import of a module find the module itself."""
    del sys.modules[stand_in]
    package, _, child = stand_in.rpartition(".")
    delattr(sys.modules[package], child)


def _forget_pandas() -> None:
    """Let pyarrow, where it is loaded, look for pandas now and not find it; nothing where pandas is loaded already.

    With the first array that it makes, pyarrow imports pandas where that is installed, and has no switch for this. It
    notes once whether pandas was there, in C, where nothing else can set it.
    """
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is not None and "pandas" not in sys.modules:
        pyarrow.array([""])
