"""Sentences about hits: what the list is worth, beside chance, today's filter and acting on the audit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CANDIDATES, COST_LIFT, UTILITY
from hetero2.pack.verification.presentation.wording import Claim, as_percent, claim, in_digits

_HOW_MANY = r"(?<![\d,.\u2212])([\d,.\u2212]+)"
_WAYS = {
    "random": "at random",
    "baseline_topk": r"today's filter(?: \((?:larger|smaller) is better\))?",
    "score_topk": "the best by score",
    "screen_topk": "the best by the screen",
}
_ACTING = {
    "score_plus_audit_topk": "those that do not stand out at the end, else by score",
    "signal_first_topk": "those that stand out first, those that do not at the end, else by score",
}
_FROZEN_WAYS = {
    "baseline_score_only_topk": "by the audit's AUC, then id",
    "filtered_score_plus_audit_topk": "only those above all decoys, by slack, then id",
}
_OTHERS = {"random": "choosing at random", "baseline_topk": "today's filter", "score_topk": "the score alone"}
_FIRST = 6  # molecules that the first line names


def _rates(method: Any, k: int) -> tuple[str, str, str]:
    low, high = method["wilson_low"], method["wilson_high"]
    if "hits_low" in method:
        low, high = method["hits_low"] / k, method["hits_high"] / k
    return f"{100 * method['hit_rate']:.1f} %", f"{100 * low:.1f} %", f"{100 * high:.1f} %"


def _of_methods(primary: Any) -> Iterator[Claim]:
    k, methods = primary["k"], primary["methods"]
    for name, words in _WAYS.items():
        if name in methods:
            groups = (f"{methods[name]['expected_hits']:.4g}", k, *_rates(methods[name], k))
            row = rf"^\| {words} \| (\S+) of (\d+) \| (\S+ %) \((\S+ %) to (\S+ %)\) \|$"
            yield claim(row, UTILITY, groups)
            in_report = [in_digits(float(100 * methods[name]["hit_rate"]))]
            yield claim(rf"^{words}\t{_HOW_MANY} \(", UTILITY, in_report)
    for name, words in _ACTING.items():
        if name in methods:
            hits, rate = f"{methods[name]['expected_hits']:.4g}", as_percent(methods[name]["hit_rate"])
            yield claim(rf"^(?:\| )?{words}(?: \| |\t)(\S+) of (\d+)(?: \| |\t)(\S+ %)", UTILITY, (hits, k, rate))


def _of_counts(report: Any, names: dict[str, str], origin: str) -> Iterator[Claim]:
    for key, words in names.items():
        part = report.get(key)
        if part is not None:
            groups = (part["hits"], part.get("n", part.get("k_effective")), as_percent(part["hit_rate"]))
            yield claim(rf"^(?:\| )?{words}(?: \| |\t)(\d+) of (\d+)(?: \| |\t)(undefined|\S+ %)", origin, groups)


def _differences_of_lists(utility: Any) -> Iterator[Claim]:
    """More or fewer hits per 100 evaluations than another list, with the interval of the difference."""
    records: dict[str, list[Any]] = {}
    for section in ("list", "uplift"):
        for name, record in ((utility.get(section) or {}).get("against") or {}).items():
            records.setdefault(name, []).append(record)
    for name, words in _OTHERS.items():
        with_interval = [record for record in records.get(name, []) if record["ci_low"] is not None]
        if with_interval:
            allowed = [
                (
                    in_digits(abs(100 * record["uplift"])),
                    "more" if record["uplift"] > 0 else "fewer",
                    in_digits(100 * record["ci_low"]),
                    in_digits(100 * record["ci_high"]),
                )
                for record in with_interval
            ]
            pattern = (
                rf"{_HOW_MANY} (more|fewer) than {words} \(95 % interval of the difference {_HOW_MANY} to {_HOW_MANY}\)"
            )
            yield claim(pattern, UTILITY, *allowed)


def _measured(utility: Any) -> Iterator[Claim]:
    hits, n, metrics = utility["evidence"]["hits"], utility["n"], utility["score_metrics"]
    groups = (in_digits(hits), in_digits(n), in_digits(100 * hits / n))
    yield claim(
        rf"Measured: {_HOW_MANY} of {_HOW_MANY} molecules? are hits \(base rate {_HOW_MANY} %\)",
        UTILITY,
        groups,
    )
    area = metrics["roc_auc"]
    if area["ci_low"] is not None:
        ends = (f"{area['value']:.2f}", f"{area['ci_low']:.2f}", f"{area['ci_high']:.2f}")
        yield claim(r"ROC-AUC of the score (\S+) \(95 % interval (\S+) to (\S+)\)", UTILITY, ends)
        yield claim(r"^ROC-AUC on truth\t?(\d\.\d\d) (\d\.\d\d) to (\d\.\d\d);", UTILITY, ends)
    for share in (5, 10):
        value = metrics[f"enrichment_factor_{share}_percent"]["value"]
        if value is not None:
            yield claim(rf"(?:factor |, )([\d.e+]+) in its best {share} %", UTILITY, (f"{value:.2g}",))
            yield claim(rf"^enrichment, best {share} %\t?([\d.e+]+) ", UTILITY, (f"{value:.2g}",))


def _of_the_list(utility: Any, primary: Any) -> Iterator[Claim]:
    method, k = primary["methods"]["score_topk"], in_digits(utility["k"])
    rate, low, high = (in_digits(100 * method[key]) for key in ("hit_rate", "wilson_low", "wilson_high"))
    yield claim(rf"the {_HOW_MANY} best by score hold {_HOW_MANY} hits per 100", UTILITY, (k, rate))
    yield claim(
        rf"the {_HOW_MANY} best by score hold {_HOW_MANY} hits?[,;]",
        UTILITY,
        (k, in_digits(method["expected_hits"])),
    )
    yield claim(rf"\({_HOW_MANY} to {_HOW_MANY} if molecules were independent\)", UTILITY, (low, high))
    yield claim(
        rf"^hits per 100, best {_HOW_MANY}\t?{_HOW_MANY} {_HOW_MANY} to {_HOW_MANY};",
        UTILITY,
        (k, rate, low, high),
    )
    hits, n = utility["evidence"]["hits"], utility["n"]
    yield claim(
        rf"{_HOW_MANY} of the {_HOW_MANY} molecules? with score and truth are hits",
        UTILITY,
        (in_digits(hits), in_digits(n)),
    )


def claims_of_worth(evidence: Evidence) -> Iterator[Claim]:
    """What is said of hits, where there is truth of two classes."""
    document = evidence.json(UTILITY)
    if document is None:
        return
    utility, report = document["utility"], evidence.json(COST_LIFT)
    if document["library"] is not None:
        names = {"PASS": "molecules above all decoys", "FAIL": "the other molecules"}
        yield from _of_counts(document["library"], names, UTILITY)
        yield claim(r"^slack: (\d+)\.$", UTILITY, (document["library"]["n_pass_with_the_highest_slack"],))
    if report is not None:
        yield from _of_counts(report["methods"], _FROZEN_WAYS, COST_LIFT)
    if not utility["at"] or "evidence" not in utility:
        return
    primary = next(at for at in utility["at"] if at["k"] == utility["k"])
    yield from _of_methods(primary)
    yield from _measured(utility)
    yield from _of_the_list(utility, primary)
    yield from _differences_of_lists(utility)


def claims_of_the_list(evidence: Evidence) -> Iterator[Claim]:
    """How many molecules are to be sent, and the first of them by their ids."""
    utility = (evidence.json(UTILITY) or {}).get("utility") or {}
    k = utility.get("k", evidence.config["selection"]["k"])
    shown = in_digits(k)
    yield claim(rf"ranks 1 to {_HOW_MANY} of", UTILITY, (shown,))
    yield claim(r"^(?:\*\*)?(?:Send the|Do not send by this score; its|The) ([\d,]+) best by score", UTILITY, (shown,))
    if evidence.is_readable(CANDIDATES):
        ids = [name for (name,) in islice(evidence.rows(CANDIDATES, "id"), min(_FIRST, int(k)))]
        if all(re.fullmatch(r"[A-Za-z0-9 ]{1,29}", name) for name in ids):
            more = int(k) - len(ids)
            listed = ", ".join(ids) + (f" and {in_digits(more)} more" if ids and more > 0 else "")
            yield claim(r"best by score(?:, not shown to be a good choice)?: (.*) \(ranks 1 to", CANDIDATES, (listed,))
