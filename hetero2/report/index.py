"""index.md: the first page of a pack, for a person."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hetero2.pack import accept
from hetero2.pack.verification.layout import COST_LIFT, PAGES
from hetero2.report.evidence import Evidence, of_pack
from hetero2.report.text import answer, isomers, sentences, trust, worth
from hetero2.report.text.cautions import grave
from hetero2.report.text.findings import CALLS, criterion_in_words, in_words, judgement, pack_in_order
from hetero2.report.text.vocabulary import CALL, TRUST, statuses
from hetero2.report.text.words import isolated

# Its random baseline is a single draw and is not shown: chance is always the exact expectation.
METHODS = {
    "baseline_score_only_topk": "by the audit's AUC, then id",
    "filtered_score_plus_audit_topk": "only those above all decoys, by slack, then id",
}
COMPARISONS = {
    "score_plus_audit_topk": "those that do not stand out at the end, else by score",
    "signal_first_topk": "those that stand out first, those that do not at the end, else by score",
}
_BACKTICK = "\u02cb"  # replaces a backtick inside code
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&])")
FILES = {
    "report.html": "the report for a browser: figures, drawings, a table to sort; needs no network",
    "summary.csv": "one row per molecule: its status and what the audit says of it; exact, for programs",
    "summary_spreadsheet.csv": "the same for a spreadsheet: an apostrophe before what it would take for a formula",
    "ranked_candidates.csv": "the list to send downstream, by score, with the calls beside it; exact, for programs",
    "ranked_candidates_spreadsheet.csv": "the same for a spreadsheet",
    "selected_decoys.csv": "the decoys of the molecules selected, with their scores; exact, for programs",
    "selected_decoys_spreadsheet.csv": "the same for a spreadsheet",
    "metrics.json": "counts, coverage and distributions",
    "decoy_quality.json": "decoy bias: what other than structure could tell the molecules from their decoys",
    "card_decoys.csv": "the decoys of the molecules that the report draws, with their scores; exact, for programs",
    "card_decoys_spreadsheet.csv": "the same for a spreadsheet",
    "decoys.parquet": "every decoy with its score",
    "leakage.csv": "train–test leakage and other overlaps of library, decoys and training set; exact, for programs",
    "leakage_spreadsheet.csv": "the same for a spreadsheet",
    "missing_decoy_scores.csv": "decoys that are still without a score",
    "diagnosis.json": "can this score be trusted: the score beside labels, trivial competitors and bulk properties",
    "controls.json": "whether the audit works on this library; familiarity controls; Y-randomisation",
    "hardness_curve.csv": "AUC of the molecules against their decoys, by similarity",
    "truth.csv": "the measured labels, as given",
    COST_LIFT: "what buying the top K is worth (cost_lift.v1)",
    "utility_report.json": "what the list by the score is worth, and what acting on the audit would be (cost_lift.v2)",
    "hit_curve.csv": "hits of every way of choosing, at many K",
    "config.yaml": "the configuration that identifies the run",
    "environment.json": "interpreter and package versions",
}
_CLOSING = """
- `manifest.json`: inputs, digests, seeds and every file
- `checksums.sha256`: for sha256sum -c
- `ro-crate-metadata.json`, `datapackage.json`: the same as a Workflow Run Crate and as a data package

## What this proves, and what it does not

The numbers follow from the inputs named in manifest.json by the code and environment named there; the same inputs, code
and environment give the same numbers again. Above all decoys says that the score prefers the molecule to
rearrangements of it, not that the molecule is good. This does not replace docking, MD, QM or the wet lab, and claims
no binding affinity.

Verify: `hetero2 verify <this zip or folder>`, or `sha256sum -c checksums.sha256`. Only the sha256 of the zip
can tell whether this is the pack that was made for you: compare it with the one you were given.
"""


def percent(rate: float | None) -> str:
    """A rate for people."""
    return "undefined" if rate is None else f"{100 * rate:.1f} %"


def rates(report: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(way of choosing, hits of bought, hit rate) of cost_lift.v1, for people; its intervals are points at 0 and 1."""
    for name, label in METHODS.items():
        method = report["methods"][name]
        yield label, f"{method['hits']} of {method['k_effective']}", percent(method["hit_rate"])


def hit_table(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    """(way of choosing, hits of K, hit rate with its interval), the list to send last."""
    for selection in answer.selections(evidence):
        hits = f"{selection.expected_hits:.4g} of {evidence.primary['k'] if evidence.primary else 0}"
        yield selection.label, hits, f"{selection.per_100:.1f} % ({selection.low:.1f} % to {selection.high:.1f} %)"


def appendix(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    """(what, hits, hit rate) of ways of acting on the audit, and of those above all decoys; never the list to send."""
    if evidence.utility is None:
        return
    if evidence.primary is not None:
        for name, label in COMPARISONS.items():
            method = evidence.primary["methods"][name]
            yield label, f"{method['expected_hits']:.4g} of {evidence.primary['k']}", percent(method["hit_rate"])
    if evidence.utility["library"] is not None:
        for key, label in (("PASS", "molecules above all decoys"), ("FAIL", "the other molecules")):
            part = evidence.utility["library"][key]
            yield label, f"{part['hits']} of {part['n']}", percent(part["hit_rate"])


def frozen(evidence: Evidence) -> list[tuple[str, str, str]]:
    """(way of choosing, hits, hit rate) of the frozen report cost_lift.v1; none where there is none."""
    return [] if evidence.cost_lift is None else list(rates(evidence.cost_lift))


def _hits(evidence: Evidence) -> Iterator[str]:
    if evidence.utility is None:
        yield "No truth was given, so nothing can be said about hits.\n"
        return
    rows = list(hit_table(evidence))
    if rows:
        yield "## Hits\n"
        yield "| chosen | hits | hit rate |\n|---|---|---|"
        yield from (f"| {label} | {hits} | {rate} |" for label, hits, rate in rows)
        yield "\nAt random: the exact expectation, with the range of 95 % of draws. Others: Wilson intervals, as if"
        yield "molecules were independent.\n"
    yield from _appendix(evidence, evidence.utility)


def _appendix(evidence: Evidence, utility: dict[str, Any]) -> Iterator[str]:
    yield "## Appendix: what acting on the audit would have given\n"
    yield "A measured comparison; the list to send follows the score. The audit judges the model and filters nothing.\n"
    yield from (f"{text}\n" for text in worth.audit_comparison(evidence))
    yield from _table(appendix(evidence))
    yield "\n## Appendix: the frozen report cost_lift.v1\n"
    if utility["cost_lift_v1"]["refused"]:
        yield f"It was not computed: {str(utility['cost_lift_v1']['reason']).replace('_', ' ')}.\n"
    elif evidence.cost_lift is not None:
        yield from _table(frozen(evidence))
        ties = utility["library"]["n_pass_with_the_highest_slack"] if utility["library"] else 0
        yield "\nIt never looks at the score itself, and breaks ties by id. Molecules that share the highest"
        yield f"slack: {ties}.\n"


def _table(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    lines = [f"| {label} | {hits} | {rate} |" for label, hits, rate in rows]
    yield from ["| | hits | hit rate |\n|---|---|---|", *lines] if lines else []


def _trust(evidence: Evidence) -> Iterator[str]:
    trusted = trust.judged(evidence)
    if trusted is not None:
        yield f"## {TRUST.asked}\n"
        yield f"{trusted.reply()}\n"
        yield from (f"- {what}: {text}" for what, text in trust.parts(evidence))
        yield ""


def _judgement(evidence: Evidence) -> Iterator[str]:
    yield "## What the audit says about the score\n"
    if evidence.controls["audit"]["status"] == "FAILED":
        yield "**The audit has failed on this library: do not rely on anything that rests on decoys.**\n"
    yield f"{isomers.diagnose(evidence).sentence()}\n"
    yield from (f"- {what}{': ' if what else ''}{text}" for what, text in judgement(evidence.controls))
    yield from (f"- {text}" for text in isomers.contradictions(evidence))
    yield "\ndocs/statistics.md of the project explains each of these, and what it does not show; docs/glossary.md has"
    yield "the words.\n"


def _library(metrics: dict[str, Any]) -> Iterator[str]:
    counts, verdicts = metrics["counts"], metrics["verdict_counts"]
    chance, few = metrics["pass_expected_by_chance"], metrics["rows_with_fewer_than_19_scored_decoys"]
    yield "## The library\n"
    yield f"Rows: {statuses(counts)}."
    yield from (f"- {in_words(reason)}: {count}" for reason, count in metrics["top_reasons"])
    above, not_above, none = (verdicts[name] for name in ("PASS", "FAIL", "SKIP"))
    yield f"\nOf the audited rows {above} are above all their decoys, {not_above} are not, and of {none} it cannot be"
    yield "said. Above all decoys means that the score puts the molecule above every one of them (with weights: above"
    yield "nearly all of their weight). A score that cannot tell them apart would put there by chance:"
    yield f"{chance:.1f}. {few} rows have fewer than 19 scored decoys, too few for a test at the 5 % level.\n"
    yield from (f"- {metrics['call_counts'][code]} {meaning}" for code, meaning in CALLS.items())
    yield "\nThe expected share of molecules that are wrongly said to stand out, over repeated libraries, is bounded;"
    yield "wrongly means that the score cannot tell the molecule from its isomers, not that the molecule is bad.\n"


def _sample(metrics: dict[str, Any]) -> Iterator[str]:
    sentences_about_it = list(sentences.population(metrics))
    if sentences_about_it:
        yield "**Only a sample was audited.** All numbers are about the audited molecules unless they say otherwise;"
        yield "the estimates for the whole library weight each drawn molecule by the number of rows it stands for.\n"
        yield from (f"- {text}" for _, text in sentences_about_it)
        yield ""


def _acceptance(criteria: list[accept.Criterion]) -> Iterator[str]:
    yield f"{pack_in_order(criteria).sentence()} This does not judge the score.\n"
    yield from (
        f"- {criterion_in_words(criterion)}: {'met' if criterion.met else '**not met**'}" for criterion in criteria
    )
    yield ""


def _code(name: str) -> str:
    """The name of a file as code in Markdown, on one line."""
    return f"`{isolated(' '.join(name.split()), 200).replace('`', _BACKTICK)}`"


def origin(facts: dict[str, Any]) -> Iterator[str]:
    """The inputs, decoys and scores, in Markdown, and what of them is made up."""
    scores, config = facts["scores"], facts["config"]
    turned = "" if scores["higher_is_better"] else ", negated, since lower was declared to be better"
    yield f"run_id `{facts['run_id']}`\n"
    yield "Inputs: " + ", ".join(f"{entry['role']} {_code(entry['name'])}" for entry in facts["inputs"]) + "."
    yield from (f"Read as {_code(text)}.\n" for text in config.get("understood", []))
    strategy = f"`{config['decoys']['strategy']}`, up to {config['decoys']['k']} per molecule"
    yield f"Decoys: {strategy if config['input'].get('structures', True) else 'as given with the scores'}."
    made_up = sentences.STAND_INS.get(scores["source"])
    origin = f"{scores['source']}`: {made_up}" if made_up else f"{scores['source']}`"
    yield f"Scores: `{origin}, {scores['n_scores']} in {_code(scores['name'])}{turned}.\n"
    for name in ("scores", "truth"):
        url = (facts[name] or {}).get("url")
        if url is not None:
            yield f"The {name} came from {url}; the sha256 was checked against the pinned one.\n"
    if not config["input"].get("structures", True):
        yield "No structures were given: what needs them is missing here, in controls.json and in decoy_quality.json.\n"
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
                yield f"- [{_plain(row['id'])}]({row['report_path']}) stands out: {CALL.word(row['call'])}"


def _first(evidence: Evidence) -> Iterator[str]:
    """The answer, and the warnings that must not be missed."""
    yield f"**{answer.to_send(evidence, lambda text: _plain(answer.names(text)))}**\n"
    yield f"**{answer.answer(evidence)}**\n"
    yield f"**{answer.next_step(evidence)}**\n"
    yield from (f"{text}\n" for text in answer.more(evidence))
    graver = grave(evidence)
    yield from (f"- **{warning.level}** {warning.text} (`{warning.file}`)" for warning in graver)
    if graver:
        yield ""


def render(folder: Path, facts: dict[str, Any], lock_differences: list[str]) -> str:
    """The text of index.md, from the files of the pack and what the manifest will say."""
    evidence = of_pack(folder, facts, lock_differences)
    lines = [f"# {facts['run']}: evidence pack\n", *_first(evidence), *origin(facts)]
    lines += _library(evidence.metrics)
    lines += _sample(evidence.metrics)
    lines.append(f"Leakage (`leakage.csv`): {'; '.join(sentences.leakage(evidence.leaks, evidence.knows_training))}.\n")
    lines += _acceptance(accept.content(evidence.metrics, facts, evidence.utility))
    lines += _trust(evidence)
    lines += _judgement(evidence)
    lines += _hits(evidence)
    lines.append("## Files\n")
    lines += [
        f"- `{name}`: {text}" for name, text in FILES.items() if (folder / name).exists() or name == "environment.json"
    ]
    lines += [f"- `{path.name}`: the scores that were used" for path in sorted(folder.glob("scores*"))]
    lines.append("- `workflow/`: the workflow that made this pack" + _CLOSING.rstrip("\n"))
    lines += _pages(folder)
    return "\n".join(lines) + "\n"
