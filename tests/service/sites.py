"""A service that answers on loopback in this process, and runs in its database without the minutes that they take."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hetero2.service import core, server, submission
from hetero2.service.core import Service
from hetero2.service.db import orgs, runs
from hetero2.service.db.models import Artifact
from hetero2.service.dispatch import background
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import State
from hetero2.service.settings import Settings
from hetero2.service.store.base import artifact_key
from hetero2.service.workflows.registry import workflow
from tests.service import screens

SMILES = (
    "CCO CCN CCC CCCl c1ccccc1 c1ccccc1O c1ccccc1N CC(=O)O CC(=O)N CCOC(=O)C CCCCO CCCCN c1ccncc1 c1ccoc1 c1ccsc1 "
    "CC(C)O CC(C)N CCS CCBr Cc1ccccc1"
).split()
LEASE = timedelta(minutes=10)
# All that tests ask comes from one address, faster than anybody asks.
UNHURRIED = dict.fromkeys(("rate_token", "rate_org", "rate_address", "rate_sign_in", "rate_account"), 1_000_000)


@dataclass(frozen=True)
class Site:
    """A service, where it answers, and the token that opens it."""

    service: Service
    url: str
    token: str
    scope: Scope

    def queued(self, name: str = "demo") -> UUID:
        """A run that waits for a worker."""
        return submission.submit(self.service, self.scope, None, None, workflow(name), {}, {})[0]

    def begun(self, run_id: UUID) -> runs.Lease:
        """A run that a worker has, which is no more than this lease. What waited before it is canceled."""
        with self.service.writing(self.scope) as session:
            for row, _ in runs.page(session, self.scope, 200, None, [State.QUEUED]):
                if row.id != run_id:
                    runs.cancel(session, RunKey(self.scope, row.id), self.service.now())
            lease = runs.claim(session, "test", self.service.now(), LEASE)
            assert lease is not None
            assert lease.key.run_id == run_id
            assert runs.advance(session, lease, [State.INITIALIZING], State.RUNNING, self.service.now())
        return lease

    def failed(self, reason: str) -> UUID:
        """A run that failed for this reason."""
        run_id = self.queued()
        lease, now = self.begun(run_id), self.service.now()
        with self.service.writing(self.scope) as session:
            assert runs.advance(
                session, lease, [State.RUNNING], State.EXECUTOR_ERROR, now, code="failed", reason=reason
            )
        return run_id

    def complete(self, files: dict[str, bytes]) -> UUID:
        """A run that published these files; `report.html` is its report."""
        run_id = self.queued()
        lease, now = self.begun(run_id), self.service.now()
        published = [self._stored(lease, name, content) for name, content in files.items()]
        facts = {"counts": {"OK": 18, "SKIP": 1, "ERROR": 1}, "top_reasons": [["NO_DECOYS", 1]]}
        with self.service.writing(self.scope) as session:
            assert runs.publish(session, lease, published, now, facts=facts)
        return run_id

    def pausing(
        self, request: bytes = b"id,smiles,role\n", progress: dict[str, Any] | None = None
    ) -> tuple[UUID, Callable[[], None]]:
        """A run that is at work, and what makes it wait for the scores of this request."""
        library = screens.bring_to(self.service, self.scope, "library.csv", b"id,smiles\na,CCO\n")
        asked = workflow("audit_later")
        run_id, _ = submission.submit(self.service, self.scope, None, None, asked, {}, {"library": library})
        lease = self.begun(run_id)
        with self.service.writing(self.scope) as session:
            assert runs.heartbeat(session, lease, self.service.now(), LEASE, progress) is State.RUNNING

        def pause() -> None:
            published = [self._stored(lease, "score_request.csv", request)]
            values = {"code": "waits_for_scores", "reason": "waits for scores", "facts": {}}
            with self.service.writing(self.scope) as session:
                assert runs.publish(session, lease, published, self.service.now(), State.PAUSED, **values)

        return run_id, pause

    def paused(self, request: bytes = b"id,smiles,role\n", progress: dict[str, Any] | None = None) -> UUID:
        """A run that waits for the scores of this request."""
        run_id, pause = self.pausing(request, progress)
        pause()
        return run_id

    def _stored(self, lease: runs.Lease, name: str, content: bytes) -> Artifact:
        with self.service.reading(self.scope) as session:
            job_id = runs.get(session, lease.key).job_id
        kinds = {"report.html": "report", "score_request.csv": "score_request"}
        key = artifact_key(lease.key, job_id, lease.attempt, name)
        stored = self.service.store.put(key, iter([content]))
        return Artifact(
            org_id=self.scope.org_id, project_id=self.scope.project_id, id=uuid4(), run_id=lease.key.run_id,
            attempt=lease.attempt, name=name, kind=kinds.get(name, "list"),
            media_type="text/html" if name.endswith(".html") else "text/csv", size=stored.size,
            sha256=stored.sha256, key=key, created_at=self.service.now(),
        )  # fmt: skip


@contextlib.contextmanager
def served(folder: Path, n_workers: int = 0, **settings: Any) -> Iterator[Site]:
    """A new service with so many workers; runs compile what they need, which for a screen is less than a cache."""
    service = core.open_service(Settings(folder=folder / "service", **{"port": 0, "cores": 2, **UNHURRIED, **settings}))
    token = core.first_start(service)
    assert token is not None
    with service.reading(None) as session:
        scope = orgs.first_scope(session)
    assert scope is not None
    (folder / "cache").mkdir()
    service.caches[:] = [folder / "cache"]
    with answering(service) as url, background.in_background(service, n_workers):
        yield Site(service, url, token, scope)


@contextlib.contextmanager
def answering(service: Service) -> Iterator[str]:
    """Let a service answer from a thread, on a free port; where. Its database is let go of at the end."""
    http = server.HttpServer(service)
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    try:
        while not http.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{http.servers[0].sockets[0].getsockname()[1]}"
    finally:
        http.should_exit = True
        thread.join(10)
        service.engine.dispose()


def screen_files(folder: Path) -> tuple[Path, Path]:
    """A library of 20 rows and six molecules with known results: the smallest run that is a real one."""
    library, known = folder / "library.csv", folder / "known.csv"
    library.write_text("id,smiles\n" + "".join(f"m{number},{smiles}\n" for number, smiles in enumerate(SMILES)))
    rows = (f"k{number},{smiles},{number % 2}\n" for number, smiles in enumerate(SMILES[:6]))
    known.write_text("id,smiles,label\n" + "".join(rows))
    return library, known
