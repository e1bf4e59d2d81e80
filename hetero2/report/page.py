"""report.html: everything put into one page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from hetero2.pack import accept
from hetero2.report import html, index
from hetero2.report.cards import Card
from hetero2.report.evidence import Evidence
from hetero2.report.molecule_page import drawn
from hetero2.report.plots import figures
from hetero2.report.table import Table
from hetero2.report.text import answer, findings, isomers, sentences, trust, worth
from hetero2.report.text.cautions import warnings

Groups = Mapping[str, Sequence[Card]]
STATIC_ROWS = 50  # of the table that are there without JavaScript, and in print
_OF_THE_AUDIT = ("hardness", "score_against_decoys", "audit_hit_rate")  # void where the audit has failed


def pictures(evidence: Evidence) -> dict[str, figures.Figure]:
    """Every figure of the page by its key."""
    k, why = evidence.primary["k"] if evidence.primary else None, answer.audit_void(evidence)
    drawings = [
        figures.hardness(evidence.hardness),
        figures.score_against_decoys(evidence.auc, evidence.p_value, evidence.most_decoys),
        figures.controls(evidence.controls),
        figures.decoy_quality(evidence.quality, evidence.metrics["config"]["decoys"]["quotas"]),
        figures.coverage(evidence.metrics),
        figures.leakage(evidence.leaks, evidence.n_rows, evidence.knows_training),
    ]
    if k is not None and evidence.worth is not None:
        few = evidence.worth["evidence"]["reason"]
        drawings += [
            draw(evidence.curve, k, evidence.present, few) for draw in (figures.hit_rate, figures.cumulative_hits)
        ]
        drawings.append(figures.hit_rate(evidence.curve, k, evidence.present, few, comparison=True))
    if why is not None:
        drawings = [
            figure._replace(title=f"Not to be relied upon: {figure.title}") if figure.key in _OF_THE_AUDIT else figure
            for figure in drawings
        ]
    return {figure.key: figure._replace(svg=Markup(figure.svg)) for figure in drawings}  # noqa: S704 - drawn by us, texts escaped there


class First(NamedTuple):
    """A molecule of the first screen: `svg` is its drawing, or nothing."""

    rank: int
    id: str
    svg: Markup
    measured: str


def _first(evidence: Evidence, table: Table) -> list[First]:
    """The first molecules of the list to send, which are the first rows of the table."""
    drawings = [*table.drawings, *[""] * len(evidence.first)]
    return [
        First(place, row["id"], Markup(svg), row["measured"])  # noqa: S704 - drawn by RDKit and us of numbers and symbols of elements
        for place, (row, svg) in enumerate(zip(evidence.first, drawings, strict=False), start=1)
    ]


def _calls(evidence: Evidence) -> list[tuple[int, str, str]]:
    """(molecules, what was measured of them, whether they stand out)."""
    lines = []
    for call, meaning in findings.CALLS.items():
        n, hits = evidence.hits_by_call.get(call, (0, 0))
        measured = f"{hits:,} of {n:,} are hits ({100 * hits / n:.0f} %)" if n else ""
        lines.append((evidence.metrics["call_counts"][call], measured, meaning))
    return lines


def render(evidence: Evidence, groups: Groups, table: Table, files: Sequence[tuple[str, str]]) -> str:
    """The page; `files`: (name, what it is) of the pack."""
    criteria = accept.content(evidence.metrics, evidence.facts, evidence.utility)
    return html.page(
        "report.html.j2",
        script=html.asset("report.js"),
        rows=Markup(table.json),  # noqa: S704 - escaped by table.as_script
        flow=html.asset("flow.svg"),
        evidence=evidence,
        question=answer.question(evidence),
        heading=answer.heading(evidence),
        where=answer.where(evidence),
        first=_first(evidence, table),
        answer=answer.answer(evidence),
        next_step=answer.next_step(evidence),
        more=answer.more(evidence),
        others=[*answer.others(evidence), findings.pack_in_order(criteria)],
        measures=list(worth.measures(evidence)),
        selections=answer.selections(evidence),
        saved=answer.saved,
        saving=list(answer.saving(evidence)),
        criteria=[(criterion.met, findings.criterion_in_words(criterion)) for criterion in criteria],
        warnings=warnings(evidence),
        judgement=list(findings.judgement(evidence.controls)),
        trusted=trust.judged(evidence),
        trust=list(trust.parts(evidence)),
        contradictions=list(isomers.contradictions(evidence)),
        leakage=sentences.leakage(evidence.leaks, evidence.knows_training),
        calls=_calls(evidence),
        comparison=list(worth.audit_comparison(evidence)),
        ways=list(index.appendix(evidence)),
        frozen=index.frozen(evidence),
        codes=[(asked.asked, asked.word(code), code, asked.file) for asked, code in findings.codes(evidence)],
        origin=[line for line in index.origin(evidence.facts) if not line.startswith("run_id")],
        figures=pictures(evidence),
        groups={name: [drawn(card) for card in cards] for name, cards in groups.items()},
        table=table,
        drawings=[Markup(svg) for svg in table.drawings],  # noqa: S704 - as above
        static_rows=STATIC_ROWS,
        files=files,
    )
