"""The result files of a run as command-line options: pack collects all, report reads some; and a pack, read again."""

import argparse
import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, InputError
from hetero2.pack.verification.container.folders import open_pack
from hetero2.pack.verification.form.json_text import parse_json
from hetero2.pack.verification.form.tables import read_rows
from hetero2.pack.verification.layout import (
    CANDIDATES,
    CARD_DECOYS,
    CONTROLS,
    COST_LIFT,
    DECOY_QUALITY,
    DIAGNOSIS,
    HARDNESS_CURVE,
    HIT_CURVE,
    LEAKAGE,
    MANIFEST,
    MISSING_SCORES,
    REGISTRY_ROW,
    REPORT,
    SELECTED_DECOYS,
    SPREADSHEET,
)
from hetero2.pack.verification.limits import UNREADABLE
from hetero2.pack.verification.problems import Problems, TooManyProblemsError

ROW = REGISTRY_ROW
# Option and file name in the pack.
READ = {
    "summary": "summary.csv",
    "metrics": "metrics.json",
    "decoy_quality": DECOY_QUALITY,
    "controls": CONTROLS,
    "hardness_curve": HARDNESS_CURVE,
    "leakage": LEAKAGE,
    "diagnosis": DIAGNOSIS,
}
COLLECTED = {
    **READ,
    "candidates": CANDIDATES,
    "selected_decoys": SELECTED_DECOYS,
    "missing_scores": MISSING_SCORES,
    "report": REPORT,
    "spreadsheet": SPREADSHEET,
    "card_decoys": CARD_DECOYS,
}
TRUTH = {
    "truth": "truth.csv",
    "cost_lift": COST_LIFT,
    "utility": "utility_report.json",
    "hit_curve": HIT_CURVE,
}


def add_arguments(parser: argparse.ArgumentParser, files: Mapping[str, str]) -> None:
    """Add an option for each file, and those of truth."""
    for name in files:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    for name in TRUTH:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, help="with truth")


def given(args: argparse.Namespace, files: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """(name in the pack, path) of the files that go into the pack unchanged, with those of truth if there is truth.

    cost_lift.v1 is not among them: the file of its stage holds either a report or the reason why there is none.
    """
    if len({getattr(args, name) is None for name in TRUTH}) > 1:
        raise ConfigError("--truth, --cost-lift, --utility and --hit-curve go together")
    for name, where in files.items():
        yield where, getattr(args, name)
    if args.truth is not None:
        yield from ((TRUTH[name], getattr(args, name)) for name in TRUTH if name != "cost_lift")


def pack_of_run(folder: Path) -> Path:
    """The pack in the results folder of a run; raises InputError where no run has finished there."""
    if not (folder / ROW).is_file():
        raise InputError(f"{folder}: no finished run here", "`hetero2 run` makes one")
    return folder / "pack"


def pack_at(path: Path) -> Path:
    """A pack (a zip or a folder), or the one in the results folder of a run; raises InputError where there is none."""
    if not (path.is_file() or path.is_dir()):
        raise InputError(f"{path}: no such file or folder")
    return pack_of_run(path) if (path / ROW).is_file() else path


def read(path: Path, max_unpacked: int | None = None) -> tuple[dict[str, Any], dict[str, Any], list[list[str]]]:
    """(metrics.json, manifest.json, rows of summary.csv with the header first) of a pack, as far as it can be read.

    Raises InputError where it cannot; `max_unpacked` is as in verify.
    """
    problems = Problems()
    try:
        pack = open_pack(path, problems, max_unpacked)
        if pack is not None:
            metrics, manifest = (parse_json(pack, name, problems) for name in ("metrics.json", MANIFEST))
            if isinstance(metrics, dict) and isinstance(manifest, dict):
                rows = list(read_rows(pack, "summary.csv"))
                if rows:
                    return metrics, manifest, rows
        reason = problems[0] if problems else "metrics.json, manifest.json or summary.csv is empty or not there"
    except KeyError as error:
        reason = f"{error.args[0]} is not there"
    except (csv.Error, TooManyProblemsError, *UNREADABLE) as error:
        reason = str(error) or type(error).__name__
    raise InputError(f"{path}: cannot be read as a pack: {reason}", "`hetero2 verify` lists its problems")
