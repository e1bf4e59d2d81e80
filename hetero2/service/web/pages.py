"""The pages."""

import json
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from hetero2.service import check, submission
from hetero2.service.api import artifacts as artifact_api
from hetero2.service.api import runs as run_api
from hetero2.service.api import shown
from hetero2.service.api.access import COOKIE, Opened, opened_by, service_of
from hetero2.service.api.schemas import NewRun, Rerun
from hetero2.service.api.uploads import keep_file
from hetero2.service.db import runs
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import TERMINAL
from hetero2.service.web import forms, words
from hetero2.service.workflows.registry import WORKFLOWS, workflow

router = APIRouter(include_in_schema=False)
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = 50
_WEEK = 7 * 24 * 3600
_templates = Environment(loader=PackageLoader("hetero2.service.web"), autoescape=True, trim_blocks=True)
_templates.filters |= {
    "words": words.words, "tone": words.tone, "size": words.size, "duration": words.duration, "moment": words.moment,
    "how_far": words.how_far,
}  # fmt: skip


class SignInNeeded(Exception):  # noqa: N818 - a way to the page where one signs in
    """Nobody is signed in."""


def signed_in(request: Request) -> Scope:
    """What the cookie opens. A form of another site is refused: its address stands in Origin."""
    origin = request.headers.get("origin")
    if request.method == "POST" and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ServiceError("forbidden", "the request comes from another site")
    try:
        return opened_by(service_of(request), request.cookies.get(COOKIE, ""))
    except ServiceError:
        raise SignInNeeded from None


SignedIn = Annotated[Scope, Depends(signed_in)]


def show(template: str, status: int = 200, is_signed_in: bool = True, **values: Any) -> HTMLResponse:
    """A page, under a policy that lets it load nothing from elsewhere."""
    text = _templates.get_template(template).render(signed_in=is_signed_in, **values)
    return HTMLResponse(text, status, {"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY"})


def error_page(error: ServiceError) -> HTMLResponse:
    """A request that is refused, as a page."""
    problem = f"{error.detail}\n{error.advice}" if error.advice else error.detail
    return show("error.html", error.status, title=error.title, problem=problem)


@router.get("/login")
def login_page() -> Response:
    """Where one signs in."""
    return show("login.html", is_signed_in=False)


@router.post("/login")
def login(request: Request, service: Opened, token: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Sign in with a token; it is kept in a cookie that scripts cannot read and other sites do not send."""
    try:
        opened_by(service, token.strip())
    except ServiceError:
        return show("login.html", 401, is_signed_in=False, problem="This token is not valid. Tokens begin with h2_.")
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE, token.strip(), max_age=_WEEK, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response


@router.post("/logout")
def logout() -> Response:
    """Sign out."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


def _table(service: Opened, scope: Scope, cursor: str | None) -> dict[str, Any]:
    page = run_api.page(service, scope, _PAGE, cursor)
    return {
        "runs": page.runs,
        "next_cursor": page.next_cursor,
        "any_active": any(run.state not in TERMINAL for run in page.runs),
        "titles": {name: entry.title for name, entry in WORKFLOWS.items()},
        "query": f"?{urlencode({'cursor': cursor})}" if cursor else "",
    }


@router.get("/")
def run_list(service: Opened, scope: SignedIn, cursor: str | None = None) -> Response:
    """The runs."""
    return show("runs.html", **_table(service, scope, cursor))


@router.get("/runs-table")
def run_table(service: Opened, scope: SignedIn, cursor: str | None = None) -> Response:
    """Their table alone, for htmx."""
    return show("runs_table.html", **_table(service, scope, cursor))


@router.get("/new")
def choose() -> Response:
    """The workflows."""
    return show("new.html", workflows=WORKFLOWS.values())


@router.get("/new/{name}")
def form(name: str, scope: SignedIn) -> Response:  # noqa: ARG001 - signed in
    """The form of a workflow."""
    asked = workflow(name)
    return show("form.html", workflow=asked, fields=forms.fields(asked), values={})


@router.post("/new/{name}")
async def look(name: str, request: Request, service: Opened, scope: SignedIn) -> Response:
    """Take the files, and show what is understood of them before the run starts."""
    asked = workflow(name)
    async with request.form(max_files=20, max_fields=100) as body:
        values = {key: value for key, value in body.items() if isinstance(value, str)}
        files = {
            key.removeprefix("file-"): value
            for key, value in body.items()
            if isinstance(value, UploadFile) and value.filename
        }
        return await run_in_threadpool(_look, service, scope, asked, values, files)


def _look(service: Opened, scope: Scope, asked: Any, values: dict[str, str], files: dict[str, UploadFile]) -> Response:
    try:
        parameters = forms.parameters(asked, values)
        submission.check_parameters(asked, parameters)
        unknown = sorted(files.keys() - asked.roles.keys())
        if unknown:
            raise ServiceError("invalid", f"{asked.title} takes no {unknown[0]}")
        brought = {role: keep_file(service, scope, str(file.filename), file.file) for role, file in files.items()}
        inputs = {role: upload.id for role, upload in brought.items()}
        request = {
            "name": values.get("name", "").strip() or None, "workflow": asked.name, "parameters": parameters,
            "inputs": {role: str(upload_id) for role, upload_id in inputs.items()},
        }  # fmt: skip
        if not asked.roles:
            run_id, _ = submission.submit(service, scope, None, None, asked, parameters, {})
            service.bell.set()
            return RedirectResponse(f"/runs/{run_id}", 303)
        lines = check.understood(service, scope, asked, parameters, inputs)
    except ServiceError as error:
        problem = f"{error.detail}\n{error.advice}" if error.advice else error.detail
        return show("form.html", 422, workflow=asked, fields=forms.fields(asked), values=values, problem=problem)
    return show(
        "confirm.html", workflow=asked, lines=lines, files=brought, request_json=json.dumps(request), key=uuid4().hex
    )


@router.post("/runs")
def start(
    service: Opened,
    scope: SignedIn,
    request: Annotated[str, Form(max_length=100_000)],
    key: Annotated[str, Form(max_length=64)],
) -> Response:
    """Start what was looked at; the same form sent twice starts it once."""
    try:
        body = NewRun.model_validate_json(request)
    except ValueError:
        raise ServiceError("malformed", "the form cannot be read", "begin again") from None
    asked = workflow(body.workflow, body.version)
    run_id, _ = submission.submit(service, scope, key, body.name, asked, body.parameters, body.inputs)
    service.bell.set()
    return RedirectResponse(f"/runs/{run_id}", 303)


def _run(service: Opened, scope: Scope, run_id: UUID) -> dict[str, Any]:
    with service.reading() as session:
        row = runs.get(session, RunKey(scope, run_id))
        run = shown.run(session, row, runs.job_of(session, row))
        published = [shown.artifact(artifact) for artifact in runs.artifacts(session, RunKey(scope, run_id))]
    title = WORKFLOWS[run.workflow].title if run.workflow in WORKFLOWS else run.workflow
    report = next((artifact for artifact in published if artifact.kind == "report"), None)
    return {"run": run, "artifacts": published, "ended": run.state in TERMINAL, "title": title, "report": report}


@router.get("/runs/{run_id}")
def run_page(run_id: UUID, service: Opened, scope: SignedIn) -> Response:
    """A run."""
    return show("run.html", **_run(service, scope, run_id))


@router.get("/runs/{run_id}/state")
def run_state(run_id: UUID, service: Opened, scope: SignedIn) -> Response:
    """Its state alone, for htmx; once it has ended, the whole page anew, with its report."""
    values = _run(service, scope, run_id)
    response = show("run_state.html", **values)
    if values["ended"]:
        response.headers["HX-Refresh"] = "true"
    return response


@router.post("/runs/{run_id}/{action}")
def act(run_id: UUID, action: str, service: Opened, scope: SignedIn) -> Response:
    """Cancel, try again, or run again."""
    answer = Response()
    if action == "cancel":
        run_api.cancel(run_id, service, scope)
    elif action == "retry":
        run_id = run_api.retry(run_id, service, scope, answer).id
    elif action == "rerun":
        run_id = run_api.rerun(Rerun(run_id=run_id), service, scope, answer).id
    else:
        raise ServiceError("not_found", "there is no such page")
    return RedirectResponse(f"/runs/{run_id}", 303)


@router.get("/runs/{run_id}/files/{name}")
def file(run_id: UUID, name: str, request: Request, service: Opened, scope: SignedIn) -> Response:
    """A file that a run published, to keep."""
    return artifact_api.download(run_id, name, service, scope, request.headers.get("range"))


@router.get("/runs/{run_id}/report")
def report(run_id: UUID, service: Opened, scope: SignedIn) -> Response:
    """The report, shown, without any right to this site: it runs in a sandbox of its own."""
    response = artifact_api.download(run_id, "report.html", service, scope, None)
    response.headers["Content-Disposition"] = "inline"
    return response
