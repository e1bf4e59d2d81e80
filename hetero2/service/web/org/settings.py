"""Settings of the organisation."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from hetero2.service.api.access import Opened, may
from hetero2.service.api.orgs import people
from hetero2.service.api.orgs.schemas import OrgChange
from hetero2.service.domain.permissions import Action
from hetero2.service.web.access import Viewer, signed_in
from hetero2.service.web.org.fields import Text
from hetero2.service.web.org.members import ReadsOrg
from hetero2.service.web.show import show

router = APIRouter()
WritesOrg = Annotated[Viewer, may(Action.WRITE_ORG, signed_in)]


@router.get("/org")
def settings(service: Opened, viewer: ReadsOrg, done: str = "") -> Response:
    """The organisation."""
    org = people.org(service, viewer)
    return show("org/settings.html", viewer, org=org, hosts="\n".join(org.fetch_hosts), done=done)


@router.post("/org")
def change(service: Opened, viewer: WritesOrg, hosts: Text = "") -> Response:
    """Say from which hosts files may be fetched."""
    lines = [line for line in hosts.lower().split() if line]
    try:
        people.change_org(OrgChange(fetch_hosts=lines), service, viewer)
    except ValidationError as error:
        org = people.org(service, viewer)
        return show("org/settings.html", viewer, 422, org=org, hosts=hosts, wrong={"hosts": _wrong(lines, error)})
    return RedirectResponse("/org?done=1", 303)


def _wrong(lines: list[str], error: ValidationError) -> str:
    """What is wrong: that of the first line, or the number of lines."""
    place = error.errors()[0]["loc"]
    if len(place) < 2:
        return "There are more than 50 hosts."
    return f"{lines[int(place[1])][:100]} is not the name of a host, such as data.example.com."
