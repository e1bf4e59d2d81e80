"""Cookies of the pages, and the tokens of their forms, which show that a form is from a page that this browser got."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from fastapi import Request
from starlette.responses import Response

from hetero2.service.domain.permissions import Action
from hetero2.service.settings import Settings

SESSION = "hetero2_session"
_VISIT = "hetero2_visit"  # of a browser in which nobody is signed in
_OIDC = "hetero2_oidc"  # of a browser that was sent to a provider
FORM_TOKEN = "form_token"  # noqa: S105 - the name of a field


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page without being known; `cookie` is to be set with the page where it is not empty."""

    form_token: str = field(repr=False)
    cookie: str = field(default="", repr=False)
    is_signed_in: bool = False  # whether the page looks so: one for an error does not ask the database
    names: None = None
    actions: frozenset[Action] = frozenset()


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.service.settings
    return settings


def _name(settings: Settings, name: str) -> str:
    """With the prefix, browsers take the cookie over TLS alone, and from no neighbour of the host."""
    return f"__Host-{name}" if settings.is_https else name


def read(request: Request, name: str = SESSION) -> str:
    """The text of a cookie that the browser brought; empty where it brought none."""
    return request.cookies.get(_name(_settings(request), name), "")


def _put(settings: Settings, response: Response, name: str, text: str, max_age: int | None, site: str) -> None:
    response.set_cookie(
        _name(settings, name), text, max_age=max_age, httponly=True, secure=settings.is_https, path="/",
        samesite="lax" if site == "lax" else "strict",
    )  # fmt: skip


def put_session(request: Request, response: Response, text: str) -> None:
    """Let the browser keep a session that has begun; scripts cannot read it, other sites do not send it."""
    settings = _settings(request)
    _put(settings, response, SESSION, text, int(settings.session_longest), "strict")
    _put(settings, response, _VISIT, "", 0, "strict")


def put_visit(request: Request, response: Response, text: str) -> None:
    """Let the browser keep what the forms of its visit are bound to."""
    _put(_settings(request), response, _VISIT, text, None, "strict")


def put_oidc(request: Request, response: Response, text: str, lasts: int) -> None:
    """Let the browser keep what belongs to a sign-in at a provider; 0 takes it away.

    Lax, since it must come with the way back from the provider, which is another site. The session's stays Strict.
    """
    _put(_settings(request), response, _OIDC, text, lasts, "lax")


def read_oidc(request: Request) -> str:
    """What belongs to a sign-in at a provider."""
    return read(request, _OIDC)


def forget_session(request: Request, response: Response) -> None:
    """Let the browser forget the session."""
    _put(_settings(request), response, SESSION, "", 0, "strict")


def visitor(request: Request) -> Visitor:
    """Whoever has this browser, for a page on which nobody need be signed in."""
    if text := read(request, _VISIT):
        return Visitor(form_token(text))
    text = secrets.token_urlsafe(32)
    return Visitor(form_token(text), text)


def onlooker(request: Request) -> Visitor:
    """Whoever gets the page of an error; whether their session goes on was perhaps what could not be looked up."""
    text = read(request)
    return Visitor(form_token(text) if text else "", is_signed_in=bool(text))


def visit_token(request: Request) -> str:
    """What a form of such a page must bring; empty where the browser brought no cookie, and so none fits."""
    text = read(request, _VISIT)
    return form_token(text) if text else ""


def form_token(text: str) -> str:
    """Of a cookie: it can be worked out from it, and from nothing else; the cookie cannot be worked out from it."""
    return hmac.new(text.encode(), b"form", hashlib.sha256).hexdigest()


def fits(sent: object, expected: str) -> bool:
    """Whether a form brought the token that it must."""
    return bool(expected) and isinstance(sent, str) and hmac.compare_digest(sent.encode(), expected.encode())


def origin(request: Request) -> str:
    """Where browsers reach this service: as the operator says, else where this request has reached it."""
    return _settings(request).public_url or f"http://{request.headers.get('host', '')}"
