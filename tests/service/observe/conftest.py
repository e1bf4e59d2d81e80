"""Lines of the log of this process, and runs that are one line of a shell."""

import io
import json
import logging

import pytest

from hetero2.service.observe import logs
from hetero2.service.worker import numba_cache, sandbox
from tests.service import trivial


@pytest.fixture
def lines():
    """The lines so far, parsed."""
    stream, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(logs.formatter())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the test's own client
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def quick(monkeypatch):
    """Makes runs of this process trivial."""
    monkeypatch.setattr(sandbox, "command", sandbox.command)
    monkeypatch.setattr(numba_cache, "warm", numba_cache.warm)
    trivial.install()
    return trivial.install
