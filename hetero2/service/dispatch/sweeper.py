"""Finds what was lost: runs of workers that are gone, and what killed processes left behind."""

import contextlib
import logging
import re
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from hetero2.service.core import Service
from hetero2.service.db import lost, runs
from hetero2.service.db.models import Run
from hetero2.service.dispatch import lost_jobs
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import HELD
from hetero2.service.store.base import StoreError, artifact_key

log = logging.getLogger(__name__)
OLD = timedelta(days=1)  # after which a part of an upload that nobody finished is taken away
_ATTEMPT = re.compile(r"a([1-9][0-9]{0,8})")


def sweep(service: Service) -> None:
    """Take back what lost workers had."""
    queued: list[tuple[RunKey, Run]] = []
    for org_id in service.org_ids():
        with service.writing(org_id) as session:
            taken_back = lost.sweep(session, service.now())
            changed = [*taken_back, *lost.queue_given_back(session, service.now())]
            queued += [(key, runs.get(session, key)) for key in changed]
        service.metrics.lost_workers.inc(len(taken_back))
    if queued:
        service.bell.set()
        lost_jobs.cancel(service)
    for key, run in queued:
        ids = {
            "org_id": key.scope.org_id,
            "project_id": key.scope.project_id,
            "run_id": key.run_id,
            "job_id": run.job_id,
        }
        shown = {name: str(value) for name, value in ids.items()}
        log.warning("run %s: taken back from a worker that was lost or stopped", key.run_id, extra=shown)
        with contextlib.suppress(StoreError):
            _remove_files(service, key, artifact_key(key, run.job_id, run.attempt, ""))


def _remove_files(service: Service, key: RunKey, prefix: str) -> None:
    """Take away what an attempt stored and did not publish; a worker that still lives does so itself."""
    with service.reading(key.scope) as session:
        published = {artifact.key for artifact in runs.artifacts(session, key)}
    for stored in list(service.store.keys(prefix)):
        if stored not in published:
            service.store.delete(stored)


def tidy(service: Service) -> None:
    """Take away parts of uploads and of files that nobody finishes, and folders of attempts that are over."""
    for path in service.arriving.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > OLD.total_seconds():
                path.unlink()
    with contextlib.suppress(StoreError):
        service.store.clean(OLD)
    lost_jobs.cancel(service)
    for path in _over(service, list(_attempt_folders(service.runs))):
        shutil.rmtree(path, ignore_errors=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()  # of the run, where this was its last


def _attempt_folders(folder: Path) -> Iterator[tuple[UUID, int, Path]]:
    """(run, attempt, folder) of what workers that share this folder have, or have left."""
    for path in folder.glob("*/a*"):
        with contextlib.suppress(ValueError):
            if match := _ATTEMPT.fullmatch(path.name):
                yield UUID(path.parent.name), int(match[1]), path


def _over(service: Service, folders: list[tuple[UUID, int, Path]]) -> list[Path]:
    if not folders:
        return []
    held = select(Run.id, Run.attempt).where(
        Run.id.in_({run_id for run_id, _, _ in folders}), Run.state.in_([state.value for state in HELD])
    )
    now: dict[UUID, int] = {}
    for org_id in service.org_ids():
        with service.reading(org_id) as session:
            now |= {row.id: row.attempt for row in session.execute(held)}
    return [path for run_id, attempt, path in folders if now.get(run_id) != attempt]
