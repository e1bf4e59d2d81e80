"""What a built release must pass before anything is written of it, in order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.io.files import read_json, sha256_file
from hetero2.pack import accept
from hetero2.pack.verify import UNLIMITED, verify

# What each must find, in order.
GOOD = {
    "verified": "in order",
    "accepted": accept.GO,
    "rows_error": 0,
    "rows_missing_scores_input": 0,
    "rebuilt": "same sha256",
}
NAMES = tuple(GOOD)
Facts = dict[str, Any]


class Gate(NamedTuple):
    """One gate: what was found over all packs, what is needed, whether that holds."""

    name: str
    found: Any
    needed: str
    met: bool


def of_packs(folders: Sequence[Path], archives: Sequence[Path]) -> list[Gate]:
    """The gates of the packs themselves; `folders` hold their pack/, one for each archive."""
    problems = {path: verify(path, UNLIMITED) for path in archives}
    first = next((f"{path.name}: {found[0]}" for path, found in problems.items() if found), GOOD["verified"])
    criteria = {path: accept.judge(path, problems[path], UNLIMITED) for path in archives}
    stopped = [f"{path.name}: {one.name}" for path, found in criteria.items() for one in found if not one.met]
    metrics = [read_json(folder / "pack/metrics.json") for folder in folders]
    errors = sum(one["counts"]["ERROR"] for one in metrics)
    missing = sum(one["scores_coverage"]["rows_missing_scores_input"] for one in metrics)
    found = (first, "; ".join(stopped) or accept.GO, errors, missing)
    return [_gate(name, one) for name, one in zip(NAMES, found, strict=False)]


def _gate(name: str, found: Any) -> Gate:
    good = GOOD[name]
    return Gate(name, found, f"= {good}" if good == 0 else str(good), found == good)


def of_rebuild(files: Sequence[Path], again: Sequence[Path]) -> Gate:
    """Whether a second build, in another folder of its own, has the same bytes."""
    differing = [one.name for one, other in zip(files, again, strict=True) if sha256_file(one) != sha256_file(other)]
    return _gate("rebuilt", f"another sha256: {', '.join(differing)}" if differing else GOOD["rebuilt"])


def as_facts(gates: Sequence[Gate]) -> Facts:
    """The gates as a registry row has them."""
    return {gate.name: {"found": gate.found, "needed": gate.needed, "met": gate.met} for gate in gates}


def not_met(row: Facts) -> list[str]:
    """Names of gates that a row did not pass, by what was found and not by what it says of that."""
    held = row.get("gates", {})
    found = {name: (type(held[name]["found"]), held[name]["found"], held[name]["met"]) for name in GOOD if name in held}
    return [name for name, good in GOOD.items() if found.get(name) != (type(good), good, True)]
