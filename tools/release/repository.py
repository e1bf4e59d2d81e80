"""Calls of git: commits, files at a commit, branches. They give the same result whatever the user has configured."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from hetero2.errors import ConfigError, HeteroError
from tools.release.chain import lines_of

# No line ends, filters, hooks, signatures or quotes but those of the repository itself.
_PLAIN = (
    *(
        "core.autocrlf=false",
        "core.attributesFile=/dev/null",
        "core.excludesFile=/dev/null",
        "core.hooksPath=/dev/null",
    ),
    *("core.quotePath=false", "commit.gpgSign=false", "status.showUntrackedFiles=all"),
)
_SETTINGS = [word for setting in _PLAIN for word in ("-c", setting)]
_ELSEWHERE = re.compile(
    r"GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|(ALTERNATE_)?OBJECT_DIRECTOR(Y|IES)|NAMESPACE|PREFIX)"
)


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the variables that point git to another repository, as they are set in a git hook."""
    return {name: value for name, value in environment.items() if not _ELSEWHERE.fullmatch(name)}


class GitError(HeteroError):
    """git failed; `returncode` is its exit code."""

    def __init__(self, message: str, returncode: int) -> None:
        super().__init__(message)
        self.returncode = returncode


def git(folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> str:
    """What git prints; raises GitError with what it complains about, HeteroError where it is not installed."""
    call = ["git", *_SETTINGS, *words]
    try:
        done = subprocess.run(
            call,
            cwd=folder,
            env=clean(os.environ if environment is None else environment),
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        raise HeteroError("git: is not installed, or not on the PATH") from None
    if done.returncode:
        reason = _reason(done.stderr) or f"exit code {done.returncode}"
        raise GitError(f"git {words[0]}: {reason}", done.returncode)
    return done.stdout


def _reason(text: str) -> str:
    """The lines that give the reason, else the last one."""
    lines = [line.strip() for line in text.encode("utf-8", "replace").decode().splitlines() if line.strip()]
    why = [line for line in lines if re.match(r"fatal:|error:|remote: ", line)]
    return "; ".join((why or lines[-1:])[:3])


def commit_of(root: Path, revision: str) -> str:
    """The full sha of a commit; raises ConfigError if there is none."""
    try:
        return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except GitError as error:
        if error.returncode != 1:  # --quiet gives 1 for a name that is no commit
            raise
        raise ConfigError(f"{revision!r}: no such commit here", "git fetch, or name another one") from None


def lines_at(root: Path, revision: str, name: str) -> list[str]:
    """Lines of a file in a commit; none if it does not have the file."""
    exists = bool(git(root, "ls-tree", commit_of(root, revision), "--", name))
    return lines_of(git(root, "show", "--end-of-options", f"{revision}:{name}")) if exists else []


def tags(root: Path) -> list[str]:
    """Names of all tags here, sorted; none without a history."""
    if not (root / ".git").exists():
        return []
    return sorted(git(root, "for-each-ref", "--format=%(refname:strip=2)", "refs/tags").split())


def is_signed(root: Path, tag: str) -> bool:
    """Whether git can verify the signature of a tag by the keys that it is configured to trust."""
    try:
        git(root, "verify-tag", "--end-of-options", f"refs/tags/{tag}")
    except GitError:
        return False
    return True


def sign(root: Path, tag: str, message: str) -> None:
    """Make a tag of HEAD, signed with the key that git is configured with."""
    git(root, "tag", "--sign", "--message", message, "--end-of-options", tag, "HEAD")


def entered(root: Path, tag: str, name: str, commit: str) -> bool:
    """Whether a commit is in the history of HEAD and its registry `name` has the tag."""
    try:
        git(root, "merge-base", "--is-ancestor", "--end-of-options", commit, "HEAD")
        return any(f'"tag": "{tag}"' in line for line in lines_at(root, commit, name))
    except HeteroError:
        return False
