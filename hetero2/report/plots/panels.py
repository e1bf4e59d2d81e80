"""Figures that double as tables: one line per finding, with its number or the reason why there is none."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.figure import Figure as Canvas

from hetero2.report.plots import svg
from hetero2.report.plots.svg import BLUE, ROOM, Figure, Row, count, part, plain
from hetero2.report.text.vocabulary import ISOMERS, YES
from hetero2.report.text.words import spoken

Record = Mapping[str, Any]
_NAMES = {
    "random": "random numbers",
    "coverage": "all k decoys",
    "connected": "in one piece",
    "doe": "DOE (property space)",
    "property_auc": "properties (forest)",
    "topology_auc": "topology (forest)",
    "d_logp": "logP",
    "d_tpsa": "TPSA, in 10 Å²",
    "d_hbond_donors": "H-bond donors",
    "d_hbond_acceptors": "H-bond acceptors",
    "d_rotatable_bonds": "rotatable bonds",
}
_SHADES = {"easy": "#f2f2f2", "medium": "#dcdcdc", "hard": "#c4c4c4"}
_SIGNED_ZERO = re.compile(r"[+-]0\.00(?!\d)")
_EDGES = {"easy": (0.0, 0.5), "medium": (0.5, 0.7), "hard": (0.7, 1.0)}


def _name(key: str) -> str:
    return _NAMES.get(key) or plain(spoken(key), 26)


def _number(value: float | None, form: str = ".3f") -> str:
    return "undefined" if value is None else format(value, form)


def _auc(name: str, facts: Record, word: str, marker: str = "o") -> Row:
    """A line of the panel of controls."""
    auc = facts.get("mean_auc")
    if auc is None:
        return Row(name, text=plain(facts.get("reason") or "no value") + (f"; {word}" if word else ""))
    low, high = facts.get("auc_ci_low"), facts.get("auc_ci_high")
    interval = "" if word or low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return Row(name, auc, low, high, f"{auc:.3f}{', ' if word else ''}{word}{interval}", marker)


def _control_rows(document: Record) -> Iterator[Row]:
    inference = part(document, "inference")
    stronger = inference.get("explained_by") or ()
    yield Row("Score under audit")
    yield _auc("the score", part(document, "score"), "", "D")
    yield Row("Must be silent: know nothing of isomers")
    for name, facts in part(document, "negative").items():
        silent = (facts or {}).get("silent")
        yield _auc(_name(name), facts or {}, "not assessed" if silent is None else "silent" if silent else "NOT SILENT")
    yield Row("Familiarity controls: they reward looking common")
    for name, facts in part(document, "novelty").items():
        yield _auc(_name(name), facts or {}, "beats the score" if name in stronger else "", "s")
    yield Row("Must be found")
    yield _planted(part(document, "planted"))
    yield Row("For reference")
    yield _auc("decoys as queries", part(document, "drift"), "", "^")
    yield from _refits(inference)


def _planted(facts: Record) -> Row:
    word = {True: "found", False: "missed", None: "not assessed"}[facts.get("found")]
    detail = plain(facts.get("reason") or "") or f"z = {_number(facts.get('mean_z'), '.1f')}"
    signal = facts.get("n_signal")
    return Row("positive control", text=f"{word}: {detail}" + ("" if signal is None else f", {signal:,} stand out"))


def _refits(inference: Record) -> Iterator[Row]:
    fits = [fit for fit in inference.get("fits") or () if fit.get("mean_auc") is not None]
    on_labels = [fit["mean_auc"] for fit in fits if fit.get("refit") == 0]
    permuted = [fit["mean_auc"] for fit in fits if fit.get("refit") != 0]
    if not permuted:
        yield Row("Y-randomisation", text=plain(inference.get("reason") or "no refits"))
        return
    spread = f"{min(permuted):.3f} to {max(permuted):.3f}"
    yield Row(f"Y-randomised, {len(permuted):,} refits", text=spread, strip=permuted)
    if on_labels:
        mean = sum(on_labels) / len(on_labels)
        yield Row(
            "fitted on the labels", mean, text=f"{mean:.3f}", marker="D", strip=on_labels if len(on_labels) > 1 else ()
        )


def _controls_title(document: Record) -> str:
    audit, inference = part(document, "audit"), part(document, "inference")
    why = plain(audit.get("reason") or "no reason is given", 90)
    if audit.get("status") == "FAILED":
        return f"The audit does not work on this library ({why}): do not rely on anything that rests on decoys"
    if audit.get("status") == "OK":
        sentence = "The audit works on this library: negative controls are silent, the positive control is found"
    else:
        sentence = f"That the audit works on this library is not shown ({why})"
    verdict, p_value = inference.get("verdict") or "NOT_ASSESSABLE", inference.get("p_value")
    if verdict == "NOT_ASSESSABLE":
        sentence += f"; that the model tells isomers is not shown ({plain(inference.get('reason') or 'no refits', 90)})"
    else:
        shown = "does" if ISOMERS.word(verdict) == YES else "is not shown to do"
        sentence += (
            f"; the model {shown} better than {inference.get('refits') or 0} refits (p = {_number(p_value, '.2g')})"
        )
    others = ", ".join(map(_name, inference.get("explained_by") or ()))
    return sentence + (f"; familiarity explains it: {others} prefers the molecules more" if others else "")


def controls(document: Record) -> Figure:
    """Negative controls, familiarity controls, the positive control, and Y-randomisation."""
    key, files, title = "controls", ("controls.json",), _controls_title(document)
    rows = list(_control_rows(document))
    n = part(document, "sample").get("molecules") or 0
    if not n:
        return Figure(key, title, "", "No molecule was examined.", files)

    def paint(canvas: Canvas) -> None:
        svg.forest(canvas, 4, rows, f"mean AUC, {count(n)} molecules", (0.0, 1.0), 0.5)

    note = f"A sample of {n:,} molecules. Point: mean share of its decoys that a molecule outranks; 0.5 is chance. "
    note += (
        "Bar: 95 % interval over scaffolds, where there are at least 10. Ticks: Y-randomisation, the same learner on "
    )
    note += "shuffled labels."
    return Figure(key, title, svg.draw(key, title, svg.forest_height(rows) + 4, paint), note, files)


def _judged(name: str, facts: Record, target: Record) -> Row:
    """A measure on the axis of AUC, with the range its target allows; a measure that is not an AUC is text only."""
    estimate, bound, goal = facts.get("estimate"), facts.get("upper_bound"), target.get("target")
    if estimate is None:
        return Row(_name(name), text=plain(facts.get("reason") or "undefined"))
    if goal is None:
        return Row(_name(name), estimate, facts.get("ci_low"), facts.get("ci_high"), f"{estimate:.3f}, no target")
    shift = 0.0 if name == "doe" else 0.5
    met = target.get("met")
    bound_text = "no bound" if bound is None else f"{bound + shift:.3f} {'≤' if met else '>'} {goal:g}:"
    text = f"{bound_text} {'not judged' if met is None else 'met' if met else 'not met'}"
    if name == "doe":
        return Row(_name(name), text=f"{estimate:.3f}; bound {text}")
    return Row(_name(name), estimate, facts.get("ci_low"), facts.get("ci_high"), text, band=(1 - goal, goal))


def _share(name: str, facts: Record) -> Row:
    met, estimate = facts.get("met"), facts.get("estimate")
    word = "not judged" if met is None else "met" if met else "not met"
    bound = f" (at least {_number(facts.get('lower_bound'))})" if facts.get("of") == "sample" else ""
    return Row(name, text=f"{_number(estimate)}{bound}, target {_number(facts.get('target'), 'g')}: {word}")


def _quality_rows(document: Record) -> Iterator[Row]:
    yield Row(f"All {count(document.get('decoys') or 0)} decoys")
    yield _share("molecules with all of k", part(document, "coverage"))
    yield _share("in one piece", part(document, "connected"))
    measures, targets, alerts = (part(document, name) for name in ("measures", "targets", "alerts"))
    if measures:
        yield Row(f"Sample of {count(part(document, 'sample').get('molecules') or 0)} molecules", text="")
    for name, facts in measures.items():
        yield _judged(name, facts or {}, part(targets, name))
    for key, of, label in (
        ("molecules_with_alert", "molecules", "molecules with alert"),
        ("decoys_with_new_alert", "decoys", "decoys with a new alert"),
    ):
        if alerts:
            yield Row(label, text=f"{count(alerts[key])} of {count(alerts[of])}")


def _difference_rows(differences: Record) -> list[Row]:
    rows = []
    for name, facts in differences.items():
        scale = 0.1 if name == "d_tpsa" else 1.0
        low, middle, high = (None if facts is None else scale * facts[point] for point in ("p05", "median", "p95"))
        text = "" if middle is None else f"{low:+.2f}, {middle:+.2f}, {high:+.2f}"
        rows.append(Row(_name(name), middle, low, high, _SIGNED_ZERO.sub("0", text).replace("-", "−") or "no value"))
    return rows


def _quality_title(document: Record) -> str:
    judged = {"coverage": part(document, "coverage"), "connected": part(document, "connected")}
    judged |= {name: facts or {} for name, facts in part(document, "targets").items()}
    assessed = {name: facts for name, facts in judged.items() if facts.get("met") is not None}
    missed = [_name(name) for name, facts in assessed.items() if not facts["met"]]
    if not assessed:
        return "No target of the decoys could be judged"
    open_ = f"; {len(judged) - len(assessed)} could not be judged" if len(assessed) < len(judged) else ""
    if not missed:
        return f"The decoys meet {len(assessed)} of {len(assessed)} targets{open_}"
    return (
        f"The decoys meet {len(assessed) - len(missed)} of {len(assessed)} targets; not met: {', '.join(missed)}{open_}"
    )


def decoy_quality(document: Record, quotas: Record | None = None) -> Figure:
    """Decoy bias: does anything but structure tell molecules from decoys? `quotas`: from metrics.json, where known."""
    key, title = "decoy_quality", _quality_title(document)
    files = ("decoy_quality.json", *(("metrics.json",) if quotas else ()))
    if not document.get("decoys"):
        why = plain(document.get("reason") or "no decoys")
        return Figure(key, f"The quality of the decoys is unknown: {why}", "", f"Undefined: {why}.", files)
    rows, differences = list(_quality_rows(document)), _difference_rows(part(document, "property_differences"))
    similar = part(document, "hardness")
    below = svg.forest_height(rows) + 4
    height = below + (svg.forest_height(differences) + ROOM if differences else 0) + 138

    def paint(canvas: Canvas) -> None:
        svg.forest(canvas, 4, rows, "AUC (0.5: no bias)", (0.0, 1.0), 0.5)
        if differences:
            ends = [abs(end) for row in differences for end in (row.low, row.high) if end is not None]
            reach = math.ceil(max([1.0, *ends]))
            svg.write(canvas, 0, below + 18, "Decoy minus molecule: 5 %, median and 95 % of all decoys", weight="bold")
            svg.forest(canvas, below + ROOM, differences, "difference", (-reach, reach), 0.0)
        _tanimoto(canvas, height - 138, similar, quotas or {})

    note = (
        "An AUC near 0.5 says that the measure cannot tell molecules from decoys; grey is what the target allows, and "
    )
    note += (
        "the one-sided 95 % bound must lie in it. Forests see each molecule in a fold that they were not fitted on. "
    )
    note += "New alert: a kind that the molecule lacks (Brenk et al.)."
    return Figure(key, title, svg.draw(key, title, height, paint), note, files)


def _tanimoto(canvas: Canvas, top: float, similar: Record, quotas: Record) -> None:
    """Similarity of decoys to their molecules: bins with their shares, and the range of nine decoys in ten."""
    svg.write(canvas, 0, top + 14, "Similarity of decoys to their molecule, and share of each bin", weight="bold")
    plot = svg.axes(canvas, 16, top + 26, 604, 62)
    plot.set(xlim=(0, 1), ylim=(0, 1), yticks=[], xlabel="Tanimoto, Morgan radius 2, 2048 bits; bar: 5 %, median, 95 %")
    for name, (low, high) in _EDGES.items():
        plot.barh(0.5, high - low, 1, low, color=_SHADES[name], edgecolor="white")
        share, quota = part(similar, "shares").get(name), quotas.get(name)
        text = name if share is None else f"{name} {100 * share:.0f} %"
        text += "" if quota is None else f"\ntarget {100 * quota:.0f} %"
        plot.text((low + high) / 2, 0.94, text, ha="center", va="top", fontsize=svg.SMALL)
    points = part(similar, "tanimoto")
    if points:
        plot.plot([points["p05"], points["p95"]], [0.16, 0.16], color=BLUE, lw=3, solid_capstyle="butt")
        plot.plot([points["median"]], [0.16], "o", color=BLUE, ms=9, mec="white", clip_on=False)
