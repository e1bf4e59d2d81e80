"""show: the result of a finished run, at a glance."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from hetero2.errors import InputError
from hetero2.files import read_json
from hetero2.report.index import rates

HELP = "print the result of a run at a glance"
EXAMPLE = "hetero2 show results/value_utility_realtruth"


def lines(folder: Path) -> Iterator[str]:
    """What a person wants to see first."""
    row = read_json(folder / "registry_row.json")
    asset, outcome = row["assets"][0], row["outcome"]
    counts = outcome["counts"]
    yield f"HETERO-2 {row['run']}"
    yield f"  pack      {folder / asset['name']}"
    yield f"  sha256    {asset['sha256'].lower()}"
    yield f"  rows      {sum(counts.values())}: OK {counts['OK']}, SKIP {counts['SKIP']}, ERROR {counts['ERROR']}"
    yield from (f"            {reason} {count}" for reason, count in outcome["top_reasons"])
    if outcome["utility"] is not None:
        yield f"  hit rate of the {outcome['utility']['K_effective']} molecules bought, with 95 % interval"
        yield from (f"    {label:<28}{hits:>12}   {rate}" for label, hits, rate in rates(outcome["utility"]))
    elif outcome["truth"] is not None:
        yield f"  no hit rates: {read_json(folder / 'pack/utility_report.json')['cost_lift_v1']['reason']}"
    else:
        yield "  no hit rates: no truth was given"
    yield f"  read      {folder / 'pack/index.md'}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("folder", type=Path, help="results folder of a run")


def run(args: argparse.Namespace) -> None:
    """Print the result."""
    if not (args.folder / "registry_row.json").is_file():
        raise InputError(f"{args.folder}: no finished run here", "run snakemake first")
    print("\n".join(lines(args.folder)))
