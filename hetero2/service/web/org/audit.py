"""Who did what: as a page, and as a table for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from hetero2 import api
from hetero2.service.api.access import Opened, may
from hetero2.service.api.orgs import people, projects
from hetero2.service.api.orgs.schemas import AuditEventShown
from hetero2.service.core import Service
from hetero2.service.db.access.audit import Who
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action
from hetero2.service.web.access import Viewer, signed_in
from hetero2.service.web.org import acts
from hetero2.service.web.show import show

router = APIRouter()
ReadsAudit = Annotated[Viewer, may(Action.READ_AUDIT, signed_in)]
_PAGE, _AT_ONCE = 50, 200
MOST = 10_000  # rows of the table for spreadsheets
_COLUMNS = ("time_utc", "who", "act", "in_words", "about", "more", "project", "token", "request", "object", "detail")


def _who(text: str) -> Who | None:
    """Whose acts are asked for; raises ValueError."""
    return None if not text else "service" if text == "service" else UUID(text)


def _names(service: Service, viewer: Viewer) -> tuple[dict[str, str], dict[str, str]]:
    """(names of people, names of projects), by their ids as texts."""
    return (
        {str(user.id): user.name for user in people.members(service, viewer)},
        {str(project.id): project.name for project in projects.every(service, viewer)},
    )


@router.get("/audit")
def page(service: Opened, viewer: ReadsAudit, act: str = "", who: str = "", cursor: str = "") -> Response:
    """The events, the latest first."""
    try:
        events = people.audit_events(service, viewer, _PAGE, cursor or None, act or None, _who(who))
    except (ValueError, ServiceError):  # the address was cut off: the latest events are what was meant
        return RedirectResponse("/audit", 303)
    people_names, project_names = _names(service, viewer)
    names = people_names | project_names
    asked = {key: value for key, value in (("act", act), ("who", who)) if value}
    return show(
        "org/audit.html", viewer, acts=acts.ACTS, people=people_names, act=act, who=who, most=MOST,
        query=urlencode(asked), rows=[(event, acts.about(event, names, viewer)) for event in events.events],
        later=urlencode(asked | {"cursor": events.next_cursor}) if events.next_cursor else "", is_first=not cursor,
    )  # fmt: skip


@router.get("/audit.csv")
def download(service: Opened, viewer: ReadsAudit, act: str = "", who: str = "") -> Response:
    """The same as a table for spreadsheets: the latest events, at most MOST, and no cell that would be run."""
    try:
        person = _who(who)
    except ValueError:
        return RedirectResponse("/audit", 303)
    events: list[AuditEventShown] = []
    cursor: str | None = None
    while len(events) < MOST:
        latest = people.audit_events(service, viewer, _AT_ONCE, cursor, act or None, person)
        events += latest.events
        cursor = latest.next_cursor
        if cursor is None:
            break
    people_names, project_names = _names(service, viewer)
    names = people_names | project_names
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for event in events[:MOST]:
        writer.writerow(map(api.spreadsheet_cell, _cells(event, names, viewer)))
    return Response(
        text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
    )  # fmt: skip


def _cells(event: AuditEventShown, names: dict[str, str], viewer: Viewer) -> Iterable[str]:
    about = acts.about(event, names, viewer)
    return (
        event.at.strftime("%Y-%m-%d %H:%M:%S"),
        names.get(str(event.user_id), str(event.user_id)) if event.user_id else "the service",
        event.act, acts.ACTS.get(event.act, event.act), about.text, about.more,
        names.get(str(event.project_id), "") if event.project_id else "", str(event.token_id or ""),
        event.request_id or "", event.object_id or "", json.dumps(event.detail),
    )  # fmt: skip
