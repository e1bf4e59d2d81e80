"""What keeps organisations apart, checked: a service that has more than one refuses to work without it."""

from hetero2.errors import ConfigError
from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.worker import sandbox
from hetero2.service.worker.compute import profile


def check(service: Service, n_workers: int) -> None:
    """Raise ConfigError where this process, with so many workers, does not keep apart the organisations that there are.

    With one there is nobody to be kept apart from.
    """
    with service.reading(None) as session:
        sees_all, bypasses = orgs.sees_all(session), orgs.bypasses_rows(session)
        n_orgs = orgs.count(session) if sees_all else None  # the server's role cannot know
    if not sees_all and n_workers:
        raise ConfigError(
            "the role of --database may serve, but not work on runs",
            "start it with --workers 0, and `hetero2 worker` with the workers' role; `hetero2 admin upgrade` made both",
        )
    if n_orgs == 1 or n_orgs == 0:
        return
    if bypasses and not service.settings.is_embedded:
        raise ConfigError(
            "there is more than one organisation, and row level security does not hold for the role of --database",
            "connect as the roles of `hetero2 admin upgrade --server-role .. --worker-role ..`, no superusers",
        )
    if n_workers and sandbox.isolation() == "none":
        raise ConfigError("there is more than one organisation, and bubblewrap (bwrap) cannot be used", "install it")
    if n_workers and service.settings.compute != profile.LOCAL:
        raise ConfigError(
            "there is more than one organisation, and runs would compute on a cluster, outside the sandbox",
            "give --compute local",
        )


def sees_all(service: Service) -> bool:
    """Whether this process's role may work for all organisations; else it has neither workers nor a sweeper."""
    with service.reading(None) as session:
        return orgs.sees_all(session)
