"""The result files of a run as command-line options; pack collects all of them, report reads some."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from hetero2.errors import ConfigError
from hetero2.pack import verify

# Option and file name in the pack.
READ = {
    "summary": "summary.csv",
    "metrics": "metrics.json",
    "decoy_quality": verify.DECOY_QUALITY,
    "controls": verify.CONTROLS,
    "hardness_curve": verify.HARDNESS_CURVE,
    "leakage": verify.LEAKAGE,
}
COLLECTED = {
    **READ,
    "candidates": verify.CANDIDATES,
    "selected_decoys": verify.SELECTED_DECOYS,
    "missing_scores": verify.MISSING_SCORES,
    "report": verify.REPORT,
    "spreadsheet": verify.SPREADSHEET,
    "card_decoys": verify.CARD_DECOYS,
}
TRUTH = {
    "truth": "truth.csv",
    "cost_lift": verify.COST_LIFT,
    "utility": "utility_report.json",
    "hit_curve": verify.HIT_CURVE,
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
