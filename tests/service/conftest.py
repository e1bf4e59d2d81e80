"""Databases of both kinds, and an open service."""

import itertools
from pathlib import Path

import pytest

from hetero2.service import core
from hetero2.service.core import Service
from hetero2.service.domain.scope import Scope
from hetero2.service.settings import Settings
from tests.service import postgres

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory):
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.server(tmp_path_factory.mktemp("postgres") / "server") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    """What to give as --database: empty for SQLite."""
    if request.param == "sqlite":
        return ""
    return postgres.new_database(request.getfixturevalue("postgres_url"), f"test{next(_NUMBERS)}")


@pytest.fixture
def service(tmp_path: Path, database: str):
    opened = core.open_service(Settings(folder=tmp_path / "service", database=database, cores=2))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def scope(service: Service) -> Scope:
    core.first_start(service)
    from hetero2.service.db import orgs

    with service.reading() as session:
        first = orgs.first_scope(session)
    assert first is not None
    return first
