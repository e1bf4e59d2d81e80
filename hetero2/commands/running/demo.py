"""demo: a report from real data, in about a minute."""

import argparse
from pathlib import Path

from hetero2.commands.running import run as run_verb
from hetero2.config.load import load_layer
from hetero2.config.resolve import merge
from hetero2.inputs.recognised.in_form import AS_THEY_ARE
from hetero2.paths import CONFIG
from hetero2.runtime.cli_types import positive
from hetero2.workflow.targets import DEFAULT_TARGET

EXAMPLE = "hetero2 demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say where and how to run."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results"),
        help="the folder that the folder of the run is made in (default: results)",
    )
    parser.add_argument("--cores", type=positive, help="jobs at once (default: all cores)")
    parser.set_defaults(profile=None, dry_run=False)


def run(args: argparse.Namespace) -> int:
    """Run a small version of the default target: fewer molecules, no refits."""
    layer = merge(load_layer(CONFIG / "demo.yaml"), {"execution": {"results_dir": str(args.out)}})
    return run_verb.start(DEFAULT_TARGET, layer, AS_THEY_ARE, args)
