"""Figures of hits against the number bought: the list by the score, today's filter, chance, and the comparison."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from hetero2.report.evidence import AUDIT, BASELINE, RANDOM, SCORE
from hetero2.report.plots import svg
from hetero2.report.plots.svg import BLUE, GREEN, GREY, INK, PALE, RED, Figure, part, short

_LINES = {SCORE: (BLUE, "-", "o", 3.0), BASELINE: (GREEN, "-.", "^", 1.8), AUDIT: (RED, "--", "s", 1.8)}
_LIST, _COMPARISON = "the list, by score", "not standing out: at the end"
_CURVE_FILES = ("hit_curve.csv",)
_NO_CURVE = "no molecule has both a score and a known truth, or the truth has one class only"
_BANDS = "Thin lines: 95 % Wilson intervals, as if molecules were independent; those of one series are not. "
_BY_CHANCE = "chance (grey: 95 % of draws)"
_TIES = "Ties are taken in expectation over their random order. "
_CHANCE = "Grey: choosing at random, with the exact interval of 95 % of such draws. "
Record = dict[str, Any]
Floats = NDArray[np.float64]


def _names(present: str) -> dict[str, str]:
    """The ways of choosing that are drawn; today's filter is one of them where there is one."""
    return {SCORE: _LIST} | ({BASELINE: "today's filter"} if present == BASELINE else {})


def _series(curve: Sequence[Record], name: str, *fields: str) -> tuple[Floats, ...]:
    """K and these fields of a way of choosing, at each K that has all of them."""
    points = [(at["k"], *(part(at["methods"], name).get(field) for field in fields)) for at in curve]
    rows = [row for row in points if None not in row]
    return tuple(np.array(rows, float).reshape(len(rows), 1 + len(fields)).T)


def _usable(curve: Sequence[Record]) -> list[Record]:
    def rated(at: Record, name: str) -> bool:
        return part(at["methods"], name).get("hit_rate") is not None

    return sorted((x for x in curve or () if rated(x, RANDOM) and rated(x, SCORE)), key=lambda at: at["k"])


def _found_by_chance(at: Record, way: str) -> str:
    """How the hits of a list compare with what chance finds."""
    hits, chance, k = at["methods"][way]["expected_hits"], at["methods"][RANDOM], at["k"]
    low, high = chance["hits_low"], chance["hits_high"]
    if low - 1e-6 <= hits <= high + 1e-6:  # hits are sums of shares of ties
        return f", within what draws from this library give ({low:,.0f} to {high:,.0f} of {k:,})"
    if hits < low:
        return f" and fewer than chance finds ({low:,.0f} to {high:,.0f} of {k:,})"
    times = hits / chance["expected_hits"] if chance["expected_hits"] else None
    return " and more than chance finds" if times is None else f" and {times:.3g} times what chance finds"


def _beside(at: Record, way: str, reference: str, scale: float) -> str:
    """How many more hits a list finds than another; empty where the other is not drawn, or is the same list."""
    if reference == way or reference not in at["methods"]:
        return ""
    gained = scale * (at["methods"][way]["hit_rate"] - at["methods"][reference]["hit_rate"])
    name = "today's filter" if reference == BASELINE else "the score alone"
    if abs(gained) < 0.05:  # as the first screen rounds
        return f", as many as {name}"
    return f", {short(abs(gained))} {'more' if gained > 0 else 'fewer'} than {name}"


def _hits(method: Record) -> str:
    hits = short(method["expected_hits"])
    return f"{hits} hit{'' if hits == '1' else 's'}"


def _rate_title(at: Record, way: str, reference: str, few: str | None) -> str:
    what = "the list" if way == SCORE else "a list with those that do not stand out at the end"
    if few is not None:
        hits = _hits(at["methods"][way])
        return f"Not shown: at K = {at['k']:,} {what} holds {hits} ({few.replace('_', ' ')})"
    hits = short(100 * at["methods"][way]["hit_rate"])
    title = f"At K = {at['k']:,} {what} finds {hits} hits per 100"
    return title + _beside(at, way, reference, 100) + _found_by_chance(at, way)


def hit_rate(
    curve: Sequence[Record], k: int, present: str = SCORE, few: str | None = None, comparison: bool = False
) -> Figure:
    """Hit rate against the number bought: the list beside today's filter and chance.

    `comparison`: the list with NO_SIGNAL sent last beside the score alone; `few`: why there are too few hits.
    """
    key, usable = "audit_hit_rate" if comparison else "hit_rate", _usable(curve)
    usable = [at for at in usable if AUDIT in at["methods"]] if comparison else usable
    if not usable:
        return Figure(key, "Hit rates cannot be drawn", "", f"Undefined: {_NO_CURVE}.", _CURVE_FILES)
    at, names = min(usable, key=lambda at_k: abs(at_k["k"] - k)), _names(present)
    names = {AUDIT: _COMPARISON, SCORE: _LIST} if comparison else names
    way, *others = names
    title = _rate_title(at, way, others[0] if others else way, few)
    drawn = usable

    def paint(canvas: Canvas) -> None:
        plot, tops = _curve_axes(canvas, drawn, at["k"], "hits per 100 bought"), []
        for name in names:
            x, *rest = _series(drawn, name, "hit_rate", "wilson_low", "wilson_high")
            rate, low, high = (100 * values for values in rest)
            tops += [*rate, *high[x >= min(at["k"], x.max(initial=0))]]
            _line(plot, name, x, rate, _label(at, names, name))
            if name == way:
                plot.fill_between(x, low, high, color=_LINES[name][0], alpha=0.16, lw=0)
            for edge in (low, high):
                plot.plot(x, edge, color=_LINES[name][0], lw=0.8, ls=_LINES[name][1])
        x, expected, low, high = _series(drawn, RANDOM, "hit_rate", "hits_low", "hits_high")
        _chance(plot, x, 100 * expected, 100 * low / x, 100 * high / x, _label(at, names, RANDOM))
        plot.set_ylim(0, min(105.0, 1.15 * max([*tops, *(100 * expected), 1e-9])))
        _legend(plot, f"Hits per 100 at K = {at['k']:,}")

    low, high = drawn[0]["k"], drawn[-1]["k"]
    note = f"K molecules are bought from the top of a list; K from {low:,} to {high:,}. {_TIES}{_BANDS}{_CHANCE}"
    note += f"Chance finds {100 * drawn[-1]['methods'][RANDOM]['hit_rate']:.3g} per 100, whatever K."
    return Figure(key, title, svg.draw(key, title, 390, paint), note, _CURVE_FILES)


def _label(at: Record, names: Mapping[str, str], name: str) -> str:
    method = at["methods"].get(name)
    text = names.get(name, _BY_CHANCE)
    return text if method is None else f"{text}: {short(100 * method['hit_rate'])}"


def _curve_axes(canvas: Canvas, curve: Sequence[Record], k: int, label: str, linear: bool = False) -> Axes:
    plot = svg.axes(canvas, 66, 92, 546, 244)
    first, last = curve[0]["k"], curve[-1]["k"]
    plot.set(xlabel="K, molecules bought", ylabel=label)
    if not linear and last > 10 * first:
        svg.logarithmic(plot, first, last)
    else:
        svg.counted(plot.xaxis)
    plot.set_xlim((0 if linear else first) if first < last else 0, last if first < last else 2 * last)
    plot.axvline(k, color=INK, lw=1.2, ls=(0, (6, 3)))
    side = "right" if first < last and k > 0.8 * last else "center"
    plot.text(k, 1.02, f"K = {short(k)}", transform=plot.get_xaxis_transform(), ha=side, fontsize=svg.SMALL)
    return plot


def _line(plot: Axes, name: str, x: Floats, y: Floats, label: str) -> None:
    colour, style, marker, width = _LINES[name]
    plot.plot(x, y, color=colour, ls=style, lw=width, marker=marker, ms=6, markevery=max(1, len(x) // 8), label=label)


def _chance(plot: Axes, x: Floats, expected: Floats, low: Floats, high: Floats, label: str) -> None:
    plot.fill_between(x, low, high, color=PALE, lw=0, zorder=0)
    plot.plot(x, expected, color=GREY, ls=":", lw=2.2, label=label)


def _legend(plot: Axes, title: str = "") -> None:
    look: Any = {"ncols": 2, "handlelength": 3.2, "borderaxespad": 0, "alignment": "left"}
    plot.legend(loc="lower left", bbox_to_anchor=(-0.1, 1.08), title=title or None, title_fontsize=svg.SMALL, **look)


def cumulative_hits(curve: Sequence[Record], k: int, present: str = SCORE, few: str | None = None) -> Figure:
    """Cumulative hits against the number bought, with the best possible and chance."""
    key, usable = "cumulative_hits", _usable(curve)
    if not usable:
        return Figure(key, "Hits bought cannot be drawn", "", f"Undefined: {_NO_CURVE}.", _CURVE_FILES)
    at, names = min(usable, key=lambda at_k: abs(at_k["k"] - k)), _names(present)
    near = [at_k for at_k in usable if at_k["k"] <= max(4 * at["k"], usable[0]["k"])]
    chance = short(at["methods"][RANDOM]["expected_hits"])
    title = f"Buying the {at['k']:,} best by score finds {_hits(at['methods'][SCORE])}"
    title += _beside(at, SCORE, present, at["k"]) if few is None else ", too few to compare"
    title += f"; choosing at random finds {chance}"
    last, most = usable[-1]["methods"], max(at_k["methods"][SCORE]["expected_hits"] for at_k in usable)
    # Chance has no spread only where all are bought: then the number of hits is known.
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
            ideal, [min(at_k, most) for at_k in ideal], color=INK, lw=1, label="ideal: every one a hit, while there are"
        )
        reached = max(high.max(), *(_series(near, name, "expected_hits")[1].max(initial=0) for name in names))
        plot.set_ylim(0, 1.08 * max(min(most, end, 2.5 * reached), high.max(), 1e-9))
        svg.counted(plot.yaxis)
        _legend(plot)

    note = f"K up to {near[-1]['k']:,} of {usable[-1]['k']:,} is drawn. {_TIES}{_CHANCE}"
    note += f"There are {most:,.0f} hits in all." if whole else "How many hits there are in all is not drawn."
    return Figure(key, title, svg.draw(key, title, 390, paint), note, _CURVE_FILES)
