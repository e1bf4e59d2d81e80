"""The page of known bad and known good scores side by side."""

from typing import Any

from markupsafe import Markup

from hetero2.report import html
from hetero2.report.plots import tallies


def render(document: dict[str, Any], name: str) -> str:
    """The page beside separation.json."""
    drawing = tallies.separation(document)
    figure = drawing._replace(svg=Markup(drawing.svg))  # noqa: S704 - drawn by us
    return html.page("separation.html.j2", found=document, figure=figure, name=name)
