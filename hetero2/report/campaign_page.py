"""The page of a campaign, and of a simulation of campaigns: the answer, what stands behind it, figures."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from hetero2.report import html
from hetero2.report.plots.svg import Figure


class PageTable(NamedTuple):
    """A table of the page; the first cell of a row is its heading."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def render(
    name: str,
    question: str,
    answer: str,
    lines: Sequence[str],
    tables: Sequence[PageTable],
    figures: Sequence[Figure],
    notes: Sequence[str],
) -> str:
    """One page that needs no other file and runs no script. `name`: of the campaign; `lines`: a sentence each."""
    return html.page(
        "campaign.html.j2",
        name=name,
        question=question,
        answer=f"{answer[:1].upper()}{answer[1:].removesuffix('.')}.",
        lines=lines,
        tables=tables,
        figures=[figure._replace(svg=Markup(figure.svg)) for figure in figures],  # noqa: S704 - drawn by us
        notes=notes,
    )
