"""report.html: everything put into one page."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from hetero2.pack import accept
from hetero2.report import html, index
from hetero2.report.cards import Card
from hetero2.report.evidence import Evidence
from hetero2.report.molecule_page import drawn
from hetero2.report.plots import figures
from hetero2.report.table import Table
from hetero2.report.text import answer, isomers, sentences, trust, worth
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


def _calls(evidence: Evidence) -> list[tuple[str, int, str, str]]:
    """(call, molecules, what was measured of them, what it means)."""
    lines = []
    for call, meaning in index.CALLS.items():
        n, hits = evidence.hits_by_call.get(call, (0, 0))
        measured = f"{hits:,} of {n:,} are hits ({100 * hits / n:.0f} %)" if n else ""
        lines.append((call, evidence.metrics["call_counts"][call], measured, meaning))
    return lines


def render(evidence: Evidence, groups: Groups, table: Table, files: Sequence[tuple[str, str]]) -> str:
    """The page; `files`: (name, what it is) of the pack."""
    return html.page(
        "report.html.j2",
        script=html.asset("report.js"),
        rows=Markup(table.json),  # noqa: S704 - escaped by table.as_script
        flow=html.asset("flow.svg"),
        evidence=evidence,
        question=answer.question(evidence),
        to_send=answer.to_send(evidence),
        answer=answer.answer(evidence),
        more=answer.more(evidence),
        selections=answer.selections(evidence),
        saved=answer.saved,
        saving=list(answer.saving(evidence)),
        criteria=accept.content(evidence.metrics, evidence.facts, evidence.utility),
        warnings=warnings(evidence),
        judgement=list(index.judgement(evidence.controls)),
        trust_question=trust.QUESTION,
        trusted=trust.sentence(evidence),
        trust=list(trust.parts(evidence)),
        contradictions=list(isomers.contradictions(evidence)),
        leakage=sentences.leakage(evidence.leaks, evidence.knows_training),
        calls=_calls(evidence),
        comparison=list(worth.audit_comparison(evidence)),
        ways=list(index.appendix(evidence)),
        origin=[line for line in index.origin(evidence.facts) if not line.startswith("run_id")],
        figures=pictures(evidence),
        groups={name: [drawn(card) for card in cards] for name, cards in groups.items()},
        table=table,
        static_rows=STATIC_ROWS,
        files=files,
    )
