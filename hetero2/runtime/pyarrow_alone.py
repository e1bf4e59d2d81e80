"""Keep pyarrow from importing pandas, which takes longer than most stages: for a process of the command line alone.

With the first array that it makes, pyarrow imports pandas where that is installed: 0.4 s of CPU beside its own 0.2 s,
and a run starts thousands of processes that use no pandas. pyarrow has no switch for this. It notes once whether pandas
was there, in C, where nothing else can set it, and takes only an ImportError for a no (None in sys.modules ends in an
AttributeError); hence the import hook. It lasts as long as the process: a program that uses pandas later would get
wrong arrays of a Series, so `hetero2.api` does not call this.
"""

import sys


class _NoPandas:
    """A finder that reports pandas as not installed, and leaves other modules to the next one."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Raise ModuleNotFoundError for pandas."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def forget_pandas() -> None:
    """Let pyarrow, where it is loaded, look for pandas now and not find it; nothing where pandas is loaded already."""
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is not None and "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoPandas)
        try:
            pyarrow.array([""])
        finally:
            sys.meta_path.remove(_NoPandas)
