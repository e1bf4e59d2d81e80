"""in-toto statements of a release: how it was built (SLSA provenance v1) and which gates it passed (test result v0.1).

They are not signed and say nothing about the machine or job that built them, so that a second build has the same bytes.
A published release also has a statement signed by the service that built it. Formats: https://in-toto.io/Statement/v1,
https://slsa.dev/provenance/v1, https://in-toto.io/attestation/test-result/v0.1.
"""

from pathlib import Path
from typing import Any

from hetero2.io.files import sha256_file
from hetero2.runtime import provenance
from tools.release import records
from tools.release.gates import NAMES, not_met
from tools.release.tags import Tag

_BUILD = "urn:hetero2:release-build:v1"
LOCK = "requirements.lock"
_BUILDER = "urn:hetero2:release-build"
Facts = dict[str, Any]


def _statement(files: list[Path], kind: str, predicate: Facts) -> Facts:
    subjects = [{"name": path.name, "digest": {"sha256": sha256_file(path)}} for path in files]
    head = {"_type": "https://in-toto.io/Statement/v1", "subject": subjects}
    return {**head, "predicateType": kind, "predicate": predicate}


def _from_outside(row: Facts) -> list[Facts]:
    """Files that the packs were made from, by their sha256."""
    inputs: dict[str, Facts] = {}
    for asset in row["assets"]:
        for section, source in (("truth", "truth_source"), ("scores", "source")):
            file = asset["outcome"][section]
            if file and file[source] == "external":
                entry = {"name": section, "digest": {"sha256": file["sha256"].lower()}}
                inputs[section] = entry | ({"uri": file["url"]} if file["url"] else {})
    return list(inputs.values())


def provenance_statement(tag: Tag, row: Facts, files: list[Path]) -> Facts:
    """How files of a release were built, and from what."""
    source = {"name": "source", "digest": {"gitCommit": row["source_commit"]}}
    lock = {"name": LOCK, "digest": {"sha256": provenance.lock_sha256()}}
    definition = {
        "buildType": _BUILD,
        "externalParameters": {"tag": tag.text, "target": tag.target, "command": row["command"]},
        "internalParameters": {},
        "resolvedDependencies": [source, lock, *_from_outside(row)],
    }
    predicate = {"buildDefinition": definition, "runDetails": {"builder": {"id": _BUILDER}}}
    return _statement(files, "https://slsa.dev/provenance/v1", predicate)


def gates_statement(row: Facts, files: list[Path], notes: Path) -> Facts:
    """Which gates the files passed, and what row and notes said about them then."""
    failed = not_met(row)
    predicate = {
        "result": "FAILED" if failed else "PASSED",
        "configuration": [
            {"name": "source", "digest": {"gitCommit": row["source_commit"]}},
            {"name": "row", "digest": {"sha256": records.fixed(row)}},
            {"name": notes.name, "digest": {"sha256": sha256_file(notes)}},
        ],
        "passedTests": [name for name in NAMES if name not in failed],
        "failedTests": failed,
    }
    return _statement(files, "https://in-toto.io/attestation/test-result/v0.1", predicate)


def without_lock(statement: Facts) -> Facts:
    """A statement without the lock, which is that of the source commit and not of the checkout that compares."""
    predicate = statement["predicate"]
    definition = predicate.get("buildDefinition")
    if definition is None:
        return statement
    rest = [entry for entry in definition["resolvedDependencies"] if entry.get("name") != LOCK]
    definition = {**definition, "resolvedDependencies": rest}
    return {**statement, "predicate": {**predicate, "buildDefinition": definition}}
