"""Which files a pack must have."""

from __future__ import annotations

from typing import Any

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.layout import (
    CARD_DECOYS,
    COST_LIFT,
    DECOYS,
    DESCRIPTIONS,
    DIAGNOSIS,
    HIT_CURVE,
    MANIFEST,
    REPORT,
    REQUIRED,
    REQUIRED_UTILITY,
    SCORES,
    SPREADSHEET,
    SPREADSHEETS,
)
from hetero2.pack.verification.problems import FILES_THERE, Problems


def _of_the_report(manifest: Any) -> list[str]:
    """The files of every pack since reports were introduced; its configuration then has a section of that name."""
    config = manifest.get("config") if isinstance(manifest, dict) else None
    if not isinstance(config, dict) or "report" not in config:
        return []
    artifacts = config.get("pack")
    full = isinstance(artifacts, dict) and artifacts.get("artifacts") == "full"
    curve = [HIT_CURVE] if manifest.get("truth") is not None else []
    return [REPORT, CARD_DECOYS, SPREADSHEET, *curve, *([DECOYS] if full else [])]


def check_required(pack: Pack, parsed: dict[str, Any], problems: Problems) -> None:
    """Every file that such a pack must have."""
    manifest, utility = parsed.get(MANIFEST), parsed.get("utility_report.json")
    names = list(REQUIRED)
    if isinstance(manifest, dict) and manifest.get("truth") is not None:
        names += REQUIRED_UTILITY
        state = utility.get("cost_lift_v1") if isinstance(utility, dict) else None
        refused = isinstance(state, dict) and state.get("refused") is True
        if not refused:
            names.append(COST_LIFT)
        elif COST_LIFT in pack:
            problems.add(f"{COST_LIFT}: is present, but utility_report.json says that it was refused")
    names += _of_the_report(manifest)
    names += [DIAGNOSIS] if "workflow/rules/diagnosis.smk" in pack else []
    for together in (SPREADSHEETS, DESCRIPTIONS):
        names += together if any(name in pack for name in together) else ()
    problems.add_all((f"{name}: required, but missing" for name in names if name not in pack), FILES_THERE)
    scores = [name for name in SCORES if name in pack]
    if len(scores) != 1:
        names_found = ", ".join(scores) or "none"
        problems.add(f"scores: exactly one of {', '.join(SCORES)} is required, found {names_found}", FILES_THERE)
