"""A request for each operation of the API, about things of one organisation that are made for it alone.

The operations are those of the document: one that has no request here fails the tests that go over all of them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from hetero2.service.db import runs, uploads
from hetero2.service.db.access import invitations, tokens, users
from hetero2.service.domain.permissions import OrgRole, ProjectRole
from hetero2.service.domain.scope import RunKey
from tests.service import screens
from tests.service.tenants.two_orgs import Tenant, project_of

FILE = b"id,smiles\na,CCO\n"


@dataclass(frozen=True)
class Asked:
    """A request; the path is that of the document, filled in with these values."""

    values: dict[str, Any] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    params: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, client: httpx.Client, method: str, path: str) -> httpx.Response:
        """Send it; path: of the document."""
        for name, value in self.values.items():
            path = path.replace(f"{{{name}}}", str(value))
        more = {} if self.json is None else {"json": self.json}
        more |= {} if self.content is None else {"content": self.content}
        url = str(client.base_url).removesuffix("/").removesuffix("/api/v1") + path
        return client.request(method, url, params=self.params, headers=self.headers, **more)


def _upload(tenant: Tenant) -> UUID:
    return UUID(str(screens.bring_to(tenant.site.service, tenant.site.scope, "library.csv", FILE)))


def _part(tenant: Tenant) -> UUID:
    site = tenant.site
    with site.service.writing(site.scope) as session:
        digest = hashlib.sha256(uuid4().bytes + FILE).hexdigest()
        return uploads.add(session, site.scope, "part.csv", 100, digest, site.service.now()).id


def _queued(tenant: Tenant) -> UUID:
    return tenant.site.queued()


def _failed(tenant: Tenant) -> UUID:
    return tenant.site.failed("no reason")


def _complete(tenant: Tenant) -> UUID:
    return tenant.site.complete({"a.csv": uuid4().bytes, "log.txt": b"x"})


def _project(tenant: Tenant) -> UUID:
    return tenant.site.scope.project_id


def person(tenant: Tenant, in_project: bool = False) -> UUID:
    site, now = tenant.site, tenant.site.service.now()
    with site.service.writing(site.scope) as session:
        user = users.add(session, site.scope.org_id, f"{uuid4().hex}@x.example", "x", OrgRole.MEMBER, now)
        if in_project:
            users.put_member(session, site.scope, user.id, ProjectRole.VIEWER, now)
        return user.id


def token(tenant: Tenant, who: str) -> UUID:
    site = tenant.site
    with site.service.writing(site.scope) as session:
        return tokens.add(session, site.scope, tenant.users[who].id, "x", site.service.now())[0].id


def invitation(tenant: Tenant) -> UUID:
    """One that is open."""
    site = tenant.site
    with site.service.reading(site.scope) as session:
        by = users.principal(session, site.scope.org_id, tenant.users["owner"].id, None)
    assert by is not None
    with site.service.writing(by) as session:
        return invitations.create(session, by, f"{uuid4().hex}@x.example", OrgRole.MEMBER, site.service.now())[0].id


def _signed(tenant: Tenant) -> Asked:
    run_id = _complete(tenant)
    with tenant.site.service.reading(tenant.site.scope) as session:
        key = runs.artifacts(session, RunKey(tenant.site.scope, run_id))[0].key
    return Asked({"key": key}, params={"expires": 4102444800, "signature": "0" * 43})


# (tenant, who will ask) -> a request about something of that tenant.
REQUESTS: dict[str, Callable[[Tenant, str], Asked]] = {
    "get_me": lambda t, who: Asked(),
    "begin_upload": lambda t, who: Asked(json={"name": "a.csv", "size": 9, "sha256": uuid4().hex * 2}),
    "upload_file": lambda t, who: Asked(params={"name": "a.csv"}, content=uuid4().bytes),
    "fetch_file": lambda t, who: Asked(
        json={"url": "https://data.example.com/a.csv", "sha256": hashlib.sha256(FILE).hexdigest()}
    ),
    "list_uploads": lambda t, who: Asked(),
    "get_upload": lambda t, who: Asked({"upload_id": _upload(t)}),
    "append_upload": lambda t, who: Asked({"upload_id": _part(t)}, content=b"x", headers={"Upload-Offset": "0"}),
    "list_workflows": lambda t, who: Asked(),
    "get_workflow": lambda t, who: Asked({"name": "demo"}),
    "create_run": lambda t, who: Asked(json={"workflow": "demo"}),
    "list_runs": lambda t, who: Asked(),
    "check_run": lambda t, who: Asked(json={"workflow": "demo"}),
    "rerun": lambda t, who: Asked(json={"run_id": str(_complete(t))}),
    "get_run": lambda t, who: Asked({"run_id": _queued(t)}),
    "cancel_run": lambda t, who: Asked({"run_id": _queued(t)}),
    "retry_run": lambda t, who: Asked({"run_id": _failed(t)}),
    "bring_scores": lambda t, who: Asked({"run_id": t.site.paused()}, json={"upload_id": str(_upload(t))}),
    "list_artifacts": lambda t, who: Asked({"run_id": _complete(t)}),
    "download_artifact": lambda t, who: Asked({"run_id": _complete(t), "name": "a.csv"}),
    "sign_artifact": lambda t, who: Asked({"run_id": _complete(t), "name": "a.csv"}),
    "use_artifact": lambda t, who: Asked({"run_id": _complete(t), "name": "a.csv"}),
    "get_log": lambda t, who: Asked({"run_id": _complete(t)}),
    "list_events": lambda t, who: Asked({"run_id": _queued(t)}),
    "head_signed_file": lambda t, who: _signed(t),
    "get_signed_file": lambda t, who: _signed(t),
    "get_org": lambda t, who: Asked(),
    "change_org": lambda t, who: Asked(json={"fetch_hosts": ["data.example.com"]}),
    "list_members": lambda t, who: Asked(),
    "change_member": lambda t, who: Asked({"user_id": person(t)}, json={"is_disabled": True}),
    "list_invitations": lambda t, who: Asked(),
    "create_invitation": lambda t, who: Asked(
        json={
            "email": f"{uuid4().hex}@x.example",
            "role": "member",
            "project_id": str(_project(t)),
            "project_role": "viewer",
        }
    ),
    "revoke_invitation": lambda t, who: Asked({"invitation_id": invitation(t)}),
    "reset_member": lambda t, who: Asked({"user_id": person(t)}),
    "list_audit_events": lambda t, who: Asked(),
    "list_projects": lambda t, who: Asked(),
    "create_project": lambda t, who: Asked(json={"name": uuid4().hex}),
    "rename_project": lambda t, who: Asked(
        {"project_id": project_of(t, uuid4().hex).project_id}, json={"name": uuid4().hex}
    ),
    "list_project_members": lambda t, who: Asked({"project_id": _project(t)}),
    "put_project_member": lambda t, who: Asked(
        {"project_id": _project(t), "user_id": person(t)}, json={"role": "viewer"}
    ),
    "remove_project_member": lambda t, who: Asked({"project_id": _project(t), "user_id": person(t, True)}),
    "list_tokens": lambda t, who: Asked(),
    "create_token": lambda t, who: Asked(json={"name": "x", "project_id": str(t.site.scope.project_id)}),
    "revoke_token": lambda t, who: Asked({"token_id": token(t, who)}),
}
