"""Two projects of a service that is served, on both databases, and GA4GH's own document of WES."""

import dataclasses
import itertools
import os
from pathlib import Path

import pytest

from hetero2.service.db import orgs
from hetero2.service.db.access import tokens
from tests.service import postgres, sites
from tests.service.api.ga4gh.official import Official
from tests.service.api.ga4gh.places import Place

_NUMBERS = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def places(request, tmp_path_factory):
    """(a project, another one with a token of its own): of another organisation where the database can have two."""
    is_sqlite = request.param == "sqlite"
    database = "" if is_sqlite else postgres.new_database(request.getfixturevalue("postgres_url"), f"g{next(_NUMBERS)}")
    with sites.served(tmp_path_factory.mktemp("ga4gh"), database=database, max_upload=2_000_000) as site:
        service, now = site.service, site.service.now()
        if is_sqlite:
            user_id = Place(site, "default", "default").principal().user_id
            with service.writing(site.scope) as session:
                project = orgs.add_project(session, site.scope.org_id, "second", now)
                scope = dataclasses.replace(site.scope, project_id=project.id)
                token = tokens.add(session, scope, user_id, "second", now)[1]
        else:
            with service.writing(None) as session:
                scope, owner = orgs.create(session, "other", "lab", "ann@example.org", now)
                token = tokens.add(session, scope, owner.id, "other", now)[1]
        names = ("default", "second") if is_sqlite else ("other", "lab")
        second = dataclasses.replace(site, scope=scope, token=token)
        yield Place(site, "default", "default"), Place(second, *names)


@pytest.fixture
def place(places):
    yield places[0]
    for each in places:
        each.clear()


@pytest.fixture
def other(places):
    return places[1]


@pytest.fixture(scope="session")
def official() -> Official:
    """What HETERO2_WES_OPENAPI names: workflow_execution_service.openapi.yaml of WES 1.1.0, which is not kept here."""
    path = os.environ.get("HETERO2_WES_OPENAPI")
    if path is None:
        pytest.skip("HETERO2_WES_OPENAPI does not name the document of WES 1.1.0")
    return Official(Path(path))
