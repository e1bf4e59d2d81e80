"""The application: the API, and what every answer has."""

import logging

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response

from hetero2.service.api import artifacts, openapi, problems, runs, uploads
from hetero2.service.api.access import Anybody
from hetero2.service.api.ga4gh import drs, wes
from hetero2.service.api.guard import Guard
from hetero2.service.api.orgs import invitations, people, projects, tokens
from hetero2.service.api.schemas import Me
from hetero2.service.core import Service
from hetero2.service.observe import ready as readiness
from hetero2.service.rates import Rates
from hetero2.service.web.site import add_pages

log = logging.getLogger(__name__)
_BESIDE = 1_000_000  # bytes of a form beside its files


def create_app(service: Service) -> FastAPI:
    """The application of an open service."""
    app = FastAPI(
        title="HETERO-2", version="1", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json",
        description="Runs of HETERO-2 for a team: upload, run, watch, download evidence. Errors are RFC 9457 problems.",
        separate_input_output_schemas=False,
    )  # fmt: skip
    app.state.service = service
    problems.add_handlers(app)
    api = APIRouter(prefix="/api/v1")
    for router in (
        uploads.router, runs.router, artifacts.router, artifacts.files, people.router, invitations.router,
        projects.router, tokens.router,
    ):  # fmt: skip
        api.include_router(router)

    @api.get("/me", tags=["access"], operation_id="get_me")
    def me(principal: Anybody) -> Me:
        """Whom the token is of, and what it allows."""
        return Me(
            org_id=principal.org_id, project_id=principal.project_id, user_id=principal.user_id, role=principal.role,
            project_role=principal.project_role, actions=sorted(principal.actions),
        )  # fmt: skip

    app.include_router(api)
    app.include_router(wes.router, prefix="/{org}/{project}/ga4gh/wes/v1")
    for prefix in ("/{org}/{project}", ""):  # a drs:// address leads to the second
        app.include_router(drs.router, prefix=f"{prefix}/ga4gh/drs/v1")
    add_pages(app)

    @app.get("/healthz", include_in_schema=False)
    def healthy() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def ready() -> Response:
        """Database, tables, isolation and store can be used; else the first that cannot."""
        failing = readiness.failing(service)
        if failing is None:
            return JSONResponse({"status": "ok"})
        part, error = failing
        log.warning("not ready: %s: %s", part, type(error).__name__)
        return JSONResponse({"status": "not ready", "part": part, "reason": type(error).__name__}, 503)

    openapi.add_document(app)
    app.add_middleware(Rates, limiter=service.limits)
    app.add_middleware(Guard, largest=service.settings.max_upload + _BESIDE, is_https=service.settings.is_https)
    return app
