"""WES 1.1.0: ask for runs of the registered workflows, look at them, cancel them."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from hetero2.service.api import cursors
from hetero2.service.api.access import Opened
from hetero2.service.api.ga4gh import submitted
from hetero2.service.api.ga4gh.place import Reads, Works, below, drs_uri, host, id_of, moment, service_info
from hetero2.service.api.guard import MOST_BODY
from hetero2.service.api.runs import end
from hetero2.service.db import runs, uploads
from hetero2.service.db.models import Job, Run
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import TERMINAL, State
from hetero2.service.workflows.registry import WORKFLOWS

VERSION = "1.1.0"
_LARGEST_PAGE = 200
_MOST_PARTS = 20  # of a form: files, and fields beside them
router = APIRouter(include_in_schema=False)
PageSize = Annotated[int, Query(ge=1, lt=2**63)]
PageToken = Annotated[str, Query(max_length=300)]


@router.get("/service-info")
def info(request: Request, service: Opened, scope: Reads) -> dict[str, Any]:
    """What this is, and what it takes."""
    with service.reading(scope) as session:
        counts = runs.counts(session, scope)
    urls = {submitted.url_of(name, entry.version): entry.title for name, entry in WORKFLOWS.items()}
    return service_info(request, scope, "wes", VERSION) | {
        "workflow_type_versions": {submitted.TYPE: {"workflow_type_version": [submitted.TYPE_VERSION]}},
        "supported_wes_versions": [VERSION],
        "supported_filesystem_protocols": ["drs"],
        "workflow_engine_versions": {submitted.ENGINE: {"workflow_engine_version": [submitted.ENGINE_VERSION]}},
        "default_workflow_engine_parameters": [],
        "system_state_counts": counts,
        "auth_instructions_url": f"{request.base_url}login",
        "tags": urls,
    }


@router.get("/runs")
def every(service: Opened, scope: Reads, page_size: PageSize = 50, page_token: PageToken = "") -> dict[str, Any]:
    """Runs, the latest first."""
    try:
        before = cursors.decoded(page_token) if page_token else None
    except ServiceError:
        raise _no_token() from None
    size = min(page_size, _LARGEST_PAGE)
    with service.reading(scope) as session:
        rows = runs.page(session, scope, size + 1, before)
    last = rows[size - 1][0] if len(rows) > size else None
    summaries = [_status(row) | _times(row) | {"tags": job.tags or {}} for row, job in rows[:size]]
    return {"runs": summaries, "next_page_token": "" if last is None else cursors.encoded(last.created_at, last.id)}


@router.post("/runs")
async def ask(request: Request, service: Opened, scope: Works) -> dict[str, str]:
    """Ask for a run."""
    with service.limits.slot("uploads", scope.org_id):
        async with request.form(max_files=_MOST_PARTS, max_fields=_MOST_PARTS, max_part_size=MOST_BODY) as parts:
            form = submitted.read(parts.multi_items())
            run_id = await run_in_threadpool(submitted.ask, service, scope, host(request), form)
    return {"run_id": str(run_id)}


@router.get("/runs/{run_id}")
def one(run_id: str, request: Request, service: Opened, scope: Reads) -> dict[str, Any]:
    """A run: what was asked, how it went, and what it published."""
    key = RunKey(scope, id_of(run_id))
    with service.reading(scope) as session:
        row = runs.get(session, key)
        job = runs.job_of(session, row)
        published = runs.artifacts(session, key)
        asked = _request(request, session, row, job)
    log = {"name": job.name} | _times(row)
    if any(artifact.kind == "log" for artifact in published):  # what it printed, both streams in one
        address = f"{request.base_url}api/v1/runs/{row.id}/log"
        log |= {"stdout": address, "stderr": address}
    if row.reason is not None:
        log["system_logs"] = [row.reason]
    if row.state == State.COMPLETE:
        log["exit_code"] = 0
    return _status(row) | {
        "request": asked,
        "run_log": log,
        "task_logs_url": below(request, scope, f"wes/v1/runs/{row.id}/tasks"),
        "outputs": {artifact.name: drs_uri(request, artifact.id) for artifact in published},
    }


@router.get("/runs/{run_id}/status")
def status(run_id: str, service: Opened, scope: Reads) -> dict[str, str]:
    """The state of a run."""
    with service.reading(scope) as session:
        return _status(runs.get(session, RunKey(scope, id_of(run_id))))


@router.post("/runs/{run_id}/cancel")
def cancel(run_id: str, service: Opened, scope: Works) -> dict[str, str]:
    """End a run."""
    end(service, scope, key := id_of(run_id))
    return {"run_id": str(key)}


@router.get("/runs/{run_id}/tasks")
def tasks(
    run_id: str, service: Opened, scope: Reads, page_size: PageSize = 50, page_token: PageToken = ""
) -> dict[str, Any]:
    """The stages of a run that have begun; none of a workflow that has no stages."""
    with service.reading(scope) as session:
        logs = _tasks(runs.get(session, RunKey(scope, id_of(run_id))))
    if not re.fullmatch(r"[0-9]{0,4}", page_token):
        raise _no_token()
    start = int(page_token or 0)
    stop = start + min(page_size, _LARGEST_PAGE)
    return {"task_logs": logs[start:stop], "next_page_token": str(stop) if stop < len(logs) else ""}


@router.get("/runs/{run_id}/tasks/{task_id}")
def task(run_id: str, task_id: str, service: Opened, scope: Reads) -> dict[str, Any]:
    """A stage of a run."""
    with service.reading(scope) as session:
        logs = _tasks(runs.get(session, RunKey(scope, id_of(run_id))))
    for shown in logs:
        if shown["id"] == task_id:
            return shown
    raise ServiceError("not_found", f"run {run_id}: has no such task", "list its tasks")


def _status(row: Run) -> dict[str, str]:
    return {"run_id": str(row.id), "state": row.state}


def _times(row: Run) -> dict[str, Any]:
    times = {"start_time": row.started_at, "end_time": row.ended_at if State(row.state) in TERMINAL else None}
    return {name: moment(at) for name, at in times.items() if at is not None}


def _request(request: Request, session: Session, row: Run, job: Job) -> dict[str, Any]:
    """What was asked, in WES' words; its inputs as they can be given again."""
    inputs = {}
    for role, file in job.inputs.items():
        upload = uploads.by_sha256(session, runs.key_of(row).scope, file["sha256"], file["name"])
        inputs[role] = f"sha256:{file['sha256']}" if upload is None else drs_uri(request, upload.id)
    return {
        "workflow_params": {"name": job.name, "parameters": job.parameters, "inputs": inputs},
        "workflow_type": submitted.TYPE,
        "workflow_type_version": submitted.TYPE_VERSION,
        "workflow_url": submitted.url_of(job.workflow, job.workflow_version),
        "workflow_engine": submitted.ENGINE,
        "tags": job.tags or {},
    }


def _tasks(row: Run) -> list[dict[str, Any]]:
    logs = []
    for stage in row.progress.get("stages", ()):
        words = ", ".join(f"{number} {word}" for word, number in stage["status"].items() if number)
        said = f"{stage['done']} of {stage['total']} done" + (f": {words}" if words else "")
        # Times and output of single stages are not kept: there is one log, of the run.
        logs.append(
            {"id": re.sub(r"[^A-Za-z0-9_-]+", ".", stage["name"]), "name": stage["name"], "system_logs": [said]}
        )
    return logs


def _no_token() -> ServiceError:
    return ServiceError("malformed", "page_token: is none of ours", "begin without one, and use next_page_token")
