"""The page of one molecule, for packs with all artefacts, and cards as they go into a page."""

from markupsafe import Markup

from hetero2.report import html
from hetero2.report.cards import Card


def drawn(card: Card) -> Card:
    """The card with its drawings as markup: RDKit and we made them of numbers and of symbols of elements."""
    return card._replace(
        svg=Markup(card.svg),  # noqa: S704
        axis=Markup(card.axis),  # noqa: S704
        decoys=[decoy._replace(svg=Markup(decoy.svg)) for decoy in card.decoys],  # noqa: S704
    )


def render(card: Card, run: str) -> str:
    """The page, which links to the report of its run."""
    return html.page("molecule.html.j2", card=drawn(card)._replace(page=None), run=run)
