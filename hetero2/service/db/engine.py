"""The connection to the database, and sessions whose transactions are short."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Principal
from hetero2.service.domain.scope import Scope

Sessions = Callable[[Scope | UUID | None], AbstractContextManager[Session]]
_Read = TypeVar("_Read")
_WHOSE = "whose"  # in Session.info
_READS = "hetero2_reads"
CHANNEL = "hetero2_queued"  # of PostgreSQL, the doorbell
_HIDES = True  # values of a statement, which may be secret, stand in no error
_CONNECT = 10  # seconds for a connection to PostgreSQL
_MOST_KEPT = 2000  # values read
_MANY = 200  # connections to SQLite, a file each: more than there are threads, so that nobody waits for one
_WAIT = 15.0  # seconds for a lock of SQLite, which lets one process write at a time


def connect(url: str) -> Engine:
    """An engine for a database's URL: sqlite:///FILE, or postgresql://.. by psycopg 3."""
    if url.startswith("sqlite"):
        return _sqlite(url)
    for scheme in ("postgresql://", "postgres://"):
        url = url.replace(scheme, "postgresql+psycopg://", 1) if url.startswith(scheme) else url
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={"connect_timeout": _CONNECT},
        hide_parameters=_HIDES,
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=_MANY,
        connect_args={"timeout": _WAIT, "check_same_thread": False},
        hide_parameters=_HIDES,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions of its own, and only before a write
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", f"busy_timeout={int(_WAIT * 1000)}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        # A transaction that reads first and writes later would fail at once where another wrote meanwhile; IMMEDIATE
        # waits for its turn. Who only reads waits for nobody.
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READS) else "BEGIN IMMEDIATE")

    return engine


def sessions(engine: Engine, reads: bool = False) -> Sessions:
    """What opens a session: one transaction, committed at the end of its block, undone where an error leaves it.

    It is given whose it is: an organisation, or a principal, whom audit events then name. On PostgreSQL the database
    itself shows that organisation's rows alone, until the transaction ends; None sees no row of any.
    reads: it writes nothing, and so waits for no lock.
    """
    make = sessionmaker(engine.execution_options(**{_READS: reads}), expire_on_commit=False)

    @contextmanager
    def opened(whose: Scope | UUID | None) -> Iterator[Session]:
        with make.begin() as session:
            session.info[_WHOSE] = whose
            if whose is not None:
                enter(session, whose.org_id if isinstance(whose, Scope) else whose)
            yield session

    return opened


def enter(session: Session, org_id: UUID) -> None:
    """Let the rest of a transaction see the rows of this organisation, and of no other."""
    if session.get_bind().dialect.name == "postgresql":  # with SQLite there is one organisation
        session.execute(select(func.set_config("hetero2.org", str(org_id), True)))


def act_as(session: Session, principal: Principal) -> None:
    """Let audit events of the rest of a transaction name this principal, who has just become known."""
    session.info[_WHOSE] = principal


@contextmanager
def unless_taken(session: Session, taken: ServiceError) -> Iterator[None]:
    """What the block changes; `taken` where another row has what is unique, and the transaction goes on without it."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError:
        raise taken from None


def principal_of(session: Session) -> Principal | None:
    """Whose session it is; None: the service's own."""
    whose = session.info.get(_WHOSE)
    return whose if isinstance(whose, Principal) else None


def ring(session: Session) -> None:
    """Ring the doorbell, which workers of all processes hear once the transaction is committed.

    It carries nothing: which run is whose stands in the tables, and a worker that hears nothing looks there all the
    same. With SQLite there is nobody else.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(CHANNEL, "")))


class Unchanged:
    """What was read from SQLite, kept for as long as nobody has written to it, in this process or in another.

    SQLite says so in some microseconds (PRAGMA data_version), where a query of ours takes a hundred times as long; so
    what one asks for again and again, as for the state of a run, costs little, and is never older than the database.
    From PostgreSQL, which has no such number, everything is read each time. May be used from any thread.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection: Any = None
        if engine.dialect.name == "sqlite":
            pooled = engine.raw_connection()
            pooled.detach()  # the number is of one connection, and outside of any transaction
            self._connection = pooled.dbapi_connection
        self._version: int | None = None
        self._values: dict[object, Any] = {}
        self._lock = Lock()

    def get(self, key: object, read: Callable[[], _Read]) -> _Read:
        """What `read` returned for this key while the database was as it is; what it raises is not kept."""
        if self._connection is None:
            return read()
        with self._lock:
            # Asked before the reading: what is written meanwhile makes the value too old, never the version too new.
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version or len(self._values) >= _MOST_KEPT:
                self._version, self._values = version, {}
            values = self._values
        if key not in values:
            values[key] = read()
        value: _Read = values[key]
        return value

    def close(self) -> None:
        """Close its connection; from then on everything is read."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
