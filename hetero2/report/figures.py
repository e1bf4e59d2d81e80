"""The figures of report.html: each says what it shows in its title, and why where there is nothing to show."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from hetero2.report import plots
from hetero2.report.evidence import AUDIT, BASELINE, RANDOM, SCORE
from hetero2.report.panels import controls, decoy_quality
from hetero2.report.plots import BLUE, GREEN, GREY, INK, PALE, RED, Figure, part, plain, short
from hetero2.report.tallies import coverage, leakage, separation

__all__ = ["Figure", "controls", "coverage", "cumulative_hits", "decoy_quality", "hardness", "hit_rate", "leakage"]
__all__ += ["score_against_decoys", "separation"]
_LINES = {AUDIT: (BLUE, "-", "o", 3.0), SCORE: (RED, "--", "s", 1.8), BASELINE: (GREEN, "-.", "^", 1.8)}
_CURVE_FILES = ("hit_curve.csv",)
_NO_CURVE = "no molecule has both a score and a known truth, or the truth has one class only"
_BANDS = "Thin lines: 95 % Wilson intervals, as if molecules were independent; those of one series are not. "
_BY_CHANCE = "chance (grey: 95 % of draws)"
_TIES = "Ties are taken in expectation over their random order. "
_CHANCE = "Grey: choosing at random, with the exact interval of 95 % of such draws. "
Record = dict[str, Any]
Floats = NDArray[np.float64]


def _names(present: str) -> dict[str, str]:
    """The ways of choosing that are drawn; today is the filter in use, where there is one."""
    known = present == BASELINE
    return {AUDIT: "audit", SCORE: "by score" if known else "today, by score"} | (
        {BASELINE: "today, the filter in use"} if known else {}
    )


def _series(curve: Sequence[Record], name: str, *fields: str) -> tuple[Floats, ...]:
    """K and these fields of a way of choosing, where it has all of them."""
    found = [(one["k"], *(part(one["methods"], name).get(field) for field in fields)) for one in curve]
    rows = [row for row in found if None not in row]
    return tuple(np.array(rows, float).reshape(len(rows), 1 + len(fields)).T)


def _usable(curve: Sequence[Record]) -> list[Record]:
    def rated(one: Record, name: str) -> bool:
        return part(one["methods"], name).get("hit_rate") is not None

    return sorted((x for x in curve or () if rated(x, RANDOM) and rated(x, AUDIT)), key=lambda one: one["k"])


def _found_by_chance(at: Record) -> str:
    """How the hits of the audited list stand to what chance finds."""
    ours, chance, k = at["methods"][AUDIT], at["methods"][RANDOM], at["k"]
    hits, low, high = ours["expected_hits"], chance["hits_low"], chance["hits_high"]
    if low - 1e-6 <= hits <= high + 1e-6:  # hits are sums of shares of ties
        return f", within what draws from this library give ({low:,.0f} to {high:,.0f} of {k:,})"
    if hits < low:
        return f" and fewer than chance finds ({low:,.0f} to {high:,.0f} of {k:,})"
    times = hits / chance["expected_hits"] if chance["expected_hits"] else None
    return " and more than chance finds" if times is None else f" and {times:.3g} times what chance finds"


def _beside_today(at: Record, present: str, scale: float) -> str:
    today = at["methods"].get(present)
    if today is None:
        return ""
    other = "the filter in use" if present == BASELINE else "the score alone"
    gained = scale * (at["methods"][AUDIT]["hit_rate"] - today["hit_rate"])
    if abs(gained) < 0.05:  # as the first screen rounds
        return f", as many as {other}"
    return f", {short(abs(gained))} {'more' if gained > 0 else 'fewer'} than {other}"


def hit_rate(curve: Sequence[Record], k: int, present: str = SCORE) -> Figure:
    """Hit rate against the number bought, today and by the audit, beside chance."""
    found = _usable(curve)
    if not found:
        return Figure("hit_rate", "Hit rates cannot be drawn", "", f"Undefined: {_NO_CURVE}.", _CURVE_FILES)
    at, names = min(found, key=lambda one: abs(one["k"] - k)), _names(present)
    hits = short(100 * at["methods"][AUDIT]["hit_rate"])
    title = f"At K = {at['k']:,} the audited list finds {hits} hits per 100"
    title += _beside_today(at, present, 100) + _found_by_chance(at)

    def paint(canvas: Canvas) -> None:
        plot, tops = _curve_axes(canvas, found, at["k"], "hits per 100 bought"), []
        for name in names:
            x, *rest = _series(found, name, "hit_rate", "wilson_low", "wilson_high")
            rate, low, high = (100 * values for values in rest)
            tops += [*rate, *high[x >= min(at["k"], x.max(initial=0))]]
            _line(plot, name, x, rate, _label(at, names, name))
            if name == AUDIT:
                plot.fill_between(x, low, high, color=BLUE, alpha=0.16, lw=0)
            for edge in (low, high):
                plot.plot(x, edge, color=_LINES[name][0], lw=0.8, ls=_LINES[name][1])
        x, expected, low, high = _series(found, RANDOM, "hit_rate", "hits_low", "hits_high")
        _chance(plot, x, 100 * expected, 100 * low / x, 100 * high / x, _label(at, names, RANDOM))
        plot.set_ylim(0, min(105.0, 1.15 * max([*tops, *(100 * expected), 1e-9])))
        _legend(plot, f"Hits per 100 at K = {at['k']:,}")

    low, high = found[0]["k"], found[-1]["k"]
    note = f"K molecules are bought from the top of a list; K from {low:,} to {high:,}. {_TIES}{_BANDS}{_CHANCE}"
    note += f"Chance finds {100 * found[-1]['methods'][RANDOM]['hit_rate']:.3g} per 100, whatever K."
    return Figure("hit_rate", title, plots.draw("hit_rate", title, 390, paint), note, _CURVE_FILES)


def _label(at: Record, names: Mapping[str, str], name: str) -> str:
    here = at["methods"].get(name)
    text = names.get(name, _BY_CHANCE)
    return text if here is None else f"{text}: {short(100 * here['hit_rate'])}"


def _curve_axes(canvas: Canvas, curve: Sequence[Record], k: int, label: str, linear: bool = False) -> Axes:
    plot = plots.axes(canvas, 66, 92, 546, 244)
    first, last = curve[0]["k"], curve[-1]["k"]
    plot.set(xlabel="K, molecules bought", ylabel=label)
    if not linear and last > 10 * first:
        plots.logarithmic(plot, first, last)
    else:
        plots.counted(plot.xaxis)
    plot.set_xlim((0 if linear else first) if first < last else 0, last if first < last else 2 * last)
    plot.axvline(k, color=INK, lw=1.2, ls=(0, (6, 3)))
    side = "right" if first < last and k > 0.8 * last else "center"
    plot.text(k, 1.02, f"K = {short(k)}", transform=plot.get_xaxis_transform(), ha=side, fontsize=plots.SMALL)
    return plot


def _line(plot: Axes, name: str, x: Floats, y: Floats, label: str) -> None:
    colour, style, marker, width = _LINES[name]
    plot.plot(x, y, color=colour, ls=style, lw=width, marker=marker, ms=6, markevery=max(1, len(x) // 8), label=label)


def _chance(plot: Axes, x: Floats, expected: Floats, low: Floats, high: Floats, label: str) -> None:
    plot.fill_between(x, low, high, color=PALE, lw=0, zorder=0)
    plot.plot(x, expected, color=GREY, ls=":", lw=2.2, label=label)


def _legend(plot: Axes, title: str = "") -> None:
    look: Any = {"ncols": 2, "handlelength": 3.2, "borderaxespad": 0, "alignment": "left"}
    plot.legend(loc="lower left", bbox_to_anchor=(-0.1, 1.08), title=title or None, title_fontsize=plots.SMALL, **look)


def cumulative_hits(curve: Sequence[Record], k: int, present: str = SCORE) -> Figure:
    """Hits in all against the number bought, with what is possible at best and by chance."""
    key, found = "cumulative_hits", _usable(curve)
    if not found:
        return Figure(key, "Hits bought cannot be drawn", "", f"Undefined: {_NO_CURVE}.", _CURVE_FILES)
    at, names = min(found, key=lambda one: abs(one["k"] - k)), _names(present)
    near = [one for one in found if one["k"] <= max(4 * at["k"], found[0]["k"])]
    hits, chance = (short(at["methods"][name]["expected_hits"]) for name in (AUDIT, RANDOM))
    title = f"Buying {at['k']:,} from the audited list finds {hits} hits{_beside_today(at, present, at['k'])}"
    title += f"; choosing at random finds {chance}"
    last, most = found[-1]["methods"], max(one["methods"][AUDIT]["expected_hits"] for one in found)
    # Only where all are bought does chance leave nothing open: then it is known how many hits there are.
    whole = last[RANDOM]["hits_low"] == last[RANDOM]["hits_high"] == round(last[RANDOM]["expected_hits"], 6)

    def paint(canvas: Canvas) -> None:
        plot = _curve_axes(canvas, near, at["k"], "hits", linear=True)
        for name in names:
            x, y = (np.concatenate([[0.0], values]) for values in _series(near, name, "expected_hits"))
            _line(plot, name, x, y, names[name])
        x, expected, low, high = (
            np.concatenate([[0.0], values])
            for values in _series(near, RANDOM, "expected_hits", "hits_low", "hits_high")
        )
        _chance(plot, x, expected, low, high, _BY_CHANCE)
        end = near[-1]["k"]
        ideal = [0, min(most, end), end] if whole else [0, min(most, end)]
        plot.plot(
            ideal, [min(one, most) for one in ideal], color=INK, lw=1, label="ideal: every one a hit, while there are"
        )
        reached = max(high.max(), *(_series(near, name, "expected_hits")[1].max(initial=0) for name in names))
        plot.set_ylim(0, 1.08 * max(min(most, end, 2.5 * reached), high.max(), 1e-9))
        plots.counted(plot.yaxis)
        _legend(plot)

    note = f"K up to {near[-1]['k']:,} of {found[-1]['k']:,} is drawn. {_TIES}{_CHANCE}"
    note += f"There are {most:,.0f} hits in all." if whole else "How many hits there are in all is not drawn."
    return Figure(key, title, plots.draw(key, title, 390, paint), note, _CURVE_FILES)


def hardness(rows: Sequence[Record]) -> Figure:
    """AUC of the molecules by how much their decoys look like them."""
    key, files = "hardness", ("hardness_curve.csv",)
    known = {row["bin"]: row for row in rows or () if row.get("auc") is not None}
    if not known:
        reasons = {plain(row["reason"]) for row in rows or () if row.get("reason")}
        why = ", ".join(sorted(reasons)) or "no decoys"
        return Figure(key, "AUC by hardness cannot be drawn", "", f"Undefined: {why}.", files)
    one = known.get("hard") or known.get("all") or next(iter(known.values()))
    what = {"hard": "hard decoys", "all": "all decoys"}.get(one["bin"], f"{plain(one['bin'])} decoys")
    missing = "" if "hard" in known else "There are no hard decoys; "
    title = f"{missing}{'against' if missing else 'Against'} {what} the AUC is {one['auc']:.3f}{_tossed(one)}"

    def paint(canvas: Canvas) -> None:
        plot = plots.axes(canvas, 66, 16, 556, 214)
        plot.set(ylim=(0, 1.0), xlim=(-0.5, len(rows) - 0.5), ylabel="AUC, molecule against decoys")
        plot.set_xticks(range(len(rows)), [_under(row) for row in rows])
        plot.axhline(0.5, color=GREY, ls=":", lw=2)
        plot.text(-0.48, 0.46, "0.5: a coin toss", color=GREY, fontsize=plots.SMALL, va="top")
        for place, row in enumerate(rows):
            _hardness_point(plot, place, row)

    note = "For each molecule the share of its decoys of a bin that it outranks, ties half; the point is the mean over "
    note += "molecules, the bar its 95 % interval if whole scaffolds are drawn. Tanimoto: Morgan radius 2, 2048 bits."
    absent = [f" {plain(row['bin'])}: {plain(row['reason'])}." for row in rows if row.get("reason")]
    return Figure(key, title, plots.draw(key, title, 326, paint), note + "".join(absent), files)


def _tossed(row: Record) -> str:
    low, high = row.get("ci_low"), row.get("ci_high")
    if low is None or high is None:
        return ", without an interval"
    told = "above a coin toss" if low > 0.5 else "below a coin toss" if high < 0.5 else "not told from a coin toss"
    return f" ({low:.3f} to {high:.3f}): {told}"


def _under(row: Record) -> str:
    """What stands under a bin."""
    low, high = row.get("tanimoto_from"), row.get("tanimoto_to")
    ends = "" if low is None or high is None else f"Tanimoto {low:g} to {high:g}"
    n, decoys = (plots.count(row.get(name) or 0) for name in ("n_molecules", "n_decoys"))
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
    """How the molecules rank among their decoys, and their p-values beside those of a score that cannot tell.

    `most_decoys` is the largest number of scored decoys of a molecule: it decides how small a p-value can be.
    """
    key, files = "score_against_decoys", ("summary.csv",)
    if not len(auc):
        return Figure(key, "No molecule was ranked among its decoys", "", "No molecule has scored decoys.", files)
    levels, share = _levels(p_value), 100 * float(np.mean(auc))
    n_bins = levels if 10 <= levels <= 41 else 10
    told = "more than" if share >= 50.05 else "less than" if share < 49.95 else "like"
    title = f"A molecule outranks {share:.1f} % of its decoys on average, {told} the 50 % of a score that cannot tell"
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
        plots.write(canvas, 74, 16, "dashed: a score that cannot tell")
        _histogram(canvas, 26, ranked, edges, f"share of its decoys that a molecule outranks, %; n = {len(auc):,}")
        _histogram(canvas, 264, tail, np.arange(n_bins + 1) / n_bins, f"p-value of a molecule; n = {len(p_value):,}")

    note = (
        f"n = {len(auc):,} molecules with scored decoys. p = (1 + decoys that score as high) / (decoys + 1) takes few "
    )
    note += (
        "values. Dashed: as many in every bar, which a score that cannot tell would give, but for molecules with other "
    )
    note += "numbers of decoys and ties. Few p-values are small for a molecule with fewer than 19 decoys."
    return Figure(key, title, plots.draw(key, title, 472, paint), note, files)


def _histogram(canvas: Canvas, top: float, counts: NDArray[Any], edges: Floats, label: str) -> None:
    plot = plots.axes(canvas, 74, top, 548, 160)
    plot.stairs(counts, edges, fill=True, color=BLUE, ec=INK, lw=0.8)
    plot.set(xlabel=label, ylabel="molecules", xlim=(edges[0], edges[-1]), ylim=(0, 1.1 * max(1, counts.max())))
    plot.axhline(counts.sum() / len(counts), color=RED, ls="--", lw=2)
    plots.counted(plot.yaxis, 4)
