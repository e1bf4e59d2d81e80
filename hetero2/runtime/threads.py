"""Threads of the libraries that compute: a run gives each job one, in its environment; a notebook has none set."""

import contextlib
from collections.abc import Iterator

from threadpoolctl import threadpool_limits


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Meanwhile scikit-learn and numpy compute in one thread, as in a job of a run.

    Trees on a few hundred rows gain nothing by more, and take ten times as long where other processes need the cores.
    """
    import sklearn.ensemble  # noqa: F401 - loads what is to be limited

    with threadpool_limits(1):
        yield
