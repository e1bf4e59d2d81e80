"""Whose a thing is."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Scope:
    """An organisation and one of its projects; every query, path and line of a log has both."""

    org_id: UUID
    project_id: UUID


@dataclass(frozen=True)
class RunKey:
    """A run, and whose it is."""

    scope: Scope
    run_id: UUID
