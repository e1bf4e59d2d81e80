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
    """Where downloads may go: host patterns (None: any), ports, networks that are allowed though not public."""

    hosts: Sequence[str] | None = None
    ports: Sequence[int] = (443,)
    allow_addresses: Sequence[str] = ()

    def networks(self) -> list[Network]:
        """The allowed networks; raises ConfigError for what is none."""
        try:
            return [ipaddress.ip_network(text) for text in self.allow_addresses]
        except ValueError as error:
            raise ConfigError(
                f"configuration: execution.download.allow_addresses: {error}", "e.g. 10.1.0.0/16 or 192.0.2.7/32"
            ) from None


def shown(url: str) -> str:
    """A URL for people and records: without query, fragment and user, which can hold secrets."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    text = f"{parts.scheme}://{host}{parts.path}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def recorded(url: str) -> str:
    """What is recorded of where a file came from: as `shown`, and of a file URL the name alone."""
    parts = urlsplit(url)
    return shown(url) if parts.scheme == "https" else "file:" + parts.path.rpartition("/")[2]


def split(url: str) -> SplitResult:
    """The parts of a URL that has the form of one that we fetch; raises ValueError with the reason."""
    if not url.isascii() or any(letter.isspace() or ord(letter) < 32 for letter in url):
        raise ValueError("has letters that no URL may have (percent-encode them)")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "file"):
        raise ValueError(f"the scheme is {parts.scheme or 'missing'}; only https and file are read")
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise ValueError("a file URL names a whole path of this machine: file:///folder/name")
        return parts
    if parts.username is not None or parts.password is not None:
        raise ValueError("it holds a user or password; use execution.download.token_variable")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise ValueError("it names no host")
    _ = parts.port  # raises ValueError where it is no port
    return parts


def check_url(url: str, rules: Rules) -> SplitResult:
    """The parts of a URL whose host and port the rules allow; raises GateError that says why not."""
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
    """As `shown`, for what may be no URL at all."""
    try:
        return shown(url).encode("ascii", "backslashreplace").decode()
    except ValueError:
        return "the URL"


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside one that stands for it (mapped, or behind NAT64), or None."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    inside = address.ipv4_mapped
    if inside is None and address in _NAT64[0]:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside


def refusal(address: Address, allowed: Sequence[Network]) -> str | None:
    """Why nothing is fetched from an address, or None. Allowed networks win, but not over what an address hides."""
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
    """What an address is if it is not public."""
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
    """getaddrinfo with a time limit: it has none of its own, so it is asked in a thread that may be left behind."""
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
    """The addresses of a host, all of them allowed: one that is not refuses the host. Raises GateError."""
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
                f"{host}: refused: it stands for the {why}",
                "an address inside your own network needs execution.download.allow_addresses",
            )
    return addresses
