"""Keep libraries from importing what no verb uses, which takes longer than most stages: for the command line alone.

A run starts dozens to thousands of processes, and most of a short one's CPU is spent on imports. While a verb's module
is imported, some modules are `_ABSENT`, as where they are not installed, and others have `_STAND_INS`, which are
replaced by the modules themselves with the first use of what they hold. scikit-learn alone saves half of its two
seconds by that. A program that uses pandas later would get wrong arrays of a Series: `hetero2.api` does not use this.
"""

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# pyarrow and scikit-learn look for pandas, numba for the coverage tool, all to serve those who have imported them.
_ABSENT = ("pandas", "coverage")
# By module the names that others import from it without using them: functions that scikit-learn needs for models which
# are none of ours. scipy imports all modules of numpy, for nothing.
_STAND_INS: Mapping[str, tuple[str, ...]] = {
    "scipy.stats": ("chi2", "gmean", "rankdata"),
    "numpy.f2py": (),
    "numpy.testing": (),
}


def _load(module: str) -> ModuleType:
    """A module itself, in place of its stand-in where there is one."""
    if not isinstance(sys.modules.get(module), _StandIn):
        return importlib.import_module(module)
    _remove(module)
    finders = sys.meta_path.count(_Finder)
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _Finder]
    try:
        return importlib.import_module(module)
    finally:
        sys.meta_path[:0] = [_Finder] * finders


class _Later:
    """An object of a module that is imported when the object is first called, or something of it asked for."""

    def __init__(self, module: str, name: str) -> None:
        self._place = (module, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._load()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # of what copies or stores objects
            raise AttributeError(name)
        return getattr(self._load(), name)

    def _load(self) -> Any:
        module, name = self._place
        return getattr(_load(module), name)


class _StandIn(ModuleType):
    """A module of which some names are there, each loaded when it is used; any other loads the module at once.

    It is no package: where something imports a module of it, that import fails, and it must be no stand-in.
    """

    def __getattr__(self, name: str) -> Any:
        if name in _STAND_INS[self.__name__]:
            return _Later(self.__name__, name)
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_load(self.__name__), name)


class _Finder:
    """Reports some modules as not installed, stands in for others, and leaves all else to the next finder.

    None in sys.modules would not do: pyarrow takes only an ImportError for a no, and ends in an AttributeError there.
    """

    @classmethod
    def find_spec(cls, name: str, *_: object) -> ModuleSpec | None:
        """Raise ModuleNotFoundError for what is absent."""
        if name in _ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}: hidden while a verb is imported", name=name)
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
