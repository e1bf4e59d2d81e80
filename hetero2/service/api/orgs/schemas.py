"""What the operations of an organisation take and give."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from hetero2.service.api.schemas import Taken
from hetero2.service.domain.names import EMAIL, HOST, ORG_NAME
from hetero2.service.domain.permissions import Action, OrgRole, ProjectRole

Name = Annotated[str, Field(pattern=f"^{ORG_NAME}$")]
Email = Annotated[str, Field(max_length=254, pattern=f"^{EMAIL}$")]
Host = Annotated[str, Field(max_length=260, pattern=f"^{HOST}$")]


def _in_utc(at: datetime) -> datetime:
    try:
        return at if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError("is no time of a calendar in UTC") from None


class OrgShown(BaseModel):
    """An organisation."""

    id: UUID
    name: str
    fetch_hosts: list[str] = Field(description="hosts from which files may be fetched; none where it is empty")
    created_at: datetime


class OrgChange(Taken):
    """What is changed of an organisation."""

    fetch_hosts: list[Host] = Field(max_length=50, description="such as data.example.com, in lower case; no patterns")


class MemberShown(BaseModel):
    """A person of the organisation."""

    id: UUID
    email: str
    name: str
    role: OrgRole
    is_disabled: bool
    created_at: datetime


class MemberChange(Taken):
    """What is changed of a person; they are signed out."""

    role: OrgRole | None = None
    is_disabled: bool | None = None


class NewInvitation(Taken):
    """Somebody who is invited; to a project, too, where one is given with a role in it."""

    email: Email
    role: OrgRole
    project_id: UUID | None = None
    project_role: ProjectRole | None = None


class InvitationShown(BaseModel):
    """An invitation that is open."""

    id: UUID
    email: str
    role: OrgRole
    project_id: UUID | None
    project_role: ProjectRole | None
    created_at: datetime
    expires_at: datetime


class InvitationWithPath(InvitationShown):
    """A new invitation, with the path of its page, which is shown only once."""

    path: str = Field(description="below the address of the service, for the person who is invited alone")


class ProjectShown(BaseModel):
    """A project that the person who asks is in."""

    id: UUID
    name: str
    role: ProjectRole
    created_at: datetime


class ProjectName(Taken):
    """The name of a project."""

    name: Name


class ProjectMemberShown(BaseModel):
    """A person who was given a role in a project."""

    user_id: UUID
    email: str
    name: str
    role: ProjectRole


class NewRole(Taken):
    """A role in a project."""

    role: ProjectRole


class NewToken(Taken):
    """A token that is asked for. One with limits, or an end, makes no other tokens."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    project_id: UUID | None = Field(default=None, description="that in which it works; yours where none is given")
    actions: Annotated[list[Action], Field(min_length=1)] | None = Field(
        default=None, description="that it may do; all of yours where none are given"
    )
    expires_at: Annotated[datetime, AfterValidator(_in_utc)] | None = Field(default=None, description="with a zone")


class TokenShown(BaseModel):
    """A token of the person who asks."""

    id: UUID
    name: str
    project_id: UUID
    actions: list[Action] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="to the minute")


class TokenWithText(TokenShown):
    """A new token, with its text, which is shown only once."""

    token: str


class AuditEventShown(BaseModel):
    """Who did what."""

    id: UUID
    at: datetime
    act: str
    object_id: str | None
    project_id: UUID | None
    user_id: UUID | None = Field(description="null: the service or its operator")
    token_id: UUID | None
    request_id: str | None
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """Audit events, the latest first."""

    events: list[AuditEventShown]
    next_cursor: str | None
