"""Build a release from a clean tree at its source commit, twice; check its gates; then write release/<tag>/."""

import contextlib
import datetime
import fcntl
import functools
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from hetero2.errors import ConfigError, ContractError, HeteroError
from hetero2.io.contracts import first_problem, write_json
from hetero2.io.files import copy_file, pretty_json, read_json, sha256_file, write_text
from hetero2.pack import standalone
from hetero2.runtime import provenance
from hetero2.runtime.isolated import end_with
from tools.release import attestations, chain, gates, pages, records, registry
from tools.release.checks import RELEASE, configured_problems, release_problems, rows
from tools.release.milestones import claims_are_tested, of_release
from tools.release.repository import clean, commit_of, git
from tools.release.tags import VERIFIER, Tag, command, layer_of

ROW, LINES, NOTES = "registry_row.json", "lineage.jsonl", "notes.md"
_WORK = ".work"
# For the second build, to reveal a result that depends on them.
_ELSEWHERE = {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu"}
Facts = dict[str, Any]
Tell = Callable[[str], None]


def folder_of(root: Path, tag: Tag) -> Path:
    """The folder of a release."""
    return root / RELEASE / tag.text


@contextlib.contextmanager
def alone(root: Path, tag: Tag) -> Iterator[None]:
    """Lock a release: a second command for the same tag is refused."""
    path = root / RELEASE / f".{tag.text}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HeteroError(
                f"{tag.text}: another command is working on it here", "wait until it has finished"
            ) from None
        yield
    finally:
        os.close(handle)


def source_commit(root: Path, tag: Tag, revision: str | None) -> tuple[str, str]:
    """(the commit to build, its time in UTC): HEAD of a clean tree, at which the tag must be if git has it.

    Raises ConfigError for a dirty tree, a tag that git does not have (-r0 needs none), another commit.
    """
    if not (root / ".git").exists():
        raise ConfigError(f"{root}: no git checkout, so there is no source commit", "git clone the project")
    changed = git(root, "status", "--porcelain").splitlines()
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise ConfigError(
            f"{root}: the tree is dirty: {', '.join(line[3:] for line in changed[:3])}{more}",
            "a release is built from what is committed: git commit, or git stash --include-untracked",
        )
    head = commit_of(root, "HEAD")
    if git(root, "tag", "--list", tag.text).strip():
        commit = commit_of(root, f"refs/tags/{tag.text}")
    elif revision:
        commit = commit_of(root, revision)
    elif tag.is_local:
        commit = head
    else:
        raise ConfigError(
            f"tag {tag.text}: git has no such tag here",
            f"git fetch --tags, or git tag -a {tag.text}; or --commit REV: the tag is then made when it is published",
        )
    if revision and commit_of(root, revision) != commit:
        raise ConfigError(f"tag {tag.text}: git has it at {commit}, --commit is {commit_of(root, revision)}")
    if commit != head:
        raise ConfigError(f"the tree is at {head}, the release at {commit}", f"git switch --detach {commit}")
    seconds = int(git(root, "show", "--no-patch", "--format=%ct", head))
    time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return head, time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _checkout(root: Path, commit: str, name: str) -> Path:
    """A clone at the commit, so of committed files only; an existing one is used again."""
    clone = root / RELEASE / _WORK / commit[:12] / name
    with chain.locked(clone.parent):  # two tags may be at one commit
        if not _is_clean(clone, commit):
            shutil.rmtree(clone, ignore_errors=True)
            git(root, "clone", "--quiet", "--shared", "--no-checkout", str(root), str(clone))
            git(clone, "checkout", "--quiet", "--detach", commit)
    return clone


def _is_clean(clone: Path, commit: str) -> bool:
    """Whether the clone of an earlier build exists, is whole, and was not changed."""
    if not (clone / ".git").is_dir():
        return False
    try:
        return commit_of(clone, "HEAD") == commit and not git(clone, "status", "--porcelain")
    except HeteroError:
        return False


def _run(clone: Path, tag: Tag, layer: Mapping[str, Any], cores: int, more: Mapping[str, str]) -> Path:
    """Build the target in a clone; the folder of its results. Its output goes to our standard error."""
    results = f"results/{tag.text}"
    (clone / "results").mkdir(exist_ok=True)
    overlay = clone / "results" / f"{tag.text}.yaml"
    write_text(overlay, yaml.safe_dump({**layer, "execution": {"results_dir": results}}))
    words = [sys.executable, "-m", "snakemake", "--cores", str(cores), tag.target, "--configfile", str(overlay)]
    outer = {
        name: value for name, value in clean(os.environ).items() if not name.startswith(("SNAKEMAKE_", "HETERO2_"))
    }
    environment = {**outer, "PYTHONPATH": str(clone), **more}
    ends = functools.partial(end_with, os.getpid())  # the next run continues from what it left
    done = subprocess.run(words, cwd=clone, env=environment, stdout=sys.stderr, check=False, preexec_fn=ends)
    if done.returncode:
        raise HeteroError(
            f"{tag.text}: the target {tag.target} was not built (exit code {done.returncode})",
            f"the messages above say why; logs are in {clone / results}; the same command continues from there",
        )
    return clone / results


def _packs(tag: Tag, results: Path) -> list[Path]:
    return [results / run / name for run, name in zip(tag.runs(), tag.assets(), strict=True)]


def _further(tag: Tag, results: Path) -> list[Path]:
    return [results / tag.target / name for name in tag.further()]


def _collect(tag: Tag, results: Path, row: Facts, registered: list[Facts], out: Path, root: Path) -> None:
    """Write everything of a release into a new folder."""
    for path in _packs(tag, results):
        copy_file(path, out / path.name)
        copy_file(path.with_name(path.name + ".sha256"), out / f"{path.name}.sha256")
    for path in _further(tag, results):
        copy_file(path, out / path.name)
    write_text(out / VERIFIER, standalone.text())
    write_text(out / NOTES, pages.notes(tag, row, root))
    for name, statement in _statements(tag, row, out).items():
        write_text(out / name, pretty_json(statement))
    write_text(out / LINES, "".join(map(chain.render, records.lineage(row, registered))))
    write_json(out / ROW, {**row, chain.LINK: None}, "registry_row.v1")


def _statements(tag: Tag, row: Facts, folder: Path) -> dict[str, Facts]:
    """The statements about the files of a release, by name."""
    files = [folder / name for name in (*tag.assets(), *tag.further(), VERIFIER)]
    how, passed = (
        attestations.provenance_statement(tag, row, files),
        attestations.gates_statement(row, files, folder / NOTES),
    )
    return dict(zip(tag.statements(), (how, passed), strict=True))


def _without_lock(path: Path) -> Facts | None:
    try:
        return attestations.without_lock(read_json(path))
    except (KeyError, TypeError, AttributeError):
        return None


def built(root: Path, tag: Tag) -> Facts:
    """The row of a release that was built here; raises HeteroError if there is none or a file has changed."""
    folder = folder_of(root, tag)
    if not (folder / ROW).is_file():
        raise ConfigError(f"{folder}: {tag.text} was not built here", f"python -m tools.release build {tag.text}")
    row: Facts = read_json(folder / ROW)
    hint = f"remove {folder} and build it again"
    problem = first_problem(row, "registry_row.v1")
    if problem is None and row["tag"] != tag.text:
        problem = f"tag {row['tag']}, expected {tag.text}"
    problem = problem or next(itertools.chain(release_problems(row), configured_problems(row, root)), None)
    if problem:
        raise ContractError(f"{folder / ROW}: {problem}", hint)
    for asset in row["assets"]:
        path, sha256 = folder / asset["name"], asset["sha256"].lower()
        listed = folder / f"{asset['name']}.sha256"
        if sha256_file(path) != sha256 or listed.read_bytes() != f"{sha256}  {asset['name']}\n".encode():
            raise HeteroError(f"{path}: has changed since it was built", hint)
    for name, statement in _statements(tag, row, folder).items():
        if _without_lock(folder / name) != attestations.without_lock(statement):
            raise HeteroError(f"{folder / name}: does not match {ROW} and the files", hint)
    return row


def _require(tag: Tag, checked: list[gates.Gate], tell: Tell) -> None:
    """Print each gate; stop at the first that is not met."""
    for gate in checked:
        tell(f"gate {gate.name}: {gate.found} (needed: {gate.needed}){'' if gate.met else ': NOT MET'}")
    broken = [gate for gate in checked if not gate.met]
    if broken:
        raise HeteroError(
            f"{tag.text}: stopped at the gate {broken[0].name}: {broken[0].found}, needed: {broken[0].needed}",
            "nothing was written; a release that does not pass is not registered",
        )


def build(root: Path, tag: Tag, inputs: Facts, revision: str | None, cores: int, tell: Tell) -> Path:
    """Build, check the gates, write release/<tag>/; an equal one that exists already is left as it is."""
    registered = rows(root)
    registry.check_free(root, tag)
    commit, timestamp = source_commit(root, tag, revision)
    differences = provenance.lock_differences(provenance.locked_packages())
    if differences:
        raise HeteroError(
            f"the environment is not that of requirements.lock: {differences[0]}", "make run, in a new .venv"
        )
    layer = layer_of(tag, inputs, {"source_commit": commit, "timestamp_utc": timestamp})
    out = folder_of(root, tag)
    with alone(root, tag):
        if (out / ROW).is_file():
            row = built(root, tag)
            if (row["source_commit"], row["command"]) == (commit, command(tag, layer)):
                tell(f"{out}: is built already")
                return out
            raise ConfigError(
                f"{out}: holds a build of {row['source_commit']} by {row['command']}",
                f"remove {out}, or use {tag.next()}",
            )
        if out.is_symlink() or out.exists():
            raise ConfigError(f"{out}: exists, but has no {ROW}", "move it away")
        results = _run(_checkout(root, commit, "first"), tag, layer, cores, {})
        packs = _packs(tag, results)
        held = gates.of_packs([path.parent for path in packs], packs)
        _require(tag, held, tell)
        again = _run(_checkout(root, commit, "second"), tag, layer, cores, _ELSEWHERE)
        held.append(gates.of_rebuild(packs + _further(tag, results), _packs(tag, again) + _further(tag, again)))
        _require(tag, held[-1:], tell)
        run_rows = [read_json(path.parent / "registry_row.json") for path in packs]
        separation = read_json(results / tag.target / "separation.json") if len(run_rows) > 1 else None
        row = records.registry_row(tag, run_rows, separation, gates.as_facts(held), command(tag, layer))
        row |= {"milestone": of_release(row, root), "claims_tested": claims_are_tested(root)}
        part = out.with_name(f".{tag.text}.part")
        shutil.rmtree(part, ignore_errors=True)
        _collect(tag, results, row, registered, part, root)
        part.rename(out)
        for done in (results, again):
            shutil.rmtree(done)
    return out
