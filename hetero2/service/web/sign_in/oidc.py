"""To a provider of OpenID Connect, and back."""

import re

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.sign_in import by_oidc
from hetero2.service.sign_in.pending import LASTS, Pending, PendingSignIns
from hetero2.service.sign_in.provider import Provider
from hetero2.service.web import cookies, words
from hetero2.service.web.show import show_visitor
from hetero2.service.web.sign_in.entrance import address_of, enter

_BACK = "/oidc/callback"
_SAID = {  # what a provider may answer instead of a code
    "access_denied": "You were not signed in there, or did not agree to it.",
    "login_required": "You are not signed in there.",
    "temporarily_unavailable": "It is busy or being worked on. Try again later.",
    "server_error": "It has a fault. Try again later.",
}


def router_of(service: Service) -> APIRouter:
    """The addresses of the provider that the settings name; without one there are none."""
    router = APIRouter()
    if service.settings.oidc_issuer:
        _add(router, Provider(service.settings), PendingSignIns())
    return router


def _add(router: APIRouter, provider: Provider, pending_sign_ins: PendingSignIns) -> None:
    @router.get("/oidc/begin")
    def begin(request: Request, service: Opened) -> Response:
        """To the provider. Whatever else the address has is not looked at: the way back is always the same."""
        pending = Pending()
        where = provider.address(_redirect_uri(request), pending.state, pending.nonce, pending.verifier)
        response = RedirectResponse(where, 303)
        text = pending_sign_ins.cookie(pending, int(service.now().timestamp()))
        cookies.put_oidc(request, response, text, LASTS)
        return response

    @router.get(_BACK)
    def back(
        request: Request, service: Opened, code: str = "", state: str = "", error: str = "", iss: str = ""
    ) -> Response:  # fmt: skip
        """From the provider."""
        name = service.settings.oidc_name
        service.limits.sign_in(address_of(request), state)
        pending = pending_sign_ins.take(cookies.read_oidc(request), state, int(service.now().timestamp()))
        if pending is None or (iss and iss != provider.issuer):
            return _not_signed_in(request, ["This answer belongs to no sign-in of this browser, or was used already."])
        if error or not code:
            code_of_error = error if re.fullmatch(r"[a-z_]{1,40}", error) else "no code"
            said = [f"{name} answered:", _SAID.get(error, f"It cannot sign you in ({code_of_error}).")]
            return _not_signed_in(request, said)
        try:
            begun = by_oidc.sign_in(service, provider, pending, code, _redirect_uri(request), address_of(request))
        except ServiceError as refused:
            said = [words.sentence(text) for text in (refused.detail, refused.advice)]
            return _not_signed_in(request, said, refused.status)
        # A page that goes on by itself, and no redirect: that would still come from the provider, and browsers send
        # the session's cookie with what comes from this site alone.
        return _done(request, enter(request, begun, show_visitor(request, "signed_in.html")))


def _not_signed_in(request: Request, said: list[str], status: int = 401) -> Response:
    return _done(request, show_visitor(request, "error.html", status, title="You are not signed in", said=said))


def _done(request: Request, response: Response) -> Response:
    cookies.put_oidc(request, response, "", 0)
    return response


def _redirect_uri(request: Request) -> str:
    return cookies.origin(request) + _BACK
