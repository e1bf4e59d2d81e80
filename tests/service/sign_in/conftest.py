"""Places where one signs in: with SQLite, where there is one organisation; with PostgreSQL, as the server's role."""

import contextlib

import argon2
import pytest

from hetero2.service.db.access import passwords
from tests.service import sites
from tests.service.sign_in.people import Clock, Place
from tests.service.tenants import two_orgs


@pytest.fixture(scope="package", autouse=True)
def hasher():
    """What hashes passwords; in these tests one that takes less time does so, or most of theirs would be its."""
    its_own = passwords._HASHER
    passwords._HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    passwords._nobodys.cache_clear()
    yield its_own
    passwords._HASHER = its_own
    passwords._nobodys.cache_clear()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    if request.param == "sqlite":
        with sites.served(folder, lock_after=3) as site, contextlib.ExitStack() as closing:
            yield Place(site, "", closing)
        return
    where = two_orgs.database(request.getfixturevalue("postgres_url"))
    with (
        two_orgs.served(folder, where, "acme", "globex", lock_after=3) as tenants,
        contextlib.ExitStack() as closing,
    ):
        yield Place(tenants[0].site, "acme", closing)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A place with SQLite alone, for what has nothing to do with the database."""
    with sites.served(tmp_path_factory.mktemp("small")) as site, contextlib.ExitStack() as closing:
        yield Place(site, "", closing)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)
