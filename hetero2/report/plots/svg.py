"""How the figures of report.html look: one style, and SVG that can stand in a page beside others.

The same numbers give the same bytes in any process: what matplotlib would take from the user's settings, the clock or
its own version is fixed here or taken out. Lengths are pixels of a page that is 640 wide, counted from its top left.
"""

import contextlib
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from io import StringIO
from typing import Any, NamedTuple
from xml.etree import ElementTree

# Before the import, which reports on standard error that it builds a list of fonts, or cannot keep it.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
_IS_FIRST = "matplotlib" not in sys.modules
_OF_A_NOTEBOOK = os.environ.pop("MPLBACKEND", None)  # it may be unknown to matplotlib here; none is needed for SVG
import matplotlib as mpl  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: E402
from matplotlib.figure import Figure as Canvas  # noqa: E402
from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: E402

if _OF_A_NOTEBOOK and _IS_FIRST:  # matplotlib reads it once, and plots of whoever imports it later are to be shown
    with contextlib.suppress(ValueError):
        mpl.rcParams["backend"] = _OF_A_NOTEBOOK

WIDTH, FONT, SMALL, ROW = 640, 14, 13, 25
ROOM = 28  # a heading above a part of a figure
INK, GREY, PALE = "#222222", "#595959", "#d9d9d9"
BLUE, RED, GREEN = "#0072b2", "#d55e00", "#009e73"  # Okabe and Ito: distinct for the colour-blind
_LABELS, _PLOT, _TEXT = 8, (214, 210), 436  # columns of `forest`
_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": FONT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 72,
    "font.family": ["DejaVu Sans"],  # it comes with matplotlib
    "font.size": FONT,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "hetero2",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": INK,
    "xtick.labelsize": SMALL,
    "ytick.color": INK,
    "ytick.labelsize": SMALL,
}
_REFERENCE = re.compile(r"#([\w.-]+)")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


class Figure(NamedTuple):
    """A figure of the page: `svg` is empty where nothing can be drawn, and title and note say why."""

    key: str
    title: str
    svg: str
    note: str
    files: tuple[str, ...]

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        drawn = f'<div style="max-width: {WIDTH}px; background: white">{self.svg}</div>' if self.svg else ""
        return f"<p><strong>{escape(self.title)}</strong></p>{drawn}<p>{escape(self.note)}</p>"


class Row(NamedTuple):
    """A line of `forest`: without a value, the text takes its place; a label alone is a heading."""

    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    text: str = ""
    marker: str = "o"
    strip: Sequence[float] = ()
    band: tuple[float, float] | None = None


def plain(text: object, limit: int = 48) -> str:
    """Text from data, or the code of a reason, for a person: short, and only letters that the font has."""
    printable = "".join(letter if letter.isprintable() else " " for letter in str(text).replace("_", " "))
    printable = printable.encode("ascii", "replace").decode()
    return printable if len(printable) <= limit else printable[: limit - 3] + "..."


def part(document: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """An object of a document; empty where it is absent or null."""
    return (document or {}).get(name) or {}


def count(number: int) -> str:
    """A count for a label: exact below a million."""
    return f"{number:,}" if number < 1e6 else short(number)


def short(number: float, _: object = None) -> str:
    """A number that may be large, written short."""
    for size, unit in ((1e9, " bn"), (1e6, " M"), (1e4, " k")):
        if abs(number) >= size:
            return f"{number / (1e3 if unit == ' k' else size):.4g}{unit}"
    return f"{number:,.0f}" if abs(number) >= 100 or float(number).is_integer() else f"{number:.3g}"


def draw(key: str, label: str, height: float, paint: Callable[[Canvas], None]) -> str:
    """One <svg> for a page, 640 wide: what `paint` puts on the canvas. `label` is read out in its place."""
    style: Any = {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")} | _STYLE
    with mpl.rc_context(style):
        canvas = Canvas(figsize=(WIDTH / 72, height / 72), dpi=72)
        paint(canvas)
        text = StringIO()
        writer: Any = FigureCanvasSVG(canvas)
        writer.print_svg(text, metadata=_NO_METADATA)
    return clean(text.getvalue(), key, label)


def clean(text: str, key: str, label: str) -> str:
    """What matplotlib wrote, as part of a page: with ids of its own, and no trace of when or by what it was made."""
    root = ElementTree.fromstring(text[text.index("<svg") :])  # noqa: S314 - written above, not read from anywhere
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
        if element.tag != "text":
            element.text = None
        element.tail = None
    _flatten(root)
    _rename(root, key)
    for element in root.iter():
        _tidy(element)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": label,
        "font-family": "'DejaVu Sans', sans-serif",
        "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _flatten(parent: ElementTree.Element) -> None:
    """Leave out what is not drawn, groups without attributes, and any <style>, which would apply to the whole page."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        _flatten(child)
        if child.tag == "g" and set(child.attrib) <= {"id"}:
            kept += child
        elif child.tag not in ("metadata", "style") and (len(child) or child.tag != "defs"):
            kept.append(child)
    parent[:] = kept


def _rename(root: ElementTree.Element, key: str) -> None:
    """Ids that are referred to are renumbered, with the key in front; all other ids are removed."""
    used = {name for element in root.iter() for value in element.attrib.values() for name in _references(value)}
    referred = [name for element in root.iter() if (name := element.attrib.get("id")) in used and name is not None]
    names = {name: f"{key}-{number}" for number, name in enumerate(dict.fromkeys(referred))}
    for element in root.iter():
        old_id = element.attrib.pop("id", None)
        for name, value in element.attrib.items():
            if _references(value):
                element.attrib[name] = _REFERENCE.sub(lambda match: f"#{names[match[1]]}", value)
        if old_id in names:
            element.attrib["id"] = names[old_id]


def _references(value: str) -> list[str]:
    return _REFERENCE.findall(value) if value.startswith("#") or "url(#" in value else []


def _tidy(element: ElementTree.Element) -> None:
    """Hundredths of a pixel are enough, and do not depend on the machine; the font is set at the root."""
    for name in set(element.attrib) & {"d", "x", "y", "width", "height", "transform"}:
        element.attrib[name] = _LONG.sub(lambda match: f"{float(match[0]):.2f}", element.attrib[name]).replace("\n", "")
    if element.attrib.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del element.attrib["transform"]
    if element.tag == "text":
        element.attrib["style"] = re.sub(r"font-family: [^;]*;? ?", "", element.attrib["style"])


def write(canvas: Canvas, x: float, y: float, text: str, **style: Any) -> None:
    """Text with its baseline at y."""
    height = canvas.get_figheight() * 72
    canvas.text(x / WIDTH, 1 - y / height, text, **{"fontsize": SMALL, "va": "baseline", "ha": "left", **style})


def axes(canvas: Canvas, left: float, top: float, width: float, height: float) -> Axes:
    """Axes whose inside has this many pixels."""
    whole = canvas.get_figheight() * 72
    return canvas.add_axes((left / WIDTH, 1 - (top + height) / whole, width / WIDTH, height / whole))


def counted(axis: Any, most: int = 6) -> None:
    """Few round numbers on an axis of counts."""
    axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(short))


def logarithmic(axes_: Axes, low: float, high: float) -> None:
    """A logarithmic x axis with plain numbers; matplotlib's own would need mathematical text."""
    axes_.set_xscale("log")
    tens = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    ticks = [ten * step for ten in tens for step in ((1, 2, 5) if len(tens) < 5 else (1,))]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes_.set_xticks(shown, [short(tick) for tick in shown])
    axes_.minorticks_off()


def forest_height(rows: Sequence[Row]) -> int:
    """Height of `forest` in pixels."""
    return len(rows) * ROW + 52


def forest(
    canvas: Canvas, top: float, rows: Sequence[Row], label: str, limits: tuple[float, float], mark: float | None
) -> Axes:
    """One value with its interval per line, all on one axis from `limits`, with a vertical line at `mark`."""
    left, width = _PLOT
    plot = axes(canvas, left, top, width, len(rows) * ROW)
    plot.set(xlim=limits, ylim=(len(rows) - 0.5, -0.5), yticks=[], xlabel=label)
    plot.spines["left"].set_visible(False)
    plot.xaxis.set_major_locator(MaxNLocator(5))
    plot.xaxis.set_major_formatter(FuncFormatter(short))
    if mark is not None:
        plot.axvline(mark, color=GREY, lw=1, ls=":")
    for place, row in enumerate(rows):
        base, heading = top + (place + 0.5) * ROW + 5, row == Row(row.label)
        write(canvas, 0 if heading else _LABELS, base, row.label, weight="bold" if heading else "normal")
        nothing = row.value is None and not row.strip
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1} if nothing and row.text else None
        write(canvas, left if nothing else _TEXT, base, row.text, bbox=ground)
        _interval(plot, place, row, limits)
    return plot


def _interval(plot: Axes, place: int, row: Row, limits: tuple[float, float]) -> None:
    def inside(value: float) -> float:
        return min(max(value, limits[0]), limits[1])

    if row.band is not None:
        start, end = map(inside, row.band)
        plot.barh(place, end - start, 0.7, start, color=PALE, zorder=0)
    if row.low is not None and row.high is not None:
        plot.plot([inside(row.low), inside(row.high)], [place, place], color=BLUE, lw=2.2, solid_capstyle="butt")
    for value in sorted({round(inside(score) * 200) / 200 for score in row.strip}):  # at most one per half per cent
        plot.plot([value, value], [place - 0.3, place + 0.3], color=GREY, lw=1.2)
    if row.value is not None:
        plot.plot([inside(row.value)], [place], row.marker, color=BLUE, ms=8, mew=0, clip_on=False)


def bars_height(bars: Sequence[Any]) -> int:
    """Height of `bars` in pixels."""
    return len(bars) * 44 + 8


def bars(canvas: Canvas, top: float, rows: Iterable[tuple[str, float | None, str]], most: float) -> None:
    """(label, length, text): the label above its bar, the text at its end; None draws no bar. `most`: a full bar."""
    lines, room = list(rows), 420
    plot = axes(canvas, 0, top, room, bars_height(lines) - 8)
    plot.set(xlim=(0, max(most, 1e-12)), ylim=(len(lines), 0))
    plot.axis("off")
    for place, (label, length, text) in enumerate(lines):
        base, reach = top + place * 44, 0 if length is None else room * min(1.0, length / max(most, 1e-12))
        write(canvas, 0, base + 15, label)
        write(canvas, reach + (8 if length else 0), base + 34, text, weight="bold")
        if length:  # so that a small one is still visible
            plot.barh(place + 27.5 / 44, max(length, most / 200), 16 / 44, color=BLUE, edgecolor=INK, lw=0.6)
