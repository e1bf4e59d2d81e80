"""The pages of runs: all of them, one, its files and its report."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from hetero2.service import submission
from hetero2.service.api import artifacts as artifact_api
from hetero2.service.api import runs as run_api
from hetero2.service.api import shown
from hetero2.service.api.access import Opened
from hetero2.service.api.schemas import Rerun
from hetero2.service.core import Service
from hetero2.service.db import runs
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Principal
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import TERMINAL, State
from hetero2.service.web import access, ask, cookies, words
from hetero2.service.web.access import Looks, Viewer, Works
from hetero2.service.web.show import show
from hetero2.service.workflows.registry import CAMPAIGN, REQUEST, TABLES, WORKFLOWS

router = APIRouter(include_in_schema=False, dependencies=[Depends(access.from_here), Depends(access.from_session)])
router.include_router(ask.router)
_PAGE = 50
# A report runs its own script and nothing else: in an origin of its own, without a cookie, and may ask for nothing.
_REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def _table(service: Service, scope: Principal, cursor: str | None) -> dict[str, Any]:
    page = run_api.page(service, scope, _PAGE, cursor)
    return {
        "runs": page.runs,
        "next_cursor": page.next_cursor,
        "any_active": any(run.state not in TERMINAL for run in page.runs),
        "titles": {name: entry.title for name, entry in WORKFLOWS.items()},
        "query": urlencode({"cursor": cursor}) if cursor else "",
    }


@router.get("/")
def run_list(service: Opened, scope: Looks, cursor: str | None = None) -> Response:
    """The runs."""
    try:
        return show("runs.html", scope, **_table(service, scope, cursor))
    except ServiceError:  # the address was cut off: its latest runs are what was meant
        return RedirectResponse("/", 303)


@router.get("/runs-table")
def run_table(service: Opened, scope: Looks, cursor: str | None = None, seen: str = "") -> Response:
    """Their table alone, for htmx; nothing where it is as it was `seen`."""
    return _unless_seen(show("runs_table.html", scope, **_table(service, scope, cursor)), seen)


def _unless_seen(response: Response, seen: str) -> Response:
    """Nothing instead of what is there already: who reads, marks or listens to a page is not disturbed."""
    is_new = f"seen={seen}".encode() not in bytes(response.body) if seen else True
    return response if is_new else Response(status_code=204)


def _run(service: Service, scope: Scope, run_id: UUID) -> dict[str, Any]:
    with service.reading(scope) as session:
        row = runs.get(session, RunKey(scope, run_id))
        run = shown.run(session, row, runs.job_of(session, row))
        published = [shown.artifact(artifact) for artifact in runs.artifacts(session, RunKey(scope, run_id))]
    title = WORKFLOWS[run.workflow].title if run.workflow in WORKFLOWS else run.workflow
    by_kind = {artifact.kind: artifact for artifact in published}
    return {
        "run": run, "artifacts": published, "ended": run.state in TERMINAL, "title": title,
        "report": by_kind.get("report"), "score_request": by_kind.get(REQUEST),
        "campaign": by_kind.get(CAMPAIGN), "waits": run.state is State.PAUSED,
        "endings": ",".join(TABLES),
    }  # fmt: skip


@router.get("/runs/{run_id}")
def run_page(run_id: UUID, service: Opened, scope: Looks) -> Response:
    """A run."""
    return show("run.html", scope, **_run(service, scope, run_id))


@router.get("/runs/{run_id}/state")
def run_state(run_id: UUID, service: Opened, scope: Looks, seen: str = "", state: str = "") -> Response:
    """Its state alone, for htmx; once it has ended, the whole page anew, with its report."""
    values = _run(service, scope, run_id)
    if values["ended"]:
        return Response(headers={"HX-Refresh": "true"})
    return _unless_seen(show("run_state.html", scope, is_news=state != values["run"].state, **values), seen)


@router.post("/runs/{run_id}/scores")
async def bring_scores(run_id: UUID, request: Request, service: Opened, scope: Works) -> Response:
    """Give a paused run the scores that it waits for: the file of a form."""
    try:
        with service.limits.slot("uploads", scope.org_id):
            async with access.sent_form(request, max_files=1, max_fields=10) as body:
                return await run_in_threadpool(_bring_scores, service, scope, run_id, body.get("scores"))
    except ServiceError as error:
        if error.code != "too_large":
            raise
        # The form is larger than any file may be, and was not read to its end.
        limit = words.size(service.settings.max_upload)
        too_large = ServiceError("too_large", f"the file is larger than {limit}, which is the limit")
        return await run_in_threadpool(_not_brought, service, scope, run_id, too_large)


def _bring_scores(service: Service, scope: Viewer, run_id: UUID, file: object) -> Response:
    sha256 = None
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise ServiceError("invalid", "choose a file")
        upload = ask.keep(service, scope, file, TABLES)
        sha256 = upload.sha256
        submission.bring_later(service, scope, run_id, upload.id)
    except ServiceError as error:
        if error.code not in ("invalid", "too_large", "conflict"):
            raise
        return _not_brought(service, scope, run_id, error, sha256)
    return RedirectResponse(f"/runs/{run_id}", 303)


def _not_brought(
    service: Service, scope: Viewer, run_id: UUID, error: ServiceError, sha256: str | None = None
) -> Response:
    """The page of the run, with what is wrong; sha256: of the file, where it could be read."""
    values = _run(service, scope, run_id)
    if values["waits"]:
        return show("run.html", scope, error.status, wrong=words.sentence(error.detail), **values)
    if sha256 is not None and sha256 in (file["sha256"] for file in values["run"].inputs.values()):
        return RedirectResponse(f"/runs/{run_id}", 303)  # the button was pressed twice: the run has the file
    problem = "The file was not taken: this run does not wait for scores, or no longer does."
    return show("run.html", scope, 409, problem=problem, **values)


@router.get("/runs/{run_id}/scores")
def scores(run_id: UUID) -> Response:
    """Where somebody loads the answer to that form anew."""
    return RedirectResponse(f"/runs/{run_id}", 303)


@router.post("/runs/{run_id}/{action}")
def act(run_id: UUID, action: str, service: Opened, scope: Works) -> Response:
    """Cancel, try again, run again, or go on with a campaign."""
    answer = Response()
    try:
        if action == "cancel":
            run_api.cancel(run_id, service, scope)
        elif action == "retry":
            run_id = run_api.retry(run_id, service, scope, answer).id
        elif action == "next":
            saved = artifact_api.use(run_id, "campaign.zip", service, scope)
            return RedirectResponse(f"/new/campaign_round?campaign={saved.id}", 303)
        elif action == "rerun":
            run_id = run_api.rerun(Rerun(run_id=run_id), service, scope, answer).id
        else:
            raise ServiceError("not_found", "nothing like that can be done with a run")
    except ServiceError as error:
        if error.code != "conflict":  # else the run has moved on meanwhile: its page shows how it is now
            raise
    return RedirectResponse(f"/runs/{run_id}", 303)


@router.get("/runs/{run_id}/files/{name}")
def file(run_id: UUID, name: str, request: Request, service: Opened, scope: Looks) -> Response:
    """A file that a run published, to keep."""
    return artifact_api.download(run_id, name, service, scope, request.headers.get("range"))


@router.get("/runs/{run_id}/report")
def report(run_id: UUID, service: Opened, scope: Looks) -> Response:
    """The report, shown, without any right to this site: it runs in a sandbox of its own."""
    response = artifact_api.download(run_id, "report.html", service, scope, None)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = _REPORT_POLICY
    return response


@router.get("/runs/{run_id}/{name}")
def beside_report(run_id: UUID, name: str, request: Request, service: Opened) -> Response:
    """A file that a report names as the one beside it. No cookie comes with a link in a sandbox.

    In the frame nothing happens, instead of an error in the place of the report.
    """
    if request.headers.get("sec-fetch-dest") == "iframe":
        return Response(status_code=204)
    if request.headers.get("sec-fetch-site") == "cross-site" and not cookies.read(request):
        said = [f"A report has no right to this site. {name[:200]} is among the files of its run."]
        return show(
            "error.html", cookies.onlooker(request), 403, title="A report cannot open files", said=said, run_id=run_id
        )
    scope = access.with_project(access.signed_in(request))
    with service.reading(scope) as session:
        if all(artifact.name != name for artifact in runs.artifacts(session, RunKey(scope, run_id))):
            raise ServiceError("not_found", "there is nothing at this address")
    return RedirectResponse(f"/runs/{run_id}/files/{name}", 303)
