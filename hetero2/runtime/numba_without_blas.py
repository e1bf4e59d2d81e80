"""Start the compiler's library sooner, in a process that is all our own."""

import sys


def load() -> None:
    """Load what numba loads when it first compiles, or reads what it compiled, but for scipy.linalg.

    numba looks there for a BLAS, which no loop of ours needs, and importing it takes as long as loading the loops. From
    then on no function that numba compiles in this process can use one: not for a notebook, or a process of a user's.
    """
    if "scipy.linalg" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment] # an ImportError for who imports it
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules["scipy.linalg"]
