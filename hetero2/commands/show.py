"""show: the result of a finished run, at a glance."""

import argparse
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

from hetero2.io.files import read_json
from hetero2.pack import accept
from hetero2.pack.results import pack_of_run
from hetero2.pack.verification.layout import MANIFEST
from hetero2.report.evidence import Evidence, of_pack
from hetero2.report.index import hit_table
from hetero2.report.text import answer, isomers, sentences, worth
from hetero2.report.text.cautions import grave
from hetero2.report.text.findings import judgement
from hetero2.report.text.vocabulary import CALL, statuses
from hetero2.runtime import provenance
from hetero2.runtime.log import printable

EXAMPLE = "hetero2 show results/value_utility_realtruth"
_WIDTH = 120


def _first(evidence: Evidence, brief: bool) -> Iterator[str]:
    """What was asked, answered and must not be missed; the text of one finding a line."""
    yield answer.to_send(evidence)
    yield answer.answer(evidence)
    yield answer.next_step(evidence)
    yield from answer.more(evidence)
    if not brief:
        yield from isomers.contradictions(evidence)
    yield from (f"{caution.level}: {caution.text}" for caution in grave(evidence))


def _reasons(evidence: Evidence) -> list[str]:
    """Why rows were left out or failed, most often first."""
    return [f"{reason.replace('_', ' ')} {count}" for reason, count in evidence.metrics["top_reasons"]]


def _rows(evidence: Evidence) -> str:
    return f"{evidence.n_rows}: {statuses(evidence.metrics['counts'])}"


def _library(evidence: Evidence) -> Iterator[tuple[str, str]]:
    metrics = evidence.metrics
    yield "rows", _rows(evidence)
    yield from (("", reason) for reason in _reasons(evidence))
    verdicts, chance = metrics["verdict_counts"], f"{metrics['pass_expected_by_chance']:.0f} expected by chance"
    yield "above all decoys", f"yes {verdicts['PASS']} ({chance}), no {verdicts['FAIL']}, not shown {verdicts['SKIP']}"
    yield "stand out", ", ".join(f"{CALL.word(code)} {metrics['call_counts'][code]}" for code in CALL.codes)
    yield from judgement(evidence.controls)
    yield from sentences.population(metrics)
    for place, text in enumerate(sentences.leakage(evidence.leaks, evidence.knows_training)):
        yield ("" if place else "leakage"), text


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def lines(folder: Path, brief: bool = False) -> Iterator[str]:
    """What a person wants to see first; `brief`: as it is printed at the end of a run."""
    pack, row = pack_of_run(folder), read_json(folder / "registry_row.json")
    environment, asset = read_json(pack / "environment.json"), row["assets"][0]
    evidence = of_pack(pack, read_json(pack / MANIFEST), provenance.lock_differences(environment["packages"]))
    yield f"HETERO-2 {row['run']}"
    for text in _first(evidence, brief):
        yield from _wrapped(text)
    if brief:
        reasons = "; ".join(_reasons(evidence))
        yield from _wrapped(f"rows      {_rows(evidence)}{reasons and f' ({reasons})'}")
    else:
        yield from _hits(evidence)
        yield from (f"  {what:<21}  {text}" for what, text in _library(evidence))
    yield from _wrapped(accept.in_words(row["acceptance"]["not_met"]))
    yield f"  pack      {folder / asset['name']}"
    yield f"  sha256    {asset['sha256'].lower()}"
    yield f"  read      {pack / 'report.html'}"
    if brief:
        yield f"  more      hetero2 show {shlex.quote(str(folder))}"


def _hits(evidence: Evidence) -> Iterator[str]:
    hits = list(hit_table(evidence))
    if evidence.primary and hits:
        yield f"  hits among {evidence.primary['k']} bought{worth.part(evidence)}"
    yield from (f"    {label:<32}{count:>14}   {rate}" for label, count, rate in hits)


def separation_lines(path: Path) -> Iterator[str]:
    """Known bad and known good side by side."""
    separation = read_json(path)
    yield f"HETERO-2 {path.parent.name}: {'separated' if separation['separated'] else 'not separated'}"
    for name, variant in separation["variants"].items():
        slack, rate = variant["median_slack"], variant["pass_rate"]
        yield f"  {name:<30}{variant['rows_ok']} audited, median slack {_shown(slack)}, above all decoys {_shown(rate)}"
    for name, delta in separation["deltas"].items():
        slack, rate = delta["median_slack"]["delta"], delta["pass_rate"]["delta"]
        yield f"  {name:<30}median slack {_shown(slack)}, above all decoys {_shown(rate)}"
    yield f"  read      {path}"


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the run."""
    parser.add_argument("folder", type=Path, help="results folder of a run")
    parser.add_argument("--brief", action="store_true", help="the answer, cautions and files alone")


def run(args: argparse.Namespace) -> None:
    """Print the result."""
    separation = args.folder / "separation.json"
    text = separation_lines(separation) if separation.is_file() else lines(args.folder, args.brief)
    print(printable("\n".join(text)))
