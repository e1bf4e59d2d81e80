"""Services to ask: one that works, and one with small limits that starts nothing."""

import pytest

from tests.service import serving


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    """Of numba, for all runs of the session: made by the first one that needs them."""
    return tmp_path_factory.mktemp("service") / "caches"


@pytest.fixture(scope="session")
def working(tmp_path_factory, caches):
    """A service with one worker."""
    folder = tmp_path_factory.mktemp("service") / "working"
    with serving.served(folder, "--workers=1", "--cores=2", caches=caches) as server:
        yield server


@pytest.fixture(scope="session")
def idle(tmp_path_factory):
    """A service without a worker: what is queued stays queued. No run of it may be relied on by another test."""
    with serving.served(tmp_path_factory.mktemp("service") / "idle", "--workers=0", max_upload=1_000_000) as server:
        yield server
