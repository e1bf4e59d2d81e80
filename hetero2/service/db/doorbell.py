"""The doorbell of PostgreSQL: who queues a run rings, in the same transaction; workers of all processes listen.

It carries nothing: which run is whose stands in the tables, and a worker that hears nothing looks there all the same.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

CHANNEL = "hetero2_queued"


def ring(session: Session) -> None:
    """Heard when the transaction is committed, and not at all where it is undone; with SQLite there is nobody else."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(CHANNEL, "")))
