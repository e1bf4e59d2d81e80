"""The pages added to an application, with their files and their errors."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from hetero2.service.web import access, pages, show


def add_pages(app: FastAPI) -> None:
    """Add them."""
    app.state.page_of = show.error_page
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")

    @app.exception_handler(access.SignInNeeded)
    def _sign_in(request: Request, _: access.SignInNeeded) -> Response:
        if request.headers.get("hx-request"):  # htmx would put the page for signing in where the table was
            return Response(status_code=204, headers={"HX-Redirect": "/login"})
        return RedirectResponse("/login", 303)
