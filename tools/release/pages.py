"""Release notes, and the pages of docs/ that are rendered from registry and lineage."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from hetero2.io.files import write_text
from tools.release.gates import NAMES
from tools.release.milestones import latest, load, states
from tools.release.tags import Tag

Facts = dict[str, Any]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _line(value: object) -> object:
    """Text without line ends, so that it cannot start a line of its own."""
    return " ".join(value.split()) if isinstance(value, str) and len(value.splitlines()) > 1 else value


def _cell(text: object) -> str:
    """Text escaped for a table: no Markdown and no HTML."""
    escaped = "".join(f"\\{letter}" if letter in "|[]`" else letter for letter in " ".join(str(text).split()))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def facts(outcome: Facts) -> str:
    """The outcome in one line."""
    counts = outcome["counts"]
    parts = [f"{name} {counts[name]}" for name in ("OK", "SKIP", "ERROR")]
    if outcome.get("separation"):
        parts.append("separated" if outcome["separation"]["separated"] else "not separated")
    utility = outcome.get("utility")
    if utility:
        uplifts = sorted((key, value) for key, value in utility.items() if key.startswith("uplift"))
        parts += [f"K {utility['K_effective']}", *[f"{key} {_number(value)}" for key, value in uplifts]]
    return ", ".join(parts)


def _environment() -> jinja2.Environment:
    """Templates of Markdown: nothing is escaped, an undefined name is an error."""
    environment = jinja2.Environment(  # noqa: S701 - Markdown, not HTML
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_line,
    )
    environment.filters.update(number=_number, cell=_cell, facts=facts)
    environment.globals.update(gates=NAMES)
    return environment


def notes(tag: Tag, row: Facts, root: Path) -> str:
    """The notes of a release."""
    milestone = next((entry for entry in load(root)[0] if entry.id == row["milestone"]), None)
    return _environment().get_template("notes.md.j2").render(tag=tag, row=row, milestone=milestone)


def render(root: Path, registered: Sequence[Facts], lines: Sequence[Facts]) -> dict[str, str]:
    """Each page by its name."""
    values = {"last": latest(registered), "lines": lines, "states": states(registered, root), "backlog": load(root)[1]}
    environment = _environment()
    names = ("artefacts_registry.md", "lineage.md", "roadmap.md")
    return {f"docs/{name}": environment.get_template(f"{name}.j2").render(values) for name in names}


def _stale(root: Path, registered: Sequence[Facts], lines: Sequence[Facts]) -> dict[str, str]:
    """The right text of each page that is not up to date, by name."""
    pages = render(root, registered, lines)
    written = {name: (root / name).read_bytes() for name in pages if (root / name).is_file()}
    return {name: text for name, text in pages.items() if written.get(name) != text.encode()}


def write(root: Path, registered: Sequence[Facts], lines: Sequence[Facts]) -> None:
    """Write the pages that differ."""
    for name, text in _stale(root, registered, lines).items():
        write_text(root / name, text)


def problems(root: Path, registered: Sequence[Facts], lines: Sequence[Facts]) -> list[str]:
    """Pages that differ, as sentences."""
    return [
        f"{name}: is not what the registry says; run python -m tools.release registry render"
        for name in _stale(root, registered, lines)
    ]
