"""/readyz says which part is taken away, and is well again when it is back; /healthz touches none of them."""

import time
from dataclasses import replace

import httpx
import psycopg
import pytest

from hetero2.service import core
from hetero2.service.db import orgs
from hetero2.service.settings import Settings
from tests.service import postgres
from tests.service.in_thread import serving

pytestmark = pytest.mark.service


def ask(url, path="/readyz"):
    answer = httpx.get(url + path, trust_env=False, timeout=30)
    return answer.status_code, answer.json()


def missing(url):
    """The part that is not there; the process is alive all the same."""
    status, body = ask(url)
    assert status == 503
    assert body["status"] == "not ready"
    assert ask(url, "/healthz") == (200, {"status": "ok"})
    return body["part"]


@pytest.fixture
def shared(tmp_path, postgres_url):
    """(service on PostgreSQL, its address, name of its database)."""
    name = f"ready{time.monotonic_ns()}"
    url = postgres.new_database(postgres_url, name)
    service = core.open_service(Settings(folder=tmp_path / "service", database=url, port=0))
    core.first_start(service)
    with serving(service) as address:
        yield service, address, name
    service.engine.dispose()


@pytest.fixture
def owner(postgres_url):
    """A connection of the superuser."""
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        yield connection


def test_a_database_that_is_away(shared, owner):
    _, url, name = shared
    assert ask(url) == (200, {"status": "ok"})
    owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    assert missing(url) == "database"
    owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert ask(url) == (200, {"status": "ok"})


def test_a_role_that_row_level_security_does_not_hold_for(shared, owner):
    service, url, _ = shared
    with service.writing(None) as session:
        orgs.create(session, "second", "default", "a@second.example", service.now())
    assert ask(url) == (200, {"status": "ok"})
    owner.execute("ALTER ROLE plain BYPASSRLS")
    try:
        assert missing(url) == "isolation"
    finally:
        owner.execute("ALTER ROLE plain NOBYPASSRLS")
    assert ask(url) == (200, {"status": "ok"})


def test_tables_of_another_release_and_a_store_that_is_gone(service):
    with serving(replace(service, settings=service.settings.model_copy(update={"port": 0}))) as url:
        assert ask(url) == (200, {"status": "ok"})
        for revision, expected in (("0001", "revision"), (None, "revision")):
            with service.engine.begin() as connection:
                before = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
                change = (
                    "DELETE FROM alembic_version"
                    if revision is None
                    else "UPDATE alembic_version SET version_num = '0001'"
                )
                connection.exec_driver_sql(change)
            assert missing(url) == expected
            with service.engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM alembic_version")
                connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{before}')")
            assert ask(url) == (200, {"status": "ok"})
        files = service.settings.folder / "files"
        files.rename(files.with_name("away"))
        assert missing(url) == "store"
        files.with_name("away").rename(files)
        assert ask(url) == (200, {"status": "ok"})


def test_a_file_of_sqlite_that_is_gone(tmp_path):
    service = core.open_service(Settings(folder=tmp_path / "service", port=0))
    with serving(service) as url:
        assert ask(url) == (200, {"status": "ok"})
        path = tmp_path / "service/service.db"
        path.rename(path.with_name("away.db"))
        assert missing(url) == "database"
        assert not path.exists(), "to ask makes no new one"
        path.with_name("away.db").rename(path)
        assert ask(url) == (200, {"status": "ok"})
    service.engine.dispose()


def test_alive_without_any_of_them(tmp_path):
    service = core.open_service(Settings(folder=tmp_path / "service", port=0))
    with serving(service) as url:
        (tmp_path / "service").rename(tmp_path / "away")
        assert missing(url) == "database"
    service.engine.dispose()
