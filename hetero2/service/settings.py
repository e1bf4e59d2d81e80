"""What an operator sets: by options of `hetero2 serve`, else by environment variables HETERO2_.."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEGABYTE = 1_000_000


class Settings(BaseSettings):
    """All of it, checked. Sizes are in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="HETERO2_", extra="forbid", frozen=True)

    folder: Path = Path("hetero2-service")  # database, files, runs and secrets of an embedded service
    database: str = ""  # a URL; SQLite in `folder` where it is empty
    store: str = ""  # s3://bucket/prefix; the folder `files` in `folder` where it is empty
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8642
    workers: Annotated[int, Field(ge=0, le=64)] = 1  # runs at once in this process
    cores: Annotated[int, Field(ge=1, le=1024)] = os.cpu_count() or 1  # of one run
    lease: Annotated[float, Field(gt=1)] = 60
    wall_clock: Annotated[float, Field(gt=0)] = 24 * 3600
    memory: Annotated[int, Field(ge=256 * MEGABYTE)] = 8_000 * MEGABYTE  # of one process of a run
    max_upload: Annotated[int, Field(ge=1)] = 5_000 * MEGABYTE
    max_artifact: Annotated[int, Field(ge=1)] = 20_000 * MEGABYTE
    max_queued: Annotated[int, Field(ge=1)] = 10_000

    @field_validator("folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @model_validator(mode="after")
    def _loopback(self) -> "Settings":
        if self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError(
                "host: tokens go in the clear; listen on 127.0.0.1 and put a reverse proxy with TLS before it"
            )
        return self

    @property
    def is_embedded(self) -> bool:
        """Whether the database is SQLite: one process, one organisation."""
        return self.database_url.startswith("sqlite")

    @property
    def database_url(self) -> str:
        """Of the database."""
        return self.database or f"sqlite:///{self.folder / 'service.db'}"
