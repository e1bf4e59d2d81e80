"""Audit events in plain words: what was done, about what, and where that can be looked at."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hetero2.service.api.orgs.schemas import AuditEventShown
from hetero2.service.domain.permissions import Principal
from hetero2.service.web import words

ACTS: Mapping[str, str] = {
    "artifact.sign": "Gave a file of a run away by an address",
    "invitation.accept": "Accepted an invitation",
    "invitation.create": "Invited somebody",
    "invitation.revoke": "Took an invitation back",
    "member.change": "Changed an account",
    "member.password": "Changed the password",
    "member.reset": "Created a link for a new password",
    "org.change": "Changed the hosts from which files may be fetched",
    "org.create": "Created the organisation",
    "org.welcome": "Named the organisation and its first owner",
    "project.create": "Created a project",
    "project.member": "Gave a role in a project",
    "project.member_removed": "Took somebody out of a project",
    "project.rename": "Renamed a project",
    "run.cancel": "Canceled a run",
    "run.create": "Started a run",
    "run.retry": "Tried a run again",
    "run.scores": "Gave a run its scores",
    "session.begin": "Signed in",
    "session.end": "Signed out",
    "session.project": "Went to another project",
    "session.refused": "Was refused when signing in",
    "token.create": "Created a token",
    "token.revoke": "Revoked a token",
    "upload.append": "Brought a part of a file",
    "upload.create": "Brought a file",
    "upload.sign": "Gave a file away by an address",
}


class About(NamedTuple):
    """What an event is about: in words, where its page is (empty: there is none), and what else is known."""

    text: str
    link: str
    more: str


def about(event: AuditEventShown, names: Mapping[str, str], viewer: Principal) -> About:
    """What an event is about; names: of people and projects, by their ids as texts."""
    detail = dict(event.detail)
    kind, object_id = event.act.partition(".")[0], event.object_id or ""
    text = str(names.get(object_id) or detail.pop("name", "") or detail.pop("email", ""))
    if not text and object_id and kind != "session":
        text = f"{kind} {object_id[:8]}"
    if event.act.startswith("project.member"):
        text += f", project {names.get(str(event.project_id), '')}"
    more = ", ".join(_said(key, value, names) for key, value in detail.items() if value is not None)
    return About(text, _link(event, kind, object_id, names, viewer), words.actions(more))


def _link(
    event: AuditEventShown, kind: str, object_id: str, names: Mapping[str, str], viewer: Principal
) -> str:  # fmt: skip
    """The page of what an event is about, which the viewer can open."""
    if kind in ("run", "artifact") and event.project_id == viewer.project_id:
        return f"/runs/{object_id}"
    if kind == "member" and object_id in names:
        return f"/members/{object_id}"
    in_sight = viewer.token_id is None or event.project_id == viewer.project_id
    if kind == "project" and str(event.project_id) in names and in_sight:
        return f"/projects/{event.project_id}"
    return "/org" if kind == "org" else ""


def _said(key: str, value: Any, names: Mapping[str, str]) -> str:
    """One of the details."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = f"{text[:12]}…" if key == "sha256" else text
    return f"{key.replace('_', ' ')}: {names.get(text, text) or 'none'}"
