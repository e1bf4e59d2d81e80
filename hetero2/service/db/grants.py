"""What the roles of PostgreSQL may do with the tables: the server's, and that of workers. Neither owns them.

The server works for the organisation of who asks, and cannot list organisations. Workers work for all, one after the
other, and see nobody's account. Row level security holds for both.
"""

from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from hetero2.errors import ConfigError
from hetero2.service.db import models, people  # noqa: F401 - their tables
from hetero2.service.db.base import Table

_READ, _APPEND = "SELECT", "SELECT, INSERT"
_EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
SERVER = dict.fromkeys(Table.metadata.tables, _EVERYTHING) | {
    "orgs": "SELECT, UPDATE",
    "audit_events": _APPEND,
    "run_events": _APPEND,
    "alembic_version": _READ,
}
del SERVER["tenants"]
WORKER = {
    "tenants": _READ,
    "orgs": _READ,
    "projects": _READ,
    "jobs": _READ,
    "uploads": _READ,
    "runs": "SELECT, UPDATE",
    "run_events": _APPEND,
    "artifacts": _APPEND,
    "alembic_version": _READ,
}


def grant(engine: Engine, server: str | None, worker: str | None) -> None:
    """Let these roles do their part, and no more; raises ConfigError for a role that there is not."""
    quoted = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        for role, tables in ((server, SERVER), (worker, WORKER)):
            if role is None:
                continue
            try:
                for table in (*Table.metadata.tables, "alembic_version"):
                    connection.execute(text(f"REVOKE ALL ON {table} FROM {quoted(role)}"))
                for table, rights in tables.items():
                    connection.execute(text(f"GRANT {rights} ON {table} TO {quoted(role)}"))
            except ProgrammingError as error:
                said = str(error.orig).strip().partition("\n")[0]
                raise ConfigError(f"{role}: {said}", "make the role first: CREATE ROLE .. LOGIN") from None
