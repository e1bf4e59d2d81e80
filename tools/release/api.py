"""The part of GitHub's REST API that a release needs (https://docs.github.com/rest), over verified https.

What reads is tried again when the network or the server fails; what writes is not, since nobody knows whether it took
effect: the command that wrote is run again, looks what is there, and goes on from that.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from hetero2.errors import ConfigError, HeteroError
from hetero2.io.download import Limits, tls_context
from hetero2.io.files import parse_json
from hetero2.io.url_policy import Rules, shown, shown_safely, split
from tools.release.milestones import CONTEXTS

_PUBLIC = "https://api.github.com"
_MOST = 16 << 20  # bytes of an answer
# Of what reads; a service may ask for hours, and is then asked again by the next command.
_TRIES = urllib3.Retry(
    3,
    backoff_factor=0.5,
    status_forcelist=(500, 502, 503, 504),
    redirect=0,
    raise_on_status=False,
    respect_retry_after_header=False,
)
_SECONDS = urllib3.Timeout(connect=20.0, read=600.0)
AGAIN = "the same command again goes on from here"
_HINTS = {
    401: "GITHUB_TOKEN is missing or not valid",
    403: "the token may not do that, or the repository's settings forbid it: docs/release.md says which are needed",
    404: "check GITHUB_REPOSITORY, and that the token may read it",
}
Facts = dict[str, Any]


class RefusedError(HeteroError):
    """The API answers, but not what was hoped for."""

    def __init__(self, status: int, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.status = status


@dataclass(frozen=True)
class Api:
    """One repository. `token` is sent to this host alone and shown nowhere."""

    base: str
    repository: str
    token: str | None = field(default=None, repr=False)
    pool: urllib3.PoolManager = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            split(self.base)
        except ValueError as error:
            raise ConfigError(f"GITHUB_API_URL: {shown_safely(self.base)}: {error}") from None
        owner, slash, name = self.repository.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise ConfigError(
                f"GITHUB_REPOSITORY: {self.repository!r}: expected owner/name", "export GITHUB_REPOSITORY=owner/name"
            )
        pool = urllib3.PoolManager(ssl_context=tls_context(None), timeout=_SECONDS)
        object.__setattr__(self, "pool", pool)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Api":
        """As GitHub sets it for a job; of a person's shell only the repository and a token are needed."""
        base, token = environment.get("GITHUB_API_URL") or _PUBLIC, environment.get("GITHUB_TOKEN") or None
        if token and not (token.isascii() and token.isprintable()):
            raise ConfigError("GITHUB_TOKEN: holds what is no token")
        return cls(base.rstrip("/"), environment.get("GITHUB_REPOSITORY", ""), token)

    def url(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """Address of a path below the repository."""
        return f"{self.base}/repos/{self.repository}/{path}" + (f"?{urlencode(query)}" if query else "")

    def limits(self, with_token: bool) -> Limits:
        """How assets are downloaded: the token goes to the API alone, which may be inside one's own network."""
        parts = urlsplit(self.base)
        host, port = parts.hostname or "", parts.port or 443
        try:
            found = {answer[4][0] for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except OSError as error:
            raise HeteroError(f"{host}: cannot be resolved: {error}", "check GITHUB_API_URL") from None
        rules = Rules(None, tuple({443, port}), tuple(sorted(map(str, found))))
        return Limits(rules, token=self.token if with_token else None, token_host=host)

    def send(
        self,
        method: str,
        url: str,
        document: Any = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        missing: tuple[int, ...] = (),
    ) -> Any:
        """The parsed answer; None for a status in `missing` or an empty one. Raises HeteroError for all else."""
        self._check_host(url)
        sent = {
            "Accept-Encoding": "identity",
            "Accept": "application/vnd.github+json",
            "User-Agent": "hetero2",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if document is not None:
            body, sent["Content-Type"] = json.dumps(document).encode(), "application/json"
        try:
            answer = self.pool.request(
                method,
                url,
                body=body,
                headers={**sent, **(headers or {})},
                retries=_TRIES if method == "GET" else False,
                redirect=False,
                preload_content=False,
            )
            data = answer.read(_MOST + 1, decode_content=False)
            answer.release_conn()
        except (HTTPError, OSError) as error:
            reason = " ".join(str(getattr(error, "reason", None) or error).split())
            raise HeteroError(f"{method} {shown(url)}: {reason}", AGAIN) from None
        if len(data) > _MOST:
            raise HeteroError(f"{method} {shown(url)}: the answer is larger than {_MOST >> 20} MB")
        if answer.status in missing:
            return None
        return self._parsed(method, url, answer, data)

    def _check_host(self, url: str) -> None:
        """The token goes over https to the API and to where it takes uploads, whatever an answer says."""
        own = urlsplit(self.base).netloc
        if not url.startswith(tuple(f"https://{host}/" for host in (own, f"uploads.{own.removeprefix('api.')}"))):
            raise HeteroError(f"{shown_safely(url)[:80]}: is no address of {own}; nothing was sent there")

    def _parsed(self, method: str, url: str, answer: Any, data: bytes) -> Any:
        try:
            document = parse_json(data.decode("utf-8")) if data else None
        except ValueError:
            document = None
            if answer.status < 300:
                raise HeteroError(f"{method} {shown(url)}: the answer is not JSON") from None
        if answer.status < 300:
            return document
        said = str(document.get("message", "")) if isinstance(document, dict) else ""
        said = "".join(letter for letter in said[:300] if letter.isprintable())
        hint = _HINTS.get(answer.status, AGAIN)
        if answer.status in (403, 429) and ("Retry-After" in answer.headers or "rate limit" in said.lower()):
            hint = f"the service asks us to wait; {AGAIN}"
        raise RefusedError(answer.status, f"{method} {shown(url)}: {answer.status} {said}".rstrip(), hint)

    def get(self, path: str, query: Mapping[str, Any] | None = None, missing: tuple[int, ...] = ()) -> Any:
        """What is at a path."""
        return self.send("GET", self.url(path, query), missing=missing)

    def post(self, path: str, document: Any) -> Any:
        """Make something."""
        return self.send("POST", self.url(path), document)

    def pages(self, path: str, key: str | None = None, query: Mapping[str, Any] | None = None) -> Iterator[Facts]:
        """All entries of a list, page by page."""
        for page in range(1, 101):
            found = self.get(path, {**(query or {}), "per_page": 100, "page": page})
            entries = found if key is None else found[key]
            yield from entries
            if len(entries) < 100:
                return

    def tagged(self, tag: str) -> str | None:
        """The commit that a tag of the remote repository names, or None where there is no such tag."""
        found = self.get(f"git/ref/tags/{quote(tag, safe='')}", missing=(404,))
        for _ in range(10):  # an annotated one points to it, or to another
            if found is None or found["object"]["type"] != "tag":
                break
            found = self.get(f"git/tags/{found['object']['sha']}")
        return None if found is None else str(found["object"]["sha"])

    def is_private(self) -> bool:
        """Whether only those with a token may download."""
        return bool(self.send("GET", f"{self.base}/repos/{self.repository}")["private"])

    def contexts(self, commit: str) -> dict[str, str | None]:
        """State of ci/test, ci/test-chem and ci/docker on a commit, of the newest check and the newest status of that
        name; where both are there and one is not success, that one."""
        runs: dict[str, Facts] = {}
        for run in self.pages(f"commits/{commit}/check-runs", "check_runs"):
            if run["name"] not in runs or run["id"] > runs[run["name"]]["id"]:
                runs[run["name"]] = run
        found: dict[str, list[str]] = {}
        for name, run in runs.items():
            found[name] = [str(run["conclusion"] if run["status"] == "completed" else run["status"])]
        told: set[str] = set()
        for status in self.pages(f"commits/{commit}/statuses"):  # the newest first
            if status["context"] not in told:
                told.add(status["context"])
                found.setdefault(status["context"], []).append(str(status["state"]))
        states = {name: found.get(f"ci/{name}", []) for name in CONTEXTS}
        return {name: next((s for s in one if s != "success"), one[0] if one else None) for name, one in states.items()}


def check_green(contexts: Mapping[str, str | None], commit: str) -> None:
    """Raise HeteroError unless all three are green."""
    wrong = [f"ci/{name} is {state or 'missing'}" for name, state in contexts.items() if state != "success"]
    if wrong:
        raise HeteroError(
            f"{commit}: {', '.join(wrong)}; all three must be success", "a release needs a commit that CI has passed"
        )
