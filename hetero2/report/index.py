"""index.md: the first page of a pack, for a person."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.files import read_json
from hetero2.pack.verify import COST_LIFT

METHODS = {
    "baseline_random": "at random",
    "baseline_score_only_topk": "by the audit's AUC",
    "filtered_score_plus_audit_topk": "by audit verdict and slack",
}
_FILES = {
    "summary.csv": "one line a molecule: what became of it and what the audit says",
    "metrics.json": "counts, coverage and distributions",
    "truth.csv": "the measured labels, as they were taken in",
    COST_LIFT: "what buying the top K is worth (cost_lift.v1)",
    "utility_report.json": "whether that report could be computed, and if not, why",
    "config.yaml": "the configuration that identifies the run",
    "environment.json": "interpreter and packages",
    "manifest.json": "inputs, digests, seeds and every file",
    "checksums.sha256": "for sha256sum -c",
    "workflow/": "the workflow that made this pack",
}


def percent(rate: float) -> str:
    """A rate for people."""
    return f"{100 * rate:.1f} %"


def rates(report: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(way of choosing, hits of bought, hit rate with its interval) for people."""
    for name, label in METHODS.items():
        method = report["methods"][name]
        interval = f"{percent(method['ci_low'])} to {percent(method['ci_high'])}"
        yield label, f"{method['hits']} of {method['k_effective']}", f"{percent(method['hit_rate'])} ({interval})"


def _utility(folder: Path) -> Iterator[str]:
    state = read_json(folder / "utility_report.json")["cost_lift_v1"]
    yield "## What acting on the audit is worth\n"
    if state["refused"]:
        yield f"Not computed: {state['reason']}.\n"
        return
    report = read_json(folder / COST_LIFT)
    eligible = report["eligibility"]["rows_eligible_for_cost_lift"]
    yield f"K = {report['K_effective']} molecules bought of {eligible} eligible"
    yield f"(truth known for {report['N_with_truth']} of {report['N_ok']} OK rows).\n"
    yield "| chosen | hits | hit rate (95 % bootstrap interval) |\n|---|---|---|"
    yield from (f"| {label} | {hits} | {rate} |" for label, hits, rate in rates(report))
    yield "\nThe interval treats the bought molecules as independent; molecules of one series are not.\n"


def _rows(metrics: dict[str, Any]) -> Iterator[str]:
    counts, verdicts = metrics["counts"], metrics["verdict_counts"]
    yield "## The library\n"
    yield f"OK {counts['OK']}, SKIP {counts['SKIP']}, ERROR {counts['ERROR']}."
    yield from (f"- {reason}: {count}" for reason, count in metrics["top_reasons"])
    yield f"\nOf the OK rows: PASS {verdicts['PASS']}, FAIL {verdicts['FAIL']}, SKIP {verdicts['SKIP']}."
    yield "PASS means that the score puts the molecule above every one of its decoys (with more than 20 decoys: above"
    yield "nearly all). With fewer than 19 decoys a score without any signal passes more often than one time in 20.\n"


def render(folder: Path, facts: dict[str, Any]) -> str:
    """The text of index.md, from the files of the pack and what the manifest will say."""
    lines = [f"# {facts['run']}: evidence pack\n", f"run_id `{facts['run_id']}`\n"]
    lines += _rows(read_json(folder / "metrics.json"))
    lines += _utility(folder) if facts["truth"] is not None else ["No truth was given, so there is no cost and lift.\n"]
    lines += ["## Files\n"]
    lines += [f"- `{name}`: {text}" for name, text in _FILES.items() if (folder / name).exists() or name in _LISTS]
    lines += [f"- `{path.name}`: the scores that were used" for path in sorted(folder.glob("scores*"))]
    lines += ["\n## What this proves, and what not\n"]
    lines += [
        "The numbers follow from the inputs named in manifest.json by the code and environment named there; anyone can"
    ]
    lines += [
        "run it again to the same bytes. It does not replace docking, MD, QM or the wet lab, and claims no binding"
    ]
    lines += [
        "affinity.\n",
        "Verify: `python -m hetero2 verify <this zip or folder>`, or `sha256sum -c checksums.sha256`.",
    ]
    return "\n".join(lines) + "\n"


_LISTS = ("manifest.json", "checksums.sha256")
