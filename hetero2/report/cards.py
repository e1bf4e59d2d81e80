"""Cards of molecules: the score on one axis with those of its decoys, and the call in words."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from hetero2.report.text.vocabulary import CALL, STATUS
from hetero2.report.text.words import counted, number

Record = dict[str, Any]
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _LINE = 320.0, 58.0, 10.0, 310.0, 30.0
_REASONS = {
    "both_orderings": "Stands out from its {decoys}, in both orderings of the library",
    "block_max": "Scores above {all}, and high in the library",
    "studentised_block_max": "Scores far above {all}, in units of the spread of their scores",
    "pooled_residuals": "Stands out from its {decoys} more than decoys do from each other",
    "decoys_score_as_high": "{above} of its {decoys} score as high: at 95 % confidence, over 5 % of its isomers do",
    "all_scores_equal": "It and its {decoys} have the same score, which says nothing about it",
    "share_not_told_from_0.05": "{above} of its {decoys} score as high, too few to tell whether 5 % do{needed}",
    "share_below_0.05_but_not_called": "Hardly any of its {decoys} score as high, but the library shows too little",
    "too_few_decoys": "Has {decoys} with a score, too few to tell",
    "library_too_small": "The library holds fewer than 20 molecules with enough decoys: read p and AUC only",
    "no_scored_decoys": "None of its decoys has a score",
    "copy_with_another_score": "An earlier row of the same structure has another score, and only that one takes part",
}
_MOVES = {
    "relink2": "two bonds reconnected",
    "relink3": "three bonds reconnected",
    "slide": "a group moved along the chain or ring",
    "permute": "substituents or ring atoms exchanged",
    "rewire": "bonds rewired",
    "brought": "brought by the user",
}


class Decoy(NamedTuple):
    """A decoy for people: its drawing (inline SVG or nothing), number of changed bonds, score and how it was made."""

    svg: str
    n_changed: int
    score: str
    tanimoto: float | None
    made_by: str
    smiles: str


class Card(NamedTuple):
    """A molecule for people; `call` is its status where it has none, `page` its page in the pack, where it has one."""

    id: str
    rank: int | None
    call: str
    reason: str
    numbers: str
    svg: str
    axis: str
    smiles: str
    measured: str
    decoys: Sequence[Decoy]
    note: str
    page: str | None

    @property
    def told(self) -> str:
        """Whether it stands out from its isomers, or its status where nothing is said of that."""
        return f"stands out: {CALL.word(self.call)}" if self.call in CALL.codes else STATUS.get(self.call, self.call)


def at_least_as_high(row: Record) -> int | None:
    """How many decoys score at least as high as the molecule: from p = (1 + that) / (n + 1)."""
    if row["p_value"] is None:
        return None
    n_at_or_above: float = row["p_value"] * (row["n_decoys_scored"] + 1)
    return round(n_at_or_above) - 1


def reason_in_words(row: Record) -> str:
    """Why a molecule got its call, or none, from its line of summary.csv."""
    if row["status"] != "OK":
        return f"{STATUS[row['status']].capitalize()}: {str(row['reason']).replace('_', ' ')}"
    n, needed = int(row["n_decoys_scored"] or 0), row["m_needed"]
    words = {
        "above": number(at_least_as_high(row) or 0),
        "decoys": counted(n, "decoy"),
        "all": "its one decoy" if n == 1 else f"all its {counted(n, 'decoy')}",
        "needed": "" if needed is None else f" ({number(needed)} could tell)",
    }
    reason = str(row["call_reason"] or "no call")
    text = _REASONS[reason].format(**words) if reason in _REASONS else reason.replace("_", " ").capitalize()
    return (
        f"{text} (q = {row['q_value']:.2g})." if row["q_value"] is not None and row["call"] == "SIGNAL" else f"{text}."
    )


def numbers_of(row: Record, n: int) -> str:
    """Score (with `n` digits), AUC, p and number of decoys of a molecule, as far as it has them."""
    shown = (("score", "score", n), ("AUC", "auc_tie_aware", 3), ("p", "p_value", 2), ("decoys", "n_decoys_scored", 9))
    return ", ".join(f"{name} {row[key]:.{many}g}" for name, key, many in shown if row[key] is not None)


def move_in_words(move: str | None) -> str:
    """How a decoy was made; repeated moves are counted."""
    parts = (move or "").split("+")
    phrases = []
    for name in dict.fromkeys(parts):
        words = _MOVES.get(name, name.replace("_", " "))
        phrases.append(words if parts.count(name) == 1 else f"{parts.count(name)} × {words}")
    return ", then ".join(phrases)


def _place(value: float, low: float, high: float) -> float:
    share = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5  # half, lest the range overflow
    return _LEFT + (_RIGHT - _LEFT) * share


def digits(scores: Iterable[float]) -> int:
    """The least digits, 4 to 12, that tell these scores apart."""
    distinct = set(scores)
    return next((n for n in range(4, 12) if len({f"{score:.{n}g}" for score in distinct}) == len(distinct)), 12)


def axis(score: float | None, decoys: Sequence[float], n: int = 4) -> str:
    """An inline SVG: the molecule as a diamond above the line, its decoys as strokes on it; larger is to the right.

    Scores are written with `n` digits.
    """
    all_scores = [*decoys] if score is None else [score, *decoys]
    if not all_scores:
        return ""
    low, high = min(all_scores), max(all_scores)
    places = sorted({round(2 * _place(value, low, high)) / 2 for value in decoys})  # a stroke is 1.5 wide
    strokes = "".join(f"M{x:.1f} {_LINE - 7:.0f}v14" for x in places)
    ends = (("start", _LEFT, low), ("end", _RIGHT, high)) if high > low else (("middle", _WIDTH / 2, low),)
    labels = "".join(
        f'<text x="{x:.0f}" y="{_HEIGHT - 4:.0f}" text-anchor="{anchor}">{value:.{n}g}</text>'
        for anchor, x, value in ends
    )
    label = f"scores of {counted(len(decoys), 'decoy')} from {low:.{n}g} to {high:.{n}g}"
    diamond = ""
    if score is not None:
        x = _place(score, low, high)
        diamond = f'<path class="own" d="M{x:.1f} {_LINE - 2}l-7-9 7-9 7 9z"/>'
        label = f"score of the molecule {score:.{n}g}; {label}"
    return (
        f'<svg class="axis" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{label}">'
        f'<path class="line" d="M{_LEFT:.0f} {_LINE:.0f}H{_RIGHT:.0f}"/><path class="strokes" d="{strokes}"/>'
        f"{diamond}{labels}</svg>"
    )
