"""index.md: the first page of a pack, for a person."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.files import read_json
from hetero2.pack import accept
from hetero2.pack.verify import COST_LIFT, PAGES
from hetero2.report import sentences
from hetero2.report.words import isolated

METHODS = {
    "baseline_random": "at random",
    "baseline_score_only_topk": "by the audit's AUC, then id",
    "filtered_score_plus_audit_topk": "PASS only, by slack, then id",
}
_BACKTICK = "\u02cb"  # what stands for one inside code
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")
CALLS = {
    "SIGNAL": "stands out of its decoys",
    "NO_SIGNAL": "the score likes its rearrangements as much, so it is sent last",
    "UNDECIDABLE": "neither is shown",
}
FILES = {
    "report.html": "the report for a browser: figures, drawings, a table to sort; nothing of it needs a network",
    "summary.csv": "one line a molecule: what became of it and what the audit says; exact, for programs",
    "summary_spreadsheet.csv": "the same for a spreadsheet: an apostrophe before what it would take for a formula",
    "ranked_candidates.csv": "the list to send downstream: NO_SIGNAL last, then by score; exact, for programs",
    "ranked_candidates_spreadsheet.csv": "the same for a spreadsheet",
    "selected_decoys.csv": "the decoys of the molecules that the list selects, with their scores; exact, for programs",
    "selected_decoys_spreadsheet.csv": "the same for a spreadsheet",
    "metrics.json": "counts, coverage and distributions",
    "decoy_quality.json": "what could tell the molecules from their decoys, other than their structure",
    "card_decoys.csv": "the decoys of the molecules that the report draws, with their scores; exact, for programs",
    "card_decoys_spreadsheet.csv": "the same for a spreadsheet",
    "decoys.parquet": "every decoy with its score",
    "leakage.csv": "what library, decoys, training set and truth share, or should and do not; exact, for programs",
    "leakage_spreadsheet.csv": "the same for a spreadsheet",
    "missing_decoy_scores.csv": "decoys that are still without a score",
    "controls.json": "whether the audit works on this library; what competes with the score; what refits say",
    "hardness_curve.csv": "AUC of the molecules by how much their decoys look like them",
    "truth.csv": "the measured labels, as they were taken in",
    COST_LIFT: "what buying the top K is worth (cost_lift.v1)",
    "utility_report.json": "what acting on the audit is worth beside the score itself (cost_lift.v2)",
    "hit_curve.csv": "hits of every way of choosing, at many K",
    "config.yaml": "the configuration that identifies the run",
    "environment.json": "interpreter and packages",
}
_CLOSING = """
- `manifest.json`: inputs, digests, seeds and every file
- `checksums.sha256`: for sha256sum -c

## What this proves, and what not

The numbers follow from the inputs named in manifest.json by the code and environment named there; the same inputs, code
and environment give the same numbers again. PASS says that the score prefers the molecule to rearrangements of it, not
that the molecule is good. This does not replace docking, MD, QM or the wet lab, and claims no binding affinity.

Verify: `hetero2 verify <this zip or folder>`, or `sha256sum -c checksums.sha256`. Only the sha256 of the zip can tell
whether this is the pack that was made for you: compare it with the one that you were given.
"""


def percent(rate: float | None) -> str:
    """A rate for people."""
    return "undefined" if rate is None else f"{100 * rate:.1f} %"


def rates(report: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(way of choosing, hits of bought, hit rate with its interval) of cost_lift.v1, for people."""
    for name, label in METHODS.items():
        method = report["methods"][name]
        interval = f"{percent(method['ci_low'])} to {percent(method['ci_high'])}"
        yield label, f"{method['hits']} of {method['k_effective']}", f"{percent(method['hit_rate'])} ({interval})"


def library_rates(library: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(what, hits of molecules, hit rate) of the library itself, for people."""
    top = library["score_topk"]
    for key, label in (("all", "all that may be bought"), ("PASS", "of them PASS"), ("FAIL", "of them FAIL")):
        part = library[key]
        yield label, f"{part['hits']} of {part['n']}", percent(part["hit_rate"])
    yield "top K by the score itself", f"{top['expected_hits']:.4g} of {top['k']}", percent(top["hit_rate"])


def hit_table(utility: dict[str, Any] | None, report: dict[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    """(what, hits, hit rate) of everything that is known of hits, for people; `report` is cost_lift.v1, if any."""
    if utility is not None:
        if utility["library"] is not None:
            yield from library_rates(utility["library"])
        yield from before_after(utility["utility"])
    if report is not None:
        yield from ((f"cost_lift.v1: {label}", hits, rate) for label, hits, rate in rates(report))


def _utility(folder: Path) -> Iterator[str]:
    utility = read_json(folder / "utility_report.json")
    state = utility["cost_lift_v1"]
    report = None if state["refused"] else read_json(folder / COST_LIFT)
    yield "## What acting on the audit is worth\n"
    yield "| | hits | hit rate |\n|---|---|---|"
    yield from (f"| {label} | {hits} | {rate} |" for label, hits, rate in hit_table(utility, report))
    if report is None:
        yield f"\nThe frozen report cost_lift.v1 was not computed: {state['reason']}.\n"
        return
    ties = utility["library"]["n_pass_with_the_highest_slack"] if utility["library"] else 0
    yield f"\nK = {report['K_effective']}; truth known for {report['N_with_truth']} of {report['N_ok']} OK rows."
    yield "In brackets: 95 % bootstrap interval, which treats molecules as independent; those of one series are not."
    yield "`at random` is one draw. cost_lift.v1 never looks at the score itself, and breaks ties by id:"
    yield f"{ties} molecules share the highest slack, and ids decide which of them are bought.\n"


def judgement(controls: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, finding) of controls.json, for people: can the audit be relied upon, and what does it say of the score."""
    audit, library, found = controls["audit"], controls["library"], controls["inference"]
    silent = "negative controls silent, planted signal found"
    yield "audit", f"{audit['status']}: {audit['reason'] or silent}"
    yield "decoys", f"{library['interpretation']}: {library['why']}"
    if found["verdict"] == "NOT_ASSESSABLE":
        yield "model", f"NOT_ASSESSABLE by refits: {found['reason']}"
    else:
        hint = ", a quick look" if found["quick_look"] else ""
        seeds = f" for each of {found['model_seeds']} model seeds" if found["model_seeds"] > 1 else ""
        yield "model", f"{found['verdict']} by {found['refits']} refits{seeds}{hint} (p = {found['p_value']:.3g})"
    if found["explanation"]:
        yield (
            "",
            f"{found['explanation']}: {', '.join(found['explained_by'])} prefers the molecules more than the score",
        )


def _judgement(controls: dict[str, Any]) -> Iterator[str]:
    yield "## What the audit says of the score\n"
    if controls["audit"]["status"] == "FAILED":
        yield "**The audit has failed on this library: rely on no call, verdict or curve of this pack.**\n"
    yield from (f"- {what}{': ' if what else ''}{text}" for what, text in judgement(controls))
    yield "\ndocs/statistics.md of the project says what each of these means, and what it does not show.\n"


def before_after(utility: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(what, hits of sent, hit rate) of the present practice and of ours, for people."""
    if utility["before_after"] is not None:
        for key, label in (("before", "today"), ("after", "audit")):
            one = utility["before_after"][key]
            rate = percent(one["hits"] / one["sent"])
            yield f"{label}: {one['method']}", f"{one['hits']:.4g} of {one['sent']}", rate
        yield "audit minus today", *_uplift(utility)


def _uplift(utility: dict[str, Any]) -> tuple[str, str]:
    """(hits gained, uplift of the hit rate with its interval) over the present practice."""
    before, after = (utility["before_after"][key] for key in ("before", "after"))
    found = utility["uplift"]["against"][before["method"]]
    gained = f"{after['hits'] - before['hits']:+.4g}"
    if utility["uplift"]["discordant"]["lists_coincide"]:
        return gained, "both lists hold the same molecules"
    interval = utility["uplift"]["interval_reason"] or f"{percent(found['ci_low'])} to {percent(found['ci_high'])}"
    return gained, f"{percent(found['uplift'])} ({interval})"


def _library(metrics: dict[str, Any]) -> Iterator[str]:
    counts, verdicts = metrics["counts"], metrics["verdict_counts"]
    chance, few = metrics["pass_expected_by_chance"], metrics["rows_with_fewer_than_19_scored_decoys"]
    yield "## The library\n"
    yield f"OK {counts['OK']}, SKIP {counts['SKIP']}, ERROR {counts['ERROR']}."
    yield from (f"- {reason}: {count}" for reason, count in metrics["top_reasons"])
    yield f"\nOf the OK rows: PASS {verdicts['PASS']}, FAIL {verdicts['FAIL']}, SKIP {verdicts['SKIP']}."
    yield "PASS means that the score puts the molecule above every one of its decoys (with weights: above nearly all of"
    yield f"their weight). A score that cannot tell them apart would give {chance:.1f} PASS by chance: {few} rows"
    yield "have fewer than 19 scored decoys, too few to hold a 5 % level.\n"
    calls = ", ".join(f"{name} {metrics['call_counts'][name]}" for name in CALLS)
    yield f"Calls: {calls}. SIGNAL bounds the expected share of false ones over repeated libraries; false means"
    yield "that the score takes the molecule for one of its isomers, not that the molecule is bad.\n"


def _sample(metrics: dict[str, Any]) -> Iterator[str]:
    told = list(sentences.population(metrics))
    if told:
        yield "**Only a sample was audited.** All numbers are about those audited, unless they say otherwise;"
        yield "the estimates for the whole library weigh each drawn molecule with the rows that it stands for.\n"
        yield from (f"- {text}" for _, text in told)
        yield ""


def _acceptance(criteria: list[accept.Criterion]) -> Iterator[str]:
    yield "Acceptance, as far as the content goes (`hetero2 accept` also looks at the files):\n"
    for one in criteria:
        yield f"- {one.name}: {one.value}, needed {one.threshold}: {'met' if one.met else '**not met**'}"
    yield ""


def _code(name: str) -> str:
    """The name of a file as code in Markdown, on one line."""
    return f"`{isolated(' '.join(name.split()), 200).replace('`', _BACKTICK)}`"


def origin(facts: dict[str, Any]) -> Iterator[str]:
    """What went in, in Markdown: inputs, decoys, scores, and what is made up."""
    scores, config = facts["scores"], facts["config"]
    turned = "" if scores["higher_is_better"] else ", turned round, since lower was said to be better"
    yield f"run_id `{facts['run_id']}`\n"
    yield "Inputs: " + ", ".join(f"{entry['role']} {_code(entry['name'])}" for entry in facts["inputs"]) + "."
    made = f"`{config['decoys']['strategy']}`, up to {config['decoys']['k']} a molecule"
    yield f"Decoys: {made if config['input'].get('structures', True) else 'as they came with the scores'}."
    made_up = sentences.STAND_INS.get(scores["source"])
    origin = f"{scores['source']}`: {made_up}" if made_up else f"{scores['source']}`"
    yield f"Scores: `{origin}, {scores['n_scores']} in {_code(scores['name'])}{turned}.\n"
    for name in ("scores", "truth"):
        url = (facts[name] or {}).get("url")
        if url is not None:
            yield f"The {name} came from {url}; the sha256 was checked against the pinned one.\n"
    if not config["input"].get("structures", True):
        yield "No structures were given: what needs them is absent, here and in controls.json and decoy_quality.json.\n"
    if facts["truth"] is not None and facts["truth"]["truth_source"] == "proxy_rule_v1":
        yield "Truth: proxy_rule_v1 is a hash of the SMILES: it tests the arithmetic and says nothing of molecules.\n"


def _plain(text: str) -> str:
    """A text of the user's as plain Markdown, on one line and cut where it is long."""
    return _MARKUP.sub(r"\\\1", isolated(" ".join(text.split()), 80))


def _pages(folder: Path) -> Iterator[str]:
    """Links to the pages of the molecules, where the pack has them."""
    if not (folder / PAGES).is_dir():
        return
    yield "\n## Molecules\n"
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["report_path"]:
                yield f"- [{_plain(row['id'])}]({row['report_path']}) {row['call']}"


def render(folder: Path, facts: dict[str, Any], lock_differences: list[str]) -> str:
    """The text of index.md, from the files of the pack and what the manifest will say."""
    lines = [f"# {facts['run']}: evidence pack\n", *origin(facts)]
    if lock_differences:
        lines.append(f"**This environment is not the locked one:** {', '.join(lock_differences)}.\n")
    metrics = read_json(folder / "metrics.json")
    report = read_json(folder / "utility_report.json") if facts["truth"] is not None else None
    lines += [f"**{text}.**\n" for text in sentences.nothing_matches(metrics, report)]
    lines += _library(metrics)
    lines += _sample(metrics)
    lines.append(f"Leakage (`leakage.csv`): {'; '.join(sentences.leakage(folder))}.\n")
    lines += _acceptance(accept.content(metrics, facts, report))
    lines += _judgement(read_json(folder / "controls.json"))
    lines += _utility(folder) if facts["truth"] is not None else ["No truth was given, so there is no cost and lift.\n"]
    lines.append("## Files\n")
    lines += [
        f"- `{name}`: {text}" for name, text in FILES.items() if (folder / name).exists() or name == "environment.json"
    ]
    lines += [f"- `{path.name}`: the scores that were used" for path in sorted(folder.glob("scores*"))]
    lines.append("- `workflow/`: the workflow that made this pack" + _CLOSING.rstrip("\n"))
    lines += _pages(folder)
    return "\n".join(lines) + "\n"
