"""A service with two organisations on PostgreSQL, as its operator makes it, and people of every role in each."""

import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg

from hetero2.service import core
from hetero2.service.core import Service
from hetero2.service.db import engine, grants, orgs, upgrade
from hetero2.service.db.access import tokens, users
from hetero2.service.db.people import User
from hetero2.service.domain.permissions import OrgRole, ProjectRole
from hetero2.service.domain.scope import Scope
from hetero2.service.settings import Settings
from tests.service import postgres
from tests.service.sites import UNHURRIED, Site, answering

# Each is somebody of each organisation: their role there, and in its project.
PEOPLE: dict[str, tuple[OrgRole, ProjectRole | None]] = {
    "owner": (OrgRole.OWNER, None),
    "admin": (OrgRole.ADMIN, None),
    "project_admin": (OrgRole.MEMBER, ProjectRole.ADMIN),
    "runner": (OrgRole.MEMBER, ProjectRole.RUNNER),
    "viewer": (OrgRole.MEMBER, ProjectRole.VIEWER),
    "outsider": (OrgRole.MEMBER, None),
    "billing": (OrgRole.BILLING, None),
}
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Tenant:
    """An organisation, its people, and what opens the service for each."""

    site: Site
    users: dict[str, User]
    texts: dict[str, str]  # of tokens, by person
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def as_person(self, person: str) -> Site:
        """Its site with the token of a person."""
        return replace(self.site, token=self.texts[person])

    def client(self, person: str) -> httpx.Client:
        """A client with a person's token."""
        if person not in self.clients:
            headers = {"Authorization": f"Bearer {self.texts[person]}"}
            self.clients[person] = httpx.Client(
                base_url=f"{self.site.url}/api/v1", headers=headers, timeout=60, trust_env=False
            )
        return self.clients[person]


@dataclass(frozen=True)
class Database:
    """One with the tables, and who connects to it as what."""

    superuser: str
    owner: str
    server: str
    worker: str


def database(url: str) -> Database:
    """A new one, upgraded by its owner; url: of a superuser, without a database."""
    name = f"tenants{time.monotonic_ns()}_{next(_NUMBERS)}"
    owner = postgres.new_database(url, name)
    with psycopg.connect(f"{url}/{name}", autocommit=True) as connection:
        for role in ("server", "worker"):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                connection.execute(f"CREATE ROLE {role} LOGIN")
    connected = engine.connect(owner)
    upgrade.to_newest(connected)
    grants.grant(connected, "server", "worker")
    connected.dispose()
    return Database(f"{url}/{name}", owner, *(owner.replace("plain@", f"{role}@") for role in ("server", "worker")))


def _tenant(owner: Service, serving: Service, url: str, name: str) -> Tenant:
    now = owner.now()
    with owner.writing(None) as session:
        scope, first = orgs.create(session, name, "default", f"owner@{name}.example", now)
        people, texts = {"owner": first}, {}
        for person, (role, in_project) in PEOPLE.items():
            if person != "owner":
                people[person] = users.add(session, scope.org_id, f"{person}@{name}.example", person, role, now)
            if in_project is not None:
                users.put_member(session, scope, people[person].id, in_project, now)
            texts[person] = tokens.add(session, scope, people[person].id, person, now)[1]
    return Tenant(Site(serving, url, texts["owner"], scope), people, texts)


@contextlib.contextmanager
def served(folder: Path, where: Database, *names: str, **settings: Any) -> Iterator[list[Tenant]]:
    """Serve these organisations as the server's role does, without a worker, from this process."""
    owner = core.open_service(Settings(folder=folder / "service", database=where.owner))
    named = {"folder": folder / "service", "database": where.server, "port": 0, "workers": 0}
    serving = core.open_service(Settings(**{**named, **UNHURRIED, **settings}))
    try:
        with answering(serving) as url:
            tenants = [_tenant(owner, serving, url, name) for name in names]
            yield tenants
            for tenant in tenants:
                for client in tenant.clients.values():
                    client.close()
    finally:
        owner.engine.dispose()


def project_of(tenant: Tenant, name: str) -> Scope:
    """Another project of an organisation."""
    with tenant.site.service.writing(tenant.site.scope) as session:
        return Scope(
            tenant.site.scope.org_id, orgs.add_project(session, tenant.site.scope.org_id, name, _now(tenant)).id
        )


def _now(tenant: Tenant) -> Any:
    return tenant.site.service.now()
