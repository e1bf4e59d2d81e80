"""screen-list: combine the shards of a screen into the ranked library."""

import argparse
from pathlib import Path

from hetero2.campaign import library_screen
from hetero2.io.csv_writer import write_csv

EXAMPLE = "hetero2 screen-list --shards screen/0000.parquet screen/0001.parquet --out ranked.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the shards, in order, and the list."""
    parser.add_argument("--shards", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--out", type=Path, required=True, help="where to write the list (screen.v1)")


def run(args: argparse.Namespace) -> None:
    """Rank the library."""
    write_csv(args.out, [library_screen.ranked(args.shards)], library_screen.RANKED)
