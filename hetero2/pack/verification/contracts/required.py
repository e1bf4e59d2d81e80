"""Which files a pack must have: what its version, its configuration and its workflow promise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.contracts.schema_sets import ENDING, FOLDER
from hetero2.pack.verification.layout import (
    CANDIDATES,
    CARD_DECOYS,
    CONTROLS,
    COST_LIFT,
    DECOY_QUALITY,
    DECOYS,
    DESCRIPTIONS,
    DIAGNOSIS,
    HARDNESS_CURVE,
    HIT_CURVE,
    LEAKAGE,
    LOCK,
    MANIFEST,
    MISSING_SCORES,
    REPORT,
    REQUIRED,
    SCORES,
    SELECTED_DECOYS,
    SNAKEFILE,
    SPREADSHEET,
    SPREADSHEETS,
    TRUTH,
    UTILITY,
)
from hetero2.pack.verification.limits import UNREADABLE
from hetero2.pack.verification.problems import FILES_THERE, Problems

# Since a version: the schema that came with it, and the files that every pack of it and of later ones has.
_SINCE = {
    "decoy_quality.v1": (DECOY_QUALITY,),
    "controls.v1": (CONTROLS, HARDNESS_CURVE, CANDIDATES),
    "selected_decoys.v1": (SELECTED_DECOYS,),
    "leakage.v1": (LEAKAGE, MISSING_SCORES),
    "decoy_list.v1": (REPORT, SPREADSHEET),
    "control_sample_item.v1": (CARD_DECOYS, *SPREADSHEETS),
    "diagnosis.v1": (DIAGNOSIS,),
}
_INCLUDE = re.compile(r'^include: "(rules/[\w.-]+\.smk)"$', re.ASCII | re.MULTILINE)


def _promised(pack: Pack, manifest: Any, utility: Any) -> Iterator[str]:
    """Names of files, some of them more than once."""
    config = manifest.get("config") if isinstance(manifest, dict) else None
    config = config if isinstance(config, dict) else {}
    yield from REQUIRED
    for contract, names in _SINCE.items():
        yield from names if f"{FOLDER}{contract}{ENDING}" in pack else ()
    if isinstance(manifest, dict) and manifest.get("truth") is not None:
        yield from (TRUTH, UTILITY)
        yield from () if _is_refused(utility) else (COST_LIFT,)
        yield from (HIT_CURVE,) if "report" in config else ()
    yield from (REPORT, CARD_DECOYS, SPREADSHEET) if "report" in config else ()
    for together in (SPREADSHEETS, DESCRIPTIONS):
        yield from together if any(name in pack for name in together) else ()
    artifacts = config.get("pack")
    yield from (DECOYS,) if isinstance(artifacts, dict) and artifacts.get("artifacts") == "full" else ()


def _is_refused(utility: Any) -> bool:
    state = utility.get("cost_lift_v1") if isinstance(utility, dict) else None
    return isinstance(state, dict) and state.get("refused") is True


def check_required(pack: Pack, parsed: dict[str, Any], problems: Problems) -> None:
    """Every file that such a pack must have, and none that only another one has."""
    manifest, utility = parsed.get(MANIFEST), parsed.get(UTILITY)
    if _is_refused(utility) and COST_LIFT in pack:
        problems.add(f"{COST_LIFT}: is present, but {UTILITY} says that it was refused")
    for name in dict.fromkeys(_promised(pack, manifest, utility)):
        if name not in pack:
            problems.add(f"{name}: required, but missing", FILES_THERE)
    if isinstance(manifest, dict) and manifest.get("truth") is None:
        for name in (TRUTH, UTILITY, COST_LIFT, HIT_CURVE):
            if name in pack:
                problems.add(f"{name}: is present, but {MANIFEST} says that there is no truth")
    scores = [name for name in SCORES if name in pack]
    if len(scores) != 1:
        names_found = ", ".join(scores) or "none"
        problems.add(f"scores: exactly one of {', '.join(SCORES)} is required, found {names_found}", FILES_THERE)
    _check_workflow(pack, problems)


def _check_workflow(pack: Pack, problems: Problems) -> None:
    """The Snakefile, the lock, and exactly the rules that the Snakefile includes."""
    if LOCK not in pack:
        problems.add(f"{LOCK}: required, but missing", FILES_THERE)
    if SNAKEFILE not in pack:
        return problems.add(f"{SNAKEFILE}: required, but missing", FILES_THERE)
    try:
        if pack.sizes[SNAKEFILE] > pack.bounds.json_bytes:
            raise ValueError("it is too large")
        text = b"".join(pack.blocks(SNAKEFILE)).decode("utf-8")
    except UNREADABLE as error:
        return problems.add(f"{SNAKEFILE}: cannot be read: {error}")
    included = {f"workflow/{name}" for name in _INCLUDE.findall(text)}
    if not included:
        problems.add(f"{SNAKEFILE}: includes no rules")
    for name in sorted(included):
        if name not in pack:
            problems.add(f"{name}: required, but missing: {SNAKEFILE} includes it", FILES_THERE)
    for name in pack.sizes:
        if name.startswith("workflow/rules/") and name.endswith(".smk") and name not in included:
            problems.add(f"{name}: extra file, {SNAKEFILE} does not include it")
    return None
