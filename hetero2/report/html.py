"""Pages from templates. Templates escape every text; markup is marked as such where it is made."""

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from hetero2.report.text.words import clipped, isolated, number

TEMPLATES = Path(__file__).parent / "templates"
_LINE = 3000


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number,
        "clipped": clipped,
        "isolated": isolated,
        "figure": _shown,
        "markdown": _marked,
    }
    return environment


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def _marked(text: str) -> Markup:
    """A line of Markdown with its code as HTML; everything else is text."""
    parts = clipped(text.strip(), _LINE).split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


def asset(name: str) -> Markup:
    """A file of ours beside the templates, which goes into a page as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704


def _policy(script: str) -> str:
    """Content security: nothing is fetched, and no script runs but ours."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def page(template: str, script: str = "", **values: Any) -> str:
    """A page with our style and at most one script, of these values."""
    layout = _environment().get_template(template)
    return layout.render(css=asset("report.css"), policy=_policy(script), script=script, **values)
