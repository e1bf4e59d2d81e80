"""People who sign in: their accounts, a clock that is put forward, and what the database says of their sessions."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from hetero2.service.core import Service
from hetero2.service.db.access import audit, passwords, tokens, users
from hetero2.service.db.people import AuditEvent, User, WebSession
from hetero2.service.domain.permissions import OrgRole, Principal, ProjectRole
from tests.service.browsing import Browser
from tests.service.sites import Site

PASSWORD = "a few words of mine"
OTHER = "some other words of mine"


@dataclass(frozen=True)
class Place:
    """A service, and the name of the organisation that one signs in to; empty where it is not asked for."""

    site: Site
    org: str
    closing: contextlib.ExitStack  # what was opened is closed at its end

    @property
    def service(self) -> Service:
        """Of the place."""
        return self.site.service

    @property
    def org_id(self) -> UUID:
        """Of the organisation."""
        return self.site.scope.org_id

    def person(
        self, role: OrgRole = OrgRole.MEMBER, in_project: ProjectRole | None = ProjectRole.RUNNER,
        password: str | None = PASSWORD, **more: Any,
    ) -> User:  # fmt: skip
        """A new account."""
        hashed = None if password is None else passwords.hashed(password)
        with self.service.writing(self.org_id) as session:
            user = users.add(
                session, self.org_id, f"{uuid4().hex}@acme.example", "Ada", role, self.service.now(), hashed, **more
            )
            if in_project is not None:
                users.put_member(session, self.site.scope, user.id, in_project, self.service.now())
        return user

    def token(self, user: User, **more: Any) -> tuple[UUID, str]:
        """(id, text) of a new token of a person."""
        with self.service.writing(self.org_id) as session:
            token, text = tokens.add(session, self.site.scope, user.id, "test", self.service.now(), **more)
            return token.id, text

    def principal(self, user: User) -> Principal:
        """A person in the first project."""
        with self.service.reading(self.org_id) as session:
            principal = users.principal(session, self.org_id, user.id, self.site.scope.project_id)
        assert principal is not None
        return principal

    def browser(self) -> Browser:
        """A browser in which nobody is signed in."""
        return self.closing.enter_context(Browser(base_url=self.site.url, timeout=60, trust_env=False))

    def by_password(self, user: User, password: str = PASSWORD) -> Browser:
        """One in which a person is signed in by their password."""
        opened = self.browser()
        assert opened.sign_in(email=user.email, password=password, org=self.org).status_code == 303
        return opened

    def account(self, user: User) -> User:
        """An account as it is now."""
        with self.service.reading(self.org_id) as session:
            return users.get(session, self.org_id, user.id)

    def sessions(self, user: User) -> list[WebSession]:
        """Those of a person, ended or not, in the order in which they began."""
        with self.service.reading(self.org_id) as session:
            query = select(WebSession).where(WebSession.user_id == user.id).order_by(WebSession.created_at)
            return list(session.scalars(query))

    def events(self, act: str = "", limit: int = 1000) -> list[AuditEvent]:
        """The audit events of an act, the latest first."""
        with self.service.reading(self.org_id) as session:
            return [event for event in audit.page(session, self.org_id, limit) if not act or event.act == act]


class Clock:
    """The time of services in this process, which can be put forward."""

    def __init__(self, monkeypatch: Any) -> None:
        self._ahead, now = timedelta(0), Service.now
        monkeypatch.setattr(Service, "now", lambda service: now(service) + self._ahead)

    def forward(self, **span: float) -> None:
        """Put it forward."""
        self._ahead += timedelta(**span)


def is_in(opened: Browser) -> bool:
    """Whether somebody is signed in there."""
    answer = opened.get("/account")
    assert answer.status_code == 200 or (answer.status_code, answer.headers["location"]) == (303, "/login")
    return answer.status_code == 200
