"""One's own tokens."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from hetero2.service.api.access import Opened, may
from hetero2.service.api.orgs import projects, tokens
from hetero2.service.api.orgs.schemas import NewToken, ProjectShown, TokenShown
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import PROJECT_ACTIONS, Action, ProjectRole
from hetero2.service.web import words
from hetero2.service.web.access import Viewer, signed_in
from hetero2.service.web.org import fields
from hetero2.service.web.org.fields import Text
from hetero2.service.web.show import show

router = APIRouter()
WritesTokens = Annotated[Viewer, may(Action.WRITE_TOKENS, signed_in)]


class Limit(NamedTuple):
    """What a token may do, as one chooses it."""

    label: str
    text: str
    actions: frozenset[Action] | None  # None: all of its person


LIMITS: Mapping[str, Limit] = {
    "everything": Limit("Everything I may", "As if you were signed in yourself, now and later.", None),
    "work": Limit(
        "Run and read", "Starts runs, brings files, downloads results, in this project.",
        PROJECT_ACTIONS[ProjectRole.RUNNER],
    ),
    "read": Limit(
        "Read only", "Looks at runs and downloads results, in this project.", PROJECT_ACTIONS[ProjectRole.VIEWER]
    ),
}  # fmt: skip
ENDS: Mapping[str, tuple[str, timedelta | None]] = {
    "30": ("In 30 days", timedelta(days=30)),
    "90": ("In 90 days", timedelta(days=90)),
    "365": ("In a year", timedelta(days=365)),
    "never": ("Never", None),
}
_SAID = {
    "name": "Give a name of at most 100 characters, by which you will know the token.",
    "project_id": "Choose one of these projects.",
    "actions": "Choose what it may do.",
    "expires_at": "Choose when it ends.",
}


def limit_text(token: TokenShown) -> str:
    """What a token may do, in a few words."""
    asked = None if token.actions is None else frozenset(token.actions)
    named = [limit.label for limit in LIMITS.values() if limit.actions == asked]
    return named[0] if named else "; ".join(words.ACTIONS[action] for action in token.actions or ())


def _projects(service: Service, viewer: Viewer) -> list[ProjectShown]:
    """Those for which somebody can make tokens: of who came with a token, its own."""
    rows = projects.every(service, viewer)
    return rows if viewer.token_id is None else [row for row in rows if row.id == viewer.project_id]


def _page(service: Service, viewer: Viewer, status: int = 200, **values: object) -> Response:
    mine = _projects(service, viewer)
    limits = [
        (name, limit.label, limit.text)
        for name, limit in LIMITS.items()
        if limit.actions is None or any(limit.actions <= PROJECT_ACTIONS[project.role] for project in mine)
    ]
    rows = [(token, limit_text(token)) for token in tokens.every(service, viewer)]
    return show(
        "org/tokens.html", viewer, status, tokens=rows, projects=[(project.id, project.name) for project in mine],
        limits=limits, ends=[(key, label) for key, (label, _) in ENDS.items()], now=service.now(),
        project_names={project.id: project.name for project in projects.every(service, viewer)}, **values,
    )  # fmt: skip


@router.get("/tokens")
def every(service: Opened, viewer: WritesTokens, done: str = "") -> Response:
    """The tokens, and where one is made."""
    values = {"project": str(viewer.project_id), "limit": "read", "end": "90"}
    return _page(service, viewer, done=done, values=values)


@router.post("/tokens")
def create(
    service: Opened, viewer: WritesTokens, name: Text = "", project: Text = "", limit: Text = "", end: Text = ""
) -> Response:  # fmt: skip
    """Make one, and show its text, once."""
    values = {"name": name, "project": project, "limit": limit, "end": end}
    wrong = {} if limit in LIMITS else {"actions": _SAID["actions"]}
    wrong |= {} if end in ENDS else {"expires_at": _SAID["expires_at"]}
    actions, lasts = LIMITS[limit].actions if limit in LIMITS else None, ENDS[end][1] if end in ENDS else None
    body, not_read = fields.read(
        NewToken, _SAID, name=name.strip(), project_id=project, actions=None if actions is None else sorted(actions),
        expires_at=None if lasts is None else (service.now() + lasts).isoformat(),
    )  # fmt: skip
    if body is None or wrong:
        return _page(service, viewer, 422, values=values, wrong=wrong | not_read)
    try:
        token = tokens.create(body, service, viewer)
    except ServiceError as error:
        if error.code != "forbidden":
            raise
        said = {"actions": "In this project you may not start runs yourself. Choose less, or another project."}
        return _page(service, viewer, 422, values=values, wrong=said)
    return show("org/token.html", viewer, token=token, limit=limit_text(token))


@router.get("/tokens/{token_id}/revoke")
def ask(token_id: UUID, service: Opened, viewer: WritesTokens) -> Response:
    """Whether it really is to be revoked."""
    for token in tokens.every(service, viewer):
        if token.id == token_id:
            return show("org/revoke.html", viewer, token=token, limit=limit_text(token))
    raise ServiceError("not_found", "you have no such token", "list your tokens")


@router.post("/tokens/{token_id}/revoke")
def revoke(token_id: UUID, service: Opened, viewer: WritesTokens) -> Response:
    """Revoke it."""
    tokens.revoke(token_id, service, viewer)
    return RedirectResponse("/tokens?done=1", 303)
