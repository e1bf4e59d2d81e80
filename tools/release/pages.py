"""What people read of releases: pages of docs/ made from registry and lineage, and release notes."""

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
    """Text that stays in its line, whatever it holds."""
    return " ".join(value.split()) if isinstance(value, str) and len(value.splitlines()) > 1 else value


def _cell(text: object) -> str:
    """Text that is no Markdown and no HTML."""
    escaped = "".join(f"\\{letter}" if letter in "|[]`" else letter for letter in " ".join(str(text).split()))
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def facts(outcome: Facts) -> str:
    """What came out, in one line."""
    counts = outcome["counts"]
    told = [f"{name} {counts[name]}" for name in ("OK", "SKIP", "ERROR")]
    if outcome.get("separation"):
        told.append("told apart" if outcome["separation"]["separated"] else "not told apart")
    utility = outcome.get("utility")
    if utility:
        uplifts = sorted((key, value) for key, value in utility.items() if key.startswith("uplift"))
        told += [f"K {utility['K_effective']}", *[f"{key} {_number(value)}" for key, value in uplifts]]
    return ", ".join(told)


def _environment() -> jinja2.Environment:
    """Templates of Markdown: nothing is escaped, what is not there is an error."""
    made = jinja2.Environment(  # noqa: S701 - Markdown, not HTML
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_line,
    )
    made.filters.update(number=_number, cell=_cell, facts=facts)
    made.globals.update(gates=NAMES)
    return made


def notes(tag: Tag, row: Facts, root: Path) -> str:
    """The notes of a release."""
    milestone = next((one for one in load(root)[0] if one.id == row["milestone"]), None)
    return _environment().get_template("notes.md.j2").render(tag=tag, row=row, milestone=milestone)


def render(root: Path, known: Sequence[Facts], lines: Sequence[Facts]) -> dict[str, str]:
    """Each page by its name."""
    told = {"last": latest(known), "lines": lines, "states": states(known, root), "backlog": load(root)[1]}
    made = _environment()
    names = ("artefacts_registry.md", "lineage.md", "roadmap.md")
    return {f"docs/{name}": made.get_template(f"{name}.j2").render(told) for name in names}


def _stale(root: Path, known: Sequence[Facts], lines: Sequence[Facts]) -> dict[str, str]:
    """Pages that are not what the registry says, by name, as they should be."""
    made = render(root, known, lines)
    there = {name: (root / name).read_bytes() for name in made if (root / name).is_file()}
    return {name: text for name, text in made.items() if there.get(name) != text.encode()}


def write(root: Path, known: Sequence[Facts], lines: Sequence[Facts]) -> None:
    """Write the pages that differ."""
    for name, text in _stale(root, known, lines).items():
        write_text(root / name, text)


def problems(root: Path, known: Sequence[Facts], lines: Sequence[Facts]) -> list[str]:
    """Pages that differ, as sentences."""
    return [
        f"{name}: is not what the registry says: python -m tools.release registry render"
        for name in _stale(root, known, lines)
    ]
