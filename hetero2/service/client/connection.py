"""Requests to a service, with errors as the command line shows them."""

import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from hetero2.errors import ConfigError, HeteroError

_KEY = "Idempotency-Key"
URL, TOKEN = "HETERO2_URL", "HETERO2_TOKEN"  # environment variables, before what login has stored
_OURS = {
    "invalid",
    "unknown_workflow",
    "unauthenticated",
    "forbidden",
    "not_found",
    "malformed",
    "key_reused",
    "not_fetched",
}
# What the service advises a program, for somebody who uses `hetero2 remote`.
_HINTS = {
    "list its artifacts": "`hetero2 remote download RUN` gets all that it has",
    "list the runs of the project": "`hetero2 remote status` lists runs",
    "upload it, and give its id": "--input ROLE=FILE",
}
_OTHER = "is this the address of a HETERO-2 service?"
_TIMEOUT = httpx.Timeout(30, read=120)


class UnreachableError(HeteroError):
    """No answer came, or it broke off."""


class Waits:
    """What a service that is asked too much tells to come later is asked again then, a few times, for a few minutes."""

    def __init__(self, method: str, headers: Mapping[str, str]) -> None:
        """Of one request. What may have been done, and would be done twice, is not asked again."""
        self._statuses = (429,) if method == "POST" and _KEY not in headers else (429, 503)
        self._n_left, self._seconds_left = 8, 300

    def waited(self, answer: httpx.Response) -> bool:
        """Whether the answer said when to ask again, and that moment has come."""
        seconds = answer.headers.get("retry-after", "")
        if answer.status_code not in self._statuses or not re.fullmatch("[0-9]{1,6}", seconds):
            return False
        self._n_left, self._seconds_left = self._n_left - 1, self._seconds_left - int(seconds)
        if self._n_left < 0 or self._seconds_left < 0:
            return False
        time.sleep(int(seconds))
        return True


class Connection:
    """A service at an address, opened by a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = checked_url(url)
        if not token.isascii() or not token.isprintable() or not token or " " in token:
            raise ConfigError("the token is none: it is one word that begins with h2_", "copy all of it")
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=_TIMEOUT)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """The JSON of an answer; raises HeteroError for a problem, ConfigError where the call was wrong."""
        answer = self.response(method, path, **more)
        try:
            return answer.json()
        except ValueError:
            raise HeteroError(f"{self.url}: answers, but not as a service does", _OTHER) from None

    def response(self, method: str, path: str, **more: Any) -> httpx.Response:
        """An answer that is no problem."""
        waits = Waits(method, more.get("headers", {}))
        while True:
            try:
                answer = self._client.request(method, path, **more)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from None
            if not waits.waited(answer):
                return _checked(answer)

    def stream(self, path: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """An answer whose body is still to come; yields it once."""
        waits, is_over = Waits("GET", headers), False
        while not is_over:
            try:
                with self._client.stream("GET", path, headers=headers) as answer:
                    if answer.is_error:
                        answer.read()
                    if is_over := not waits.waited(answer):
                        yield _checked(answer)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from None

    def _unreachable(self, error: httpx.HTTPError) -> HeteroError:
        what = str(error) or type(error).__name__
        return UnreachableError(f"{self.url}: no answer: {what}", "is the service running, and the address right?")


def checked_url(url: str) -> str:
    """The address of a service without what does not belong to it; raises ConfigError for what is none."""
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        is_one = False
    if not is_one or not url.isascii() or not url.isprintable() or parts.query or parts.fragment:
        raise ConfigError(f"{url}: is no address of a service", "such as http://127.0.0.1:8642")
    return url.rstrip("/")


def _checked(answer: httpx.Response) -> httpx.Response:
    if not answer.is_error:
        return answer
    try:
        problem = answer.json()
        code, detail, hint = str(problem["code"]), str(problem["detail"]), str(problem.get("hint") or "")
    except (ValueError, KeyError, TypeError):
        raise HeteroError(f"{answer.url}: answered {answer.status_code}", _OTHER) from None
    if code == "unauthenticated":
        raise ConfigError("the service does not know this token", f"hetero2 remote login ADDRESS, or set {TOKEN}")
    if "/api/" in hint:  # an address of the API
        hint = "`hetero2 remote status --workflows --json` shows what can be asked for"
    raise (ConfigError if code in _OURS else HeteroError)(detail, _HINTS.get(hint, hint) or None)


def stored_path() -> Path:
    """Where login keeps address and token."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "hetero2" / "remote.json"


def store(url: str, token: str) -> Path:
    """Keep address and token, for nobody else to read."""
    path = stored_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        path.chmod(0o600)
        json.dump({"url": url, "token": token}, handle)
    return path


def connect() -> Connection:
    """The service of the environment, else of the last login; raises ConfigError where there is none."""
    url, token = os.environ.get(URL), os.environ.get(TOKEN)
    if not (url and token):
        stored = _stored()
        url, token = url or stored.get("url"), token or stored.get("token")
    if not (url and token):
        raise ConfigError(
            "no service is named", f"hetero2 remote login http://127.0.0.1:8642, or set {URL} and {TOKEN}"
        )
    return Connection(url, token)


def _stored() -> dict[str, str]:
    path = stored_path()
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{path}: others may read the token in it", f"chmod 600 {path}")
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(stored[name]) for name in ("url", "token")}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{path}: is not as login writes it", "hetero2 remote login ADDRESS") from None
