"""A visit to each page, and a form for each that takes one, about things of one organisation made for it alone.

The pages are those of the application: one that has no visit here fails the tests that go over all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from hetero2.service.domain.permissions import ProjectRole
from tests.service.browsing import Browser
from tests.service.tenants import operations
from tests.service.tenants.two_orgs import Tenant


@dataclass(frozen=True)
class Visit:
    """What fills the path of a page in, and its form."""

    values: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def send(self, client: Browser, page: str, form_token: str | None = None) -> Any:
        """Send it; page: method and path. form_token: in the place of that of the browser."""
        method, path = page.split()
        for name, value in self.values.items():
            path = path.replace(f"{{{name}}}", str(value))
        if method == "GET":
            return client.get(path)
        token = client.form_token if form_token is None else form_token
        return client.post(path, data={"form_token": token, **self.form}, files=self.files or None)


def _complete(tenant: Tenant) -> UUID:
    return tenant.site.complete({"report.html": b"<p>report", "a.csv": uuid4().bytes})


def _project(tenant: Tenant) -> UUID:
    return tenant.site.scope.project_id


def _account(email: str = "") -> dict[str, str]:
    return {"email": email, "name": "x", "password": "a password of four words", "org": "x"}


# method and path -> (tenant, who will come) -> a visit about something of that tenant.
VISITS: dict[str, Callable[[Tenant, str], Visit]] = {
    "GET /": lambda t, who: Visit(),
    "GET /runs-table": lambda t, who: Visit(),
    "GET /new": lambda t, who: Visit(),
    "GET /new/{name}": lambda t, who: Visit({"name": "screen"}),
    "POST /new/{name}": lambda t, who: Visit({"name": "demo"}, files={"x": ("", b"")}),
    "POST /runs": lambda t, who: Visit(form={"request": '{"workflow": "demo"}', "key": uuid4().hex}),
    "GET /runs/{run_id}": lambda t, who: Visit({"run_id": t.site.queued()}),
    "GET /runs/{run_id}/state": lambda t, who: Visit({"run_id": t.site.queued()}),
    "GET /runs/{run_id}/scores": lambda t, who: Visit({"run_id": t.site.queued()}),
    "POST /runs/{run_id}/scores": lambda t, who: Visit(
        {"run_id": t.site.paused()}, files={"scores": ("scores.csv", b"id,score\na,1\n")}
    ),
    "POST /runs/{run_id}/{action}": lambda t, who: Visit({"run_id": t.site.queued(), "action": "cancel"}),
    "GET /runs/{run_id}/files/{name}": lambda t, who: Visit({"run_id": _complete(t), "name": "a.csv"}),
    "GET /runs/{run_id}/report": lambda t, who: Visit({"run_id": _complete(t)}),
    "GET /runs/{run_id}/{name}": lambda t, who: Visit({"run_id": _complete(t), "name": "a.csv"}),
    "GET /account": lambda t, who: Visit(),
    "POST /account/password": lambda t, who: Visit(form={"old": "x", "password": "x"}),
    "POST /session/project": lambda t, who: Visit(form={"project": str(_project(t))}),
    "GET /welcome": lambda t, who: Visit(),
    "POST /welcome": lambda t, who: Visit(form=_account("new@x.example")),
    "POST /logout": lambda t, who: Visit(),
    "GET /members": lambda t, who: Visit(),
    "GET /members/invite": lambda t, who: Visit(),
    "POST /members/invite": lambda t, who: Visit(form={"email": f"{uuid4().hex}@x.example", "role": "member"}),
    "POST /members/invitations/{invitation_id}/revoke": lambda t, who: Visit(
        {"invitation_id": operations.invitation(t)}
    ),
    "GET /members/{user_id}": lambda t, who: Visit({"user_id": operations.person(t)}),
    "POST /members/{user_id}/role": lambda t, who: Visit({"user_id": operations.person(t)}, {"role": "billing"}),
    "POST /members/{user_id}/disable": lambda t, who: Visit({"user_id": operations.person(t)}),
    "POST /members/{user_id}/enable": lambda t, who: Visit({"user_id": operations.person(t)}),
    "POST /members/{user_id}/reset": lambda t, who: Visit({"user_id": operations.person(t)}),
    "GET /projects": lambda t, who: Visit(),
    "POST /projects": lambda t, who: Visit(form={"name": uuid4().hex}),
    "GET /projects/{project_id}": lambda t, who: Visit({"project_id": _project(t)}),
    "POST /projects/{project_id}/name": lambda t, who: Visit({"project_id": _project(t)}, {"name": uuid4().hex}),
    "POST /projects/{project_id}/members": lambda t, who: Visit(
        {"project_id": _project(t)}, {"user": str(operations.person(t)), "role": ProjectRole.VIEWER.value}
    ),
    "POST /projects/{project_id}/members/{user_id}/remove": lambda t, who: Visit(
        {"project_id": _project(t), "user_id": operations.person(t, in_project=True)}
    ),
    "GET /tokens": lambda t, who: Visit(),
    "POST /tokens": lambda t, who: Visit(form={"name": "x", "project": str(_project(t)), "limit": "read", "end": "30"}),
    "GET /tokens/{token_id}/revoke": lambda t, who: Visit({"token_id": operations.token(t, who)}),
    "POST /tokens/{token_id}/revoke": lambda t, who: Visit({"token_id": operations.token(t, who)}),
    "GET /audit": lambda t, who: Visit(),
    "GET /audit.csv": lambda t, who: Visit(),
    "GET /org": lambda t, who: Visit(),
    "POST /org": lambda t, who: Visit(form={"hosts": "data.example.com"}),
}
