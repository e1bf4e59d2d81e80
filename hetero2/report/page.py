"""report.html: everything put into one page. Templates escape every text; what is markup is said to be so here."""

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from hetero2.pack import accept
from hetero2.report import answer, figures, index
from hetero2.report.cards import Card, clipped
from hetero2.report.cautions import warnings
from hetero2.report.evidence import Evidence
from hetero2.report.table import Table

TEMPLATES = Path(__file__).parent / "templates"
Groups = Mapping[str, Sequence[Card]]
STATIC_ROWS = 50  # of the table that are there without JavaScript, and in print


@functools.cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"number": answer.number, "clipped": clipped, "figure": _shown}
    return made


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """Content security: nothing is fetched, and no script runs but ours."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def pictures(known: Evidence) -> dict[str, figures.Figure]:
    """Every figure of the page by its key."""
    k = known.primary["k"] if known.primary else None
    training = bool(known.facts["config"]["scores"].get("train")) or any(
        entry["role"] == "training set" for entry in known.facts["inputs"]
    )
    found = [
        figures.hardness(known.hardness),
        figures.score_against_decoys(known.auc, known.p_value),
        figures.controls(known.controls),
        figures.decoy_quality(known.quality, known.metrics["config"]["decoys"]["quotas"]),
        figures.coverage(known.metrics),
        figures.leakage(known.leaks, known.n_rows, training),
    ]
    if k is not None:
        found += [figures.hit_rate(known.curve, k), figures.cumulative_hits(known.curve, k)]
    return {one.key: one._replace(svg=Markup(one.svg)) for one in found}  # noqa: S704 - drawn by us, texts escaped there


def _drawn(groups: Groups) -> dict[str, list[Card]]:
    """The cards with their drawings as markup: made by RDKit and by us of numbers and element symbols."""
    return {
        name: [
            card._replace(
                svg=Markup(card.svg),  # noqa: S704
                axis=Markup(card.axis),  # noqa: S704
                decoys=[one._replace(svg=Markup(one.svg)) for one in card.decoys],  # noqa: S704
            )
            for card in cards
        ]
        for name, cards in groups.items()
    }


def _common() -> dict[str, Any]:
    return {"css": Markup(_asset("report.css"))}  # noqa: S704 - our own file


def render(known: Evidence, groups: Groups, table: Table, files: Sequence[tuple[str, str]]) -> str:
    """The page; `files`: (name, what it is) of the pack."""
    script, utility = _asset("report.js"), known.utility
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            **_common(),
            policy=_policy(script),
            script=Markup(script),  # noqa: S704 - our own file
            rows=Markup(table.json),  # noqa: S704 - escaped by table.as_script
            flow=Markup(_asset("flow.svg")),  # noqa: S704 - our own file
            known=known,
            question=answer.question(known),
            answer=answer.answer(known),
            second=answer.second(known),
            selections=answer.selections(known),
            saving=list(answer.saving(known)),
            criteria=accept.content(known.metrics, known.facts, utility),
            warnings=warnings(known),
            judgement=list(index.judgement(known.controls)),
            ways=index.hit_table(utility, known.cost_lift),
            figures=pictures(known),
            groups=_drawn(groups),
            table=table,
            static_rows=STATIC_ROWS,
            files=files,
        )
    )


def molecule(card: Card, run: str) -> str:
    """The page of one molecule, for packs with all artefacts."""
    drawn = _drawn({"": [card]})[""][0]._replace(page=None)
    page = _environment().get_template("molecule.html.j2")
    return page.render(**_common(), policy=_policy(""), card=drawn, run=run)


def separation(document: dict[str, Any], name: str) -> str:
    """The page of known bad and known good beside separation.json."""
    one = figures.separation(document)
    drawn = one._replace(svg=Markup(one.svg))  # noqa: S704 - drawn by us
    page = _environment().get_template("separation.html.j2")
    return page.render(**_common(), policy=_policy(""), found=document, figure=drawn, name=name)
