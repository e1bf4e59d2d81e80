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
from hetero2.report.text import answer, isomers, sentences, worth
from hetero2.report.text.cautions import warnings

Groups = Mapping[str, Sequence[Card]]
STATIC_ROWS = 50  # of the table that are there without JavaScript, and in print
_OF_THE_AUDIT = ("hardness", "score_against_decoys", "audit_hit_rate")  # void where the audit has failed


def pictures(known: Evidence) -> dict[str, figures.Figure]:
    """Every figure of the page by its key."""
    k, why = known.primary["k"] if known.primary else None, answer.audit_void(known)
    drawings = [
        figures.hardness(known.hardness),
        figures.score_against_decoys(known.auc, known.p_value, known.most_decoys),
        figures.controls(known.controls),
        figures.decoy_quality(known.quality, known.metrics["config"]["decoys"]["quotas"]),
        figures.coverage(known.metrics),
        figures.leakage(known.leaks, known.n_rows, known.knows_training),
    ]
    if k is not None and known.worth is not None:
        few = known.worth["evidence"]["reason"]
        drawings += [draw(known.curve, k, known.present, few) for draw in (figures.hit_rate, figures.cumulative_hits)]
        drawings.append(figures.hit_rate(known.curve, k, known.present, few, comparison=True))
    if why is not None:
        drawings = [
            one._replace(title=f"Not to be relied upon: {one.title}") if one.key in _OF_THE_AUDIT else one
            for one in drawings
        ]
    return {one.key: one._replace(svg=Markup(one.svg)) for one in drawings}  # noqa: S704 - drawn by us, texts escaped there


def _calls(known: Evidence) -> list[tuple[str, int, str, str]]:
    """(call, molecules, what was measured of them, what it means)."""
    found = []
    for call, meaning in index.CALLS.items():
        n, hits = known.hits_by_call.get(call, (0, 0))
        measured = f"{hits:,} of {n:,} are hits ({100 * hits / n:.0f} %)" if n else ""
        found.append((call, known.metrics["call_counts"][call], measured, meaning))
    return found


def render(known: Evidence, groups: Groups, table: Table, files: Sequence[tuple[str, str]]) -> str:
    """The page; `files`: (name, what it is) of the pack."""
    return html.page(
        "report.html.j2",
        script=html.asset("report.js"),
        rows=Markup(table.json),  # noqa: S704 - escaped by table.as_script
        flow=html.asset("flow.svg"),
        known=known,
        question=answer.question(known),
        to_send=answer.to_send(known),
        answer=answer.answer(known),
        more=answer.more(known),
        selections=answer.selections(known),
        saved=answer.saved,
        saving=list(answer.saving(known)),
        criteria=accept.content(known.metrics, known.facts, known.utility),
        warnings=warnings(known),
        judgement=list(index.judgement(known.controls)),
        contradictions=list(isomers.contradictions(known)),
        leakage=sentences.leakage(known.leaks, known.knows_training),
        calls=_calls(known),
        comparison=list(worth.audit_comparison(known)),
        ways=list(index.appendix(known)),
        origin=[line for line in index.origin(known.facts) if not line.startswith("run_id")],
        figures=pictures(known),
        groups={name: [drawn(card) for card in cards] for name, cards in groups.items()},
        table=table,
        static_rows=STATIC_ROWS,
        files=files,
    )
