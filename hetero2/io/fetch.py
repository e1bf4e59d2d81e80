"""Downloads for somebody who is not trusted: https alone, from places that were named, to public addresses."""

from collections.abc import Collection
from pathlib import Path

from hetero2.errors import ConfigError
from hetero2.io.download import Limits, download
from hetero2.io.url_policy import Rules, split


def fetch(url: str, sha256: str, out: Path, places: Collection[str], max_bytes: int, seconds: float) -> None:
    """Download `url` to `out`, which appears only if its sha256 is the expected one.

    places: `host` for its port 443, or `host:port`; compared letter by letter. No redirect is followed and no network
    of one's own is reached, so that who names a URL learns nothing of what this machine can see.
    Raises ConfigError, before anybody is asked, for a URL that is not of one of the places; GateError for the rest,
    whose message may tell what a server answered: it is for the log of who runs this, if for anybody.
    """
    try:
        parts = split(url)
    except ValueError as error:
        raise ConfigError(f"it is refused: {error}") from None
    if parts.scheme != "https":
        raise ConfigError("it is refused: only https is fetched")
    host, port = parts.hostname or "", parts.port or 443
    if (host if port == 443 else f"{host}:{port}") not in places:
        raise ConfigError("it is refused: its host and port are not among those that files may be fetched from")
    rules = Rules(hosts=(host,), ports=(port,))
    download(url, sha256, out, Limits(rules=rules, max_bytes=max_bytes, seconds=seconds, max_redirects=0))
