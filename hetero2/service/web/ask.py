"""The pages where one asks for a run: choose a workflow, fill its form in, see what is understood, start."""

import json
import re
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from hetero2.service import check, submission
from hetero2.service.api import shown
from hetero2.service.api.access import Opened
from hetero2.service.api.bodies import strict_json
from hetero2.service.api.schemas import NewRun, UploadShown
from hetero2.service.api.uploads import keep_file
from hetero2.service.core import Service
from hetero2.service.db import runs, uploads
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import RUN_NAME
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.web import forms, words
from hetero2.service.web.access import Viewer, Works, sent_form
from hetero2.service.web.show import show
from hetero2.service.workflows.registry import CAMPAIGN, WORKFLOWS, Workflow, workflow

router = APIRouter()
_OPTION_HINT = re.compile(r" \(--[a-z-]+\)$")  # of a line that a dry run prints
Brought = dict[str, UploadShown]  # by role


@router.get("/new")
def choose(scope: Works) -> Response:
    """The workflows."""
    return show("new.html", scope, workflows=WORKFLOWS.values())


@router.get("/new/{name}")
def form(name: str, service: Opened, scope: Works, run: UUID | None = None, campaign: UUID | None = None) -> Response:
    """The form of a workflow, empty, filled in as for a run that was, or with a campaign to go on with."""
    asked = _workflow(name)
    if campaign is not None and CAMPAIGN in asked.roles:
        with service.reading(scope) as session:
            return _form(scope, asked, {}, {CAMPAIGN: shown.upload(uploads.get(session, scope, campaign))})
    if run is None:
        return _form(scope, asked, {}, {})
    with service.reading(scope) as session:
        job = runs.job_of(session, runs.get(session, RunKey(scope, run)))
        rows = {role: uploads.by_sha256(session, scope, file["sha256"]) for role, file in job.inputs.items()}
        files = {role: shown.upload(row) for role, row in rows.items() if row is not None and role in asked.roles}
    return _form(scope, asked, forms.values_of(asked, job.parameters) | {"name": job.name}, files)


@router.post("/new/{name}")
async def look(name: str, request: Request, service: Opened, scope: Works) -> Response:
    """Take the files, and show what is understood of them before the run starts."""
    asked = _workflow(name)
    with service.limits.slot("uploads", scope.org_id):
        return await _looked(request, service, scope, asked)


async def _looked(request: Request, service: Service, scope: Works, asked: Workflow) -> Response:
    async with sent_form(request, max_files=20, max_fields=100) as body:
        values = {key: value for key, value in body.items() if isinstance(value, str)}
        files = {
            key.removeprefix("file-"): value
            for key, value in body.items()
            if isinstance(value, UploadFile) and value.filename
        }
        return await run_in_threadpool(_look, service, scope, asked, values, files)


@router.post("/runs")
def start(
    service: Opened, scope: Works, request: Annotated[str, Form(max_length=100_000)],
    key: Annotated[str, Form(max_length=64)],
) -> Response:  # fmt: skip
    """Start what was looked at; the same form sent twice starts it once."""
    try:
        body = NewRun.model_validate(strict_json(request))
    except ValueError:
        raise ServiceError("malformed", "the form cannot be read", "begin again with a new run") from None
    asked = workflow(body.workflow, body.version)
    run_id, _ = submission.submit(service, scope, key, body.name, asked, body.parameters, body.inputs)
    return RedirectResponse(f"/runs/{run_id}", 303)


def _workflow(name: str) -> Workflow:
    if name not in WORKFLOWS:
        raise ServiceError("not_found", "nothing of this name can be run", "choose from those under New run")
    return WORKFLOWS[name]


def _form(
    scope: Viewer, asked: Workflow, values: dict[str, str], files: Brought, problems: dict[str, str] | None = None,
    problem: str = "",
) -> Response:  # fmt: skip
    """The form; `problems` by the name of a field, `problem` of the whole."""
    fields = forms.fields(asked)
    is_open = any(
        f"p-{field.name}" in (problems or {}) or values.get(f"p-{field.name}", field.default) != field.default
        for field in fields
        if field.is_rare
    )
    return show(
        "form.html", scope, 422 if problems or problem else 200, workflow=asked, fields=fields, values=values,
        files=files, problems=problems or {}, fault=problem, is_open=is_open,
    )  # fmt: skip


def _look(
    service: Service, scope: Viewer, asked: Workflow, values: dict[str, str], files: dict[str, UploadFile]
) -> Response:
    parameters, problems = forms.parameters(asked, values)
    brought, not_brought = _files(service, scope, asked, values, files)
    if values.get("back"):
        return _form(scope, asked, values, brought)
    name = values.get("name", "").strip()
    if name and not re.fullmatch(RUN_NAME, name):
        problems["name"] = "It has letters, digits, - and _ alone, at most 64, and begins with a letter or digit."
    problems |= not_brought
    if problems:
        return _form(scope, asked, values, brought, problems)
    inputs = {role: upload.id for role, upload in brought.items()}
    if not asked.roles:
        run_id, _ = submission.submit(service, scope, None, None, asked, parameters, {})
        return RedirectResponse(f"/runs/{run_id}", 303)
    try:
        lines = check.understood(service, scope, asked, parameters, inputs)
    except ServiceError as error:
        said = forms.in_words(f"{error.detail}\n{error.advice}", asked.name)
        return _form(scope, asked, values, brought, problem=said)
    lines = [_OPTION_HINT.sub("", line) for line in lines]
    asks = {"name": name or None, "workflow": asked.name, "parameters": parameters}
    asks["inputs"] = {role: str(upload_id) for role, upload_id in inputs.items()}
    return show(
        "confirm.html", scope, workflow=asked, lines=lines, files=brought, parameters=parameters, name=name,
        values=values, request_json=json.dumps(asks), key=uuid4().hex,
    )  # fmt: skip


def _files(
    service: Service, scope: Scope, asked: Workflow, values: dict[str, str], files: dict[str, UploadFile]
) -> tuple[Brought, dict[str, str]]:
    """(the files that came, now or before; what is wrong with them by the name of the field)."""
    brought, problems = _kept(service, scope, asked, values), {}
    for role, what in asked.roles.items():
        try:
            if role in files:
                brought[role] = keep(service, scope, files[role], what.endings)
            elif what.is_required and role not in brought:
                problems[f"file-{role}"] = "Choose a file."
        except ServiceError as error:
            problems[f"file-{role}"] = words.sentence(error.detail)
    return brought, problems


def keep(service: Service, scope: Scope, file: UploadFile, endings: Sequence[str]) -> UploadShown:
    """Keep a file of a form as an upload; raises invalid or too_large, in words for the person who chose it."""
    name, size, largest = str(file.filename), file.size or 0, service.settings.max_upload
    if wrong := submission.unusable(name, size, endings):
        raise ServiceError("invalid", wrong)
    if size > largest:
        raise ServiceError("too_large", f"the file {name} has {words.size(size)}; the limit is {words.size(largest)}")
    return keep_file(service, scope, name, file.file)


def _kept(service: Service, scope: Scope, asked: Workflow, values: dict[str, str]) -> Brought:
    """Files that came with this form before, and so are not sent again."""
    kept: Brought = {}
    for role in asked.roles:
        text = values.get(f"kept-{role}", "")
        if not text or values.get(f"drop-{role}"):
            continue
        try:
            with service.reading(scope) as session:
                row = uploads.get(session, scope, UUID(text))
        except (ValueError, ServiceError):
            continue  # then it is asked for again
        if row.complete_at is not None:
            kept[role] = shown.upload(row)
    return kept
