"""show: the result of a finished run, at a glance."""

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path

from hetero2.errors import InputError
from hetero2.io.files import read_json
from hetero2.pack import accept, verify
from hetero2.report.evidence import Evidence, of_pack
from hetero2.report.index import CALLS, hit_table, judgement
from hetero2.report.text import answer, isomers, sentences, worth
from hetero2.report.text.cautions import grave
from hetero2.runtime import provenance
from hetero2.runtime.log import printable

EXAMPLE = "hetero2 show results/value_utility_realtruth"
_WIDTH = 120


def _first(known: Evidence) -> Iterator[str]:
    """What was asked, answered and must not be missed; the text of one finding a line."""
    yield answer.to_send(known)
    yield answer.answer(known)
    yield from answer.more(known)
    yield from isomers.contradictions(known)
    yield from (f"{one.level}: {one.text}" for one in grave(known))


def _library(known: Evidence) -> Iterator[tuple[str, str]]:
    metrics, counts = known.metrics, known.metrics["counts"]
    yield "rows", f"{known.n_rows}: OK {counts['OK']}, SKIP {counts['SKIP']}, ERROR {counts['ERROR']}"
    yield from (("", f"{reason} {count}") for reason, count in metrics["top_reasons"])
    verdicts, chance = metrics["verdict_counts"], f"{metrics['pass_expected_by_chance']:.0f} expected by chance"
    above = f"above all decoys (PASS) {verdicts['PASS']} ({chance})"
    yield "verdicts", f"{above}, not (FAIL) {verdicts['FAIL']}, none (SKIP) {verdicts['SKIP']}"
    yield "calls", ", ".join(f"{name} {metrics['call_counts'][name]}" for name in CALLS)
    yield from judgement(known.controls)
    yield from sentences.population(metrics)
    for place, text in enumerate(sentences.leakage(known.leaks, known.knows_training)):
        yield ("" if place else "leakage"), text


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def lines(folder: Path) -> Iterator[str]:
    """What a person wants to see first."""
    row, pack = read_json(folder / "registry_row.json"), folder / "pack"
    environment, asset = read_json(pack / "environment.json"), row["assets"][0]
    known = of_pack(pack, read_json(pack / verify.MANIFEST), provenance.lock_differences(environment["packages"]))
    yield f"HETERO-2 {row['run']}"
    for text in _first(known):
        yield from _wrapped(text)
    hits = list(hit_table(known))
    if known.primary and hits:
        yield f"  hits among {known.primary['k']} bought{worth.part(known)}"
    yield from (f"    {label:<32}{count:>14}   {rate}" for label, count, rate in hits)
    yield from (f"  {what:<8}  {text}" for what, text in _library(known))
    yield f"  pack      {accept.in_words(row['acceptance']['not_met'])}"
    yield f"            {folder / asset['name']}"
    yield f"  sha256    {asset['sha256'].lower()}"
    yield f"  read      {pack / 'report.html'}"


def separation_lines(path: Path) -> Iterator[str]:
    """Known bad and known good side by side."""
    separation = read_json(path)
    yield f"HETERO-2 {path.parent.name}: {'separated' if separation['separated'] else 'NOT separated'}"
    for name, one in separation["variants"].items():
        slack, rate = one["median_slack"], one["pass_rate"]
        yield f"  {name:<30}OK {one['rows_ok']}, median slack {_shown(slack)}, pass rate {_shown(rate)}"
    for name, one in separation["deltas"].items():
        slack, rate = one["median_slack"]["delta"], one["pass_rate"]["delta"]
        yield f"  {name:<30}median slack {_shown(slack)}, pass rate {_shown(rate)}"
    yield f"  read      {path}"


def _shown(value: float | None) -> str:
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
