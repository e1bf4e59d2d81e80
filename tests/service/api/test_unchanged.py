"""What is kept while the database is unchanged is never older than the database."""

import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from hetero2.service import core
from hetero2.service.api.access import opened_by
from hetero2.service.db import engine as databases
from hetero2.service.db.access import tokens
from hetero2.service.domain.errors import ServiceError

pytestmark = pytest.mark.service


@pytest.fixture
def token(service) -> str:
    made = core.first_start(service)
    assert made is not None
    return made


@contextmanager
def queries(service):
    """The statements that the block sends to the database."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    event.listen(service.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(service.engine, "before_cursor_execute", note)


def test_a_token_is_looked_up_again_only_where_somebody_has_written(service, token):
    opened_by(service, token)
    with queries(service) as sent:
        opened_by(service, token)
    is_kept = service.settings.is_embedded
    assert (not sent) == is_kept
    with service.writing(None) as session:
        session.execute(text("update orgs set name = 'other'"))
    with queries(service) as sent:
        opened_by(service, token)
    assert sent


def test_a_token_opens_nothing_once_it_is_revoked(service, token):
    person = opened_by(service, token).principal
    with service.writing(person) as session:
        tokens.revoke(session, person, person.token_id, service.now())
    with pytest.raises(ServiceError, match="not valid"):
        opened_by(service, token)


def test_what_another_process_writes_is_seen(service, token):
    if not service.settings.is_embedded:
        pytest.skip("nothing is kept")
    opened_by(service, token)
    other = sqlite3.connect(service.settings.folder / "service.db")
    other.execute("update users set disabled_at = '2026-01-01 00:00:00'")
    other.commit()
    other.close()
    with pytest.raises(ServiceError, match="not valid"):
        opened_by(service, token)


def test_a_token_that_ends_opens_nothing_although_nobody_writes(service, token, monkeypatch):
    person, now = opened_by(service, token).principal, service.now()
    with service.writing(person) as session:
        ending = tokens.add(session, person, person.user_id, "short", now, None, now + timedelta(minutes=1))[1]
    assert opened_by(service, ending).principal.user_id == person.user_id
    monkeypatch.setattr(type(service), "now", lambda _: now + timedelta(minutes=1))
    with pytest.raises(ServiceError, match="not valid"):
        opened_by(service, ending)


def test_what_fails_is_not_kept(service, token):
    wrong = token[:-4] + ("aaaa" if token[-4:] != "aaaa" else "bbbb")
    for _ in range(2):
        with queries(service) as sent, pytest.raises(ServiceError, match="not valid"):
            opened_by(service, wrong)
        assert sent


@pytest.mark.usefixtures("token")
def test_what_was_written_while_it_was_read_is_read_again(service):
    if not service.settings.is_embedded:
        pytest.skip("nothing is kept")
    kept = databases.Unchanged(service.engine)

    def name() -> str:
        with service.reading(None) as session:
            return str(session.execute(text("select name from orgs")).scalar())

    def read() -> str:
        read_name = name()
        with service.writing(None) as session:
            session.execute(text("update orgs set name = 'meanwhile'"))
        return read_name

    assert kept.get("name", read) == "default"
    assert kept.get("name", name) == "meanwhile"
    kept.close()
    with queries(service) as sent:
        assert kept.get("name", name) == "meanwhile"
    assert sent


def test_many_values_do_not_stay(service, monkeypatch):
    monkeypatch.setattr(databases, "_MOST_KEPT", 5)
    kept = databases.Unchanged(service.engine)
    for number in range(20):
        kept.get(number, lambda number=number: number)
    assert len(kept._values) <= 5
