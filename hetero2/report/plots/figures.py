"""The figures of report.html: each title states the finding, or why there is nothing to show."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from hetero2.report.plots import svg
from hetero2.report.plots.curves import cumulative_hits, hit_rate
from hetero2.report.plots.panels import controls, decoy_quality
from hetero2.report.plots.svg import BLUE, GREY, INK, RED, Figure, plain
from hetero2.report.plots.tallies import coverage, leakage, separation

__all__ = ["Figure", "controls", "coverage", "cumulative_hits", "decoy_quality", "hardness", "hit_rate", "leakage"]
__all__ += ["score_against_decoys", "separation"]
Record = dict[str, Any]
Floats = NDArray[np.float64]


def hardness(rows: Sequence[Record]) -> Figure:
    """AUC of the molecules against their decoys, by similarity."""
    key, files = "hardness", ("hardness_curve.csv",)
    drawn = {row["bin"]: row for row in rows or () if row.get("auc") is not None}
    if not drawn:
        reasons = {plain(row["reason"]) for row in rows or () if row.get("reason")}
        why = ", ".join(sorted(reasons)) or "no decoys"
        return Figure(key, "AUC by hardness cannot be drawn", "", f"Undefined: {why}.", files)
    shown = drawn.get("hard") or drawn.get("all") or next(iter(drawn.values()))
    what = {"hard": "hard decoys", "all": "all decoys"}.get(shown["bin"], f"{plain(shown['bin'])} decoys")
    missing = "" if "hard" in drawn else "There are no hard decoys; "
    title = f"{missing}{'against' if missing else 'Against'} {what} the AUC is {shown['auc']:.3f}{_tossed(shown)}"

    def paint(canvas: Canvas) -> None:
        plot = svg.axes(canvas, 66, 16, 556, 214)
        plot.set(ylim=(0, 1.0), xlim=(-0.5, len(rows) - 0.5), ylabel="AUC, molecule against decoys")
        plot.set_xticks(range(len(rows)), [_under(row) for row in rows])
        plot.axhline(0.5, color=GREY, ls=":", lw=2)
        plot.text(-0.48, 0.46, "0.5: chance", color=GREY, fontsize=svg.SMALL, va="top")
        for place, row in enumerate(rows):
            _hardness_point(plot, place, row)

    note = "For each molecule, the share of its decoys in a bin that it outranks, ties half. Point: the mean over "
    note += (
        "molecules, the bar its 95 % interval from resampling whole scaffolds. Tanimoto: Morgan radius 2, 2048 bits."
    )
    absent = [f" {plain(row['bin'])}: {plain(row['reason'])}." for row in rows if row.get("reason")]
    return Figure(key, title, svg.draw(key, title, 326, paint), note + "".join(absent), files)


def _tossed(row: Record) -> str:
    low, high = row.get("ci_low"), row.get("ci_high")
    if low is None or high is None:
        return ", without an interval"
    verdict = "above chance" if low > 0.5 else "below chance" if high < 0.5 else "not distinguishable from chance"
    return f" ({low:.3f} to {high:.3f}): {verdict}"


def _under(row: Record) -> str:
    """The text under a bin."""
    low, high = row.get("tanimoto_from"), row.get("tanimoto_to")
    ends = "" if low is None or high is None else f"Tanimoto {low:g} to {high:g}"
    n, decoys = (svg.count(row.get(name) or 0) for name in ("n_molecules", "n_decoys"))
    return f"{plain(row['bin'])}\n{ends}\n{n} molecules\n{decoys} decoys"


def _hardness_point(plot: Axes, place: int, row: Record) -> None:
    auc, low, high = row.get("auc"), row.get("ci_low"), row.get("ci_high")
    if auc is None:
        plot.text(place, 0.56, "none", ha="center", color=GREY)
        return
    if low is not None and high is not None:
        plot.plot([place, place], [max(0.0, low), min(1.0, high)], color=BLUE, lw=3, marker="_", ms=14, mew=3)
    plot.plot([place], [auc], "D" if row["bin"] == "all" else "o", color=BLUE, ms=9, mew=0, clip_on=False)
    plot.text(place + 0.1, auc, f"{auc:.3f}", va="center")


def _levels(p_value: Floats) -> int:
    """m + 1 where most molecules have m decoys: p is then a multiple of its inverse; else 0."""
    values, often = np.unique(p_value, return_counts=True)
    for levels in range(2, 42):
        if often[np.abs(values * levels - np.rint(values * levels)) < 1e-6].sum() >= 0.7 * len(p_value):
            return levels
    return 0


def score_against_decoys(auc: Floats, p_value: Floats, most_decoys: int) -> Figure:
    """How the molecules rank among their decoys, and their p-values beside those of a blind score.

    `most_decoys` is the largest number of scored decoys of a molecule: it decides how small a p-value can be.
    """
    key, files = "score_against_decoys", ("summary.csv",)
    if not len(auc):
        return Figure(key, "No molecule was ranked among its decoys", "", "No molecule has scored decoys.", files)
    levels, share = _levels(p_value), 100 * float(np.mean(auc))
    n_bins = levels if 10 <= levels <= 41 else 10
    compared = "more than" if share >= 50.05 else "less than" if share < 49.95 else "like"
    title = (
        f"A molecule outranks {share:.1f} % of its decoys on average, {compared} the 50 % of a score that cannot tell"
    )
    if most_decoys < 19:
        title += f"; with {most_decoys} decoys at most no p-value can be as small as 0.05"
    elif len(p_value):
        title += f"; p is at most 0.05 for {100 * float(np.mean(p_value <= 0.05 + 1e-9)):.1f} % (by chance 5 % at most)"
    steps = n_bins - 1 if n_bins == levels else 20
    ranked = np.bincount(np.floor(np.clip(auc, 0, 1) * steps + 0.5).astype(int), minlength=steps + 1)
    places = np.ceil(np.clip(p_value, 0, 1) * n_bins - 1e-6).astype(int) - 1
    tail = np.bincount(np.clip(places, 0, n_bins - 1), minlength=n_bins)

    def paint(canvas: Canvas) -> None:
        edges = 100 * (np.arange(steps + 2) - 0.5) / steps
        svg.write(canvas, 74, 16, "dashed: a score that cannot tell")
        _histogram(canvas, 26, ranked, edges, f"share of its decoys that a molecule outranks, %; n = {len(auc):,}")
        _histogram(canvas, 264, tail, np.arange(n_bins + 1) / n_bins, f"p-value of a molecule; n = {len(p_value):,}")

    note = (
        f"n = {len(auc):,} molecules with scored decoys. p = (1 + decoys that score as high) / (decoys + 1) takes few "
    )
    note += (
        "values. Dashed: as many in every bar, which a score that cannot tell would give, but for molecules with other "
    )
    note += "numbers of decoys and ties. Few p-values are small for a molecule with fewer than 19 decoys."
    return Figure(key, title, svg.draw(key, title, 472, paint), note, files)


def _histogram(canvas: Canvas, top: float, counts: NDArray[Any], edges: Floats, label: str) -> None:
    plot = svg.axes(canvas, 74, top, 548, 160)
    plot.stairs(counts, edges, fill=True, color=BLUE, ec=INK, lw=0.8)
    plot.set(xlabel=label, ylabel="molecules", xlim=(edges[0], edges[-1]), ylim=(0, 1.1 * max(1, counts.max())))
    plot.axhline(counts.sum() / len(counts), color=RED, ls="--", lw=2)
    svg.counted(plot.yaxis, 4)
