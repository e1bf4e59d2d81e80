"""ro-crate-metadata.json as it follows from manifest.json, written apart from what writes packs.

It is compared word for word, and packs of all versions are verified here: whoever words a description in another way
(hetero2/pack/descriptions) lets both ways stand here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.layout import (
    CHECKSUMS,
    CONFIG,
    CRATE,
    DATAPACKAGE,
    DESCRIPTIONS,
    MANIFEST,
    NOT_PAYLOAD,
    PAGES,
    SNAKEFILE,
)

CONTENT_ID = "urn:hash:sha256:"  # of a file that went into the run, before its sha256
CRATE_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_LICENCE, _AUTHOR = "https://spdx.org/licenses/Apache-2.0", "#hetero2"
_HUB = "https://w3id.org/workflowhub/workflow-ro-crate"
_BIOSCHEMAS = "https://bioschemas.org/profiles"
_CONFORMS = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    (f"{_HUB}/1.0", "Workflow RO-Crate", "1.0"),
)
_SOFTWARE_URLS = {
    "numpy": "https://numpy.org",
    "python": "https://www.python.org",
    "rdkit": "https://www.rdkit.org",
}
_MEDIA_TYPES = {
    "csv": "text/csv",
    "gz": "application/gzip",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "md": "text/markdown",
    "parquet": "application/vnd.apache.parquet",
    "rst": "text/x-rst",
    "yaml": "application/yaml",
}
_LONGEST_KEY = 1000  # characters: long keys, repeated for each of many values, would fill the memory
CrateEntity = dict[str, Any]


def media_type_of(name: str) -> str:
    """The media type of a file of a pack, by the end of its name."""
    return _MEDIA_TYPES.get(name.rpartition(".")[2] if "." in name else "", "text/plain")


def date_of(manifest: dict[str, Any]) -> str:
    """When a pack was released, or the date of those that were not."""
    return str(manifest.get("timestamp_utc") or "1980-01-01T00:00:00+00:00").replace("Z", "+00:00")


def _id(name: str) -> dict[str, str]:
    return {"@id": name}


def _ids(names: list[str]) -> list[dict[str, str]]:
    return [{"@id": name} for name in names]


def _id_or_ids(names: list[str]) -> Any:
    return _id(names[0]) if len(names) == 1 else _ids(names)


def _fragment(kind: str, text: str) -> str:
    """An id within the crate: letters and digits of ASCII, all else a hyphen."""
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
    return f"#{kind}-{safe.strip('-')}"


def _unique(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _settings(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of all that the configuration sets, in the order of the keys; raises ValueError."""
    waiting: list[tuple[str, Any]] = [("", config)]
    while waiting:
        key, value = waiting.pop()
        if len(key) > _LONGEST_KEY:
            raise ValueError(f"the configuration has a key of {len(key)} characters")
        if isinstance(value, dict) and value:
            waiting += ((f"{key}.{name}" if key else name, value[name]) for name in sorted(value, reverse=True))
        elif value is not None:
            plain = isinstance(value, (str, int, float))
            yield key, value if plain else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _is_result(name: str) -> bool:
    return name not in NOT_PAYLOAD and name != CONFIG and not name.startswith(("workflow/", PAGES))


def _parameter(name: str, title: str, kind: str, example: Any) -> CrateEntity:
    return {
        "@id": name,
        "@type": "FormalParameter",
        "additionalType": kind,
        "conformsTo": _id(f"{_BIOSCHEMAS}/FormalParameter/1.0-RELEASE"),
        "name": title,
        "valueRequired": False,
        "workExample": example,
    }


def _grouped(entries: list[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(entry[key], []).append(entry)
    return groups


def _input_files(inputs: list[dict[str, Any]]) -> Iterator[CrateEntity]:
    for digest, same in _grouped(inputs, "sha256").items():
        yield {
            "@id": CONTENT_ID + digest,
            "@type": "File",
            "contentSize": str(same[0]["size_bytes"]),
            "description": ", ".join(_unique(entry["role"] for entry in same)),
            "encodingFormat": media_type_of(same[0]["name"]),
            "exampleOfWork": _id_or_ids(_unique(_fragment("input", entry["role"]) for entry in same)),
            "name": ", ".join(_unique(entry["name"] for entry in same)),
            "sha256": digest,
        }


def _input_parameters(inputs: list[dict[str, Any]]) -> Iterator[CrateEntity]:
    for role_name, same in _grouped(inputs, "role").items():
        files = _unique(CONTENT_ID + entry["sha256"] for entry in same)
        yield _parameter(_fragment("input", role_name), role_name, "File", _id_or_ids(files))


def _pack_files(files: list[dict[str, Any]]) -> Iterator[CrateEntity]:
    """Files of the pack; its lists and descriptions without a digest, pages of molecules as one folder."""
    for entry in files:
        name = entry["path"]
        entity = {
            "@id": name,
            "@type": "File",
            "contentSize": str(entry["size_bytes"]),
            "encodingFormat": media_type_of(name),
            "name": entry["role"],
            "sha256": entry["sha256"],
        }
        yield {**entity, "exampleOfWork": _id(_fragment("output", name))} if _is_result(name) else entity
    for name, title in ((MANIFEST, "manifest"), (CHECKSUMS, "checksums"), (DATAPACKAGE, "tables")):
        yield {"@id": name, "@type": "File", "encodingFormat": media_type_of(name), "name": title}


def _fixed_entities(versions: dict[str, str]) -> Iterator[CrateEntity]:
    """Language, author, licence, profiles and software: their text is the same in every pack."""
    snakemake = {"alternateName": "Snakemake", "name": "Snakemake"}
    home = {"identifier": _id("https://snakemake.github.io"), "url": _id("https://snakemake.github.io")}
    yield {"@id": f"{_HUB}#snakemake", "@type": "ComputerLanguage", **snakemake, **home}
    yield {"@id": _AUTHOR, "@type": "Organization", "name": "hetero2, the program that made this pack"}
    yield {"@id": _LICENCE, "@type": "CreativeWork", "name": "Apache License 2.0, of the workflow"}
    for name, title, version in _CONFORMS:
        yield {"@id": name, "@type": "CreativeWork", "name": title, "version": version}
    for name, url in _SOFTWARE_URLS.items():
        about = {"name": name, "url": _id(url), "version": versions[name]}
        yield {"@id": f"urn:hetero2:software:{name}", "@type": "SoftwareApplication", **about}
    yield {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": _id("./"),
        "conformsTo": _ids(["https://w3id.org/ro/crate/1.1", f"{_HUB}/1.0"]),
    }


def is_too_short(n_entities: int, manifest: dict[str, Any]) -> bool:
    """Whether so few entities cannot be all of a crate; told without making these, which could fill the memory."""
    n_files = sum(1 for entry in manifest["files"] if not entry["path"].startswith(PAGES))
    return 2 * n_entities + 20 < n_files + len(manifest["inputs"]) + 2 * sum(1 for _ in _settings(manifest["config"]))


def crate_of(manifest: dict[str, Any]) -> dict[str, CrateEntity]:
    """Every entity of the crate by its id."""
    described = [entry for entry in manifest["files"] if entry["path"] not in DESCRIPTIONS]
    has_pages = any(entry["path"].startswith(PAGES) for entry in described)
    files = list(_pack_files([entry for entry in described if not entry["path"].startswith(PAGES)]))
    results = [entry["path"] for entry in described if _is_result(entry["path"])]
    inputs, of_inputs = list(_input_files(manifest["inputs"])), list(_input_parameters(manifest["inputs"]))
    settings = list(_settings(manifest["config"]))
    kinds = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}
    entities = [*files, *inputs, *of_inputs, *_fixed_entities(manifest["versions"])]
    if has_pages:
        entities.append({"@id": PAGES, "@type": "Dataset", "name": f"pages of molecules, listed in {MANIFEST}"})
    for key, value in settings:
        example, formal = f"#value-{key}", f"#parameter-{key}"
        entities.append(_parameter(formal, key, kinds[type(value)], _id(example)))
        entities.append(
            {"@id": example, "@type": "PropertyValue", "exampleOfWork": _id(formal), "name": key, "value": value}
        )
    entities += (_parameter(_fragment("output", name), name, "File", _id(name)) for name in results)
    by_id = {entity["@id"]: entity for entity in entities}
    by_id[SNAKEFILE].update(
        {
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "conformsTo": _id(f"{_BIOSCHEMAS}/ComputationalWorkflow/1.0-RELEASE"),
            "input": _ids([*(entity["@id"] for entity in of_inputs), *(f"#parameter-{key}" for key, _ in settings)]),
            "name": "HETERO-2",
            "output": _ids([_fragment("output", name) for name in results]),
            "programmingLanguage": _id(f"{_HUB}#snakemake"),
            "version": manifest["tool_version"],
        }
    )
    parts = [entity["@id"] for entity in files] + ([PAGES] if has_pages else [])
    input_ids = [entity["@id"] for entity in inputs]
    for entity in (
        _execution(manifest, [*input_ids, *(f"#value-{key}" for key, _ in settings)], results),
        _root(manifest, [*parts, *input_ids]),
    ):
        by_id[entity["@id"]] = entity
    return by_id


def _run_entity(manifest: dict[str, Any]) -> str:
    return f"urn:hetero2:run:{manifest['run_id']}"


def _execution(manifest: dict[str, Any], used: list[str], results: list[str]) -> CrateEntity:
    target = manifest["target"]
    return {
        "@id": _run_entity(manifest),
        "@type": "CreateAction",
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": _id(_AUTHOR),
        "description": f"The target {target} of HETERO-2, executed by Snakemake up to the evidence pack.",
        "endTime": date_of(manifest),
        "instrument": _id(SNAKEFILE),
        "name": f"run {manifest['run']} of {target}",
        "object": _ids(used),
        "result": _ids(results),
    }


def _root(manifest: dict[str, Any], parts: list[str]) -> CrateEntity:
    run_name, target = manifest["run"], manifest["target"]
    return {
        "@id": "./",
        "@type": "Dataset",
        "author": _id(_AUTHOR),
        "conformsTo": _ids([name for name, _, _ in _CONFORMS]),
        "datePublished": date_of(manifest),
        "description": f"Evidence pack of HETERO-2 about the run {run_name} of {target}; index.md says what it is.",
        "hasPart": _ids(parts),
        "identifier": CONTENT_ID + manifest["payload_sha256"],
        "license": _id(_LICENCE),
        "mainEntity": _id(SNAKEFILE),
        "mentions": _id(_run_entity(manifest)),
        "name": run_name,
        "publisher": _id(_AUTHOR),
    }
