"""The gates that a built release must pass, in order, before anything of it is written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.io.files import read_json, sha256_file
from hetero2.pack import accept
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.limits import UNLIMITED

# The value that each must have, in order.
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
    """One gate: the value over all packs, the value that is needed, whether they agree."""

    name: str
    found: Any
    needed: str
    met: bool


def of_packs(folders: Sequence[Path], archives: Sequence[Path]) -> list[Gate]:
    """The gates of the packs themselves; `folders` hold their pack/, one for each archive."""
    problems = {path: verify(path, UNLIMITED) for path in archives}
    broken = (f"{path.name}: {lines[0]}" for path, lines in problems.items() if lines)
    criteria = {path: accept.judge(path, problems[path], UNLIMITED) for path in archives}
    stopped = [
        f"{path.name}: {criterion.name}" for path in archives for criterion in criteria[path] if not criterion.met
    ]
    metrics = [read_json(folder / "pack/metrics.json") for folder in folders]
    errors = sum(pack["counts"]["ERROR"] for pack in metrics)
    missing = sum(pack["scores_coverage"]["rows_missing_scores_input"] for pack in metrics)
    values = (next(broken, GOOD["verified"]), "; ".join(stopped) or accept.GO, errors, missing)
    return [_gate(name, value) for name, value in zip(NAMES, values, strict=False)]


def _gate(name: str, value: Any) -> Gate:
    good = GOOD[name]
    return Gate(name, value, f"= {good}" if good == 0 else str(good), value == good)


def of_rebuild(files: Sequence[Path], again: Sequence[Path]) -> Gate:
    """Whether a second build, in a folder of its own, has the same bytes."""
    pairs = zip(files, again, strict=True)
    differing = [first.name for first, second in pairs if sha256_file(first) != sha256_file(second)]
    return _gate("rebuilt", f"another sha256: {', '.join(differing)}" if differing else GOOD["rebuilt"])


def as_facts(gates: Sequence[Gate]) -> Facts:
    """The gates as a registry row has them."""
    return {gate.name: {"found": gate.found, "needed": gate.needed, "met": gate.met} for gate in gates}


def not_met(row: Facts) -> list[str]:
    """Names of the gates that a row did not pass, judged by its values and not only by its `met`."""
    held = row.get("gates", {})
    values = {
        name: (type(held[name]["found"]), held[name]["found"], held[name]["met"]) for name in GOOD if name in held
    }
    return [name for name, good in GOOD.items() if values.get(name) != (type(good), good, True)]
