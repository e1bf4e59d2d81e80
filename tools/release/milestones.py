"""How far each milestone is according to the registry: each item of its definition of done checks one release."""

import ast
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetero2.config.load import load_yaml
from hetero2.errors import ConfigError
from hetero2.paths import ROOT
from tools.release.tags import prefix_of

MILESTONES = "config/milestones.yaml"
CONTEXTS = ("test", "test-chem", "docker")  # reported as ci/test, ..
_CLAIM = re.compile(r"^\| C\d+ \| .+? \| `(tests/[\w/]+\.py)::(test_\w+)` \|$", re.MULTILINE)
_LINE = re.compile(r"^\| C\d+ \|", re.MULTILINE)
Facts = dict[str, Any]


def _outcomes(row: Facts) -> list[Facts]:
    return [asset.get("outcome", row["outcome"]) for asset in row["assets"]]


def _rebuilt(row: Facts) -> bool:
    return bool(row.get("gates", {}).get("rebuilt", {}).get("met"))


def _external(row: Facts, section: str) -> bool:
    key = {"truth": "truth_source", "scores": "source"}[section]
    return all((outcome[section] or {}).get(key) == "external" for outcome in _outcomes(row))


def claims_are_tested(root: Path) -> bool:
    """Whether every claim of docs/claims.md names a test that exists."""
    path = root / "docs/claims.md"
    text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    named = _CLAIM.findall(text)
    return 0 < len(named) == len(_LINE.findall(text)) and all(_is_there(root / file, name) for file, name in named)


def _is_there(path: Path, name: str) -> bool:
    if not path.is_file():
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


Check = Callable[[Facts], bool]
# Whether a release meets the item.
PROOFS: dict[str, tuple[str, Check]] = {
    "row": ("a registry row, not superseded", lambda row: row["status"] != "superseded"),
    "asset": (
        "a release asset that can be downloaded",
        lambda row: row["status"] == "published" and all(asset["url"] for asset in row["assets"]),
    ),
    "sha256": ("its sha256", lambda row: bool(row["assets"]) and all(asset["sha256"] for asset in row["assets"])),
    "checks": (
        "ci/test, ci/test-chem and ci/docker green on the source commit",
        lambda row: bool(row["source_commit"]) and all(row["ci"][name] == "success" for name in CONTEXTS),
    ),
}
FURTHER: dict[str, tuple[str, Check]] = {
    "rebuilt": ("built a second time to the same sha256", lambda row: _rebuilt(row)),
    "accepted": ("the pack is in order (accept says GO)", lambda row: row["acceptance"]["outcome"] == "GO"),
    "no_errors": ("no row is ERROR", lambda row: row["outcome"]["counts"]["ERROR"] == 0),
    "all_scored": (
        "no row without a score",
        lambda row: row.get("gates", {}).get("rows_missing_scores_input", {}).get("found") == 0,
    ),
    "separated": (
        "separation.json: known bad and known good are told apart",
        lambda row: bool((row["outcome"].get("separation") or {}).get("separated")),
    ),
    "utility": ("cost and lift are computed", lambda row: all(outcome["utility"] for outcome in _outcomes(row))),
    "external_truth": ("the truth is external", lambda row: _external(row, "truth")),
    "external_scores": ("the scores are external", lambda row: _external(row, "scores")),
    "claims": ("every claim of docs/claims.md names its test", lambda row: bool(row.get("claims_tested"))),
}


@dataclass(frozen=True)
class Milestone:
    """A milestone as config/milestones.yaml has it."""

    id: str
    title: str
    goal: str
    target: str
    tag_prefix: str | None
    proof: str
    done_when: tuple[str, ...]

    def items(self) -> dict[str, tuple[str, Check]]:
        """Its definition of done: the four proofs, and its own items."""
        return PROOFS | {name: FURTHER[name] for name in self.done_when}

    def takes(self, row: Facts) -> bool:
        """Whether a row is one of its releases."""
        return self.tag_prefix in (None, prefix_of(row["tag"]))


@dataclass(frozen=True)
class State:
    """How far a milestone is: DONE, BUILT (a release of it is registered, but not all is proved) or OPEN."""

    milestone: Milestone
    row: Facts | None
    met: dict[str, bool]

    @property
    def word(self) -> str:
        """DONE, BUILT or OPEN."""
        if self.row is None:
            return "OPEN"
        return "DONE" if all(self.met.values()) else "BUILT"


@functools.cache
def load(root: Path = ROOT) -> tuple[list[Milestone], list[str]]:
    """Milestones and backlog; raises ConfigError for an unknown item."""
    read = load_yaml(root / MILESTONES)
    milestones = [Milestone(**{**entry, "done_when": tuple(entry["done_when"])}) for entry in read["milestones"]]
    for milestone in milestones:
        unknown = set(milestone.done_when) - set(FURTHER)
        if unknown:
            raise ConfigError(f"{MILESTONES}: {milestone.id}: done_when: unknown: {', '.join(sorted(unknown))}")
    return milestones, read["backlog"]


def of_release(row: Facts, root: Path = ROOT) -> str | None:
    """The milestone that a release counts for by its tag: of two, the one that asks for external scores if it has them.

    A prerelease counts for none.
    """
    if row.get("prerelease"):
        return None
    external = _external(row, "scores")
    milestones = [milestone for milestone in load(root)[0] if milestone.tag_prefix is not None and milestone.takes(row)]
    milestones.sort(key=lambda milestone: ("external_scores" in milestone.done_when) != external)
    return milestones[0].id if milestones else None


def latest(rows: Sequence[Facts]) -> dict[str, Facts]:
    """The last row of each tag, in order of their first."""
    return {row["tag"]: row for row in rows}


def states(rows: Sequence[Facts], root: Path = ROOT) -> list[State]:
    """The state of each milestone by the release that meets most of its items, of two the later; none superseded."""
    live = [row for row in latest(rows).values() if row["status"] != "superseded" and not row.get("prerelease")]
    states_of_all = []
    for milestone in load(root)[0]:
        best = State(milestone, None, dict.fromkeys(milestone.items(), False))
        for row in live:
            counts_for = of_release(row, root) if milestone.tag_prefix is not None else milestone.id
            if not milestone.takes(row) or counts_for != milestone.id:
                continue
            met = {name: check(row) for name, (_, check) in milestone.items().items()}
            if best.row is None or sum(met.values()) >= sum(best.met.values()):
                best = State(milestone, row, met)
        states_of_all.append(best)
    return states_of_all
