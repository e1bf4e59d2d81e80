"""ro-crate-metadata.json and datapackage.json against the files of the pack and what manifest.json says of the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.form.json_text import parse_json
from hetero2.pack.verification.layout import CRATE, DATAPACKAGE, DESCRIPTIONS, MANIFEST, NOT_PAYLOAD, PAGES
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject

_OF_CONTENT = "urn:hash:sha256:"


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list; of anything else none."""
    for element in value if isinstance(value, list) else []:
        if isinstance(element, dict):
            yield element


def _described_files(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """The entries of manifest.json whose digest both descriptions may hold."""
    for entry in evidence.json(MANIFEST)["files"]:
        if entry["path"] not in DESCRIPTIONS and not entry["path"].startswith(PAGES):
            yield entry


def _crate_expects(evidence: Evidence) -> Iterator[tuple[str, str, Any]]:
    """(id, property, value) of what follows from manifest.json."""
    manifest = evidence.json(MANIFEST)
    yield "./", "identifier", _OF_CONTENT + manifest["payload_sha256"]
    yield f"urn:hetero2:run:{manifest['run_id']}", "@type", "CreateAction"
    for entry in _described_files(evidence):
        yield entry["path"], "sha256", evidence.digests.get(entry["path"])
        yield entry["path"], "contentSize", str(evidence.pack.sizes.get(entry["path"]))
    for entry in manifest["inputs"]:
        yield _OF_CONTENT + entry["sha256"], "sha256", entry["sha256"]


def check_crate(evidence: Evidence, problems: Problems) -> None:
    """The run, its inputs, and sha256 and size of every file; no digest of any other file."""
    document = parse_json(evidence.pack, CRATE, problems)
    graph = document.get("@graph") if isinstance(document, dict) else None
    entities = {entity["@id"]: entity for entity in _dicts(graph) if isinstance(entity.get("@id"), str)}
    if not entities:
        problems.add(f"{CRATE}: has no graph of entities")
        return
    expected = list(_crate_expects(evidence))
    for name, key, value in expected:
        actual = entities.get(name, {}).get(key)
        if actual != value:
            problems.add(f"{CRATE}: {key} of {name} is {actual!r}, {MANIFEST} and the files give {value!r}")
    with_digest = {name for name, entity in entities.items() if "sha256" in entity}
    for name in sorted(with_digest - {name for name, key, _ in expected if key == "sha256"}):
        problems.add(f"{CRATE}: {name} has a sha256, but is no file of the pack and went into no run")


def check_datapackage(evidence: Evidence, problems: Problems) -> None:
    """Path, hash and size of every resource, and that every result is one."""
    document = parse_json(evidence.pack, DATAPACKAGE, problems)
    listed = document.get("resources") if isinstance(document, dict) else None
    resources = {str(resource.get("path")): resource for resource in _dicts(listed)}
    results = [
        entry["path"]
        for entry in _described_files(evidence)
        if entry["path"] not in NOT_PAYLOAD and not entry["path"].startswith("workflow/")
    ]
    for name in results:
        resource = resources.pop(name, {})
        for key, value in (("hash", f"sha256:{evidence.digests.get(name)}"), ("bytes", evidence.pack.sizes.get(name))):
            if resource.get(key) != value:
                problems.add(f"{DATAPACKAGE}: {key} of {name} is {resource.get(key)!r}, the file gives {value!r}")
    for name in sorted(resources):
        problems.add(f"{DATAPACKAGE}: {name} is a resource, but no result in the pack")


DESCRIBED = (
    Subject(f"{CRATE}: run, inputs, digests and sizes of files", RECOMPUTED, MANIFEST, (CRATE, MANIFEST), check_crate),
    Subject(
        f"{DATAPACKAGE}: digests and sizes",
        RECOMPUTED,
        "every file",
        (DATAPACKAGE, MANIFEST),
        check_datapackage,
    ),
)
