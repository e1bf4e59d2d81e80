"""Databases of both kinds, and an open service."""

import contextlib
import itertools
import shutil
from pathlib import Path

import pytest

from hetero2.service import core
from hetero2.service.core import Service
from hetero2.service.domain.scope import Scope
from hetero2.service.settings import Settings
from tests.service import postgres, sites
from tools import look

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

    with service.reading(None) as session:
        first = orgs.first_scope(session)
    assert first is not None
    return first


@pytest.fixture(scope="session")
def bucket_environment(tmp_path_factory):
    """AWS_.. of an S3 server that runs as long as the tests do."""
    from tests.service import seaweed

    if shutil.which("weed") is None:
        pytest.skip("SeaweedFS is not installed")
    with seaweed.server(tmp_path_factory.mktemp("seaweed") / "server") as environment:
        yield environment


@pytest.fixture
def bucket_url(bucket_environment, monkeypatch) -> str:
    """What to give as --store: a prefix of its own in the bucket; the environment has its credentials."""
    from tests.service import seaweed

    for name, value in bucket_environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{seaweed.BUCKET}/test{next(_NUMBERS)}"


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    """A service that is served, without workers: its runs stay as they are."""
    with sites.served(tmp_path_factory.mktemp("still")) as site:
        yield site


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    """A service that is served, with a worker."""
    with sites.served(tmp_path_factory.mktemp("working"), n_workers=1) as site:
        yield site


@pytest.fixture(scope="module")
def browser():
    with look.chromium() as chromium:
        yield chromium


@pytest.fixture
def opened(browser):
    """Opens pages, of one size each; none of them may complain of anything but the status of an answer."""
    complaints = []
    with contextlib.ExitStack() as contexts:

        def page(size="desktop", **options):
            width, height = look.SIZES[size]
            context = browser.new_context(viewport={"width": width, "height": height}, **options)
            contexts.callback(context.close)
            seen = look.Seen(context.new_page())
            seen.complaints = complaints
            seen.watch()
            return seen.page

        yield page
    assert [text for text in complaints if "the server responded with a status of" not in text] == []
