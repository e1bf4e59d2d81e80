"""Run by Alembic: all migrations of one upgrade in one transaction."""

from alembic import context
from sqlalchemy import text

from hetero2.service.db import models, people  # noqa: F401 - their tables
from hetero2.service.db.base import Table

_LOCK = 7_264_083_551  # a number that no other program of this database takes
engine = context.config.attributes["engine"]
with engine.begin() as connection:
    if (
        connection.dialect.name == "postgresql"
    ):  # of processes that start at the same time one upgrades, the others wait
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    context.run_migrations()
