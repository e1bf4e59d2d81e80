"""Sentences about the run, the rows of the library and the state of the pack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import LEAKAGE, MANIFEST, METRICS, UTILITY
from hetero2.pack.verification.presentation.wording import Claim, claim, in_digits

_ROWS_OF = r"(?<![\d,])([\d,]+)"
_KINDS = {
    "duplicate_in_library": r"rows? repeats? a compound of the library",
    "molecule_in_training": r"molecules? (?:is|are) in the training set",
    "molecule_near_training": r"molecules? closely resembles? one of the training set",
    "decoy_in_library": r"decoys? (?:is a molecule|are molecules) of the library and (?:was|were) excluded",
    "decoy_in_training": r"decoys? (?:is a molecule|are molecules) of the training set and (?:was|were) excluded",
    "truth_id_unknown": r"truth ids? match(?:es)? no molecule",
}


def claims_of_run(evidence: Evidence) -> Iterator[Claim]:
    """What is said of inputs, decoys and scores."""
    facts, config = evidence.json(MANIFEST), evidence.config
    yield claim(r"^# (.*): evidence pack$", MANIFEST, (facts["run"],))
    yield claim(r"^run_id `(.*)`$", MANIFEST, (facts["run_id"],))
    yield claim(r"^(.*): HETERO-2 report$", MANIFEST, (facts["run"],))
    yield claim(r"^HETERO-2 .* run (\S+)$", MANIFEST, (facts["run_id"][:12],))
    digests = (facts["run_id"], facts["code_digest"][:12], facts["environment_lock_sha256"][:12])
    yield claim(r"^run_id (\S+), code (\S+), lock (\S+)\.$", MANIFEST, digests)
    yield claim(
        r"^Decoys: `?([\w.]+)`?, up to (\d+) per molecule\.$",
        MANIFEST,
        (config["decoys"]["strategy"], config["decoys"]["k"]),
    )
    scores = facts["scores"]
    yield claim(r"^Scores: `?([a-z_]+(?::[a-z_]+)?)\b.*, (\d+) in ", MANIFEST, (scores["source"], scores["n_scores"]))
    inputs = ", ".join(f"{entry['role']} `{entry['name']}`" for entry in facts["inputs"])
    if inputs.isascii():
        yield claim(r"^Inputs: (.*)\.$", MANIFEST, (inputs,), (inputs.replace("`", ""),))


def claims_of_rows(evidence: Evidence) -> Iterator[Claim]:
    """What is said of rows, verdicts, calls and leakage."""
    metrics = evidence.json(METRICS)
    counts, verdicts, calls = metrics["counts"], metrics["verdict_counts"], metrics.get("call_counts") or {}
    rows, ok, few = sum(counts.values()), counts["OK"], metrics["rows_with_fewer_than_19_scored_decoys"]
    chance = metrics["pass_expected_by_chance"]
    by_status = [f"{counts[code]:,}" for code in ("OK", "SKIP", "ERROR")]
    yield claim(rf"^Rows: {_ROWS_OF} audited, {_ROWS_OF} left out, {_ROWS_OF} failed\.", METRICS, by_status)
    yield claim(
        rf"audited rows {_ROWS_OF} are above all their decoys, {_ROWS_OF} are not, and of {_ROWS_OF} it",
        METRICS,
        [verdicts[code] for code in ("PASS", "FAIL", "SKIP")],
    )
    yield claim(rf"^([\d.]+)\. {_ROWS_OF} rows have fewer than 19 scored decoys", METRICS, (f"{chance:.1f}", few))
    passed = f"{in_digits(verdicts['PASS'])}", in_digits(chance)
    yield claim(
        rf"{_ROWS_OF} molecules score above all their decoys[;,] ([\d.,]+) (?:would )?by chance", METRICS, passed
    )
    for code, words in (
        ("SIGNAL", "stand out from their isomers"),
        ("NO_SIGNAL", "do not: isomers often score as high"),
        ("UNDECIDABLE", "not shown: too close to call"),
    ):
        if code in calls:
            yield claim(rf"^(?:- )?{_ROWS_OF} {words}", METRICS, (calls[code],), (in_digits(calls[code]),))
    yield claim(
        rf"^(?:- )?{_ROWS_OF} molecules? stands? out from isomers", METRICS, (in_digits(calls.get("SIGNAL", 0)),)
    )
    for reason, count in metrics.get("top_reasons") or []:
        yield claim(rf"^- {str(reason).replace('_', ' ')}: (\d+)$", METRICS, (count,))
    yield claim(rf"{_ROWS_OF} rows? failed\.", METRICS, (in_digits(counts["ERROR"]),))
    yield claim(
        r"(?<![\d.])([\d.]+) % of the rows were left out", METRICS, (in_digits(100 * counts["SKIP"] / max(1, rows)),)
    )
    yield claim(
        rf"{_ROWS_OF} of {_ROWS_OF} molecules have fewer than 19 scored decoys",
        METRICS,
        (in_digits(few), in_digits(ok)),
    )
    yield claim(rf"Only {_ROWS_OF} molecules? could be audited", METRICS, (in_digits(ok),))
    yield claim(
        rf"{_ROWS_OF} decoys? had no score\.", METRICS, (in_digits(metrics["scores_coverage"]["decoys_missing"]),)
    )


def claims_of_leakage(evidence: Evidence) -> Iterator[Claim]:
    """How many overlaps of each kind leakage.csv lists."""
    if evidence.is_readable(LEAKAGE):
        counts = Counter(kind for (kind,) in evidence.rows(LEAKAGE, "kind"))
        for kind, words in _KINDS.items():
            yield claim(rf"{_ROWS_OF} {words}", LEAKAGE, (f"{counts[kind]:,}",))


def _criteria(evidence: Evidence) -> Iterator[tuple[str, Any, str, bool]]:
    """(what people call it, value, what is needed, whether it is met) of each criterion about contents."""
    metrics, facts, utility = evidence.json(METRICS), evidence.json(MANIFEST), evidence.json(UTILITY)
    counts, agreed = metrics["counts"], evidence.config.get("acceptance") or {}
    yield "rows that failed", counts["ERROR"], "= 0", counts["ERROR"] == 0
    yield "rows that were audited", counts["OK"], ">= 1", counts["OK"] >= 1
    if facts["scores"]["source"] == "external":
        missing = metrics["scores_coverage"]["rows_missing_scores_input"]
        yield "rows without a score", missing, "= 0", missing == 0
    if utility is not None:
        state = utility["cost_lift_v1"]
        yield (
            "hits and cost of the list (cost_lift.v1)",
            state["reason"] or "computed",
            "computed",
            not state["refused"],
        )
    for name, words, value, sign in (
        ("max_fail_rate", "share of molecules not above all decoys", metrics["fail_rate"], "<="),
        ("min_median_slack", "median slack", metrics["median_slack"], ">="),
        ("min_rows_ok", "rows that were audited", counts["OK"], ">="),
    ):
        limit = agreed.get(name)
        if limit is not None:
            is_met = value is not None and (value <= limit if sign == "<=" else value >= limit)
            yield words, value, f"{sign} {limit}", is_met


def claims_of_acceptance(evidence: Evidence) -> Iterator[Claim]:
    """Each criterion with its value, and whether the pack is in order."""
    criteria = list(_criteria(evidence))
    by_name: dict[str, list[tuple[str, str, str]]] = {}
    for words, value, needed, is_met in criteria:
        shown = str(value).replace("_", " ")
        by_name.setdefault(words, []).append((shown, needed, "met" if is_met else "not met"))
    for words, groups in by_name.items():
        name = words.replace("(", r"\(").replace(")", r"\)").replace(".", r"\.")
        yield claim(rf"^- {name}: (.*), needed (.*): \**(met|not met)\**$", METRICS, *groups)
        yield claim(rf"^(met|not met) {name}: (.*), needed (.*)$", METRICS, *((g[2], g[0], g[1]) for g in groups))
    in_order = "Yes" if all(is_met for *_, is_met in criteria) else "No"
    yield claim(r"^Is the pack in order\? (Yes|No)\b", METRICS, (in_order,))
