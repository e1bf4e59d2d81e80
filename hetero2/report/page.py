"""report.html: everything put into one page."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from hetero2.pack import accept
from hetero2.report import answer, figures, html, index
from hetero2.report.cards import Card
from hetero2.report.cautions import warnings
from hetero2.report.evidence import Evidence
from hetero2.report.molecule_page import drawn
from hetero2.report.table import Table

Groups = Mapping[str, Sequence[Card]]
STATIC_ROWS = 50  # of the table that are there without JavaScript, and in print
_VOID = ("hardness", "score_against_decoys", "hit_rate", "cumulative_hits")  # where the audit has failed


def pictures(known: Evidence) -> dict[str, figures.Figure]:
    """Every figure of the page by its key."""
    k, why = known.primary["k"] if known.primary else None, answer.void(known)
    training = bool(known.facts["config"]["scores"].get("train")) or any(
        entry["role"] == "training set" for entry in known.facts["inputs"]
    )
    found = [
        figures.hardness(known.hardness),
        figures.score_against_decoys(known.auc, known.p_value, known.most_decoys),
        figures.controls(known.controls),
        figures.decoy_quality(known.quality, known.metrics["config"]["decoys"]["quotas"]),
        figures.coverage(known.metrics),
        figures.leakage(known.leaks, known.n_rows, training),
    ]
    if k is not None:
        found += [one(known.curve, k, known.present) for one in (figures.hit_rate, figures.cumulative_hits)]
    if why is not None:
        found = [
            one._replace(title=f"Not to be relied upon: {one.title}") if one.key in _VOID else one for one in found
        ]
    return {one.key: one._replace(svg=Markup(one.svg)) for one in found}  # noqa: S704 - drawn by us, texts escaped there


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
        answer=answer.answer(known),
        second=answer.second(known),
        selections=answer.selections(known),
        saved=answer.saved,
        saving=list(answer.saving(known)),
        criteria=accept.content(known.metrics, known.facts, known.utility),
        warnings=warnings(known),
        judgement=list(index.judgement(known.controls)),
        calls=_calls(known),
        ways=list(index.hit_table(known.utility, known.cost_lift)),
        origin=[line for line in index.origin(known.facts) if not line.startswith("run_id")],
        figures=pictures(known),
        groups={name: [drawn(card) for card in cards] for name, cards in groups.items()},
        table=table,
        static_rows=STATIC_ROWS,
        files=files,
    )
