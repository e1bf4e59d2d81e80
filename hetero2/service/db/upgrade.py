"""The database brought to the newest form of the tables, by Alembic, from whatever release it is of."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from hetero2.errors import ConfigError


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    return config


def newest() -> str:
    """The revision that this release needs."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return str(ScriptDirectory.from_config(config).get_current_head())


def revision(engine: Engine) -> str | None:
    """The revision that the database has; None where it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def to_newest(engine: Engine) -> None:
    """Upgrade; raises ConfigError where the database cannot be reached, or is of a newer release."""
    try:
        if revision(engine) != newest():
            command.upgrade(_config(engine), "head")
    except DBAPIError as error:
        shown = engine.url.render_as_string(hide_password=True)
        said = str(error.orig).strip().partition("\n")[0]
        raise ConfigError(f"{shown}: cannot be opened: {said}", "check --database, and that it runs") from None
    except CommandError as error:
        raise ConfigError(
            f"the database is of another release: {error}", "start the release that made it, or a newer one"
        ) from None
