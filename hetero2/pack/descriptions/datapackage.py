"""datapackage.json: the tables and documents of a pack as a Frictionless Data Package 1.0
(https://specs.frictionlessdata.io).

It follows from the files of the pack and from the schemas that it carries under workflow/schemas.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hetero2.pack.descriptions.crate import dated, media_type
from hetero2.pack.verification.layout import (
    CANDIDATES,
    CARD_DECOYS,
    HARDNESS_CURVE,
    HIT_CURVE,
    LEAKAGE,
    MISSING_SCORES,
    NOT_PAYLOAD,
    PAGES,
    SELECTED_DECOYS,
    SUMMARY,
)

# The contract that describes a row of each table. Files that a user brought are in the form that the user chose.
TABLES = {
    SUMMARY: "summary.v1",
    CANDIDATES: "ranked_candidates.v1",
    SELECTED_DECOYS: "selected_decoys.v1",
    CARD_DECOYS: "decoy_list.v1",
    HARDNESS_CURVE: "hardness_curve.v1",
    HIT_CURVE: "hit_curve.v1",
    LEAKAGE: "leakage.v1",
    MISSING_SCORES: "missing_decoy_scores.v1",
    "scores.csv": "hetero_score_table.v1",
}
_ONLY_LISTED = ("workflow/", PAGES)  # by manifest.json
Record = dict[str, Any]


def _field(name: str, column: Mapping[str, Any]) -> Record:
    """A column as Table Schema has it, from its JSON Schema."""
    kinds = column.get("type", "string")
    kind = next(kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null")
    # A text may be empty, which in a CSV is what no value is, too.
    constraints: Record = {} if "null" in kinds or kind == "string" else {"required": True}
    if "enum" in column:
        constraints["enum"] = [value for value in column["enum"] if value is not None]
    constraints |= {key: column[key] for key in ("minimum", "maximum") if key in column}
    described = {"description": column["description"]} if "description" in column else {}
    return {"name": name, "type": kind, **described, **({"constraints": constraints} if constraints else {})}


def _header(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as stream:
        return next(csv.reader(stream), [])


def _schema(folder: Path, name: str) -> Record:
    schema = json.loads((folder / f"workflow/schemas/{TABLES[name]}.schema.json").read_text(encoding="utf-8"))
    fields = [_field(column, schema["properties"].get(column, {})) for column in _header(folder / name)]
    return {"fields": fields, "missingValues": [""]}


def _resource_name(path: str) -> str:
    """A name as the specification wants it: lower case, no slash, unique in the pack."""
    return path.lower().replace("/", "-")


def _resources(folder: Path, files: list[Record]) -> Iterator[Record]:
    for entry in files:
        name = entry["path"]
        if name in NOT_PAYLOAD or name.startswith(_ONLY_LISTED):
            continue
        resource = {
            "name": _resource_name(name),
            "path": name,
            "bytes": entry["size_bytes"],
            "hash": f"sha256:{entry['sha256']}",
            "description": entry["role"],
            "type": "table" if name in TABLES else "file",
            "format": name.rpartition(".")[2],
            "mediatype": media_type(name),
        }
        if name in TABLES:
            table = {"profile": "tabular-data-resource", "encoding": "utf-8", "schema": _schema(folder, name)}
            resource |= table | {"dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"'}}
        yield resource


def document(folder: Path, facts: Mapping[str, Any], files: list[Record]) -> Record:
    """The data package of the pack in a folder; facts: of its manifest; files: as manifest.json lists them."""
    run = facts["run"]
    return {
        "profile": "data-package",
        "name": _resource_name(run),
        "title": f"Evidence pack of the run {run} of {facts['target']}",
        "created": dated(facts),
        "resources": list(_resources(folder, files)),
    }
