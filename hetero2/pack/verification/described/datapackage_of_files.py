"""datapackage.json as it follows from manifest.json, the headers of tables and the schemas that the pack carries.

Written apart from what writes packs, and compared word for word, as the crate is.
"""

from __future__ import annotations

from typing import Any

from hetero2.pack.verification.contracts.schema_sets import ENDING, FOLDER
from hetero2.pack.verification.described.crate_of_manifest import date_of, media_type_of
from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.json_text import read_json
from hetero2.pack.verification.layout import BROUGHT_TABLES, MANIFEST, NOT_PAYLOAD, PAGES, TABLES

_DESCRIBED_TABLES = {
    **{name: contract for name, contract in TABLES.items() if name not in BROUGHT_TABLES},
    "scores.csv": "hetero_score_table.v1",
}
_MOST_COLUMNS = 1000  # several times those of the widest table of ours
Resource = dict[str, Any]


def _field_of(name: str, column: dict[str, Any]) -> Resource:
    """A column in the words of Table Schema."""
    kinds = column.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    (kind, *_) = [kind for kind in kinds if kind != "null"]
    constraints: Resource = {}
    if kind != "string" and "null" not in kinds:
        constraints["required"] = True
    if "enum" in column:
        constraints["enum"] = [value for value in column["enum"] if value is not None]
    constraints.update((key, column[key]) for key in ("minimum", "maximum") if key in column)
    field = {"name": name, "type": kind}
    if "description" in column:
        field["description"] = column["description"]
    return {**field, "constraints": constraints} if constraints else field


def _table_of(evidence: Evidence, name: str) -> Resource:
    """What a table has beside what every file has."""
    path = f"{FOLDER}{_DESCRIBED_TABLES[name]}{ENDING}"
    columns = read_json(evidence.pack, path)[1]["properties"]
    header = evidence.columns(name)
    if len(header) > _MOST_COLUMNS:
        raise ValueError(f"{name} has {len(header)} columns")
    fields = [_field_of(column, columns.get(column, {})) for column in header]
    return {
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"'},
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "schema": {"fields": fields, "missingValues": [""]},
        "type": "table",
    }


def datapackage_of(evidence: Evidence) -> Resource:
    """The whole document; raises one of limits.UNREADABLE where a table or its schema cannot be read."""
    manifest = evidence.json(MANIFEST)
    resources = []
    for entry in manifest["files"]:
        name = entry["path"]
        if name in NOT_PAYLOAD or name.startswith(("workflow/", PAGES)):
            continue
        resource = {
            "bytes": entry["size_bytes"],
            "description": entry["role"],
            "format": name.rpartition(".")[2],
            "hash": f"sha256:{entry['sha256']}",
            "mediatype": media_type_of(name),
            "name": name.lower().replace("/", "-"),
            "path": name,
            "type": "file",
        }
        resources.append({**resource, **(_table_of(evidence, name) if name in _DESCRIBED_TABLES else {})})
    return {
        "created": date_of(manifest),
        "name": manifest["run"].lower().replace("/", "-"),
        "profile": "data-package",
        "resources": resources,
        "title": f"Evidence pack of the run {manifest['run']} of {manifest['target']}",
    }
