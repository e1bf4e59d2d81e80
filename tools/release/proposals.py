"""Pull requests for registry, lineage and conda pins: push a branch, open the pull request, wait for its CI.

A pull request that a job's token opens starts no CI by itself, so ci.yml is dispatched on its branch; the run that
counts is that of the pushed commit. All of it can be repeated: what exists already is used.
"""

import base64
import contextlib
import functools
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from github.PullRequest import PullRequest
from github.WorkflowRun import WorkflowRun

from hetero2.errors import ConfigError, HeteroError
from tools.release import build, registry
from tools.release.api import CI, Api, checked_answers
from tools.release.checks import ARTEFACTS, rows
from tools.release.publish import confirm, files
from tools.release.repository import entered, git
from tools.release.tags import Tag

_WHO = {"GIT_AUTHOR_NAME": "HETERO-2 release", "GIT_AUTHOR_EMAIL": "release@hetero2.invalid"}
_WHO |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in _WHO.items()}
Facts = dict[str, Any]
Tell = Callable[[str], None]
Edit = Callable[[Path, list[Facts]], bool]
# What renders and checks the pages: it must be as on the base branch, else CI of the pull request would differ.
_RENDERS = ("hetero2", "config", "schemas")


@dataclass(frozen=True)
class Remote:
    """Where branches are pushed to, and how long to wait for their CI."""

    api: Api
    remote: str = "origin"
    base: str = "main"
    minutes: float = 120.0
    poll_seconds: float = 15.0


def _environment(api: Api, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables for git: who commits, and the token, for the server alone; here no process list shows it."""
    variables = {**environment, **_WHO, "GIT_TERMINAL_PROMPT": "0"}
    server = environment.get("GITHUB_SERVER_URL", "")
    if api.token and server.startswith("https://"):
        secret = base64.b64encode(f"x-access-token:{api.token}".encode()).decode()
        variables |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader"}
        variables |= {"GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {secret}"}
    return variables


def _pushed(root: Path, remote: Remote, branch: str, title: str, edit: Callable[[Path], bool]) -> str | None:
    """The commit of the branch with the edit on the newest base; None if the base has it already.

    The branch of an earlier attempt is kept if it has the same content on the same base, else replaced.
    """
    ask = functools.partial(git, environment=_environment(remote.api, os.environ))
    refs = f"refs/hetero2/{os.getpid()}"  # another command may fetch meanwhile
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        try:
            base = _fetched(ask, root, remote, remote.base, f"{refs}/base")
            if base is None:
                raise ConfigError(f"{remote.remote} has no branch {remote.base}", "name another one with --base")
            if ask(root, "diff", "--name-only", base, "--", *_RENDERS):
                raise HeteroError(
                    f"the code here is not that of {remote.remote}/{remote.base}, whose rules the registry must meet",
                    f"git fetch {remote.remote}; git switch --detach {remote.remote}/{remote.base} (release/ stays)",
                )
            ask(root, "worktree", "prune")
            ask(root, "worktree", "add", "--quiet", "--detach", str(tree), base)
            if not edit(tree):
                return None
            ask(tree, "add", "--force", *(name for name in ("registry", "docs", "envs") if (tree / name).exists()))
            content = ask(tree, "write-tree").strip()
            existing = _fetched(ask, root, remote, branch, f"{refs}/branch")
            if existing and ask(root, "show", "--no-patch", "--format=%T %P", existing).split() == [content, base]:
                return existing
            ask(tree, "commit", "--quiet", "--message", title)
            lease = f"--force-with-lease=refs/heads/{branch}:{existing or ''}"
            ask(tree, "push", "--quiet", lease, "--end-of-options", remote.remote, f"HEAD:refs/heads/{branch}")
            return ask(tree, "rev-parse", "HEAD").strip()
        finally:
            with contextlib.suppress(HeteroError):
                ask(root, "worktree", "remove", "--force", str(tree))
            for name in ("base", "branch"):
                with contextlib.suppress(HeteroError):
                    ask(root, "update-ref", "-d", f"{refs}/{name}")


def _fetched(ask: Callable[..., str], root: Path, remote: Remote, branch: str, name: str) -> str | None:
    """The commit of a branch of the remote repository, fetched as the ref `name`; None if there is no such branch."""
    source = f"refs/heads/{branch}"
    if not ask(root, "ls-remote", "--end-of-options", remote.remote, source):
        return None
    ask(root, "fetch", "--quiet", "--no-tags", "--end-of-options", remote.remote, f"+{source}:{name}")
    return ask(root, "rev-parse", "--verify", f"{name}^{{commit}}").strip()


def _pulls(remote: Remote, branch: str, state: str) -> list[PullRequest]:
    owner = remote.api.name.partition("/")[0]
    return list(remote.api.repository.get_pulls(state=state, head=f"{owner}:{branch}", base=remote.base))


def _pull_request(remote: Remote, branch: str, title: str, body: str) -> PullRequest:
    pulls = _pulls(remote, branch, "open")
    return pulls[0] if pulls else remote.api.repository.create_pull(remote.base, branch, title=title, body=body)


def _run_of(remote: Remote, branch: str, commit: str) -> WorkflowRun | None:
    """The newest dispatched run of CI on exactly this commit."""
    workflow = remote.api.repository.get_workflow(CI)
    runs = workflow.get_runs(branch=branch, event="workflow_dispatch", head_sha=commit)
    return max((run for run in runs if run.head_sha == commit), key=lambda run: run.id, default=None)


def _tested(remote: Remote, branch: str, commit: str, tell: Tell) -> WorkflowRun:
    """The finished run of CI on the commit: the existing one unless it failed, else a new one."""
    run, failed_id = _run_of(remote, branch, commit), None
    if run is None or (run.status == "completed" and run.conclusion != "success"):
        failed_id = run and run.id
        remote.api.repository.get_workflow(CI).create_dispatch(branch, throw=True)
        tell(f"{CI} started on {branch}")
    end, announced, pause = time.monotonic() + 60 * remote.minutes, False, min(0.5, remote.poll_seconds)
    while True:
        run = _run_of(remote, branch, commit)
        if run is not None and run.id != failed_id:
            if not announced:
                tell(f"pytest run url: {run.html_url}")
                announced = True
            if run.status == "completed":
                tell(f"tested_sha: {run.head_sha}")
                return run
        if time.monotonic() > end:
            raise HeteroError(
                f"{branch}: CI did not finish within {remote.minutes:g} minutes", "run the same command to wait longer"
            )
        time.sleep(pause)
        pause = min(1.5 * pause, remote.poll_seconds)


def _propose(root: Path, remote: Remote, branch: str, title: str, edit: Edit, tell: Tell) -> bool:
    """The pull request of an edit; False if its base has it already. The edit appends the row that it is about."""
    edited: list[Facts] = []
    return _proposed(
        root, remote, branch, title, lambda tree: edit(tree, edited), lambda: _body(edited[-1], title), tell
    )


def _proposed(
    root: Path,
    remote: Remote,
    branch: str,
    title: str,
    edit: Callable[[Path], bool],
    body: Callable[[], str],
    tell: Tell,
) -> bool:
    commit = _pushed(root, remote, branch, title, edit)
    if commit is None:
        tell(f"{remote.base} has it already: nothing to do")
        return False
    pull = _pull_request(remote, branch, title, body())
    tell(f"pull request: {pull.html_url}")
    run = _tested(remote, branch, commit, tell)
    if run.conclusion != "success":
        raise HeteroError(
            f"{branch}: CI ended with {run.conclusion}: {run.html_url}", "fix what it reports, then run this again"
        )
    return True


def _body(row: Facts, text: str) -> str:
    milestone = row["milestone"] or "VALUE-M0"  # a release that only proves the pipeline
    return f"{text}\n\nMilestone: {milestone}\n\n    {row['command']}\n"


@checked_answers()
def register(root: Path, tag: Tag, remote: Remote, tell: Tell) -> bool:
    """Open the pull request that adds a published release to the registry, and wait for its CI."""
    row = build.built(root, tag)
    if row["status"] != "published":
        raise ConfigError(f"{tag.text}: is not published", f"python -m tools.release publish {tag.text}")
    confirm(remote.api, tag, row, files(root, tag))

    def edit(tree: Path, edited: list[Facts]) -> bool:
        edited.append(row)
        return registry.add(tree, row)

    return _propose(root, remote, f"registry/{tag.text}", f"Registry: {tag.text}", edit, tell)


@checked_answers()
def record(root: Path, tag: Tag, remote: Remote, tell: Tell) -> bool:
    """After the registry's pull request was merged, do the same for the lineage, which records the merge commit."""
    pulls = _pulls(remote, f"registry/{tag.text}", "all")
    merged = [pull for pull in pulls if pull.merged_at]
    if not merged:
        where = f"merge {pulls[0].html_url} first" if pulls else f"python -m tools.release register {tag.text}"
        raise HeteroError(f"{tag.text}: its registry pull request is not merged", where)

    def edit(tree: Path, edited: list[Facts]) -> bool:
        edited += [row for row in rows(tree) if row["tag"] == tag.text]
        for pull in merged:
            if entered(tree, tag.text, ARTEFACTS, pull.merge_commit_sha):
                return registry.add_lineage(tree, tag.text, pull.html_url, pull.merge_commit_sha)
        raise HeteroError(
            f"{merged[0].html_url}: was merged, but {remote.base} has no row of {tag.text} by it",
            "in a shallow clone: git fetch --unshallow",
        )

    return _propose(root, remote, f"lineage/{tag.text}", f"Lineage: {tag.text}", edit, tell)


@checked_answers()
def propose_pins(root: Path, remote: Remote, tell: Tell) -> bool:
    """Open the pull request with the pins of envs/ as they are in this checkout, and wait for its CI.

    A pin that is no longer here is removed by it. False where the base branch has the same pins.
    """
    pins = {path.name: path.read_bytes() for path in (root / "envs").glob("*.pin.txt")}
    if not pins:
        raise ConfigError("envs: holds no pins (*.pin.txt)", "make conda-lock")

    def edit(tree: Path) -> bool:
        before = {path.name: path.read_bytes() for path in (tree / "envs").glob("*.pin.txt")}
        for name in before.keys() - pins.keys():
            (tree / "envs" / name).unlink()
        (tree / "envs").mkdir(exist_ok=True)
        for name, content in pins.items():
            (tree / "envs" / name).write_bytes(content)
        return before != pins

    title = "Conda: the environments solved again"
    body = f"{title}\n\nMilestone: VALUE-M0\n\n    make conda-lock\n"
    return _proposed(root, remote, "conda-pins", title, edit, lambda: body, tell)
