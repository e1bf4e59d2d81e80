"""Who looks at the pages: signing in and out, and forms of other sites, which are refused."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import COOKIE, Opened, admitted, may, opened_by, service_of
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, Principal
from hetero2.service.web.show import show

_WEEK = 7 * 24 * 3600
router = APIRouter()


class SignInNeeded(Exception):  # noqa: N818 - a way to the page where one signs in
    """Nobody is signed in."""


def from_here(request: Request) -> None:
    """Refuse a form of another site, also for signing in and out; raises forbidden.

    Browsers say with every POST which site it is from. What says nothing is no browser, and has no cookie of one.
    """
    origin = request.headers.get("origin")
    if request.method == "POST" and origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ServiceError("forbidden", "the form was on another site", "open this service in a new tab and try there")


def signed_in(request: Request) -> Principal:
    """What the cookie opens."""
    try:
        principal = opened_by(service_of(request), request.cookies.get(COOKIE, ""))
    except ServiceError:
        raise SignInNeeded from None
    return admitted(request, principal)


Looks = Annotated[Principal, may(Action.READ_RUNS, signed_in)]
Works = Annotated[Principal, may(Action.WRITE_RUNS, signed_in)]


@router.get("/login")
def login_page() -> Response:
    """Where one signs in."""
    return show("login.html", is_signed_in=False)


@router.post("/login")
def login(request: Request, service: Opened, token: Annotated[str, Form()] = "") -> Response:
    """Sign in with a token; it is kept in a cookie that scripts cannot read and other sites do not send."""
    try:
        opened_by(service, token.strip()[:200])
    except ServiceError:
        return show("login.html", 401, is_signed_in=False, problem="This token is not valid here.")
    response = RedirectResponse("/", 303)
    is_secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token.strip(), max_age=_WEEK, httponly=True, samesite="strict", secure=is_secure)
    return response


@router.post("/logout")
def logout() -> Response:
    """Sign out."""
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response
