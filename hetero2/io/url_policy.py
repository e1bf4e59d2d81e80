"""Which URLs may be fetched, and which network addresses may be connected to."""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hetero2.errors import ConfigError, GateError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_NAT64 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48")))
_KINDS = {
    "CGNAT": ("100.64.0.0/10",),
    "NAT64": ("64:ff9b::/96", "64:ff9b:1::/48"),
    "6to4": ("2002::/16", "192.88.99.0/24"),
    "Teredo": ("2001::/32",),
    "site-local": ("fec0::/10",),
    "documentation": ("3fff::/20",),
    "protocol": ("192.0.0.0/24",),
    "IPv4-compatible": ("::/96",),
}
_NAMED = {kind: [ipaddress.ip_network(text) for text in texts] for kind, texts in _KINDS.items()}


@dataclass(frozen=True)
class Rules:
    """Where downloads may go: host patterns (None: any), ports, and networks that are allowed though not public."""

    hosts: Sequence[str] | None = None
    ports: Sequence[int] = (443,)
    allow_addresses: Sequence[str] = ()

    def networks(self) -> list[Network]:
        """The allowed networks; raises ConfigError for an invalid one."""
        try:
            return [ipaddress.ip_network(text) for text in self.allow_addresses]
        except ValueError as error:
            raise ConfigError(
                f"configuration: execution.download.allow_addresses: {error}", "e.g. 10.1.0.0/16 or 192.0.2.7/32"
            ) from None


def shown(url: str) -> str:
    """A URL for people and records, without user, query and fragment, which may hold secrets."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    text = f"{parts.scheme}://{host}{parts.path}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def recorded(url: str) -> str:
    """A URL as it is recorded: as `shown`, but only the file name of a file URL."""
    parts = urlsplit(url)
    return shown(url) if parts.scheme == "https" else "file:" + parts.path.rpartition("/")[2]


def split(url: str) -> SplitResult:
    """The parts of a URL of a form that can be downloaded; raises ValueError with the reason for any other."""
    if not url.isascii() or any(letter.isspace() or ord(letter) < 32 for letter in url):
        raise ValueError("it has characters that are not allowed in a URL (percent-encode them)")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "file"):
        raise ValueError(f"the scheme is {parts.scheme or 'missing'}; only https and file are read")
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise ValueError("a file URL must name an absolute path on this machine: file:///folder/name")
        return parts
    if parts.username is not None or parts.password is not None:
        raise ValueError("it holds a user or password; use execution.download.token_variable")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise ValueError("it names no host")
    _ = parts.port  # raises ValueError for an invalid port
    return parts


def check_url(url: str, rules: Rules) -> SplitResult:
    """The parts of a URL whose host and port the rules allow; raises GateError with the reason for any other."""
    try:
        parts = split(url)
    except ValueError as error:
        raise GateError(f"{shown_safely(url)}: refused: {error}") from None
    if parts.scheme == "file":
        return parts
    port, host = parts.port or 443, (parts.hostname or "").lower().rstrip(".")
    if port not in rules.ports:
        allowed = ", ".join(map(str, rules.ports))
        raise GateError(
            f"{shown(url)}: refused: port {port}, allowed are {allowed}", "see execution.download.ports in your layer"
        )
    if rules.hosts is not None and not any(fnmatchcase(host, pattern.lower()) for pattern in rules.hosts):
        raise GateError(
            f"{shown(url)}: refused: host {host}, allowed are {', '.join(rules.hosts) or 'none'}",
            "see execution.download.hosts in your layer",
        )
    return parts


def shown_safely(url: str) -> str:
    """As `shown`, for text that may not be a URL at all."""
    try:
        return shown(url).encode("ascii", "backslashreplace").decode()
    except ValueError:
        return "the URL"


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address embeds (mapped, or behind NAT64), or None."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    inside = address.ipv4_mapped
    if inside is None and address in _NAT64[0]:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside


def refusal(address: Address, allowed: Sequence[Network]) -> str | None:
    """Why an address is refused, or None. Allowed networks win, but not over an IPv4 address embedded in it."""
    inside = embedded(address)
    if inside is not None and address.version == 6:
        hidden = refusal(inside, allowed)
        if hidden is not None:
            return f"{hidden} inside {address}"
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            return None
    if any(address.version == network.version and address in network for network in allowed):
        return None
    kind = _kind(address)
    return None if kind is None else f"{kind} address {address}"


def _kind(address: Address) -> str | None:
    """The kind of an address that is not public, or None."""
    if address.is_loopback or address.is_unspecified:
        return "loopback" if address.is_loopback else "unspecified"
    for kind, networks in _NAMED.items():
        if any(address.version == network.version and address in network for network in networks):
            return kind
    for kind in ("link_local", "multicast", "private", "reserved"):
        if getattr(address, f"is_{kind}"):
            return kind.replace("_", "-")
    return None if address.is_global else "not public"


def _ask(host: str, port: int, seconds: float) -> list[Any]:
    """getaddrinfo with a time limit. It has none of its own, so it runs in a thread that may be left behind."""
    answers: queue.Queue[Any] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError("no answer in time") from None
    if isinstance(answer, Exception):
        raise answer
    return list(answer)


def resolve(host: str, port: int, rules: Rules, seconds: float = 60.0) -> list[str]:
    """The addresses of a host; raises GateError unless all of them are allowed."""
    try:
        answers = _ask(host, port, seconds)
    except (OSError, UnicodeError) as error:
        raise GateError(
            f"{host}: cannot be resolved: {error}", "check the name, and that this machine has DNS"
        ) from None
    addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for text in addresses:
        why = refusal(ipaddress.ip_address(text.partition("%")[0]), rules.networks())
        if why is not None:
            raise GateError(
                f"{host}: refused: it resolves to the {why}",
                "an address inside your own network needs execution.download.allow_addresses",
            )
    return addresses
