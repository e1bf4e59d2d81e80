"""A provider of OpenID Connect: where it is asked, its keys, and what it gives for a code."""

import logging
import threading
import time
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hetero2.service.domain.errors import ServiceError
from hetero2.service.settings import Settings, is_safe_address
from hetero2.service.sign_in import id_token
from hetero2.service.sign_in.id_token import WrongTokenError

_PATIENCE = 10  # seconds for an answer
_KEPT = 3600  # seconds that what it says of itself, and its keys, are believed
_LEAST_BETWEEN = 60  # seconds between two looks for a key that is not known: tokens name what they like
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
log = logging.getLogger(__name__)


class Provider:
    """Asked by the settings; keeps what it said about itself for a while."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: OpenIDProviderMetadata | None = None
        self._keys: KeySet | None = None
        self._metadata_at = self._keys_at = 0.0

    @property
    def issuer(self) -> str:
        """By which tokens and accounts name it."""
        return self._settings.oidc_issuer

    def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent; raises unavailable."""
        client = self._client()
        where: str = client.create_authorization_url(
            self._about()["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce,
            redirect_uri=redirect_uri,
        )[0]  # fmt: skip
        return where

    def claims(self, code: str, redirect_uri: str, nonce: str, verifier: str, now: int) -> dict[str, Any]:
        """Of whom a code is; raises WrongTokenError, unavailable. What the code was changed for is kept nowhere."""
        about, client = self._about(), self._client()
        try:
            answer = client.fetch_token(
                about["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier,
                redirect_uri=redirect_uri, timeout=_PATIENCE, allow_redirects=False,
            )  # fmt: skip
        except OAuthError as error:
            raise WrongTokenError(f"code: {str(error.error)[:40]}") from None
        except (requests.RequestException, ValueError) as error:
            raise _silent(error) from None
        text, access_token = answer.get("id_token"), str(answer.get("access_token", ""))
        if not isinstance(text, str):
            raise WrongTokenError("no id_token")
        settings = self._settings
        claims = id_token.read(text, self._keys_for, self.issuer, settings.oidc_client_id, nonce, access_token, now)
        if "email" not in claims and "userinfo_endpoint" in about:
            return self._more(str(about["userinfo_endpoint"]), access_token, claims)
        return claims

    def _more(self, address: str, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
        """What some providers say of a person only where they are asked for it."""
        if not is_safe_address(address):
            raise _silent(ValueError("it names an address without TLS"))
        more = self._get(address, {"Authorization": f"Bearer {access_token}"})
        if more.get("sub") != claims["sub"]:
            raise WrongTokenError("userinfo: sub")
        return {**{name: more.get(name) for name in ("email", "email_verified", "name")}, **claims}

    def _client(self) -> OAuth2Session:
        about, settings = self._about(), self._settings
        methods = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return OAuth2Session(
            settings.oidc_client_id, settings.oidc_client_secret.get_secret_value(), scope="openid email profile",
            token_endpoint_auth_method=(
                "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
            ),
            code_challenge_method="S256",
        )  # fmt: skip

    def _about(self) -> OpenIDProviderMetadata:
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata_at > _KEPT:
                about = OpenIDProviderMetadata(self._get(get_well_known_url(self.issuer, external=True)))
                if about.get("issuer") != self.issuer:
                    raise _silent(ValueError("it says that it is another issuer"))
                if not all(is_safe_address(str(about.get(name, ""))) for name in _NEEDED):
                    raise _silent(ValueError("it names an address without TLS"))
                self._metadata, self._metadata_at = about, time.monotonic()
            return self._metadata

    def _keys_for(self, key_id: str | None) -> KeySet:
        """The keys, asked for anew where they are old, or this one is not among them."""
        about = self._about()
        with self._lock:
            age = time.monotonic() - self._keys_at
            is_known = self._keys is not None and (key_id is None or any(key.kid == key_id for key in self._keys))
            if self._keys is None or age > _KEPT or (not is_known and age > _LEAST_BETWEEN):
                self._keys, self._keys_at = _public(self._get(str(about["jwks_uri"]))), time.monotonic()
            if key_id is None and len(self._keys.keys) != 1:
                raise WrongTokenError("kid")
            return self._keys

    def _get(self, address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = requests.get(address, headers=headers, timeout=_PATIENCE, allow_redirects=False)
            answer.raise_for_status()
            said = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _silent(error) from None
        if not isinstance(said, dict):
            raise _silent(ValueError("its answer is no JSON object"))
        return said


def _public(said: dict[str, Any]) -> KeySet:
    """The keys that check signatures: never one that others have as well (oct), nor one for something else."""
    keys = said.get("keys")
    usable = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError) as error:
        raise _silent(error) from None


def _silent(error: Exception) -> ServiceError:
    log.error("the provider of OpenID Connect cannot be used: %s", type(error).__name__)
    return ServiceError("unavailable", "the page where your organisation signs in does not answer", "try again")
