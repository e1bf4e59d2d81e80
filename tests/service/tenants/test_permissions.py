"""Every operation of the API, asked for by everybody: each role of the own organisation, of another one, and nobody.

The expected answers are written here by hand: who changes the table of permissions says so twice.
"""

import json
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import select

from hetero2.service.api import openapi
from hetero2.service.api.access import permission_of
from hetero2.service.api.app import create_app
from hetero2.service.db.base import Table
from hetero2.service.domain.permissions import PROJECT_ACTIONS, Action, ProjectRole
from tests.service.tenants import operations
from tests.service.tenants.operations import REQUESTS, Asked
from tests.service.tenants.two_orgs import PEOPLE
from tools.service_openapi import PATH

pytestmark = pytest.mark.service
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation.get("x-permission"))
    for path, methods in json.loads(PATH.read_text())["paths"].items()
    for method, operation in methods.items()
}
OPEN = set(openapi._OPEN)
_READ, _WORK = {"project:read", "runs:read"}, {"runs:write", "artifacts:sign"}
_ADMIN = {"org:write", "members:write", "projects:write", "audit:read", "usage:read"}
_ALL = {"org:read", "tokens:write"}
EXPECTED = {
    "owner": _ALL | _READ | _WORK | _ADMIN | {"project:write"},
    "admin": _ALL | _READ | _WORK | _ADMIN | {"project:write"},
    "project_admin": _ALL | _READ | _WORK | {"project:write"},
    "runner": _ALL | _READ | _WORK,
    "viewer": _ALL | _READ,
    "outsider": _ALL,
    "billing": _ALL | {"usage:read"},
}
OF_PROJECT = _READ | _WORK | {"project:write"}
# Those that name something of an organisation, in the path or the body.
WITH_IDS = sorted(
    {name for name, (_, path, _) in OPERATIONS.items() if "{" in path and name not in OPEN}
    | {"rerun", "create_token", "create_invitation"}
)
# Of those who may not: who is not in the project is not told of it.
NOT_IN_PROJECT = {"outsider", "billing"}


def test_every_operation_has_a_request_here():
    assert set(REQUESTS) == set(OPERATIONS)


def test_every_route_declares_its_permission(acme):
    app = create_app(acme.site.service)
    undeclared = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and permission_of(route) is None:
            undeclared.add(f"{'/'.join(sorted(context.methods or ()))} {context.path}")
    assert undeclared == {
        "GET /api/v1/me",
        "GET /api/v1/workflows",
        "GET /api/v1/workflows/{name}",
        "GET /api/v1/files/{key:path}",
        "HEAD /api/v1/files/{key:path}",
        "GET /healthz",
        "GET /readyz",
        "GET /login",
        "POST /login",
        "POST /logout",
        "GET /invitations/{text}",
        "POST /invitations/{text}",
        "GET /account",  # one's own: whoever is signed in
        "POST /account/password",
        "POST /session/project",
        "GET /welcome",
        "POST /welcome",
        "GET /runs/{run_id}/scores",
        "GET /runs/{run_id}/{name}",
    }


def test_every_action_is_somebodys():
    assert set.union(*EXPECTED.values()) == {action.value for action in Action}
    assert set(PEOPLE) == set(EXPECTED)
    viewer, runner, admin = map(
        PROJECT_ACTIONS.__getitem__, (ProjectRole.VIEWER, ProjectRole.RUNNER, ProjectRole.ADMIN)
    )
    assert viewer < runner < admin


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - OPEN))
@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_own_organisation(acme, name, person):
    method, path, permission = OPERATIONS[name]
    answer = REQUESTS[name](acme, person).send(acme.client(person), method, path)
    if permission is None or permission in EXPECTED[person]:
        if name == "create_token" and person in NOT_IN_PROJECT:
            assert answer.status_code == 404
        else:
            assert answer.is_success, (answer.status_code, answer.text)
        return
    is_hidden = permission in OF_PROJECT and person in NOT_IN_PROJECT
    assert (answer.status_code, answer.json()["code"]) == ((404, "not_found") if is_hidden else (403, "forbidden"))


def with_other_ids(asked: Asked) -> Asked:
    """The same request about things that there are nowhere."""

    def other(value: object) -> object:
        if isinstance(value, dict):
            return {key: other(inner) for key, inner in value.items()}
        try:
            return str(uuid4()) if isinstance(value, UUID) or UUID(str(value)) else value
        except ValueError:
            return value

    return Asked(
        {key: other(value) for key, value in asked.values.items()}, other(asked.json), asked.content, asked.params,
        asked.headers,
    )  # fmt: skip


def said(answer: httpx.Response, asked: Asked) -> tuple[int, str]:
    """What an answer says, without the ids of its own request."""
    text = answer.text
    for value in (*asked.values.values(), *(asked.json.values() if isinstance(asked.json, dict) else ())):
        text = text.replace(str(value), "ID")
    return answer.status_code, text


@pytest.mark.parametrize("name", WITH_IDS)
@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_other_organisation_answers_as_if_there_were_no_such_thing(acme, globex, name, person):
    method, path, _ = OPERATIONS[name]
    asked = REQUESTS[name](acme, "owner")
    before = snapshot(acme)
    answer = asked.send(globex.client(person), method, path)
    random = with_other_ids(asked)
    assert said(answer, asked) == said(random.send(globex.client(person), method, path), random)
    assert answer.status_code in (403, 404)
    assert snapshot(acme) == before


def snapshot(tenant) -> list[tuple]:
    """All rows of an organisation."""
    with tenant.site.service.reading(tenant.site.scope) as session:
        return [
            tuple(row)
            for table in Table.metadata.sorted_tables
            if table.name not in ("tenants", "tokens", "sessions")  # whose last use is noted
            for row in sorted(map(tuple, session.execute(select(table))), key=repr)
        ]


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - OPEN))
@pytest.mark.parametrize("header", [None, "Bearer h2_wrong", "Basic eDp5", "Bearer"])
def test_nobody(acme, name, header):
    method, path, _ = OPERATIONS[name]
    headers = {} if header is None else {"Authorization": header}
    with httpx.Client(base_url=f"{acme.site.url}/api/v1", headers=headers, trust_env=False) as client:
        answer = REQUESTS[name](acme, "owner").send(client, method, path)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_operations_beside_the_document_are_open_to_everybody(acme):
    assert {"list_workflows", "get_workflow", "get_signed_file", "head_signed_file"} == OPEN
    with httpx.Client(base_url=f"{acme.site.url}/api/v1", trust_env=False) as client:
        assert client.get("/workflows").status_code == 200
        for name in ("get_signed_file", "head_signed_file"):
            method, path, _ = OPERATIONS[name]
            assert operations.REQUESTS[name](acme, "owner").send(client, method, path).status_code == 403
