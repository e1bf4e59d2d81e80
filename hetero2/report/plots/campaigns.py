"""Figures of campaigns: hits against measurements, the difference of two orders round by round, where hits lie."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from hetero2.report.plots import svg
from hetero2.report.plots.svg import BLUE, GREEN, GREY, INK, PALE, RED, Figure, count, short

_STYLES = ((BLUE, "-", "o", 3.0), (GREEN, "-.", "^", 1.8), (RED, "--", "s", 1.8))
_HEIGHT = 390
Record = Mapping[str, Any]


class Curve(NamedTuple):
    """Hits after so many measurements, under the name of what chose them; hits may be means."""

    label: str
    bought: Sequence[float]
    hits: Sequence[float]


def _axes(canvas: Canvas, xlabel: str, ylabel: str) -> Axes:
    plot = svg.axes(canvas, 66, 62, 546, 274)
    plot.set(xlabel=xlabel, ylabel=ylabel)
    svg.counted(plot.xaxis)
    return plot


def _legend(plot: Axes) -> None:
    plot.legend(loc="lower left", bbox_to_anchor=(-0.1, 1.06), ncols=2, handlelength=3.2, borderaxespad=0)


def hits_by_measurements(
    key: str, title: str, curves: Sequence[Curve], base_rate: float | None, note: str, file: str
) -> Figure:
    """Hits against measurements; `base_rate`: share of hits in the library, where it is known, draws chance."""
    drawn = [curve for curve in curves if max(curve.bought, default=0) > 0]
    if not drawn:
        return Figure(key, "Hits cannot be drawn: nothing was measured yet", "", note, (file,))
    most = max(max(curve.bought) for curve in drawn)

    def paint(canvas: Canvas) -> None:
        plot = _axes(canvas, "molecules measured", "hits")
        for (colour, line, marker, width), curve in zip(_STYLES, drawn, strict=False):
            x, y = [0.0, *curve.bought], [0.0, *curve.hits]
            label = f"{curve.label}: {short(y[-1])} of {short(x[-1])}"
            plot.plot(x, y, color=colour, ls=line, lw=width, marker=marker, ms=6, label=label, clip_on=False)
        if base_rate is not None:
            label = f"chance: {short(base_rate * most)} of {short(most)}"
            plot.plot([0, most], [0, base_rate * most], color=GREY, ls=":", lw=2.2, label=label)
        plot.set_xlim(0, most)
        plot.set_ylim(0, None)
        svg.counted(plot.yaxis)
        _legend(plot)

    return Figure(key, title, svg.draw(key, title, _HEIGHT, paint), note, (file,))


def difference_by_round(looks: Sequence[Record], file: str) -> Figure:
    """The difference of hit rates after each round, in points, with its confidence sequence."""
    key = "difference_by_round"
    note = "New minus today, of molecules that only one order would buy, after each round. Band: 95 % at every look: "
    note += "it holds in all rounds together, so that one may look after each and stop."
    if not looks:
        return Figure(key, "The difference cannot be drawn: nothing is compared yet", "", note, (file,))
    last = looks[-1]
    difference = "undefined" if last["difference"] is None else f"{100 * last['difference']:+.1f} points"
    title = f"After round {last['round']} the difference of hit rates is {difference}"
    title += f" ({100 * last['low']:+.1f} to {100 * last['high']:+.1f})"

    def paint(canvas: Canvas) -> None:
        plot = _axes(canvas, "round", "difference, points")
        x = [look["round"] for look in looks]
        low, high = ([100 * look[end] for look in looks] for end in ("low", "high"))
        plot.fill_between(x, low, high, color=PALE, lw=0, label="95 %, at every look")
        for edge in (low, high):
            plot.plot(x, edge, color=GREY, lw=1, marker="_", ms=12)
        known = [(look["round"], 100 * look["difference"]) for look in looks if look["difference"] is not None]
        plot.plot(
            [at for at, _ in known], [d for _, d in known], color=BLUE, lw=3, marker="o", ms=6, label="new − today"
        )
        plot.axhline(0, color=INK, lw=1.2, ls=(0, (6, 3)))
        plot.set_xlim(x[0] - 0.5, x[-1] + 0.5)
        _legend(plot)

    return Figure(key, title, svg.draw(key, title, _HEIGHT, paint), note, (file,))


def frameworks_of_hits(rows: Sequence[tuple[str, int]], title: str, note: str, file: str) -> Figure:
    """Counts of hits by what was known of their framework: (label, hits)."""
    key, most = "frameworks_of_hits", max((hits for _, hits in rows), default=0)
    if most == 0:
        return Figure(key, "No hit was measured yet", "", note, (file,))
    lines = [(label, float(hits), count(hits)) for label, hits in rows]

    def paint(canvas: Canvas) -> None:
        svg.bars(canvas, 2, lines, most)

    return Figure(key, title, svg.draw(key, title, svg.bars_height(lines), paint), note, (file,))
