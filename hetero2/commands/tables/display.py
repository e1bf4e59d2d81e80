"""What a notebook shows of a result: the answer, figures, the first rows. All text is escaped."""

import html as markup
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from hetero2.report.plots.svg import Figure
from hetero2.report.text.words import clipped

ROWS = 10
_LONGEST = 60  # letters of a cell


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{markup.escape(clipped(text, _LONGEST))}</td>"


def _rows(table: pa.Table) -> str:
    header = "".join(f"<th>{markup.escape(name)}</th>" for name in table.column_names)
    body = "".join(f"<tr>{''.join(map(_cell, record.values()))}</tr>" for record in table.slice(0, ROWS).to_pylist())
    more = f"<p>The first {ROWS} of {len(table):,} rows.</p>" if len(table) > ROWS else ""
    return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>{more}"


def html(sentences: Sequence[str], table: pa.Table | None = None, figures: Iterable[Figure] = ()) -> str:
    """A part of a page: the first sentence bold, the others as a list, then figures, then the first rows."""
    first, *others = map(markup.escape, sentences)
    listed = f"<ul>{''.join(f'<li>{sentence}</li>' for sentence in others)}</ul>" if others else ""
    drawn = "".join(figure._repr_html_() for figure in figures)
    return f"<p><strong>{first}</strong></p>{listed}{drawn}{'' if table is None else _rows(table)}"
