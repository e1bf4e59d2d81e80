"""How often clients may ask, and how much of it at once. It is counted in the memory of this process alone."""

import contextlib
import hashlib
import ipaddress
import math
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Principal
from hetero2.service.domain.scope import Scope
from hetero2.service.settings import Settings

_MANY_CLIENTS = 10_000  # kept in mind before those that have not asked for a window are forgotten
_WAIT = 5  # seconds until one may ask again for what is all in use: when that ends, nobody knows
Slots = Literal["checks", "uploads", "fetches"]


@dataclass(frozen=True)
class Standing:
    """How a client stands with a limit, after a request was counted."""

    name: str
    most: int  # requests in a window
    window: int  # seconds
    left: int  # requests
    seconds: int  # until there is at least one more
    is_over: bool  # the request was one too many, and was not counted

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has it."""
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.most};w={self.window}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.seconds}',
        }

    def refusal(self) -> ServiceError:
        """The answer to one too many; it says no header that `headers` does."""
        return ServiceError(
            "rate_limited", f"{self.name}: at most {self.most} requests in {self.window} s are taken",
            "try again after the number of seconds in Retry-After", headers={"Retry-After": str(self.seconds)},
        )  # fmt: skip


def refuse(standings: Sequence[Standing]) -> None:
    """Raise rate_limited where a request was one too many."""
    for standing in standings:
        if standing.is_over:
            raise standing.refusal()


class Limiter:
    """The counts of one process. Each method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._storage = MemoryStorage()
        self._windows = MovingWindowRateLimiter(self._storage)
        self._in_use: Counter[tuple[str, UUID | None]] = Counter()
        self._lock = threading.Lock()

    def request(self, principal: Principal) -> list[Standing]:
        """Count a request of a token, or of a person without one; and of their organisation, unless it is too many."""
        standing = self._count("token", self._settings.rate_token, _caller(principal))
        if standing.is_over:
            return [standing]
        return [standing, self._count("org", self._settings.rate_org, str(principal.org_id))]

    def stranger(self, address: str) -> Standing:
        """Count a request of nobody who is known, from this address."""
        return self._count("address", self._settings.rate_address, _network(address))

    def sign_in(self, address: str, account: str) -> None:
        """Count an attempt to sign in, from an address and to an account, before it is looked at; raises rate_limited.

        account: what was typed, whether or not there is such an account.
        """
        refuse([self._count("sign-in", self._settings.rate_sign_in, _network(address))])
        typed = hashlib.sha256(account.strip().lower().encode(errors="replace")).hexdigest()
        refuse([self._count("account", self._settings.rate_account, typed)])

    def spend(self, scope: Scope, what: Literal["runs", "checks"]) -> None:
        """Count what costs more than a request does; raises rate_limited. The service's own work is not counted."""
        if isinstance(scope, Principal):
            most = self._settings.rate_runs if what == "runs" else self._settings.rate_checks
            standing = self._count(what, most, _caller(scope))
            if standing.is_over:
                refusal = standing.refusal()
                refusal.headers |= standing.headers()
                raise refusal

    @contextlib.contextmanager
    def slot(self, what: Slots, org_id: UUID) -> Iterator[None]:
        """Hold one of so many that an organisation, and the process, has at once; raises rate_limited, unavailable."""
        settings = self._settings
        most: dict[str, tuple[int, float]] = {
            "checks": (settings.max_checks_of_org, settings.max_checks),
            "uploads": (settings.max_uploads_of_org, math.inf),  # max_connections says how many there can be
            "fetches": (settings.max_fetches_of_org, settings.max_fetches),
        }
        of_org, of_process = most[what]
        again = {"Retry-After": str(_WAIT)}
        with self._lock:
            if self._in_use[what, org_id] >= of_org:
                raise ServiceError(
                    "rate_limited", f"{what}: an organisation has at most {of_org} at once", "ask again when one of "
                    "yours has ended", headers=again,
                )  # fmt: skip
            if self._in_use[what, None] >= of_process:
                raise ServiceError("unavailable", f"{what}: the service is at its limit", "ask again", headers=again)
            self._in_use.update([(what, org_id), (what, None)])
        try:
            yield
        finally:
            with self._lock:
                self._in_use.subtract([(what, org_id), (what, None)])
                self._in_use = +self._in_use  # forgets who has none

    def _count(self, name: str, most: int, who: str) -> Standing:
        window = self._settings.rate_window
        limit = RateLimitItemPerSecond(most, window)
        with self._lock:  # the storage's own locks come and go with its keys
            if len(self._storage.events) > _MANY_CLIENTS:
                self._forget()
            is_over = not self._windows.hit(limit, name, who)
            stats = self._windows.get_window_stats(limit, name, who)
        seconds = math.ceil(stats.reset_time - time.time())
        return Standing(name, most, window, max(0, stats.remaining), min(max(1, seconds), window), is_over)

    def _forget(self) -> None:
        """The storage empties the list of a client that is silent, but keeps its key."""
        for key in [key for key, hits in self._storage.events.items() if not hits]:
            self._storage.clear(key)


def _caller(principal: Principal) -> str:
    return str(principal.token_id or principal.user_id)


def _network(address: str) -> str:
    """What one client can take its addresses from: of IPv6 that is a network."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip)
