"""Files by URL, from the hosts that an organisation allows: into the project as if they had been brought."""

import logging
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hetero2 import api
from hetero2.errors import ChecksumError, ConfigError, GateError, HeteroError
from hetero2.service.core import Service
from hetero2.service.db import orgs
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.names import FILE_NAME
from hetero2.service.domain.scope import Scope
from hetero2.service.store.base import FullError

log = logging.getLogger(__name__)


def fetch(service: Service, scope: Scope, url: str, sha256: str, path: Path) -> None:
    """Fetch a file to a path, with the sha256 that was named; raises not_fetched, digest_mismatch, rate_limited.

    Errors say nothing of what was answered, or whether anybody was there: the service may see more of a network than
    who asks it. The log has the host and the kind of the error, since the rest of a URL may be a secret.
    """
    with service.reading(scope) as session:
        hosts = orgs.get(session, scope.org_id).fetch_hosts.split()
    places = [host.removesuffix(":443") for host in hosts]
    largest, seconds = service.settings.max_upload, service.settings.fetch_seconds
    with service.limits.slot("fetches", scope.org_id):
        try:
            api.fetch(url, sha256, path, places, largest, seconds)
        except ConfigError as error:
            raise ServiceError(
                "not_fetched", f"url: {error.message}", "an admin of the organisation says which hosts it allows"
            ) from None
        except ChecksumError:
            raise ServiceError(
                "digest_mismatch", "url: the content does not have the sha256 that was given", "name that of the file"
            ) from None
        except GateError:
            log.info("a file was not fetched from %s", urlsplit(url).hostname)
            raise ServiceError(
                "not_fetched", f"url: no file came. Its host must have public addresses alone and a valid certificate, "
                f"and answer with status 200, without a redirect, in {seconds:g} s, with at most {largest} bytes",
                "check that it does, or download the file and upload it",
            ) from None  # fmt: skip
        except HeteroError:  # of the disk
            raise FullError from None


def name_of(url: str) -> str:
    """The name of a file at a URL; raises invalid where it has none that can be used."""
    try:
        name = unquote(urlsplit(url).path).rpartition("/")[2]
    except ValueError:
        name = ""
    if not re.fullmatch(FILE_NAME, name):
        raise ServiceError("invalid", "name: the URL has none that can be used", "name the file by `name`")
    return name
