"""Downloads that trust nothing: https with a verified certificate, rules for every redirect, caps, and a sha256.

The connection goes to the very network address that was checked, so a host name that resolves differently the second
time gains nothing. No proxy is used, since it would resolve names itself. What arrives is written to a file; it is
never run, unpacked or decoded.
"""

import contextlib
import hashlib
import os
import re
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError

from hetero2.errors import ChecksumError, GateError, HeteroError
from hetero2.io.deadline import Deadline, WatchedPool
from hetero2.io.files import atomic_path
from hetero2.io.url_policy import Rules, check_url, resolve, shown

MAX_REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
_BLOCK, _CONNECT_SECONDS, _DIGITS = 1 << 16, 20.0, 15
_GITHUB_ASSET = re.compile(r"(/api/v3)?/repos/[^/]+/[^/]+/releases/assets/[0-9]+")


@dataclass(frozen=True)
class Limits:
    """Rules and limits of a download. `token` is sent to `token_host` only, and never after a redirect."""

    rules: Rules = field(default_factory=Rules)
    max_bytes: int = 2 << 30
    seconds: float = 1800.0
    ca_file: Path | None = None
    token: str | None = None
    token_host: str | None = None
    max_redirects: int = MAX_REDIRECTS


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """The certificates of this machine, or those of a file; raises GateError where that cannot be read."""
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        if ca_file is None and not context.get_ca_certs():
            context.load_verify_locations(certifi.where())  # a machine without certificates of its own
    except (OSError, ssl.SSLError) as error:
        raise GateError(f"execution.download.ca_file: {ca_file}: not a readable certificate file: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _headers(parts: SplitResult, limits: Limits, hop: int) -> dict[str, str]:
    host = (parts.hostname or "").lower()
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    headers = {"Host": f"[{host}]{port}" if ":" in host else host + port, "User-Agent": "hetero2"}
    headers |= {"Accept-Encoding": "identity", "Accept": "*/*"}
    if _GITHUB_ASSET.fullmatch(parts.path):
        headers["Accept"] = "application/octet-stream"  # else the API answers with a description of the file
    if limits.token and hop == 0 and host == (limits.token_host or "").lower():
        headers["Authorization"] = f"Bearer {limits.token}"
    return headers


def _receive(response: Any, url: str, limits: Limits, out: Path) -> str:
    """Write the body; return its sha256."""
    said = response.headers.get("Content-Length", "")
    if said.isdecimal() and (len(said) > _DIGITS or int(said) > limits.max_bytes):
        raise _too_large(url, limits)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise GateError(f"{shown(url)}: refused: the response is compressed, and nothing is unpacked")
    digest, size = _keep(response.stream(_BLOCK, decode_content=False), url, limits, out)
    if said.isdecimal() and size != int(said):
        raise GateError(f"{shown(url)}: the connection ended after {size} of {said} bytes", "try again")
    return digest


def _keep(blocks: Iterable[bytes], url: str, limits: Limits, out: Path) -> tuple[str, int]:
    """Write blocks as they come, as far as the cap allows; return sha256 and size."""
    digest, size = hashlib.sha256(), 0
    with out.open("wb") as handle:
        for block in blocks:
            size += len(block)
            if size > limits.max_bytes:
                raise _too_large(url, limits)
            digest.update(block)
            _write(handle, block, out)
    return digest.hexdigest(), size


def _write(handle: Any, block: bytes, out: Path) -> None:
    try:
        handle.write(block)
        handle.flush()
    except OSError as error:  # of the disk: must not pass for a network error
        raise HeteroError(f"{out.parent}: cannot be written: {error.strerror}") from None


def _too_large(url: str, limits: Limits) -> GateError:
    return GateError(
        f"{shown(url)}: refused: larger than {limits.max_bytes / (1 << 20):.4g} MB",
        "raise execution.download.max_mb if that is what you expect",
    )


def _hop(
    parts: SplitResult, url: str, limits: Limits, hop: int, deadline: Deadline, out: Path
) -> tuple[str | None, str | None]:
    """(sha256 of what was written, None), or (None, the URL of a redirect, empty where the server names none)."""
    host, port = (parts.hostname or "").lower(), parts.port or 443
    problem: Exception | None = None
    for address in resolve(host, port, limits.rules, deadline.left()):
        if deadline.left() <= 0:
            break
        pool = WatchedPool(
            address.partition("%")[0],
            port,
            ssl_context=tls_context(limits.ca_file),
            server_hostname=host,
            timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, deadline.left()), read=deadline.left()),
            retries=False,
            deadline=deadline,
        )
        with contextlib.closing(pool), deadline.enforced():
            try:
                return _get(pool, parts, url, limits, hop, deadline, out)
            except urllib3.exceptions.NewConnectionError as error:
                problem = error  # another address of the host may do
            except (HTTPError, OSError) as error:
                problem = error
                break
    if deadline.over or deadline.left() <= 0:
        raise _too_late(url, limits)
    raise GateError(f"{shown(url)}: {_reason(problem)}", "check the URL, and execution.download.ca_file")


def _get(
    pool: WatchedPool, parts: SplitResult, url: str, limits: Limits, hop: int, deadline: Deadline, out: Path
) -> tuple[str | None, str | None]:
    """As `_hop`, from one address of the host."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = _headers(parts, limits, hop)
    response = pool.urlopen("GET", path, headers=headers, redirect=False, preload_content=False)
    with contextlib.closing(response):
        if response.status in _MOVED:
            return None, _joined(url, response.headers.get("Location", ""))
        if response.status != 200:
            raise GateError(
                f"{shown(url)}: the server answered with status {response.status}", _advice(response.status)
            )
        digest = _receive(response, url, limits, out)
        if deadline.over:
            raise _too_late(url, limits)
        return digest, None


def _too_late(url: str, limits: Limits) -> GateError:
    return GateError(
        f"{shown(url)}: stopped after {limits.seconds / 60:.3g} minutes", "raise execution.download.minutes"
    )


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location) if location else ""
    except ValueError:
        raise GateError(f"{shown(url)}: refused: redirected to an invalid URL") from None


def _advice(status: int) -> str:
    if status in (401, 403, 404):
        return "check the URL; for a private file set execution.download.token_variable and token_host"
    return "try again later, or download it yourself and give its path and sha256"


def _reason(problem: Exception | None) -> str:
    reason = getattr(problem, "reason", None) or problem
    return " ".join(str(reason or "no address answered").split())


def _from_file(parts: SplitResult, limits: Limits, deadline: Deadline, out: Path) -> str:
    path = Path(unquote(parts.path))
    if not path.is_file():
        raise GateError(f"{path}: no such file")
    url = f"file://{parts.path}"
    if path.stat().st_size > limits.max_bytes:
        raise _too_large(url, limits)

    def blocks(source: BinaryIO) -> Iterator[bytes]:
        while block := source.read(_BLOCK):
            if deadline.left() <= 0:
                raise _too_late(url, limits)
            yield block

    with path.open("rb") as source:
        return _keep(blocks(source), url, limits, out)[0]


def _fetch(url: str, limits: Limits, out: Path, tell: Callable[[str], None]) -> str:
    parts, deadline = check_url(url, limits.rules), Deadline(limits.seconds)
    if parts.scheme == "file":
        return _from_file(parts, limits, deadline, out)
    for hop in range(limits.max_redirects + 1):
        tell(f"asking {shown(url)}")
        digest, further = _hop(parts, url, limits, hop, deadline, out)
        if digest is not None:
            return digest
        if not further:
            raise GateError(f"{shown(url)}: redirect without a Location header")
        if urlsplit(further).scheme != "https":
            raise GateError(f"{shown(url)}: refused: redirected to a URL that is not https: {shown(further)[:80]}")
        url, parts = further, check_url(further, limits.rules)
    raise GateError(f"{shown(url)}: refused: more than {limits.max_redirects} redirects")


def download(url: str, sha256: str, out: Path, limits: Limits, tell: Callable[[str], None] = lambda _: None) -> None:
    """Download `url` to `out`, which appears only if its sha256 is the expected one; `tell` gets a line per request.

    Raises GateError (a rule, a cap, the server, the network, another sha256) or ConfigError (an invalid rule).
    """
    with atomic_path(out) as temporary:
        digest = _fetch(url, limits, temporary, tell)
        if digest != sha256.lower():
            raise ChecksumError(
                f"{shown(url)}: has sha256 {digest}, expected {sha256.lower()}",
                "the file is not the pinned one; find out why before you pin another sha256",
            )


def token_from(variable: str | None) -> str | None:
    """The token in an environment variable; raises GateError where the configured one is not set."""
    if variable is None:
        return None
    token = os.environ.get(variable, "")
    if not token or not token.isascii() or not token.isprintable():
        raise GateError(f"execution.download.token_variable: {variable} is not set, or holds no token")
    return token
