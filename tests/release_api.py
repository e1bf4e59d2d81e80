"""The part of a release service that we use, on loopback over HTTPS: releases, checks, pull requests, runs of CI.

It keeps what it was given, and can fail on demand: `fail(method, path, how)` makes the next request that fits break
before or after it took effect, or answers 502.
"""

import contextlib
import hashlib
import http.server
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.server import Server, serving

REPOSITORY, TOKEN = "owner/project", "secret-token"
SUITE = 7  # of checks, by the run of ci.yml
AUTHORIZATIONS = (f"token {TOKEN}", f"Bearer {TOKEN}")  # as PyGithub and as hetero2.io.download send it


class Handler(http.server.BaseHTTPRequestHandler):
    """Routes by method and path."""

    protocol_version = "HTTP/1.1"
    ROUTES = (
        ("GET", r"", "repository"),
        ("GET", r"git/ref/tags/([^/]+)", "tag"),
        ("GET", r"git/tags/([^/]+)", "annotated"),
        ("GET", r"commits/([^/]+)/check-runs", "check_runs"),
        ("GET", r"commits/([^/]+)", "commit"),
        ("GET", r"statuses/([^/]+)", "statuses"),
        ("GET", r"releases", "releases"),
        ("POST", r"releases", "draft"),
        ("GET", r"releases/(\d+)", "one_release"),
        ("PATCH", r"releases/(\d+)", "change"),
        ("DELETE", r"releases/(\d+)", "drop"),
        ("GET", r"releases/(\d+)/assets", "asset_list"),
        ("POST", r"releases/(\d+)/assets", "upload"),
        ("GET", r"releases/assets/(\d+)", "download"),
        ("DELETE", r"releases/assets/(\d+)", "drop_asset"),
        ("GET", r"pulls", "pulls"),
        ("POST", r"pulls", "propose"),
        ("POST", r"actions/workflows/ci.yml/dispatches", "dispatch"),
        ("GET", r"actions/workflows/ci.yml/runs", "runs"),
    )

    def _serve(self) -> None:
        api: Service = self.server
        parts = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        api.asked.append((self.command, parts.path, self.headers.get("Authorization")))
        how = api.failure(self.command, parts.path)
        self.close_connection = True
        if len(body) < size:
            return  # the client hung up
        if how == "before":
            return
        if how == "half" and parts.path.endswith("/assets"):
            api.half(parts, self.query, body)
            return
        status, document, headers = (502, {"message": "bad gateway"}, {}) if how == "502" else self._routed(parts, body)
        if how == "after":
            return
        bare = document is None and status in (204, 302)
        data = document if isinstance(document, bytes) else b"" if bare else json.dumps(document).encode()
        self.send_response(status)
        for key, value in {"Content-Length": str(len(data)), "Connection": "close", **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def _routed(self, parts, body):
        if parts.path.startswith(("/files/", "/public/")):  # where a token has no business
            assert self.headers.get("Authorization") is None
            key = int(parts.path.rsplit("/", 1)[1])
            if parts.path.startswith("/public/"):
                return 404 if self.server.private else 302, None, {"Location": f"{self.server.url}/files/{key}"}
            return 200, self.server.assets[key]["content"], {}
        if self.headers.get("Authorization") not in AUTHORIZATIONS:
            return 401, {"message": "Bad credentials"}, {}
        path = parts.path.removeprefix("/uploads").removeprefix(f"/repos/{REPOSITORY}").removeprefix("/")
        for method, pattern, name in self.ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                given = body if name == "upload" else json.loads(body) if body else None
                answer = getattr(self.server, name)(*found.groups(), query=self.query, given=given)
                return (*answer, {})[:3]
        return 404, {"message": "Not Found"}, {}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Service(Server):
    """The state of the service; `git` is the bare repository that stands behind it."""

    def __init__(self, folder: Path, git: Path | None = None) -> None:
        super().__init__(folder, handler=Handler)
        self.git = git
        self.asked, self.failures = [], []
        self.all_releases, self.assets, self.all_pulls, self.all_runs = {}, {}, [], []
        self.checks = {"ci/test": "success", "ci/test-chem": "success", "ci/docker": "success"}
        self.tags: dict[str, str] = {}
        self.ci_path = ".github/workflows/ci.yml"
        self.digests, self.conclusion, self.private = True, "success", False

    def fail(self, method: str, path: str, how: str, times: int = 1) -> None:
        """The next requests that fit fail: before | after they took effect, half (of an upload) or 502."""
        self.failures += [(method, path, how)] * times

    def failure(self, method: str, path: str) -> str | None:
        for one in self.failures:
            if one[0] == method and re.search(one[1], path):
                self.failures.remove(one)
                return one[2]
        return None

    def environment(self) -> dict[str, str]:
        """For a command that talks to it."""
        told = {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}
        return {**told, "SSL_CERT_FILE": str(self.ca_file)}

    def _git(self, *words: str) -> str:
        done = subprocess.run(["git", "--git-dir", str(self.git), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    # Commits and their checks

    def repository(self, **_):
        return 200, {"private": self.private}

    def tag(self, name, **_):
        """A tag as it is in git: annotated, so it names an object that names the commit."""
        known = name in self.tags
        return (200, {"object": {"type": "tag", "sha": name}}) if known else (404, {"message": "Not Found"})

    def annotated(self, name, **_):
        return 200, {"object": {"type": "commit", "sha": self.tags[name]}}

    def check_runs(self, _commit, **_):
        runs = [
            {"id": number, "name": name, "status": "completed", "conclusion": state, "check_suite": {"id": SUITE}}
            for number, (name, state) in enumerate(self.checks.items())
        ]
        return 200, {"check_runs": runs}

    def commit(self, sha, **_):
        return 200, {"sha": sha, "url": self.address(f"commits/{sha}")}

    def statuses(self, _commit, **_):
        return 200, []

    # Releases

    def address(self, path):
        return f"{self.url}/repos/{REPOSITORY}/{path}"

    def shown(self, release):
        url = self.address(f"releases/{release['id']}")
        upload = f"{self.url}/uploads/repos/{REPOSITORY}/releases/{release['id']}/assets{{?name,label}}"
        return {**release, "url": url, "upload_url": upload}

    def releases(self, query, **_):
        per_page, page = int(query["per_page"]), int(query.get("page", 1))
        listed = [self.shown(release) for release in reversed(list(self.all_releases.values()))]
        more = self.address(f"releases?per_page={per_page}&page={page + 1}")
        links = {"Link": f'<{more}>; rel="next"'} if len(listed) > per_page * page else {}
        return 200, listed[per_page * (page - 1) : per_page * page], links

    def one_release(self, number, **_):
        return 200, self.shown(self.all_releases[int(number)])

    def draft(self, given, **_):
        number = max(self.all_releases, default=0) + 1
        self.all_releases[number] = {"id": number, **given}
        return 201, self.shown(self.all_releases[number])

    def change(self, number, given, **_):
        release = self.all_releases[int(number)]
        release.update(given)
        if not release["draft"]:
            self.tags.setdefault(release["tag_name"], release["target_commitish"])
        return 200, self.shown(release)

    def drop(self, number, **_):
        self.all_releases.pop(int(number), None)
        return 204, None

    def described(self, asset):
        found = {key: value for key, value in asset.items() if key != "content"}
        found |= {"url": f"{self.url}/repos/{REPOSITORY}/releases/assets/{asset['id']}"}
        found |= {"browser_download_url": f"{self.url}/public/{asset['id']}"}
        digest = "sha256:" + hashlib.sha256(asset["content"]).hexdigest()
        return {**found, "digest": digest if self.digests else None}

    def of(self, number):
        return [one for one in self.assets.values() if one["release"] == int(number)]

    def _put(self, number, name, content, state):
        key = max(self.assets, default=0) + 1
        self.assets[key] = {"id": key, "release": int(number), "name": name, "state": state, "content": content}
        return self.assets[key]

    def upload(self, number, query, given, **_):
        if any(one["name"] == query["name"] for one in self.of(number)):
            return 422, {"message": "already_exists"}
        return 201, self.described(self._put(number, query["name"], given, "uploaded"))

    def half(self, parts, query, body):
        """What is left of an upload that broke."""
        self._put(parts.path.split("/")[-2], query["name"], body[: len(body) // 2], "starter")

    def download(self, key, **_):
        return 302, None, {"Location": f"{self.url}/files/{key}"}

    def drop_asset(self, key, **_):
        self.assets.pop(int(key))
        return 204, None

    def asset_list(self, number, **_):
        return 200, [self.described(one) for one in self.of(number)]

    # Pull requests and runs

    def pulls(self, query, **_):
        state, head = query["state"], query["head"].partition(":")[2]
        mine = query["head"].startswith("owner:") and query["base"] == "main"
        found = [one for one in self.all_pulls if mine and one["head"] == head and state in ("all", one["state"])]
        return 200, found[::-1]

    def propose(self, given, **_):
        number = len(self.all_pulls) + 1
        pull = {"number": number, "state": "open", "merged_at": None, "merge_commit_sha": None, **given}
        self.all_pulls.append({**pull, "html_url": f"https://example.org/{REPOSITORY}/pull/{number}"})
        return 201, self.all_pulls[-1]

    def merge(self, number: int) -> str:
        """Merge a pull request as a person would: one more commit on main that has both for parents."""
        pull = self.all_pulls[number - 1]
        sides = self._git("rev-parse", "main", pull["head"]).split()
        tree = self._git("rev-parse", f"{pull['head']}^{{tree}}")
        who = ("-c", "user.name=a person", "-c", "user.email=person@example.org")
        commit = self._git(*who, "commit-tree", tree, "-p", sides[0], "-p", sides[1], "-m", f"Merge #{number}")
        self._git("update-ref", "refs/heads/main", commit)
        pull.update(state="closed", merged_at="2026-11-22T11:00:00Z", merge_commit_sha=commit)
        return commit

    def dispatch(self, given, **_):
        number = len(self.all_runs) + 1
        run = {"id": number, "head_branch": given["ref"], "head_sha": self._git("rev-parse", given["ref"])}
        run |= {"status": "queued", "conclusion": None, "html_url": f"https://example.org/{REPOSITORY}/runs/{number}"}
        self.all_runs.append(run)
        return 204, None

    def runs(self, query, **_):
        if "branch" not in query:  # of a commit: that which made its checks
            run = {"id": 1, "head_sha": query["head_sha"], "check_suite_id": SUITE, "path": self.ci_path}
            return 200, {"workflow_runs": [run]}
        asked = query["branch"], query["head_sha"], "workflow_dispatch"
        found = [one for one in self.all_runs if (one["head_branch"], one["head_sha"], query["event"]) == asked]
        answer = [dict(one) for one in found]
        for one in found:  # the next time one asks it is a step further
            if one["status"] == "queued":
                one["status"] = "in_progress"
            elif one["status"] == "in_progress":
                one.update(status="completed", conclusion=self.conclusion)
        return 200, {"workflow_runs": answer}


@contextlib.contextmanager
def service(folder: Path, git: Path | None = None) -> Iterator[Service]:
    """A running service."""
    with serving(folder, made=Service(folder, git)) as running:
        yield running
