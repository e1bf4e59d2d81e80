"""What git is asked: commits, files at a commit, branches."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from hetero2.errors import ConfigError, HeteroError
from hetero2.release.chain import lines_of


def git(folder: Path, *words: str, environment: Mapping[str, str] | None = None) -> str:
    """What git prints; raises HeteroError with the last line of what it complains."""
    call = ["git", *words]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines()
        raise HeteroError(f"git {words[0]}: {told[-1] if told else f'exit code {done.returncode}'}")
    return done.stdout


def commit_of(root: Path, revision: str) -> str:
    """The full name of a commit; raises ConfigError where there is none."""
    try:
        return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except HeteroError:
        raise ConfigError(f"{revision}: no such commit here", "git fetch, or name another") from None


def lines_at(root: Path, revision: str, name: str) -> list[str]:
    """Lines of a file in a commit, or of a side of a merge in the index (:2, :3); none where it is not there."""
    if revision.startswith(":"):
        there = f" {revision[1:]}\t" in git(root, "ls-files", "--stage", "--", name)
    else:
        there = bool(git(root, "ls-tree", commit_of(root, revision), "--", name))
    return lines_of(git(root, "show", f"{revision}:{name}")) if there else []
