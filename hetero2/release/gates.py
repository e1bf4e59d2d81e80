"""What a built release must pass before anything is written of it, in order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.files import read_json, sha256_file
from hetero2.pack import accept
from hetero2.pack.verify import verify

NAMES = ("verified", "accepted", "rows_error", "rows_missing_scores_input", "rebuilt")
Facts = dict[str, Any]


class Gate(NamedTuple):
    """One gate: what was found over all packs, what is needed, whether that holds."""

    name: str
    found: Any
    needed: str
    met: bool


def of_packs(folders: Sequence[Path], archives: Sequence[Path]) -> list[Gate]:
    """The gates of the packs themselves; `folders` hold their pack/, one for each archive."""
    problems = {path: verify(path) for path in archives}
    first = next((f"{path.name}: {found[0]}" for path, found in problems.items() if found), "in order")
    criteria = {path: accept.judge(path, problems[path]) for path in archives}
    stopped = [f"{path.name}: {one.name}" for path, found in criteria.items() for one in found if not one.met]
    metrics = [read_json(folder / "pack/metrics.json") for folder in folders]
    errors = sum(one["counts"]["ERROR"] for one in metrics)
    missing = sum(one["scores_coverage"]["rows_missing_scores_input"] for one in metrics)
    return [
        Gate("verified", first, "in order", first == "in order"),
        Gate("accepted", "; ".join(stopped) or accept.GO, accept.GO, not stopped),
        Gate("rows_error", errors, "= 0", errors == 0),
        Gate("rows_missing_scores_input", missing, "= 0", missing == 0),
    ]


def of_rebuild(archives: Sequence[Path], again: Sequence[Path]) -> Gate:
    """Whether a second build, in another folder of its own, has the same bytes."""
    differing = [one.name for one, other in zip(archives, again, strict=True) if sha256_file(one) != sha256_file(other)]
    found = f"another sha256: {', '.join(differing)}" if differing else "same sha256"
    return Gate("rebuilt", found, "same sha256", not differing)


def as_facts(gates: Sequence[Gate]) -> Facts:
    """The gates as a registry row has them."""
    return {gate.name: {"found": gate.found, "needed": gate.needed, "met": gate.met} for gate in gates}
