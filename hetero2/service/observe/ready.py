"""Whether the service can do its work now: each part that it needs, tried."""

from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, text

from hetero2.errors import ConfigError
from hetero2.service import isolation
from hetero2.service.core import Service
from hetero2.service.db import upgrade
from hetero2.service.store.base import Store


def database(engine: Engine) -> None:
    """Raise what is wrong with the connection; a file of SQLite that is gone would be made anew, and be empty."""
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).is_file():
        raise ConfigError(f"{engine.url.database}: there is no such file", "give the --folder of the service")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


def revision(engine: Engine) -> None:
    """Raise ConfigError where the tables are not those of this release."""
    found, needed = upgrade.revision(engine), upgrade.newest()
    if found != needed:
        raise ConfigError(f"the tables are of revision {found}, this release needs {needed}", "`hetero2 admin upgrade`")


def store(files: Store) -> None:
    """Raise what is wrong with the store: a file is written and taken away."""
    probe = f"ready/{uuid4().hex}"
    files.put(probe, [b"ready"])
    files.delete(probe)


def parts(service: Service) -> Mapping[str, Callable[[], None]]:
    """What the service needs, in the order in which one rests on the other."""
    return {
        "database": lambda: database(service.engine),
        "revision": lambda: revision(service.engine),
        "isolation": lambda: isolation.check(service, 0),
        "store": lambda: store(service.store),
    }


def failing(service: Service) -> tuple[str, Exception] | None:
    """The first part that cannot be used, and what it raised; None where all can."""
    for part, check in parts(service).items():
        try:
            check()
        except Exception as error:  # whatever is wrong, it is not ready
            return part, error
    return None
