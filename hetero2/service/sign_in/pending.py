"""Sign-ins that have gone to a provider and not come back: each bound to one browser, and good for one answer.

What belongs to one is in a cookie that is signed, so that nobody can make one up for another browser. The key lives as
long as the process: after a restart, who was at the provider begins again.
"""

import hmac
import secrets
import threading
from dataclasses import dataclass, field

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

LASTS = 600  # seconds
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class Pending:
    """What is asked of the provider, and must come back."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class PendingSignIns:
    """Writes the cookies, and reads each once."""

    def __init__(self) -> None:
        self._key = OctKey.import_key(secrets.token_bytes(32))
        self._lock = threading.Lock()
        self._used: dict[str, int] = {}  # states, with the second in which they expire anyway

    def cookie(self, pending: Pending, now: int) -> str:
        """What the browser keeps."""
        claims = {"state": pending.state, "nonce": pending.nonce, "verifier": pending.verifier, "exp": now + LASTS}
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key)

    def take(self, cookie: str, state: str, now: int) -> Pending | None:
        """The sign-in that an answer of the provider belongs to; None where it is of none, too old, or was used."""
        try:
            claims = jwt.decode(cookie, self._key, algorithms=[_ALGORITHM]).claims
            jwt.JWTClaimsRegistry(now, exp={"essential": True}).validate(claims)
        except (JoseError, ValueError):
            return None
        if not hmac.compare_digest(str(claims["state"]).encode(), state.encode()):
            return None
        with self._lock:
            self._used = {used: expires for used, expires in self._used.items() if expires > now}
            if state in self._used:
                return None
            self._used[state] = claims["exp"]
        return Pending(claims["state"], claims["nonce"], claims["verifier"])
