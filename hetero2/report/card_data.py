"""Cards of molecules: the lines of summary.csv, the decoys and the drawings of each, brought together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.depict import Drawing, with_decoys
from hetero2.errors import InputError
from hetero2.inputs.summary_rows import read_summary
from hetero2.inputs.truth import read_truth
from hetero2.io.columns import Ints
from hetero2.io.tables import columns, from_columns
from hetero2.report.cards import Card, Decoy, axis, digits, move_in_words, numbers_of, reason_in_words
from hetero2.report.text.words import clipped

COLUMNS = (
    "id status reason verdict call call_reason score p_value q_value auc_tie_aware n_decoys_scored m_needed "
    "tanimoto_median canonical_smiles structure_hash"
).split()
_COUNTS = ("n_decoys_scored", "m_needed")
_EMPTY = Drawing("", 0)
DECOYS = "decoy_list.v1"
Record = dict[str, Any]


def read_rows(summary: Path) -> pa.Table:
    """The columns of summary.csv that the report and the pages use."""
    rows = read_summary(summary, COLUMNS, ["report_path"])
    for name in _COUNTS:
        place, texts = rows.column_names.index(name), rows[name]
        try:
            counts = pc.if_else(pc.equal(texts, ""), None, texts).cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise InputError(f"{summary}: column {name!r}: expected whole numbers: {error}") from None
        rows = rows.set_column(place, name, counts)
    return rows


def read_hits(truth: Path | None, source: str) -> dict[str, bool]:
    """Whether each molecule is a hit, by id; empty without truth."""
    return {} if truth is None else read_truth(truth, source)


def records(rows: pa.Table, place: Ints, rank: Ints, hits: Mapping[str, bool]) -> list[Record]:
    """Lines of the summary at these places, with row, rank in the list to send (0: not in it) and what was measured."""
    lines: list[Record] = rows.take(pa.array(place, pa.int64())).to_pylist()
    return [
        record | {"row": number, "rank": int(rank[number]) or None, "measured": measured(hits.get(record["id"]))}
        for number, record in zip(place.tolist(), lines, strict=True)
    ]


def measured(hit: bool | None) -> str:
    """What truth says about a molecule, in words."""
    return "" if hit is None else "hit" if hit else "no hit"


def decoy_list(rows: pa.Table, decoys: pa.Table) -> pa.Table:
    """Decoys with their scores as `decoy_list.v1`; `rows` is the summary of the library."""
    values = {name: decoys[name] for name in columns(DECOYS) if name != "id"}
    return from_columns(DECOYS, len(decoys), values | {"id": rows["id"].take(decoys["row"])})


def by_row(decoys: Iterable[Record]) -> dict[int, list[Record]]:
    """Decoys by the row of their molecule: best score first, excluded ones last."""
    decoys_of: dict[int, list[Record]] = defaultdict(list)
    for decoy in decoys:
        decoys_of[decoy["row"]].append(decoy)
    for decoys_of_row in decoys_of.values():
        decoys_of_row.sort(key=_best_first)
    return decoys_of


def _best_first(decoy: Record) -> tuple[bool, bool, float, int]:
    score = decoy["score"]
    return decoy["excluded"] is not None, score is None, 0.0 if score is None else -score, decoy["decoy_index"]


def _drawings(record: Record, decoys: Sequence[Record]) -> list[Drawing]:
    structures = [decoy["decoy_smiles"] for decoy in decoys]
    if not record["canonical_smiles"] or None in structures:
        return [_EMPTY] * (1 + len(decoys))
    try:
        return with_decoys(record["canonical_smiles"], structures)
    except ValueError as error:
        raise InputError(f"{record['id']!r} cannot be drawn: {error}") from None


def drawing(record: Record) -> str:
    """The molecule alone as inline SVG; nothing where it has no structure, or none that can be drawn."""
    return _drawings(record, ())[0].svg


def _note(decoys: Sequence[Record], drawn: int) -> str:
    excluded = sum(decoy["excluded"] is not None for decoy in decoys)
    sentences = [f"Shown are the {drawn} best scored of {len(decoys)} decoys."] if drawn < len(decoys) else []
    sentences += (
        [f"{excluded} of them were excluded, as molecules of the library or of the training set."] if excluded else []
    )
    return " ".join(sentences)


def card(record: Record, decoys: Sequence[Record], most: int, draw: bool = True) -> Card:
    """The card of a molecule and its decoys, up to a limit; drawn by default."""
    shown = decoys[:most]
    molecule_drawing, *decoy_drawings = _drawings(record, shown) if draw else [_EMPTY] * (1 + len(shown))
    taking_part = [decoy["score"] for decoy in decoys if decoy["excluded"] is None and decoy["score"] is not None]
    n = digits([*taking_part, *([] if record["score"] is None else [record["score"]])])
    return Card(
        id=record["id"],
        rank=record["rank"],
        call=record["call"] or record["status"],
        reason=reason_in_words(record),
        numbers=numbers_of(record, n),
        svg=molecule_drawing.svg,
        axis=axis(record["score"], taking_part, n),
        smiles=record["canonical_smiles"],
        measured=record["measured"],
        decoys=[
            Decoy(
                drawing.svg,
                drawing.n_changed,
                "no score" if decoy["score"] is None else f"{decoy['score']:.{n}g}",
                decoy["tanimoto"],
                clipped(move_in_words(decoy["move"]), 120),
                decoy["decoy_smiles"] or "",
            )
            for drawing, decoy in zip(decoy_drawings, shown, strict=True)
        ],
        note=_note(decoys, len(shown)),
        page=record["report_path"] or None,
    )
