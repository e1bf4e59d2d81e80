"""Runs: ask for one, look at it, cancel it, run it again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from hetero2.service import check, submission
from hetero2.service.api import cursors, shown
from hetero2.service.api.access import Opened, ReadsRuns, WritesRuns, read
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.schemas import (
    NewRun,
    NewScores,
    Rerun,
    RoleShown,
    RunPage,
    RunShown,
    Understood,
    WorkflowShown,
)
from hetero2.service.core import Service
from hetero2.service.db import runs
from hetero2.service.db.access import audit
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import State
from hetero2.service.workflows.registry import WORKFLOWS, Workflow, workflow

router = APIRouter(route_class=StrictRoute, tags=["runs"])
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]


@router.get("/workflows", tags=["workflows"], operation_id="list_workflows")
def every_workflow() -> list[WorkflowShown]:
    """What can be asked for."""
    return [_workflow_shown(entry) for entry in WORKFLOWS.values()]


@router.get("/workflows/{name}", tags=["workflows"], operation_id="get_workflow")
def one_workflow(name: str) -> WorkflowShown:
    """A workflow: its files, and the schema of its parameters."""
    if name not in WORKFLOWS:
        raise ServiceError("not_found", f"workflow {name[:100]}: there is no such workflow", "GET /api/v1/workflows")
    return _workflow_shown(WORKFLOWS[name])


@router.post("/runs", status_code=201, operation_id="create_run")
def ask(body: NewRun, service: Opened, scope: WritesRuns, response: Response, key: Key = None) -> RunShown:
    """Ask for a run. The same Idempotency-Key and body give the same run, with status 200."""
    asked = workflow(body.workflow, body.version)
    run_id, is_new = submission.submit(service, scope, key, body.name, asked, body.parameters, body.inputs)
    return _queued(service, scope, run_id, is_new, response)


@router.post("/runs:check", operation_id="check_run")
def understand(body: NewRun, service: Opened, scope: WritesRuns) -> Understood:
    """What is understood of a run that could be asked for; nothing is started. Takes seconds."""
    asked = workflow(body.workflow, body.version)
    return Understood(lines=check.understood(service, scope, asked, body.parameters, body.inputs))


@router.post("/runs:rerun", status_code=201, operation_id="rerun")
def rerun(body: Rerun, service: Opened, scope: WritesRuns, response: Response, key: Key = None) -> RunShown:
    """Ask for what a run did, again, as a new job."""
    run_id, is_new = submission.rerun(service, scope, key, body.run_id, body.pack_sha256, body.manifest, body.record)
    return _queued(service, scope, run_id, is_new, response)


@router.get("/runs", operation_id="list_runs")
def page(
    service: Opened,
    scope: ReadsRuns,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=300, description="next_cursor of the page before")] = None,
    state: Annotated[list[State] | None, Query(description="may be repeated")] = None,
    workflow: Annotated[str | None, Query(max_length=64)] = None,
) -> RunPage:
    """Runs, the latest first."""
    before = None if cursor is None else cursors.decoded(cursor)
    with service.reading(scope) as session:
        rows = runs.page(session, scope, limit + 1, before, state or (), workflow)
        shown_runs = [shown.run(session, row, job) for row, job in rows[:limit]]
    last = rows[limit - 1][0] if len(rows) > limit else None
    return RunPage(runs=shown_runs, next_cursor=None if last is None else cursors.encoded(last.created_at, last.id))


@router.get("/runs/{run_id}", operation_id="get_run")
async def one(run_id: UUID, service: Opened, scope: ReadsRuns) -> RunShown:
    """A run: its state, and how far it is."""
    key = ("run", scope.org_id, scope.project_id, run_id)
    return await read(service, service.unchanged.get, key, lambda: show_run(service, scope, run_id))


@router.post("/runs/{run_id}:cancel", operation_id="cancel_run")
def cancel(run_id: UUID, service: Opened, scope: WritesRuns) -> RunShown:
    """End a run; where a worker has it, it is CANCELING until that has stopped."""
    end(service, scope, run_id)
    return show_run(service, scope, run_id)


@router.post("/runs/{run_id}:retry", status_code=201, operation_id="retry_run")
def retry(run_id: UUID, service: Opened, scope: WritesRuns, response: Response) -> RunShown:
    """A new run of the job of a run that failed, or was canceled."""
    service.limits.spend(scope, "runs")
    with service.writing(scope) as session:
        new = runs.retry(session, RunKey(scope, run_id), service.now())
        submission.check_queue(service, session, scope)
        audit.note(session, scope, "run.retry", new.id, of=str(run_id))
    service.bell.set()
    return _queued(service, scope, new.id, True, response)


@router.post("/runs/{run_id}/scores", operation_id="bring_scores")
def scores(run_id: UUID, body: NewScores, service: Opened, scope: WritesRuns) -> RunShown:
    """Give a paused run the scores that it waits for; it is queued again."""
    submission.bring_later(service, scope, run_id, body.upload_id)
    return show_run(service, scope, run_id)


def end(service: Service, scope: Scope, run_id: UUID) -> None:
    """End a run by request; raises not_found, conflict."""
    with service.writing(scope) as session:
        runs.cancel(session, RunKey(scope, run_id), service.now())
        audit.note(session, scope, "run.cancel", run_id)


def show_run(service: Service, scope: Scope, run_id: UUID) -> RunShown:
    """A run as it stands; raises not_found."""
    with service.reading(scope) as session:
        return shown.run(session, *runs.get_with_job(session, RunKey(scope, run_id)))


def _queued(service: Service, scope: Scope, run_id: UUID, is_new: bool, response: Response) -> RunShown:
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/api/v1/runs/{run_id}"
    return show_run(service, scope, run_id)


def _workflow_shown(entry: Workflow) -> WorkflowShown:
    roles = {role: RoleShown(text=what.text, is_required=what.is_required) for role, what in entry.roles.items()}
    return WorkflowShown(
        name=entry.name, version=entry.version, digest=entry.digest, title=entry.title, text=entry.text, roles=roles,
        parameters=entry.parameters.model_json_schema(),
    )  # fmt: skip
