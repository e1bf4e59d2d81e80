"""What pages say: states in plain words, sizes, times, how far a run is."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from hetero2.service.api.schemas import RunShown
from hetero2.service.domain.permissions import Action, OrgRole, ProjectRole
from hetero2.service.domain.states import TERMINAL, WORDS, State

_BAD = {State.EXECUTOR_ERROR, State.SYSTEM_ERROR, State.CANCELED}

# docs/service.md has these, too.
ACTIONS: Mapping[str, str] = {
    Action.READ_ORG: "seeing the organisation, its people and one's own projects",
    Action.WRITE_ORG: "changing the settings of the organisation",
    Action.WRITE_MEMBERS: "inviting people and changing their accounts",
    Action.WRITE_PROJECTS: "creating and renaming projects",
    Action.READ_AUDIT: "reading who did what",
    Action.READ_USAGE: "seeing what has been used",
    Action.WRITE_TOKENS: "creating and revoking one's own tokens",
    Action.READ_PROJECT: "seeing who is in the project",
    Action.WRITE_PROJECT: "changing who is in the project",
    Action.READ_RUNS: "looking at runs and their files",
    Action.WRITE_RUNS: "starting and canceling runs",
    Action.SIGN_ARTIFACTS: "sharing files by a signed address",
}
ORG_ROLES: Mapping[OrgRole, str] = {
    OrgRole.OWNER: "Does all that an admin does, and appoints owners.",
    OrgRole.ADMIN: "Manages people, projects and settings, reads the audit, and is an admin of every project.",
    OrgRole.MEMBER: "Works in the projects to which they are added.",
    OrgRole.BILLING: "Like a member, and reads what the organisation has used.",
}
PROJECT_ROLES: Mapping[ProjectRole, str] = {
    ProjectRole.ADMIN: "Does all that a runner does, and says who is in the project.",
    ProjectRole.RUNNER: "Brings files, starts and cancels runs, and shares their files.",
    ProjectRole.VIEWER: "Looks at runs and downloads their files.",
}


def role_text(role: OrgRole | ProjectRole) -> str:
    """What a role is, in a line."""
    return ORG_ROLES[role] if isinstance(role, OrgRole) else PROJECT_ROLES[role]


def role_options(roles: Iterable[OrgRole | ProjectRole]) -> list[tuple[str, str, str]]:
    """Roles to choose from: each with its name and what it is."""
    return [(role, role.capitalize(), role_text(role)) for role in roles]


def actions(text: str) -> str:
    """A message in which actions are called by what they are."""
    return re.sub(r"\b[a-z]+:[a-z]+\b", lambda match: ACTIONS.get(match[0], match[0]), text)


def words(state: State) -> str:
    """A state, for a person."""
    return WORDS[state]


def sentence(text: str) -> str:
    """A message, as a sentence of its own."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def fingerprint(text: str) -> str:
    """By which a page that is looked at knows whether anything has changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tone(state: State) -> str:
    """Its class in the style sheet."""
    if state is State.COMPLETE:
        return "good"
    return "bad" if state in _BAD else "wait"


def size(number: int) -> str:
    """Bytes, for a person."""
    value = float(number)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def duration(seconds: float) -> str:
    """A time span, for a person."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def moment(at: datetime) -> str:
    """A moment, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M UTC")


def how_far(run: RunShown) -> str:
    """In a few words."""
    counts = run.facts.get("counts") or run.progress.get("counts")
    said = f"{counts['OK']} audited, {counts['SKIP']} left out, {counts['ERROR']} failed" if counts else ""
    if run.state in TERMINAL:
        return said
    jobs = run.progress.get("jobs")
    parts = [f"{jobs['done']} of {jobs['total']} jobs"] if jobs else []
    if run.eta_seconds:
        parts.append(f"{duration(run.eta_seconds.low)} to {duration(run.eta_seconds.high)} left")
    if not parts and not said and run.progress.get("seconds"):
        return f"at work for {duration(run.progress['seconds'])}"
    return "; ".join([*parts, *([said] if said else [])]) or ("begun" if run.started_at else "not begun")
