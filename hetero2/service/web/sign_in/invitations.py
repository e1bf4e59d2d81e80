"""The page of an invitation's link, where one gets an account, or chooses a new password."""

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from hetero2.service.api.access import Opened
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.sign_in import invited
from hetero2.service.web import words
from hetero2.service.web.access import from_visit
from hetero2.service.web.show import show_visitor
from hetero2.service.web.sign_in.entrance import Text, address_of, go_in

router = APIRouter()


def _page(request: Request, service: Service, text: str, status: int = 200, **values: object) -> Response:
    try:
        row, org = invited.invitation(service, text)
    except ServiceError as error:
        said = [words.sentence(error.detail), words.sentence(error.advice)]
        return show_visitor(request, "error.html", 404, title="This link opens nothing", said=said)
    settings = service.settings
    # The provider is that of one organisation; a new password is not its matter.
    is_its = settings.is_embedded or org == settings.oidc_org
    provider = settings.oidc_name if settings.oidc_issuer and is_its and row.user_id is None else ""
    return show_visitor(
        request, "invitation.html", status, text=text, email=row.email, org=org, is_new=row.user_id is None,
        provider=provider, **values,
    )  # fmt: skip


@router.get("/invitations/{text}")
def look(text: str, request: Request, service: Opened) -> Response:
    """What somebody is invited to."""
    return _page(request, service, text)


@router.post("/invitations/{text}", dependencies=[Depends(from_visit)])
def accept(text: str, request: Request, service: Opened, name: Text = "", password: Text = "") -> Response:
    """Accept it, and sign in."""
    service.limits.sign_in(address_of(request), text)
    try:
        return go_in(request, invited.accept(service, text, name, password, address_of(request)))
    except ServiceError as error:
        if error.code != "invalid":
            return _page(request, service, text, error.status, problem=words.sentence(error.detail))
        return _page(request, service, text, 422, problem=words.sentence(error.detail), name=name)
