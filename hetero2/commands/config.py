"""Print the configuration that a run of a target would use."""

import argparse
from pathlib import Path

import yaml

from hetero2.config.load import load_layer
from hetero2.config.overlays import targets
from hetero2.config.resolve import resolve
from hetero2.config.user_files import check_files

EXAMPLE = "hetero2 config value_utility_realtruth --configfile my.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A target, and a layer of one's own."""
    parser.add_argument("target", help=f"one of {', '.join(targets())}")
    parser.add_argument("--configfile", type=Path, help="your own layer (YAML)")


def run(args: argparse.Namespace) -> None:
    """Print the whole resolved configuration as YAML."""
    config = resolve(args.target, load_layer(args.configfile) if args.configfile else {})
    check_files(config)
    print(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), end="")
