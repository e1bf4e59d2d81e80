"""What an operator sets: by options of `hetero2 serve`, else by environment variables HETERO2_.."""

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

MEGABYTE = 1_000_000
BUCKET_LARGEST = 5 << 30  # bytes of a file on S3
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Environment variables that give credentials for S3: all of one of these.
_CREDENTIALS = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)


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
    compute: str = "local"  # or "slurm", or a folder with a Snakemake profile for SLURM
    runs: str = ""  # a folder for the folders of runs; `runs` in `folder` where it is empty
    lease: Annotated[float, Field(gt=1)] = 60
    wall_clock: Annotated[float, Field(gt=0)] = 24 * 3600
    memory: Annotated[int, Field(ge=256 * MEGABYTE)] = 8_000 * MEGABYTE  # of one process of a run
    max_upload: Annotated[int, Field(ge=1)] = 5_000 * MEGABYTE
    max_artifact: Annotated[int, Field(ge=1)] = 20_000 * MEGABYTE
    max_queued: Annotated[int, Field(ge=1)] = 10_000
    patience: Annotated[float, Field(gt=0)] = 60  # with a client that keeps the service waiting
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0  # of loopback, for Prometheus; 0: none
    max_connections: Annotated[int, Field(ge=1)] = 400  # with a file each, within the usual 1024 descriptors
    rate_window: Annotated[int, Field(ge=1, le=3600)] = 60  # in which the requests of each rate_.. are counted
    rate_token: Annotated[int, Field(ge=1)] = 1200
    rate_org: Annotated[int, Field(ge=1)] = 6000
    rate_address: Annotated[int, Field(ge=1)] = 600  # of nobody who is known
    rate_runs: Annotated[int, Field(ge=1)] = 300  # asked for by a token
    rate_checks: Annotated[int, Field(ge=1)] = 60  # of runs before they start, by a token
    rate_sign_in: Annotated[int, Field(ge=1)] = 30  # attempts from an address
    rate_account: Annotated[int, Field(ge=1)] = 10  # attempts for an account
    max_checks: Annotated[int, Field(ge=1)] = 4  # at once: each starts a sandbox
    max_checks_of_org: Annotated[int, Field(ge=1)] = 2
    max_uploads_of_org: Annotated[int, Field(ge=1)] = 16  # at once
    max_fetches: Annotated[int, Field(ge=1, le=20)] = 4  # files by URL at once, each with one of 40 threads
    max_fetches_of_org: Annotated[int, Field(ge=1)] = 2
    fetch_seconds: Annotated[float, Field(gt=0)] = 600  # of one file by URL
    public_url: str = ""  # https://.. of the reverse proxy with TLS before the service
    session_idle: Annotated[float, Field(ge=120)] = 12 * 3600  # after which who does nothing is signed out
    session_longest: Annotated[float, Field(ge=120)] = 7 * 24 * 3600  # after which everybody is
    lock_after: Annotated[int, Field(ge=3, le=100)] = 10  # wrong passwords in a row, by which an account is locked
    lock_longest: Annotated[float, Field(gt=0, le=24 * 3600)] = 900  # of a lock, which grows to that from 30 s
    oidc_issuer: str = ""  # of a provider of OpenID Connect; with the next two
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "your organisation"  # as the page for signing in calls it
    oidc_org: str = ""  # the organisation whose people sign in there; with SQLite the only one

    @field_validator("folder")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("compute")
    @classmethod
    def _known_compute(cls, compute: str) -> str:
        if compute not in ("local", "slurm") and not (Path(compute).expanduser() / "config.yaml").is_file():
            raise ValueError("compute: is neither local nor slurm, nor a folder with the config.yaml of a profile")
        return compute

    @model_validator(mode="after")
    def _loopback(self) -> "Settings":
        if self.host not in _LOOPBACK:
            raise ValueError(
                "host: tokens go in the clear; listen on 127.0.0.1 and put a reverse proxy with TLS before it"
            )
        return self

    @field_validator("database")
    @classmethod
    def _known_database(cls, database: str) -> str:
        if database and not database.startswith(("postgresql://", "postgres://", "sqlite:///")):
            raise ValueError("database: is no postgresql://user@host/name, and no sqlite:///file")
        try:
            make_url(database or "sqlite://")
        except (ValueError, ArgumentError):  # whose words have the password in them
            raise ValueError("database: cannot be read as postgresql://user:password@host:port/name") from None
        return database

    @field_validator("store")
    @classmethod
    def _bucket(cls, store: str) -> str:
        if not store:
            return store
        if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,62}(/[A-Za-z0-9][A-Za-z0-9._-]*)*/?", store):
            raise ValueError("store: is no s3://bucket/prefix of lower-case letters, digits, dots and dashes")
        if not any(all(os.environ.get(name) for name in names) for names in _CREDENTIALS):
            raise ValueError("store: S3 needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        return store

    @model_validator(mode="before")
    @classmethod
    def _of_bucket(cls, given: Any) -> Any:
        """A bucket takes smaller files than a disk does; what is asked for beyond that is refused."""
        if isinstance(given, dict) and given.get("store"):
            return {"max_artifact": BUCKET_LARGEST, **given}
        return given

    @model_validator(mode="after")
    def _sizes_of_bucket(self) -> "Settings":
        if self.store and max(self.max_artifact, self.max_upload) > BUCKET_LARGEST:
            raise ValueError(f"max_artifact, max_upload: a file on S3 has at most {BUCKET_LARGEST} bytes here")
        return self

    @field_validator("public_url")
    @classmethod
    def _public(cls, public_url: str) -> str:
        if public_url and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d{1,5})?/?", public_url):
            raise ValueError("public_url: is no https://name or https://name:port, without a path")
        return public_url.rstrip("/").lower().removesuffix(":443")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, issuer: str) -> str:
        if issuer and not is_safe_address(issuer):
            raise ValueError("oidc_issuer: is no https://.. address; only on this machine may it be http://..")
        return issuer

    @model_validator(mode="after")
    def _whole_provider(self) -> "Settings":
        given = [bool(self.oidc_issuer), bool(self.oidc_client_id), bool(self.oidc_client_secret.get_secret_value())]
        if any(given) and not all(given):
            raise ValueError("oidc_issuer, oidc_client_id, oidc_client_secret: give all of them, or none")
        if self.oidc_issuer and not self.is_embedded and not self.oidc_org:
            raise ValueError("oidc_org: name the organisation whose people sign in at oidc_issuer")
        return self

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the service over TLS alone."""
        return bool(self.public_url)

    @property
    def runs_folder(self) -> Path:
        """The folder in which workers of this host keep the folders of runs."""
        return Path(self.runs).expanduser().absolute() if self.runs else self.folder / "runs"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is SQLite: one process, one organisation."""
        return self.database_url.startswith("sqlite")

    @property
    def database_url(self) -> str:
        """Of the database."""
        return self.database or f"sqlite:///{self.folder / 'service.db'}"


def is_safe_address(address: str) -> bool:
    """Whether secrets may be sent there: over TLS, or within this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )
