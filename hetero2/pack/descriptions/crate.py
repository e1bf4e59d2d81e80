"""ro-crate-metadata.json: a pack as a Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5).

It follows from manifest.json alone, whose words it puts into those of RO-Crate 1.1: which workflow was executed on
which inputs with which values, and what came out. It holds the sha256 of every file but the lists of the pack
(manifest.json, checksums.sha256) and the other description, which would make them depend on one another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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
)

WORKFLOW = "workflow/Snakefile"
UNKNOWN_TIME = "1980-01-01T00:00:00+00:00"  # of a pack that no release has dated, as in its zip
_REPOSITORY = "https://w3id.org/ro/wfrun"
_PROFILES = {  # each with the name and the version under which it is known
    f"{_REPOSITORY}/process/0.5": ("Process Run Crate", "0.5"),
    f"{_REPOSITORY}/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
_LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
_FORMAL_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
_LICENSE = "https://spdx.org/licenses/Apache-2.0"
_SOFTWARE = {  # what computes a pack, with its home
    "numpy": "https://numpy.org",
    "python": "https://www.python.org",
    "rdkit": "https://www.rdkit.org",
}
_FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".yaml": "application/yaml",
    ".gz": "application/gzip",
    ".parquet": "application/vnd.apache.parquet",
    ".lock": "text/plain",
    ".rst": "text/x-rst",
    ".sha256": "text/plain",
    ".smk": "text/plain",
}
Entity = dict[str, Any]


def media_type(name: str) -> str:
    """The media type of a file of a pack."""
    return _FORMATS.get(name[name.rfind(".") :] if "." in name else "", "text/plain")


def dated(manifest: Mapping[str, Any]) -> str:
    """The time of a release, or that of all packs without one, as RO-Crate wants it."""
    return str(manifest.get("timestamp_utc") or UNKNOWN_TIME).replace("Z", "+00:00")


def _to(name: str) -> Entity:
    return {"@id": name}


def _all_to(names: Sequence[str]) -> list[Entity]:
    return [_to(name) for name in names]


def _one_or_all_to(names: Sequence[str]) -> Entity | list[Entity]:
    return _all_to(names) if len(names) > 1 else _to(names[0])


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key in sorted(value):
            yield from _leaves(value[key], f"{place}.{key}" if place else str(key))
    else:
        yield place, value


def _text(value: Any) -> Any:
    """A value of the configuration as a PropertyValue holds it: a text, a number or a truth value."""
    return value if isinstance(value, str | int | float) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _input_id(entry: Mapping[str, Any]) -> str:
    """The id of a file that went into the run and is not in the pack: its content names it."""
    return f"urn:hash:sha256:{entry['sha256']}"


def _inputs(manifest: Mapping[str, Any]) -> Iterator[Entity]:
    """The files that went in, each content once, under whatever names and in whatever roles."""
    by_id: dict[str, list[Mapping[str, Any]]] = {}
    for entry in manifest["inputs"]:
        by_id.setdefault(_input_id(entry), []).append(entry)
    for name, entries in by_id.items():
        formal = list(dict.fromkeys(f"#input-{_slug(entry['role'])}" for entry in entries))
        yield {
            "@id": name,
            "@type": "File",
            "contentSize": str(entries[0]["size_bytes"]),
            "description": ", ".join(dict.fromkeys(entry["role"] for entry in entries)),
            "encodingFormat": media_type(entries[0]["name"]),
            "exampleOfWork": _one_or_all_to(formal),
            "name": ", ".join(dict.fromkeys(entry["name"] for entry in entries)),
            "sha256": entries[0]["sha256"],
        }


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text).strip("-")


def _parameters(manifest: Mapping[str, Any]) -> Iterator[tuple[Entity, Entity]]:
    """(formal parameter, value) of each key of the configuration that has a value."""
    for key, value in _leaves(manifest["config"]):
        if value is not None:
            formal = {
                "@id": f"#parameter-{key}",
                "@type": "FormalParameter",
                "additionalType": "Text" if isinstance(_text(value), str) else _kind(value),
                "conformsTo": _to(_FORMAL_PARAMETER),
                "name": key,
                "valueRequired": False,
                "workExample": _to(f"#value-{key}"),
            }
            yield (
                formal,
                {
                    "@id": f"#value-{key}",
                    "@type": "PropertyValue",
                    "exampleOfWork": _to(f"#parameter-{key}"),
                    "name": key,
                    "value": _text(value),
                },
            )


def _kind(value: Any) -> str:
    return "Boolean" if isinstance(value, bool) else "Integer" if isinstance(value, int) else "Float"


def _formal(name: str, of: str, examples: Sequence[str]) -> Entity:
    """A formal parameter for files."""
    return {
        "@id": name,
        "@type": "FormalParameter",
        "additionalType": "File",
        "conformsTo": _to(_FORMAL_PARAMETER),
        "name": of,
        "valueRequired": False,
        "workExample": _one_or_all_to(examples),
    }


def _formal_inputs(manifest: Mapping[str, Any]) -> Iterator[Entity]:
    by_role: dict[str, list[str]] = {}
    for entry in manifest["inputs"]:
        by_role.setdefault(entry["role"], []).append(_input_id(entry))
    for role, names in by_role.items():
        yield _formal(f"#input-{_slug(role)}", role, list(dict.fromkeys(names)))


def _results(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The files of the pack that the run made, without pages of single molecules and descriptions of the pack."""
    outside = (*NOT_PAYLOAD, CONFIG)
    return [
        entry
        for entry in manifest["files"]
        if entry["path"] not in outside and not entry["path"].startswith(("workflow/", PAGES))
    ]


def _files(manifest: Mapping[str, Any]) -> Iterator[Entity]:
    """The files of the pack; of the lists and descriptions without their sha256."""
    results = {entry["path"] for entry in _results(manifest)}
    for entry in manifest["files"]:
        name = entry["path"]
        if name.startswith(PAGES) or name in DESCRIPTIONS:
            continue
        entity = {
            "@id": name,
            "@type": "File",
            "contentSize": str(entry["size_bytes"]),
            "encodingFormat": media_type(name),
            "name": entry["role"],
            "sha256": entry["sha256"],
        }
        yield entity | ({"exampleOfWork": _to(f"#output-{_slug(name)}")} if name in results else {})
    for name, what in ((MANIFEST, "manifest"), (CHECKSUMS, "checksums"), (DATAPACKAGE, "tables")):
        yield {"@id": name, "@type": "File", "encodingFormat": media_type(name), "name": what}
    if any(entry["path"].startswith(PAGES) for entry in manifest["files"]):
        yield {"@id": PAGES, "@type": "Dataset", "name": "pages of molecules, listed in manifest.json"}


def _workflow(entity: Entity, manifest: Mapping[str, Any], inputs: Sequence[str], outputs: Sequence[str]) -> Entity:
    return entity | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "conformsTo": _to("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
        "input": _all_to(inputs),
        "name": "HETERO-2",
        "output": _all_to(outputs),
        "programmingLanguage": _to(_LANGUAGE),
        "version": manifest["tool_version"],
    }


def _software(manifest: Mapping[str, Any]) -> Iterator[Entity]:
    yield {
        "@id": _LANGUAGE,
        "@type": "ComputerLanguage",
        "alternateName": "Snakemake",
        "identifier": _to("https://snakemake.github.io"),
        "name": "Snakemake",
        "url": _to("https://snakemake.github.io"),
    }
    yield {"@id": "#hetero2", "@type": "Organization", "name": "hetero2, the program that made this pack"}
    yield {"@id": _LICENSE, "@type": "CreativeWork", "name": "Apache License 2.0, of the workflow"}
    for name, (title, version) in _PROFILES.items():
        yield {"@id": name, "@type": "CreativeWork", "name": title, "version": version}
    for name, url in _SOFTWARE.items():
        yield {
            "@id": f"urn:hetero2:software:{name}",
            "@type": "SoftwareApplication",
            "name": name,
            "url": _to(url),
            "version": manifest["versions"][name],
        }


def document(manifest: Mapping[str, Any]) -> Entity:
    """The crate of a pack whose manifest has these facts and files; descriptions and lists need not be in it.

    The same manifest gives the same document.
    """
    parameters = list(_parameters(manifest))
    formal_inputs, inputs = list(_formal_inputs(manifest)), list(_inputs(manifest))
    results = [entry["path"] for entry in _results(manifest)]
    outputs = [_formal(f"#output-{_slug(name)}", name, [name]) for name in results]
    formal_names = [entity["@id"] for entity in (*formal_inputs, *(formal for formal, _ in parameters))]
    output_names = [entity["@id"] for entity in outputs]
    files: list[Entity] = [
        _workflow(file, manifest, formal_names, output_names) if file["@id"] == WORKFLOW else file
        for file in _files(manifest)
    ]
    time = dated(manifest)
    run, target = manifest["run"], manifest["target"]
    action: Entity = {
        "@id": f"urn:hetero2:run:{manifest['run_id']}",
        "@type": "CreateAction",
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": _to("#hetero2"),
        "endTime": time,
        "instrument": _to(WORKFLOW),
        "description": f"The target {target} of HETERO-2, executed by Snakemake up to the evidence pack.",
        "name": f"run {run} of {target}",
        "object": _all_to([*(entity["@id"] for entity in inputs), *(value["@id"] for _, value in parameters)]),
        "result": _all_to(results),
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": _all_to(list(_PROFILES)),
        "datePublished": time,
        "author": _to("#hetero2"),
        "description": f"Evidence pack of HETERO-2 about the run {run} of {target}; index.md says what it is.",
        "hasPart": _all_to([entity["@id"] for entity in (*files, *inputs)]),
        "identifier": f"urn:hash:sha256:{manifest['payload_sha256']}",
        "license": _to(_LICENSE),
        "mainEntity": _to(WORKFLOW),
        "mentions": _to(action["@id"]),
        "name": run,
        "publisher": _to("#hetero2"),
    }
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": _to("./"),
        "conformsTo": _all_to(["https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"]),
    }
    rest = [*formal_inputs, *outputs, *inputs, *(entity for pair in parameters for entity in pair)]
    entities = [descriptor, root, action, *files, *rest, *_software(manifest)]
    return {"@context": _CONTEXT, "@graph": sorted(entities, key=lambda entity: str(entity["@id"]))}
