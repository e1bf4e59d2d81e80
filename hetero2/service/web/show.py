"""How a page is made: its template, the policy that it stands under, and errors as pages."""

from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader

from hetero2.service.db.access.users import Names
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action
from hetero2.service.web import cookies, forms, words

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Frame-Options": "DENY"}
# The titles of domain.errors are for programs that use the API.
_TITLES = {
    "not_found": "There is no such page",
    "method_not_allowed": "There is no such page",
    "forbidden": "This is not allowed",
    "conflict": "This cannot be done now",
    "invalid": "Something is not right",
    "malformed": "This could not be read",
    "too_large": "This is too large",
    "rate_limited": "This was asked for too often",
    "unauthenticated": "You are not signed in",
    "internal": "The service has a fault",
}
_templates = Environment(loader=PackageLoader("hetero2.service.web"), autoescape=True, trim_blocks=True)
_templates.filters |= {
    "words": words.words, "tone": words.tone, "size": words.size, "duration": words.duration, "moment": words.moment,
    "how_far": words.how_far, "sentence": words.sentence, "parameter": forms.parameter_label, "role": forms.role_label,
    "in_words": forms.in_words, "value": forms.value_text, "fingerprint": words.fingerprint,
    "role_text": words.role_text, "role_options": words.role_options,
}  # fmt: skip


class Onlooker(Protocol):
    """Whom a page is shown to: their forms need its token."""

    @property
    def form_token(self) -> str:
        """That its forms bring back."""
        ...

    @property
    def is_signed_in(self) -> bool:
        """Whether the page has what only they see who are signed in."""
        ...

    @property
    def names(self) -> Names | None:
        """What they, their organisation and project are called, where that was looked up."""
        ...

    @property
    def actions(self) -> frozenset[Action]:
        """What they may do; nothing else is shown to them."""
        ...


def show(template: str, onlooker: Onlooker, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, under a policy that lets it load nothing from elsewhere."""
    text = _templates.get_template(template).render(
        signed_in=onlooker.is_signed_in,
        form_token=onlooker.form_token,
        names=onlooker.names,
        may=onlooker.actions,
        **{"wrong": {}, **values},
    )
    return HTMLResponse(text, status, _HEADERS)


def show_visitor(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page on which nobody need be signed in."""
    visitor = cookies.visitor(request)
    response = show(template, visitor, status, **values)
    if visitor.cookie:
        cookies.put_visit(request, response, visitor.cookie)
    return response


def error_page(error: ServiceError, request: Request) -> HTMLResponse:
    """A request that is refused, as a page."""
    title = _TITLES.get(error.code, error.title)
    if error.code == "not_found":
        said = ["Nothing is at this address, or what was there is not in your project."]
    else:
        advice = "" if "/api/" in error.advice else error.advice  # an address of the API is of no use to a person
        said = [words.sentence(words.actions(text)) for text in (error.detail, advice) if text]
    onlooker = getattr(request.state, "viewer", None) or cookies.onlooker(request)
    return show("error.html", onlooker, error.status, title=title, said=said)
