"""Figures of counts: rows, leakage, and the results of known good and known bad scores."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure as Canvas

from hetero2.report.plots import svg
from hetero2.report.plots.svg import ROOM, Figure, Row, part, plain
from hetero2.report.text.sentences import LEAKS, leak
from hetero2.report.text.vocabulary import STATUS

Record = Mapping[str, Any]


def _bars(key: str, title: str, rows: Sequence[tuple[str, float | None, str]], note: str, *files: str) -> Figure:
    most = max((length for _, length, _ in rows if length is not None), default=0)

    def paint(canvas: Canvas) -> None:
        svg.bars(canvas, 2, rows, most)

    return Figure(key, title, svg.draw(key, title, svg.bars_height(rows), paint), note, files)


def coverage(metrics: Record) -> Figure:
    """The status of the rows of the library, and why some were not audited."""
    counts, reasons = part(metrics, "counts"), list(metrics.get("top_reasons") or ())
    total = sum(counts.get(name) or 0 for name in ("OK", "SKIP", "ERROR"))
    if not total:
        return Figure("coverage", "The library has no rows", "", "There is nothing to count.", ("metrics.json",))
    left = total - (counts.get("OK") or 0)
    title = f"{total - left:,} of {total:,} rows of the library were audited"
    if left:
        first = f", most often: {plain(reasons[0][0])} ({reasons[0][1]:,})" if reasons else ""
        title += f"; {left:,} were not{first}"
    rows = [(word, count := counts.get(name) or 0, f"{count:,} ({_percent(count / total)})")
            for name, word in STATUS.items()]  # fmt: skip
    rows += [(f"why: {plain(reason)}", count, f"{count:,}") for reason, count in reasons[:8]]
    scored = part(metrics, "scores_coverage")
    note = f"n = {total:,} rows. Decoys with a score: {scored.get('decoys_scored') or 0:,} of "
    note += (
        f"{scored.get('decoys_total') or 0:,}; molecules without any: {scored.get('rows_missing_scores_input') or 0:,}."
    )
    return _bars("coverage", title, rows, note, "metrics.json")


def leakage(counts: Mapping[str, int] | None, n_molecules: int, known_training: bool) -> Figure:
    """Overlaps of library, decoys, training set and truth; `counts` by kind; None where leakage was not checked."""
    key, files = "leakage", ("leakage.csv",)
    if counts is None:
        return Figure(key, "Leakage was not checked", "", "The pack has no leakage.csv.", files)
    looked = {kind: text for kind, text in LEAKS.items() if known_training or not kind.endswith("_training")}
    listed = [leak(kind, counts[kind]) for kind in looked if counts.get(kind)]
    title = ("; ".join(listed) if listed else f"No leakage was found among {n_molecules:,} rows") + (
        "" if known_training else "; the training set is not known"
    )
    rows: list[tuple[str, float | None, str]] = [
        (text, counts.get(kind) or 0, f"{counts.get(kind) or 0:,}") if kind in looked else (text, None, "not checked")
        for kind, text in LEAKS.items()
    ]
    note = f"n = {n_molecules:,} rows. A decoy is counted once for each molecule that it is a decoy of."
    return _bars(key, title, rows, note, *files)


def separation(document: Record) -> Figure:
    """Known good and known bad scores side by side."""
    key, files, variants = "separation", ("separation.json",), part(document, "variants")
    if not variants:
        return Figure(key, "There are no known good and bad scores to compare", "", "Not part of this run.", files)
    pass_rates = ", ".join(
        f"{plain(name, 24)} {_percent((variant or {}).get('pass_rate'))}" for name, variant in variants.items()
    )
    verdict = "tells" if document.get("separated") else "does not tell"
    title = f"The audit {verdict} known good scores from known bad ones; above all decoys: {pass_rates}"
    rates = [(plain(name, 24), (variant or {}).get("pass_rate")) for name, variant in variants.items()]
    slack = [_slack(plain(name, 24), variant or {}) for name, variant in variants.items()]
    ends = [end for row in slack for end in (row.low, row.value, row.high) if end is not None]
    middle = svg.bars_height(rates) + ROOM

    def paint(canvas: Canvas) -> None:
        svg.write(canvas, 0, 16, "Share of molecules above all decoys", weight="bold")
        svg.bars(canvas, ROOM, [(name, rate, _percent(rate)) for name, rate in rates], 1.0)
        svg.write(canvas, 0, middle + 18, "Slack: how far a molecule is from the gate", weight="bold")
        limits = (min([-1.0, *ends]), max([0.0, *ends]))
        svg.forest(canvas, middle + ROOM, slack, "slack: median, quartiles", limits, 0.0)

    height = middle + ROOM + svg.forest_height(slack)
    n = ", ".join(f"{plain(name, 24)} {(variant or {}).get('rows_ok') or 0:,}" for name, variant in variants.items())
    note = f"n: {n}. Told apart: for each bad score, median slack or the share above all decoys "
    note += "differs by at least its threshold."
    return Figure(key, title, svg.draw(key, title, height, paint), note, files)


def _slack(name: str, facts: Record) -> Row:
    median = facts.get("median_slack")
    text = "undefined: nothing was scored" if median is None else f"{median:.3f}".replace("-", "−")
    return Row(name, median, facts.get("p25_slack"), facts.get("p75_slack"), text)


def _percent(rate: float | None) -> str:
    if rate is None:
        return "undefined"
    return "< 0.1 %" if 0 < rate < 0.001 else f"{100 * rate:.3g} %"
