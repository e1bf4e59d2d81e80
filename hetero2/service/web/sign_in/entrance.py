"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened, service_of
from hetero2.service.core import Service
from hetero2.service.db.access import sessions
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import email_of
from hetero2.service.sign_in import begin, local
from hetero2.service.sign_in.begin import Begun
from hetero2.service.web import cookies, words
from hetero2.service.web.access import from_session, from_visit
from hetero2.service.web.show import show_visitor

router = APIRouter()
Text = Annotated[str, Form(max_length=1000)]


def address_of(request: Request) -> str:
    """Of who asks, for the audit events."""
    return request.client.host if request.client else ""


def enter(request: Request, begun: Begun, response: Response) -> Response:
    """Give the browser its session. One that it brought ends: nobody goes on with what was there before."""
    end_brought(request)
    cookies.put_session(request, response, begun.text)
    return response


def go_in(request: Request, begun: Begun) -> Response:
    """The same, and on to the pages; the first owner says who they are before."""
    return enter(request, begun, RedirectResponse("/welcome" if begun.is_first else "/", 303))


def end_brought(request: Request) -> None:
    """End the session that the browser brought, if it is one."""
    service, text = service_of(request), cookies.read(request)
    org_id = sessions.org_of(text)
    if org_id is None:
        return
    with service.reading(org_id) as session:
        brought = sessions.opened(session, org_id, text, begin.lifetimes(service), service.now())
    if brought is not None:
        with service.writing(brought.principal) as session:
            sessions.end(session, org_id, brought.id, service.now())


def page(request: Request, service: Service, status: int = 200, **values: object) -> Response:
    """Where one signs in."""
    settings = service.settings
    provider = settings.oidc_name if settings.oidc_issuer else ""
    return show_visitor(request, "login.html", status, provider=provider, asks_org=not settings.is_embedded, **values)


@router.get("/login")
def login_page(request: Request, service: Opened) -> Response:
    """Where one signs in."""
    return page(request, service)


@router.post("/login", dependencies=[Depends(from_visit)])
def login(
    request: Request, service: Opened, token: Text = "", org: Text = "", email: Text = "", password: Text = "",
) -> Response:  # fmt: skip
    """Sign in with a token, or with an e-mail address and a password."""
    address = address_of(request)
    account = email_of(email) if service.settings.is_embedded else f"{org.strip()}/{email_of(email)}"
    service.limits.sign_in(address, token.strip() or account)
    if token.strip():
        try:
            return go_in(request, local.by_token(service, token.strip(), address))
        except ServiceError:
            return page(request, service, 401, wrong_token="This token is not valid here.")  # noqa: S106
    try:
        return go_in(request, local.by_password(service, org.strip(), email.strip(), password, address))
    except ServiceError as error:
        said = f"{words.sentence(error.detail)} {words.sentence(error.advice)}"
        return page(request, service, error.status, problem=said, org=org, email=email)


@router.post("/logout", dependencies=[Depends(from_session)])
def logout(request: Request) -> Response:
    """Sign out."""
    end_brought(request)
    response = RedirectResponse("/login", 303)
    cookies.forget_session(request, response)
    return response
