"""The pages added to an application, with their files and their errors."""

from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from hetero2.service.web import access, pages, show
from hetero2.service.web.org import audit, invitations, members, projects, settings, tokens
from hetero2.service.web.sign_in import account, entrance, oidc
from hetero2.service.web.sign_in import invitations as invited


def add_pages(app: FastAPI) -> None:
    """Add them."""
    app.state.page_of = show.error_page
    sign_in = APIRouter(include_in_schema=False, dependencies=[Depends(access.from_here)])
    for router in (entrance.router, invited.router, account.router, oidc.router_of(app.state.service)):
        sign_in.include_router(router)
    app.include_router(sign_in)
    app.include_router(pages.router)
    org = APIRouter(include_in_schema=False, dependencies=[Depends(access.from_here), Depends(access.from_session)])
    for router in (
        invitations.router, members.router, projects.router, tokens.router, audit.router, settings.router
    ):  # fmt: skip
        org.include_router(router)
    app.include_router(org)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")

    @app.exception_handler(access.SignInNeeded)
    def _sign_in(request: Request, _: access.SignInNeeded) -> Response:
        return _to(request, "/login")

    @app.exception_handler(access.ProjectNeeded)
    def _choose(request: Request, _: access.ProjectNeeded) -> Response:
        return _to(request, "/account")


def _to(request: Request, address: str) -> Response:
    if request.headers.get("hx-request"):  # htmx would put that page where the table was
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)
