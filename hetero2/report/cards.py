"""Cards of molecules: the score on one axis with those of its decoys, and the call in words."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hetero2.report.answer import counted, number

Record = dict[str, Any]
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _LINE = 320.0, 58.0, 10.0, 310.0, 30.0
_REASONS = {
    "both_orderings": "{it} stands out of its {decoys}, in whichever order the library is looked at",
    "block_max": "{it} scores above all its {decoys}, and high in the library",
    "studentised_block_max": "{it} scores far above all its {decoys}, measured by how much their scores differ",
    "pooled_residuals": "{it} stands out of its {decoys} more than decoys stand out of each other",
    "decoys_score_as_high": "{above} of its {decoys} score at least as high, so the score does not see what {it} is",
    "all_scores_equal": "all its {decoys} score the same as {it} does, so the score says nothing of it",
    "share_not_told_from_0.05": "{above} of its {decoys} score at least as high: too few to tell, {needed} would do",
    "share_below_0.05_but_not_called": "hardly any of its {decoys} score as high, but the library shows too little",
    "too_few_decoys": "{it} has {decoys} with a score, too few to tell",
    "library_too_small": "the library holds fewer than 20 molecules with enough decoys: read p and AUC only",
    "no_scored_decoys": "none of its decoys has a score",
}
_MOVES = {
    "relink2": "two bonds paired anew",
    "relink3": "three bonds paired anew",
    "slide": "a group moved along the chain or ring",
    "permute": "substituents or ring atoms exchanged",
    "rewire": "bonds rewired",
    "brought": "brought by the user",
}


class Decoy(NamedTuple):
    """A decoy for people: its drawing (inline SVG or nothing), number of changed bonds, score and how it was made."""

    svg: str
    n_changed: int
    score: float | None
    tanimoto: float | None
    made_by: str
    smiles: str


class Card(NamedTuple):
    """A molecule for people; `page` is its page in the pack, where it has one."""

    id: str
    rank: int | None
    call: str
    verdict: str
    reason: str
    score: float | None
    svg: str
    axis: str
    smiles: str
    measured: str
    decoys: Sequence[Decoy]
    n_decoys: int
    note: str
    page: str | None


def clipped(text: str | None, longest: int) -> str:
    """A text for people, cut where it is long."""
    text = text or ""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def at_least_as_high(row: Record) -> int | None:
    """How many decoys score at least as high as the molecule: from p = (1 + that) / (n + 1)."""
    if row["p_value"] is None:
        return None
    n_at_or_above: float = row["p_value"] * (row["n_decoys_scored"] + 1)
    return round(n_at_or_above) - 1


def reason_in_words(row: Record) -> str:
    """Why a molecule got its call, or none, from its line of summary.csv."""
    if row["status"] != "OK":
        return f"{row['status']}: {str(row['reason']).replace('_', ' ')}"
    pattern = _REASONS.get(row["call_reason"], str(row["call_reason"]).replace("_", " "))
    n = int(row["n_decoys_scored"] or 0)
    words = {
        "it": "the molecule",
        "above": number(at_least_as_high(row) or 0),
        "decoys": counted(n, "decoy"),
        "needed": "more" if row["m_needed"] is None else number(row["m_needed"]),
    }
    text = pattern.format(**words)
    if row["call"] == "SIGNAL" and row["q_value"] is not None:
        text += f" (q = {row['q_value']:.2g})"
    return text[0].upper() + text[1:] + "."


def move_in_words(move: str | None) -> str:
    """How a decoy was made; repeated moves are counted."""
    parts = (move or "").split("+")
    told = []
    for name in dict.fromkeys(parts):
        words = _MOVES.get(name, name.replace("_", " "))
        told.append(words if parts.count(name) == 1 else f"{parts.count(name)} × {words}")
    return ", then ".join(told)


def _place(value: float, low: float, high: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * ((value - low) / (high - low) if high > low else 0.5)


def axis(own: float | None, decoys: Sequence[float]) -> str:
    """An inline SVG: the molecule as a diamond above the line, its decoys as strokes on it; larger is to the right."""
    known = [*decoys] if own is None else [own, *decoys]
    if not known:
        return ""
    low, high = min(known), max(known)
    strokes = "".join(f"M{_place(value, low, high):.1f} {_LINE - 7}v14" for value in sorted(decoys))
    ends = (("start", _LEFT, low), ("end", _RIGHT, high)) if high > low else (("middle", _WIDTH / 2, low),)
    labels = "".join(
        f'<text x="{x:.0f}" y="{_HEIGHT - 4:.0f}" text-anchor="{anchor}">{value:.4g}</text>'
        for anchor, x, value in ends
    )
    told = f"scores of {counted(len(decoys), 'decoy')} from {low:.4g} to {high:.4g}"
    diamond = ""
    if own is not None:
        x = _place(own, low, high)
        diamond = f'<path class="own" d="M{x:.1f} {_LINE - 2}l-7-9 7-9 7 9z"/>'
        told = f"score of the molecule {own:.4g}; {told}"
    return (
        f'<svg class="axis" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{told}">'
        f'<path class="line" d="M{_LEFT:.0f} {_LINE:.0f}H{_RIGHT:.0f}"/><path class="strokes" d="{strokes}"/>'
        f"{diamond}{labels}</svg>"
    )
