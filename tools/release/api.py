"""GitHub through PyGithub, with what a release needs beyond it: https alone, no redirects, limits, errors with a hint.

A read is tried again when the network or the server fails. A write is not, since nobody knows whether it took effect:
whoever runs the command again has it look at what is there and go on from that.
"""

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from github import Auth, Github
from github.GithubException import BadAttributeException, GithubException
from github.GithubRetry import GithubRetry
from github.Repository import Repository
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

from hetero2.errors import ConfigError, HeteroError
from hetero2.io.download import Limits, tls_context
from hetero2.io.url_policy import Rules, shown, shown_safely, split
from tools.release.milestones import CONTEXTS

CI = "ci.yml"  # the workflow whose jobs are the contexts
_PUBLIC = "https://api.github.com"
_MAX_BYTES = 16 << 20  # of an answer
_SECONDS = (20.0, 600.0)  # to connect, and between two packets
_MAX_WAIT = 120.0  # seconds; a service that asks for hours is asked again by the next command
_RETRIES = GithubRetry(
    total=3,
    backoff_factor=0.5,
    allowed_methods={"GET"},
    status_forcelist=[500, 502, 503, 504],
    raise_on_status=False,
    max_rate_limit_wait=_MAX_WAIT,
    retry_after_max=int(_MAX_WAIT),
)
AGAIN = "run the same command again; it goes on from here"
_HINTS = {
    401: "GITHUB_TOKEN is missing or invalid",
    403: "the token lacks a permission, or the repository's settings forbid this: docs/release.md lists both",
    404: "check GITHUB_REPOSITORY, and that the token may read it",
}


class RefusedError(HeteroError):
    """The service answered with a status other than success."""

    def __init__(self, status: int, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.status = status


class _Answer(RequestsResponse):
    """An answer whose body was read already."""

    def __init__(self, response: requests.Response, body: bytes) -> None:
        super().__init__(response)
        self.body = body

    def read(self) -> str:
        return self.body.decode("utf-8")


class _Connection(HTTPSRequestsConnectionClass):
    """What PyGithub sends by: it gives a connection to the host of uploads no time limit, and no answer a cap."""

    def __init__(self, host: str, port: int | None = None, **_: Any) -> None:
        super().__init__(host, port, retry=_RETRIES)
        self.session.trust_env = False  # no proxy and no .netrc: the token goes to this host
        self.adapter.init_poolmanager(1, 1, ssl_context=tls_context(None))  # the certificates of this machine, too

    def getresponse(self) -> RequestsResponse:
        """The answer; raises HeteroError for a network failure, an answer that is too large, a refusal."""
        url = f"https://{self.host}{'' if self.port == 443 else f':{self.port}'}{self.url}"
        where = f"{self.verb} {shown(url)}"
        try:
            response = self.session.request(
                self.verb,
                url,
                data=self.input,
                headers={**self.headers, "Accept-Encoding": "identity"},
                timeout=_SECONDS,
                allow_redirects=False,
                stream=True,
            )
            with response:
                body = response.raw.read(_MAX_BYTES + 1)
        except GithubException as error:  # of GithubRetry, which looks into the answer
            raise _refusal(where, error.status, _said(error.data), error.headers or {}) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise HeteroError(f"{where}: {_reason(error)}", AGAIN) from None
        if len(body) > _MAX_BYTES:
            raise HeteroError(f"{where}: the answer is larger than {_MAX_BYTES >> 20} MB")
        if response.status_code >= 300:
            raise _refusal(where, response.status_code, _said(body), response.headers)
        return _Answer(response, body)


class _PlainConnection(HTTPRequestsConnectionClass):
    """A connection without TLS, over which nothing is sent."""

    def __init__(self, host: str, *_: Any, **__: Any) -> None:
        raise HeteroError(f"{host}: refused: not https; nothing was sent there")


def _reason(error: Exception) -> str:
    """Why a request failed, in a line, without what requests and urllib3 wrap around it."""
    cause = error.args[0] if isinstance(error, requests.RequestException) and error.args else error
    return " ".join(str(getattr(cause, "reason", None) or cause).split())


def _said(body: Any) -> str:
    """The message in the body of a refusal, as far as it can be printed."""
    with contextlib.suppress(ValueError):
        body = json.loads(body) if isinstance(body, str | bytes) else body
    text = str(body.get("message", "")) if isinstance(body, Mapping) else ""
    return "".join(letter for letter in text[:300] if letter.isprintable())


def _refusal(where: str, status: int, message: str, headers: Mapping[str, Any]) -> RefusedError:
    hint = _HINTS.get(status, AGAIN)
    if status in (403, 429) and ("Retry-After" in headers or "rate limit" in message.lower()):
        hint = f"the service asks us to wait; {AGAIN}"
    return RefusedError(status, f"{where}: {status} {message}".rstrip(), hint)


@contextlib.contextmanager
def checked_answers() -> Iterator[None]:
    """HeteroError in place of what PyGithub raises for an answer of another shape, or with a URL of another host."""
    try:
        yield
    except (
        *(GithubException, BadAttributeException, AssertionError, RuntimeError),
        *(KeyError, TypeError, AttributeError, IndexError, ValueError),
    ) as error:
        text = " ".join(str(error).split())[:200]
        raise HeteroError(f"the service gave an unexpected answer ({type(error).__name__}: {text})", AGAIN) from error


@dataclass(frozen=True)
class Api:
    """One repository. `token` is sent to the service alone and shown nowhere."""

    base: str
    name: str
    token: str | None = field(default=None, repr=False)
    repository: Repository = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            if split(self.base).scheme != "https":
                raise ValueError("the scheme is file; expected https")
        except ValueError as error:
            raise ConfigError(f"GITHUB_API_URL: {shown_safely(self.base)}: {error}") from None
        owner, slash, name = self.name.partition("/")
        if not (owner and slash and name) or "/" in name:
            raise ConfigError(
                f"GITHUB_REPOSITORY: {self.name!r}: expected owner/name", "export GITHUB_REPOSITORY=owner/name"
            )
        Requester.injectConnectionClasses(_PlainConnection, _Connection)
        client = Github(
            base_url=self.base,
            auth=Auth.Token(self.token) if self.token else None,
            user_agent="hetero2",
            per_page=100,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version="2022-11-28",
        )
        object.__setattr__(self, "repository", client.get_repo(self.name))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Api":
        """As GitHub sets it for a job; in a person's shell only the repository and a token are needed."""
        base, token = environment.get("GITHUB_API_URL") or _PUBLIC, environment.get("GITHUB_TOKEN") or None
        if token and not (token.isascii() and token.isprintable()):
            raise ConfigError("GITHUB_TOKEN: is not a valid token")
        return cls(base.rstrip("/"), environment.get("GITHUB_REPOSITORY", ""), token)

    def limits(self, with_token: bool) -> Limits:
        """How assets are downloaded: the token goes to the API alone, which may be inside one's own network."""
        parts = urlsplit(self.base)
        host, port = parts.hostname or "", parts.port or 443
        try:
            addresses = {answer[4][0] for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except OSError as error:
            raise HeteroError(f"{host}: cannot be resolved: {error}", "check GITHUB_API_URL") from None
        rules = Rules(None, tuple({443, port}), tuple(sorted(map(str, addresses))))
        return Limits(rules, token=self.token if with_token else None, token_host=host)

    def tagged(self, tag: str) -> str | None:
        """The commit that a tag of the remote repository names, or None if there is no such tag."""
        try:
            target = self.repository.get_git_ref(f"tags/{tag}").object
        except RefusedError as error:
            if error.status != 404:
                raise
            return None
        for _ in range(10):  # an annotated tag points to a commit or to another tag
            if target.type != "tag":
                break
            target = self.repository.get_git_tag(target.sha).object
        return str(target.sha)

    @checked_answers()
    def contexts(self, commit: str) -> dict[str, str | None]:
        """State of ci/test, ci/test-chem, ci/docker on a commit: of the newest check that a run of ci.yml made there.

        What others report under such a name, as a check or a status, can only forbid. None: ci.yml made none.
        """
        source, suites = self.repository.get_commit(commit), self._suites_of_ci(commit)
        of_ci: dict[str, str] = {}
        of_others: dict[tuple[str, str], str] = {}  # by kind and name
        for run in sorted(source.get_check_runs(), key=lambda check: check.id):
            state = str(run.conclusion if run.status == "completed" else run.status)
            if run.check_suite.id in suites:
                of_ci[run.name] = state
            else:
                of_others["check", run.name] = state
        for status in reversed(list(source.get_statuses())):  # the newest comes first
            of_others["status", status.context] = str(status.state)
        contexts: dict[str, str | None] = {}
        for name in CONTEXTS:
            forbidding = [state for (_, context), state in of_others.items() if context == f"ci/{name}"]
            contexts[name] = _worst([of_ci[f"ci/{name}"], *forbidding]) if f"ci/{name}" in of_ci else None
        return contexts

    def _suites_of_ci(self, commit: str) -> set[int]:
        """The check suites of runs of ci.yml for a commit of this repository: anybody may call a job ci/test."""
        runs = self.repository.get_workflow(CI).get_runs(head_sha=commit)
        return {
            run.check_suite_id
            for run in runs
            if run.head_sha == commit and run.path.partition("@")[0] == f".github/workflows/{CI}"
        }


def _worst(states: list[str]) -> str:
    return next((state for state in states if state != "success"), "success")


def check_green(contexts: Mapping[str, str | None], commit: str) -> None:
    """Raise HeteroError unless all three are green."""
    failing = [f"ci/{name} is {state or 'missing'}" for name, state in contexts.items() if state != "success"]
    if failing:
        raise HeteroError(
            f"{commit}: {', '.join(failing)}; all three must be success", "a release needs a commit that CI has passed"
        )
