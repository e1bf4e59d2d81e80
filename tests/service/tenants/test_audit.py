"""Audit events: one for each act that changes something, in its transaction; never changed, never taken away."""

import contextlib

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hetero2.service import core
from hetero2.service.db import runs
from hetero2.service.db.access import audit
from hetero2.service.db.people import AuditEvent
from hetero2.service.domain.scope import RunKey
from hetero2.service.settings import Settings
from tests.service.tenants.operations import REQUESTS
from tests.service.tenants.test_permissions import OPEN, OPERATIONS

pytestmark = pytest.mark.service
# What changes nothing, though it is no GET: a dry run.
CHANGES_NOTHING = {"check_run"}
ACTS = {
    "begin_upload": "upload.create",
    "upload_file": "upload.create",
    "append_upload": "upload.append",
    "fetch_file": "upload.create",
    "create_run": "run.create",
    "rerun": "run.create",
    "cancel_run": "run.cancel",
    "retry_run": "run.retry",
    "bring_scores": "run.scores",
    "sign_artifact": "artifact.sign",
    "use_artifact": "upload.create",
    "change_org": "org.change",
    "change_member": "member.change",
    "create_invitation": "invitation.create",
    "revoke_invitation": "invitation.revoke",
    "reset_member": "member.reset",
    "create_project": "project.create",
    "rename_project": "project.rename",
    "put_project_member": "project.member",
    "remove_project_member": "project.member_removed",
    "create_token": "token.create",
    "revoke_token": "token.revoke",
}
CHANGING = {
    name for name, (method, _, _) in OPERATIONS.items() if method not in ("GET", "HEAD") and name not in CHANGES_NOTHING
}


def events(tenant) -> dict:
    with tenant.site.service.reading(tenant.site.scope) as session:
        return {event.id: event for event in session.scalars(select(AuditEvent))}


def test_every_operation_that_changes_something_is_named_here():
    assert set(ACTS) == CHANGING


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_act_writes_one_event(acme, name):
    method, path, _ = OPERATIONS[name]
    asked = REQUESTS[name](acme, "owner")
    before = events(acme)
    answer = asked.send(acme.client("owner"), method, path)
    assert answer.is_success, answer.text
    [event] = [event for key, event in events(acme).items() if key not in before]
    assert event.act == ACTS[name]
    assert event.user_id == acme.users["owner"].id
    assert event.token_id is not None
    assert acme.texts["owner"] not in str(event.detail)


@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - OPEN - CHANGING))
def test_what_changes_nothing_writes_none(acme, name):
    method, path, _ = OPERATIONS[name]
    asked = REQUESTS[name](acme, "owner")
    before = events(acme)
    assert asked.send(acme.client("owner"), method, path).is_success
    assert events(acme).keys() == before.keys()


@pytest.mark.parametrize("name", sorted(ACTS))
def test_what_is_refused_writes_none(acme, name):
    method, path, _ = OPERATIONS[name]
    asked = REQUESTS[name](acme, "billing")
    before = events(acme)
    answer = asked.send(acme.client("billing"), method, path)
    if name not in ("revoke_token",):  # one's own
        assert answer.status_code in (403, 404)
        assert events(acme).keys() == before.keys()


def test_an_act_that_fails_takes_its_event_with_it(acme):
    """In the transaction of the act: where that is undone, there is none."""
    site = acme.site
    run_id = site.queued()
    assert acme.client("owner").post(f"/runs/{run_id}:cancel").status_code == 200
    before = events(acme)
    assert acme.client("owner").post(f"/runs/{run_id}:cancel").status_code == 409
    assert events(acme).keys() == before.keys()
    with contextlib.suppress(ZeroDivisionError), site.service.writing(site.scope) as session:
        runs.retry(session, RunKey(site.scope, run_id), site.service.now())
        audit.note(session, site.scope, "run.retry", run_id)
        raise ZeroDivisionError
    assert events(acme).keys() == before.keys()


def test_a_key_that_is_used_again_is_no_second_act(acme):
    headers = {"Idempotency-Key": "the-same"}
    first = acme.client("owner").post("/runs", json={"workflow": "demo"}, headers=headers)
    before = events(acme)
    again = acme.client("owner").post("/runs", json={"workflow": "demo"}, headers=headers)
    assert (first.json()["id"], again.status_code) == (again.json()["id"], 200)
    assert events(acme).keys() == before.keys()


@pytest.mark.parametrize("statement", ["UPDATE audit_events SET act = 'x'", "DELETE FROM audit_events"])
def test_nobody_changes_an_event(acme, where, tmp_path, statement):
    before = events(acme)
    assert before
    for url in (where.server, where.owner, where.superuser):
        service = core.open_service(Settings(folder=tmp_path, database=url))
        with (
            pytest.raises(DBAPIError, match=r"permission denied|append-only"),
            service.writing(acme.site.scope) as session,
        ):
            session.execute(text(statement))
        service.engine.dispose()
    assert events(acme).keys() == before.keys()


def test_nobody_changes_an_event_on_sqlite(tmp_path):
    service = core.open_service(Settings(folder=tmp_path))
    core.first_start(service)
    for statement in ("UPDATE audit_events SET act = 'x'", "DELETE FROM audit_events"):
        with pytest.raises(DBAPIError, match="append-only"), service.writing(None) as session:
            session.execute(text(statement))
    service.engine.dispose()


def test_events_are_listed_in_pages(acme):
    client = acme.client("admin")
    seen, cursor = [], None
    while True:
        params = {"limit": 7} | ({} if cursor is None else {"cursor": cursor})
        page = client.get("/audit", params=params).json()
        seen += page["events"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [event["id"] for event in seen] == list(dict.fromkeys(event["id"] for event in seen))
    assert {event["id"] for event in seen} == {str(key) for key in events(acme)}
    assert [event["at"] for event in seen] == sorted((event["at"] for event in seen), reverse=True)
