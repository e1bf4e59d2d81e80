"""Who may do what: one table from roles to actions, and one function that decides.

A person has a role in the organisation, and one in each project that they are a member of. Owners and admins of the
organisation are admins of its projects. A token acts for a person, in one project, and never does more than both allow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope


class Action(StrEnum):
    """What can be done; tokens name these."""

    READ_ORG = "org:read"  # its name, people and projects that one is in
    WRITE_ORG = "org:write"  # its settings
    WRITE_MEMBERS = "members:write"  # invite, change roles, disable, reset
    WRITE_PROJECTS = "projects:write"  # make and rename projects
    READ_AUDIT = "audit:read"
    READ_USAGE = "usage:read"
    WRITE_TOKENS = "tokens:write"  # one's own
    READ_PROJECT = "project:read"  # its name and members
    WRITE_PROJECT = "project:write"  # its members
    READ_RUNS = "runs:read"  # runs, uploads, events, artifacts
    WRITE_RUNS = "runs:write"  # bring files, ask for runs, cancel, go on
    SIGN_ARTIFACTS = "artifacts:sign"  # addresses that need no token


class OrgRole(StrEnum):
    """A person's role in the organisation."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    BILLING = "billing"


class ProjectRole(StrEnum):
    """A person's role in a project."""

    ADMIN = "admin"
    RUNNER = "runner"
    VIEWER = "viewer"


_VIEWER = frozenset({Action.READ_PROJECT, Action.READ_RUNS})
_RUNNER = _VIEWER | {Action.WRITE_RUNS, Action.SIGN_ARTIFACTS}
PROJECT_ACTIONS: Mapping[ProjectRole, frozenset[Action]] = {
    ProjectRole.VIEWER: _VIEWER,
    ProjectRole.RUNNER: _RUNNER,
    ProjectRole.ADMIN: _RUNNER | {Action.WRITE_PROJECT},
}
_EVERYBODY = frozenset({Action.READ_ORG, Action.WRITE_TOKENS})
_ADMIN = _EVERYBODY | {
    Action.WRITE_ORG,
    Action.WRITE_MEMBERS,
    Action.WRITE_PROJECTS,
    Action.READ_AUDIT,
    Action.READ_USAGE,
}
ORG_ACTIONS: Mapping[OrgRole, frozenset[Action]] = {
    OrgRole.OWNER: _ADMIN,
    OrgRole.ADMIN: _ADMIN,
    OrgRole.MEMBER: _EVERYBODY,
    OrgRole.BILLING: _EVERYBODY | {Action.READ_USAGE},
}
OF_PROJECT = PROJECT_ACTIONS[ProjectRole.ADMIN]  # actions that are about a project
# Who may give, take or change the role of somebody in the organisation: an admin cannot make, or touch, an owner.
GIVES: Mapping[OrgRole, frozenset[OrgRole]] = {
    OrgRole.OWNER: frozenset(OrgRole),
    OrgRole.ADMIN: frozenset(OrgRole) - {OrgRole.OWNER},
    OrgRole.MEMBER: frozenset(),
    OrgRole.BILLING: frozenset(),
}


@dataclass(frozen=True)
class Principal(Scope):
    """Who asks, and the project that they are in: a person, by a session or by a token."""

    user_id: UUID = field(kw_only=True)
    role: OrgRole = field(kw_only=True)
    project_role: ProjectRole | None = field(kw_only=True)  # None: is in no project
    token_id: UUID | None = field(default=None, kw_only=True)
    limit: frozenset[Action] | None = field(default=None, kw_only=True)  # of a token; None: no limit of its own

    @property
    def actions(self) -> frozenset[Action]:
        """All that may be done in this organisation and project."""
        allowed = ORG_ACTIONS[self.role] | (PROJECT_ACTIONS[self.project_role] if self.project_role else frozenset())
        return allowed if self.limit is None else allowed & self.limit


def role_in_project(role: OrgRole, given: ProjectRole | None) -> ProjectRole | None:
    """A person's role in a project where they were given this one, or none."""
    return ProjectRole.ADMIN if role in (OrgRole.OWNER, OrgRole.ADMIN) else given


def unseen() -> ServiceError:
    """What is answered of anything that is not in the principal's sight."""
    return ServiceError("not_found", "there is no such thing in your project", "check its address")


def require(principal: Principal, action: Action, resource: Scope) -> None:
    """Raise not_found where a resource is not in the principal's sight, forbidden where it is, but not this action.

    What is not yours answers as what does not exist: the same words, whether there is such a thing or not.
    """
    is_theirs = resource.org_id == principal.org_id
    if action in OF_PROJECT:
        is_theirs &= resource.project_id == principal.project_id and principal.project_role is not None
    if not is_theirs:
        raise unseen()
    if action not in principal.actions:
        by = "the token does" if principal.limit is not None and action not in principal.limit else "your role does"
        raise ServiceError(
            "forbidden", f"{by} not allow {action.value}", "ask an admin of the project or the organisation"
        )
