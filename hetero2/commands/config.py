"""config: the whole configuration of a target, as a run would use it."""

import argparse
from pathlib import Path

import yaml

from hetero2.config.overlays import targets
from hetero2.config.resolve import resolve_settings
from hetero2.config.user_files import check_files

EXAMPLE = "hetero2 config value_utility_realtruth --configfile my.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the target and the user's layer."""
    parser.add_argument("target", help=f"one of {', '.join(targets())}")
    parser.add_argument("--configfile", type=Path, help="your own configuration, on top of the target's (YAML or JSON)")


def run(args: argparse.Namespace) -> None:
    """Print every key with its value as YAML."""
    config = resolve_settings(args.target, args.configfile)
    check_files(config)
    print(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), end="")
