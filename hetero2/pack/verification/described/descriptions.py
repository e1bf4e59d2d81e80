"""ro-crate-metadata.json and datapackage.json, word for word, against what follows from manifest.json and the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hetero2.pack.verification.contracts.schema_sets import KNOWN_SETS, schema_set
from hetero2.pack.verification.described.crate_of_manifest import CRATE_CONTEXT, crate_of, is_too_short
from hetero2.pack.verification.described.datapackage_of_files import datapackage_of
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.json_text import is_canonical, read_json
from hetero2.pack.verification.layout import CRATE, DATAPACKAGE, MANIFEST, TABLES
from hetero2.pack.verification.limits import UNREADABLE
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject

_SHOWN_LETTERS = 160  # of a value
_ABSENT = object()
_GIVES = f"{MANIFEST} and the files give"


def _value_shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}..."


def _value_differences(actual: Any, due: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(place, actual, due) of each value that is another; as deep as what is due."""
    if isinstance(actual, dict) and isinstance(due, dict):
        for key in sorted(set(actual) | set(due)):
            inner = f"{place}.{key}" if place else key
            yield from _value_differences(actual.get(key, _ABSENT), due.get(key, _ABSENT), inner)
    elif isinstance(actual, list) and isinstance(due, list) and len(actual) == len(due):
        for number, pair in enumerate(zip(actual, due)):
            yield from _value_differences(*pair, f"{place}[{number}]")
    elif type(actual) is not type(due) or actual != due:
        yield place, actual, due


def _compare_parts(name: str, actual: dict[str, Any], due: dict[str, Any], problems: Problems) -> None:
    """Entities or resources by what identifies them: none is missing, none is added, none says something else."""
    for part in sorted(set(actual) | set(due)):
        if part not in due:
            problems.add(f"{name}: {part} is described, but {_GIVES} no such entry")
        elif part not in actual:
            problems.add(f"{name}: {part} is not described, {_GIVES} an entry for it")
        else:
            for place, stated, expected in _value_differences(actual[part], due[part]):
                problems.add(f"{name}: {place} of {part} is {_value_shown(stated)}, {_GIVES} {_value_shown(expected)}")


def _parts(name: str, document: Any, key: str, identity: str, problems: Problems) -> dict[str, Any]:
    """The objects in a list of a document by what identifies them."""
    listed = document.get(key) if isinstance(document, dict) else None
    parts: dict[str, Any] = {}
    for number, part in enumerate(listed if isinstance(listed, list) else []):
        label = part.get(identity) if isinstance(part, dict) else None
        if not isinstance(label, str):
            problems.add(f"{name}: {key}[{number}] has no {identity}")
        elif label in parts:
            problems.add(f"{name}: {label} is described twice")
        else:
            parts[label] = part
    return parts


class _Description(NamedTuple):
    """A description as it stands: its text, its value, and its objects by what identifies them."""

    name: str
    key: str  # of the list of objects
    identity: str  # their key
    text: str
    document: dict[str, Any]
    parts: dict[str, Any]


def _read_description(
    evidence: Evidence, name: str, key: str, identity: str, problems: Problems
) -> _Description | None:
    """A description that has objects; of any other one the problems alone."""
    try:
        text, document = read_json(evidence.pack, name)
    except (*UNREADABLE, RecursionError) as error:
        problems.add(f"{name}: not valid JSON: {error}")
        return None
    parts = _parts(name, document, key, identity, problems)
    if not parts:
        problems.add(f"{name}: has no list of objects under {key!r}")
        return None
    return _Description(name, key, identity, text, document, parts)


def _compare_description(description: _Description, due: dict[str, Any], problems: Problems) -> None:
    """Compare a document with what it must be, part by part, then its text."""
    name, key, identity = description[:3]
    _compare_parts(name, description.parts, {part[identity]: part for part in due[key]}, problems)
    rest, rest_due = ({inner: of[inner] for inner in of if inner != key} for of in (description.document, due))
    for place, stated, expected in _value_differences(rest, rest_due):
        problems.add(f"{name}: {place} is {_value_shown(stated)}, {_GIVES} {_value_shown(expected)}")
    if not any(problem.startswith(f"{name}: ") for problem in problems) and not is_canonical(description.text, due):
        problems.add(f"{name}: not in canonical form (order of {key}, sorted keys, two spaces, final newline)")


def check_crate(evidence: Evidence, problems: Problems) -> None:
    """Every entity of the crate: the run, its inputs and values, every file."""
    manifest = evidence.json(MANIFEST)
    crate = _read_description(evidence, CRATE, "@graph", "@id", problems)
    if crate is None:
        return
    if is_too_short(len(crate.parts), manifest):
        problems.add(f"{CRATE}: describes {len(crate.parts)} entities, fewer than {MANIFEST} lists")
        return
    entities = crate_of(manifest)
    graph = [entities[name] for name in sorted(entities)]
    _compare_description(crate, {"@context": CRATE_CONTEXT, "@graph": graph}, problems)


def check_datapackage(evidence: Evidence, problems: Problems) -> None:
    """Every resource, and the columns of every table."""
    tables = (name for name in TABLES if name in evidence)
    if schema_set(evidence.digests) not in KNOWN_SETS or not all(map(evidence.is_readable, tables)):
        return  # a problem already
    package = _read_description(evidence, DATAPACKAGE, "resources", "path", problems)
    if package is not None:
        _compare_description(package, datapackage_of(evidence), problems)


DESCRIBED = (
    Subject(f"{CRATE}: all of it", RECOMPUTED, MANIFEST, (CRATE, MANIFEST), check_crate),
    Subject(
        f"{DATAPACKAGE}: all of it",
        RECOMPUTED,
        f"{MANIFEST}, headers of the tables, workflow/schemas/",
        (DATAPACKAGE, MANIFEST),
        check_datapackage,
    ),
)
