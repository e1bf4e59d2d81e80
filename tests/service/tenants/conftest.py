"""Two organisations on one PostgreSQL database, with people of every role; made once for the tests of a file."""

import pytest

from tests.service.tenants import two_orgs
from tests.service.tenants.operations import FILE


@pytest.fixture(autouse=True)
def _fetched(monkeypatch):
    """What is fetched has come. tests/service/test_fetch.py has a network for it."""
    monkeypatch.setattr("hetero2.api.fetch", lambda _url, _sha256, out, *_: out.write_bytes(FILE))


@pytest.fixture(scope="module")
def where(postgres_url):
    """A database with roles that own nothing."""
    return two_orgs.database(postgres_url)


@pytest.fixture(scope="module")
def both(tmp_path_factory, where):
    """The two organisations."""
    with two_orgs.served(tmp_path_factory.mktemp("tenants"), where, "acme", "globex") as tenants:
        yield tenants


@pytest.fixture(scope="module")
def acme(both):
    return both[0]


@pytest.fixture(scope="module")
def globex(both):
    return both[1]
