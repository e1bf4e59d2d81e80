"""Who an ID token is of, once everything about it is right; nothing in it is believed before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hetero2.service.domain.names import UNKEPT, email_of, is_email

# Signatures by a private key of the provider. Not `none`, and not HS..: its key would be one that others have as well.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
_LEEWAY = 60  # seconds that clocks may differ


class WrongTokenError(Exception):
    """An ID token that is not to be believed; the text says which part, never what is in it."""


@dataclass(frozen=True)
class Person:
    """Somebody, as a provider knows them. The address is empty where the provider does not say that it is theirs."""

    subject: str
    email: str
    name: str


def read(
    text: str, keys: Callable[[str | None], KeySet], issuer: str, client_id: str, nonce: str, access_token: str,
    now: int,
) -> dict[str, Any]:  # fmt: skip
    """The claims of an ID token for this sign-in; keys: those of the provider, for a key id. Raises WrongTokenError."""
    try:
        token = jwt.decode(text, lambda seen: keys(seen.headers().get("kid")), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims, token.header,
            {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )  # fmt: skip
        claims.validate(now, _LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise WrongTokenError(f"{type(error).__name__}: {getattr(error, 'claim', '')}") from None
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or UNKEPT.search(subject):
        raise WrongTokenError("sub")
    return dict(claims)


def person(claims: dict[str, Any]) -> Person:
    """Who the claims are of."""
    email, name = claims.get("email"), claims.get("name")
    is_theirs = isinstance(email, str) and is_email(email) and claims.get("email_verified") is True
    shown = "".join(filter(str.isprintable, name)).strip()[:100] if isinstance(name, str) else ""
    return Person(claims["sub"], email_of(str(email)) if is_theirs else "", shown)
