"""A project as its clients see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select

from hetero2.service.api.access import opened_by
from hetero2.service.db import runs
from hetero2.service.db.access import audit, tokens
from hetero2.service.db.models import Run, Upload
from hetero2.service.domain.permissions import Action, Principal
from hetero2.service.domain.states import State
from tests.service.sites import Site

FORM = {"workflow_type": "SMK", "workflow_type_version": "9", "workflow_url": "hetero2://demo/1"}
LIBRARY, KNOWN = b"id,smiles\na,CCO\nb,CCN\n", b"id,smiles,label\nk1,CCO,1\nk2,CCN,0\n"


@dataclass(frozen=True)
class Place:
    """A site in one of its projects."""

    site: Site
    org: str
    project: str

    def client(self, path: str = "wes/v1", token: str | None = None, names: str | None = None) -> httpx.Client:
        """Of one of GA4GH's interfaces here, or below other names."""
        below = f"{self.org}/{self.project}" if names is None else names
        token = self.site.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        base = "/".join(filter(None, (self.site.url, below, "ga4gh", path)))
        return httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False)

    def principal(self) -> Principal:
        return opened_by(self.site.service, self.site.token).principal

    def limited(self, *actions: Action) -> str:
        """A token that may do these alone."""
        principal, service = self.principal(), self.site.service
        with service.writing(principal) as session:
            return tokens.add(session, self.site.scope, principal.user_id, "limited", service.now(), actions)[1]

    def put(self, name: str, content: bytes) -> str:
        """Bring a file by the API; its id."""
        headers = {"Authorization": f"Bearer {self.site.token}"}
        url = f"{self.site.url}/api/v1/uploads"
        answer = httpx.put(url, params={"name": name}, content=content, headers=headers, trust_env=False)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def ask(self, **form: Any) -> str:
        """The id of a run of the demonstration that is queued, or of what the form says."""
        with self.client() as client:
            answer = client.post("/runs", data=FORM | form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["run_id"])

    def clear(self) -> None:
        """Cancel what waits: a run that a test begins must be the first one."""
        scope, service = self.site.scope, self.site.service
        with service.writing(scope) as session:
            for row, _ in runs.page(session, scope, 200, None, [State.QUEUED]):
                runs.cancel(session, runs.key_of(row), service.now())

    def acts(self) -> list[str]:
        """What was done in this organisation, the latest first."""
        with self.site.service.reading(self.site.scope) as session:
            return [event.act for event in audit.page(session, self.site.scope.org_id, 1000)]

    def counts(self) -> tuple[int, int]:
        """How many runs and uploads there are."""
        scope = self.site.scope
        with self.site.service.reading(scope) as session:
            n_uploads = session.scalar(select(func.count()).where(Upload.project_id == scope.project_id))
            n_runs = session.scalar(select(func.count()).where(Run.project_id == scope.project_id))
        return n_runs or 0, n_uploads or 0

    def artifact_ids(self, run_id: Any) -> dict[str, str]:
        """Of what a run published, by name."""
        with self.site.service.reading(self.site.scope) as session:
            rows = runs.artifacts(session, runs.RunKey(self.site.scope, run_id))
            return {row.name: str(row.id) for row in rows}


def multipart(form: dict[str, str], files: Iterable[tuple[str, bytes]] = ()) -> list[tuple[str, Any]]:
    """The parts of a form as httpx takes them."""
    parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in form.items()]
    return parts + [("workflow_attachment", file) for file in files]
