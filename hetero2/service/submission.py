"""A request for a run, checked, and made a job: for the API, the pages and reruns alike."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hetero2.errors import HeteroError
from hetero2.service.core import Service
from hetero2.service.db import jobs, runs, uploads
from hetero2.service.db.access import audit
from hetero2.service.db.models import Artifact, Job, Run, Upload
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import RUN_NAME
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import State
from hetero2.service.observe import context
from hetero2.service.workflows.parameters import Parameters
from hetero2.service.workflows.registry import Workflow, workflow

_QUEUE_WAIT = "30"  # seconds, in which a few runs of a full queue have begun


def submit(
    service: Service,
    scope: Scope,
    key: str | None,
    name: str | None,
    asked: Workflow,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, UUID],
    tags: Mapping[str, str] | None = None,
) -> tuple[UUID, bool]:
    """(the run, whether it is new); raises ServiceError where the request is wrong."""
    service.limits.spend(scope, "runs")
    checked = checked_parameters(asked, parameters)
    with service.writing(scope) as session:
        files = _files(session, scope, asked, checked, inputs)
        named = _name(asked, name, files)
        request = jobs.Request(named, asked.name, asked.version, asked.digest, parameters, files, tags=tags or {})
        queued = _queue(service, session, scope, request, key)
    service.bell.set()
    return queued


def rerun(
    service: Service,
    scope: Scope,
    key: str | None,
    run_id: UUID | None,
    pack_sha256: str | None,
    manifest: Mapping[str, Any] | None,
    record: Mapping[str, Any] | None,
) -> tuple[UUID, bool]:
    """A new job that asks for what a run did; raises ServiceError where it cannot be asked for here."""
    if sum(value is not None for value in (run_id, pack_sha256, manifest, record)) != 1:
        raise ServiceError("invalid", "give one of run_id, pack_sha256, manifest and record")
    service.limits.spend(scope, "runs")
    with service.writing(scope) as session:
        if record is not None:
            request = _recorded(session, scope, record)
        else:
            if run_id is not None:
                run = runs.get(session, RunKey(scope, run_id))
            elif manifest is not None:
                run = _named(session, scope, manifest)
            else:
                run = _published(session, scope, pack_sha256)
            job = runs.job_of(session, run)
            now = workflow(job.workflow, job.workflow_version)
            request = jobs.Request(
                job.name, job.workflow, job.workflow_version, now.digest, job.parameters, job.inputs, run.id
            )
        queued = _queue(service, session, scope, request, key)
    service.bell.set()
    return queued


def bring_later(service: Service, scope: Scope, run_id: UUID, upload_id: UUID) -> None:
    """Queue a paused run again with the file that it waits for, which its job has from now on.

    Raises conflict where it waits for none, and what submit raises for a file.
    """
    key = RunKey(scope, run_id)
    with service.writing(scope) as session:
        job = runs.job_of(session, runs.get(session, key))
        asked = workflow(job.workflow, job.workflow_version)
        if asked.later is None:
            raise ServiceError("conflict", f"run {run_id}: is a {job.workflow}, which waits for nothing")
        files = {**job.inputs, asked.later: _file(session, scope, asked.later, upload_id)}
        _check_roles(asked, files)
        runs.resume(session, key, service.now())
        job.inputs = files
        audit.note(session, scope, "run.scores", run_id, sha256=files[asked.later]["sha256"])
    service.bell.set()


def check_queue(service: Service, session: Session, scope: Scope) -> None:
    """Raise unavailable where a run that was just queued is one too many; its transaction is then undone."""
    queued = select(func.count()).where(Run.org_id == scope.org_id, Run.state == State.QUEUED.value)
    if (session.scalar(queued) or 0) > service.settings.max_queued:
        raise ServiceError(
            "unavailable", "too many runs are queued", "try again later", headers={"Retry-After": _QUEUE_WAIT}
        )


def checked_parameters(asked: Workflow, parameters: Mapping[str, Any]) -> Parameters:
    """The parameters of a workflow; raises invalid where one is not as its schema says."""
    try:
        return asked.parameters.model_validate(dict(parameters))
    except ValidationError as error:
        errors = [
            {
                "where": ".".join(["parameters", *map(str, item["loc"])])[:200],
                "what": item["msg"].removeprefix("Value error, ")[:500],
            }
            for item in error.errors(include_url=False)[:20]
        ]
        raise ServiceError(
            "invalid", "; ".join(f"{item['where']}: {item['what']}" for item in errors),
            f"GET /api/v1/workflows/{asked.name} has the schema", errors=errors,
        ) from None  # fmt: skip
    except HeteroError as error:  # of the configuration
        raise ServiceError("invalid", f"parameters.settings: {error.message}", error.hint or "") from None


def unusable(name: str, size: int, endings: Sequence[str]) -> str | None:
    """What keeps a file of this name and size (bytes) from being an input that so ends; None where nothing does."""
    if PurePath(name).suffix.lower() not in endings:
        return f"the file {name} does not end in {' or '.join(filter(None, (', '.join(endings[:-1]), endings[-1])))}"
    return None if size else f"the file {name} is empty"


def checked_inputs(
    service: Service, scope: Scope, asked: Workflow, parameters: Parameters, inputs: Mapping[str, UUID]
) -> dict[str, dict[str, Any]]:
    """The files of a request by role; raises invalid or not_found where they are not those that the workflow takes."""
    with service.reading(scope) as session:
        return _files(session, scope, asked, parameters, inputs)


def _queue(
    service: Service, session: Session, scope: Scope, request: jobs.Request, key: str | None
) -> tuple[UUID, bool]:
    run, is_new = jobs.submit(session, scope, request, key, service.now())
    context.bind(run_id=run.id, job_id=run.job_id)
    if is_new:
        check_queue(service, session, scope)
        parent = {} if request.parent_run_id is None else {"rerun_of": str(request.parent_run_id)}
        audit.note(session, scope, "run.create", run.id, workflow=request.workflow, **parent)
    return run.id, is_new


def _files(
    session: Session, scope: Scope, asked: Workflow, parameters: Parameters, inputs: Mapping[str, UUID]
) -> dict[str, dict[str, Any]]:
    files = {role: _file(session, scope, role, upload_id) for role, upload_id in inputs.items()}
    _check_roles(asked, files)
    asked.check(parameters, files)
    return files


def _as_input(upload: Upload) -> dict[str, Any]:
    return {"name": upload.name, "sha256": upload.sha256, "size": upload.size}


def _file(session: Session, scope: Scope, role: str, upload_id: UUID) -> dict[str, Any]:
    upload = uploads.get(session, scope, upload_id)
    if upload.complete_at is None:
        raise ServiceError(
            "upload_incomplete", f"inputs.{role}: {upload.received} of {upload.size} bytes have come", "bring the rest"
        )
    return _as_input(upload)


def _check_roles(asked: Workflow, files: Mapping[str, Mapping[str, Any]]) -> None:
    if unknown := sorted(files.keys() - asked.roles.keys()):
        roles = ", ".join(asked.roles) or "none"
        raise ServiceError("invalid", f"inputs: {asked.name} takes no {unknown[0][:100]}", f"its inputs are: {roles}")
    missing = [role for role, what in asked.roles.items() if what.is_required and role not in files]
    if missing:
        what = asked.roles[missing[0]].text
        raise ServiceError("invalid", f"inputs: {asked.name} needs {missing[0]}: {what}", "upload it, and give its id")
    for role, file in files.items():
        if wrong := unusable(file["name"], file["size"], asked.roles[role].endings):
            raise ServiceError("invalid", f"inputs.{role}: {wrong}", "bring another file")


def _name(asked: Workflow, name: str | None, files: Mapping[str, Mapping[str, Any]]) -> str:
    """Of the results: as asked, else from the library's file name, as `hetero2 run` does."""
    if asked.fixed_name is not None:
        return asked.fixed_name
    if name is not None:
        return name
    stem = PurePath(files["library"]["name"]).name.split(".")[0] if "library" in files else asked.name
    return re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:64] or asked.name


def _named(session: Session, scope: Scope, manifest: Mapping[str, Any]) -> Run:
    """The run of this project that a manifest names, if it is the manifest of what that run published."""
    try:
        run = runs.get(session, RunKey(scope, UUID(str(manifest["service_run"]["run_id"]))))
    except (KeyError, TypeError, ValueError):
        raise ServiceError(
            "invalid_pack", "manifest: names no run of a service", "ask for a run with the files of the pack's inputs"
        ) from None
    except ServiceError:
        raise ServiceError("invalid_pack", "manifest: no run of this project has made this pack") from None
    if (run.facts or {}).get("payload_sha256") != manifest.get("payload_sha256"):
        raise ServiceError("invalid_pack", "manifest: is not that of what this run has published")
    return run


def _published(session: Session, scope: Scope, pack_sha256: str | None) -> Run:
    query = (
        select(Run)
        .join(Artifact, (Artifact.org_id == Run.org_id) & (Artifact.run_id == Run.id))
        .where(Run.org_id == scope.org_id, Run.project_id == scope.project_id)
        .where(Artifact.sha256 == pack_sha256, Artifact.kind == "pack")
    )
    run = session.scalars(query.order_by(Run.created_at).limit(1)).first()
    if run is None:
        raise ServiceError(
            "invalid_pack", "no run of this project has published this pack", "give run_record.json instead"
        )
    return run


def _recorded(session: Session, scope: Scope, record: Mapping[str, Any]) -> jobs.Request:
    """The request that a run_record.json tells of; its files must be here."""
    try:
        asked = workflow(str(record["workflow"]), str(record["version"]))
        name, parameters, inputs = str(record["name"]), dict(record["parameters"]), dict(record["inputs"])
        digests = {str(role): str(file["sha256"]) for role, file in inputs.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceError("invalid_pack", f"record: is no run_record.json: {error}"[:300]) from None
    checked = checked_parameters(asked, parameters)
    if not re.fullmatch(RUN_NAME, name):
        raise ServiceError("invalid_pack", "record: name: is no name of a run")
    files = {}
    for role, sha256 in digests.items():
        upload = uploads.by_sha256(session, scope, sha256)
        if upload is None:
            raise ServiceError(
                "invalid_pack", f"record: {role}: no file with the sha256 {sha256[:64]} is here", "upload it"
            )
        # The name too is the run's: the ending says how the file is read.
        files[role] = _as_input(upload)
    _check_roles(asked, files)
    asked.check(checked, files)
    return jobs.Request(name, asked.name, asked.version, asked.digest, parameters, files)


def job_record(job: Job, run: Run) -> dict[str, Any]:
    """What a run did, for run_record.json: enough to ask for it again."""
    return {
        "record": "hetero2_run_record.v1",
        "job_id": str(job.id),
        "run_id": str(run.id),
        "attempt": run.attempt,
        "name": job.name,
        "workflow": job.workflow,
        "version": job.workflow_version,
        "workflow_digest": job.workflow_digest,
        "parameters": job.parameters,
        "inputs": job.inputs,
        "parent_run_id": None if job.parent_run_id is None else str(job.parent_run_id),
    }
