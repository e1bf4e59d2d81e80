"""show: the result of a finished run, at a glance."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.errors import InputError
from hetero2.files import read_json
from hetero2.log import printable
from hetero2.pack.verify import COST_LIFT
from hetero2.report import sentences
from hetero2.report.index import CALLS, before_after, judgement, library_rates, rates

EXAMPLE = "hetero2 show results/value_utility_realtruth"


def _utility(pack: Path) -> Iterator[str]:
    if not (pack / "truth.csv").is_file():
        yield "  no hit rates: no truth was given"
        return
    utility = read_json(pack / "utility_report.json")
    yield "  hits"
    if utility["library"] is not None:
        yield from (f"    {label:<36}{hits:>12}   {rate}" for label, hits, rate in library_rates(utility["library"]))
    yield from (f"    {label:<36}{hits:>12}   {rate}" for label, hits, rate in before_after(utility["utility"]))
    if utility["cost_lift_v1"]["refused"]:
        yield f"  no cost_lift.v1: {utility['cost_lift_v1']['reason']}"
        return
    report = read_json(pack / COST_LIFT)
    yield f"  hits of K = {report['K_effective']} bought (cost_lift.v1, with 95 % interval)"
    yield from (f"    {label:<36}{hits:>12}   {rate}" for label, hits, rate in rates(report))


def _acceptance(found: dict[str, Any]) -> str:
    return f"{found['outcome']}{': not met: ' if found['not_met'] else ''}{', '.join(found['not_met'])}"


def lines(folder: Path) -> Iterator[str]:
    """What a person wants to see first."""
    row, metrics = read_json(folder / "registry_row.json"), read_json(folder / "pack/metrics.json")
    asset, counts, verdicts = row["assets"][0], metrics["counts"], metrics["verdict_counts"]
    yield f"HETERO-2 {row['run']}"
    report = folder / "pack/utility_report.json"
    told = sentences.nothing_matches(metrics, read_json(report) if report.is_file() else None)
    yield from (f"  {text}" for text in told)
    yield f"  pack      {folder / asset['name']}"
    yield f"  sha256    {asset['sha256'].lower()}"
    yield f"  rows      {sum(counts.values())}: OK {counts['OK']}, SKIP {counts['SKIP']}, ERROR {counts['ERROR']}"
    yield from (f"            {reason} {count}" for reason, count in metrics["top_reasons"])
    chance = f"{metrics['pass_expected_by_chance']:.0f} PASS expected by chance"
    yield f"  verdicts  PASS {verdicts['PASS']}, FAIL {verdicts['FAIL']}, SKIP {verdicts['SKIP']} ({chance})"
    calls = ", ".join(f"{name} {metrics['call_counts'][name]}" for name in CALLS)
    yield f"  calls     {calls}"
    yield from (f"  {what:<8}  {text}" for what, text in judgement(read_json(folder / "pack/controls.json")))
    yield from (f"  {what:<8}  {text}" for what, text in sentences.population(metrics))
    first, *more = sentences.leakage(folder / "pack")
    yield f"  leakage   {first}"
    yield from (f"            {text}" for text in more)
    yield from _utility(folder / "pack")
    yield f"  accept    {_acceptance(row['acceptance'])}"
    yield f"  read      {folder / 'pack/report.html'}"


def separation_lines(path: Path) -> Iterator[str]:
    """Known bad and known good side by side."""
    found = read_json(path)
    yield f"HETERO-2 {path.parent.name}: {'separated' if found['separated'] else 'NOT separated'}"
    for name, one in found["variants"].items():
        slack, rate = one["median_slack"], one["pass_rate"]
        yield f"  {name:<30}OK {one['rows_ok']}, median slack {_told(slack)}, pass rate {_told(rate)}"
    for name, one in found["deltas"].items():
        slack, rate = one["median_slack"]["delta"], one["pass_rate"]["delta"]
        yield f"  {name:<30}median slack {_told(slack)}, pass rate {_told(rate)}"
    yield f"  read      {path}"


def _told(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("folder", type=Path, help="results folder of a run")


def run(args: argparse.Namespace) -> None:
    """Print the result."""
    separation = args.folder / "separation.json"
    if not separation.is_file() and not (args.folder / "registry_row.json").is_file():
        raise InputError(f"{args.folder}: no finished run here", "run snakemake first")
    told = separation_lines(separation) if separation.is_file() else lines(args.folder)
    print(printable("\n".join(told)))
