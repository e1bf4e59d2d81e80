"""The in-toto statement about a pack: SLSA provenance v1, unsigned, of what manifest.json says of the run.

It has no time and no machine, so that every rerun gives the same bytes, and whoever can vouch for a run signs them.
Formats: https://in-toto.io/Statement/v1, https://slsa.dev/provenance/v1.
"""

from collections.abc import Mapping
from typing import Any

SUFFIX = ".intoto.json"
BUILD_TYPE = "urn:hetero2:run:v1"
BUILDER = "urn:hetero2:run"
Record = dict[str, Any]


def _digest(name: str, sha256: str) -> Record:
    return {"name": name, "digest": {"sha256": sha256}}


def document(manifest: Mapping[str, Any], zip_name: str, zip_sha256: str) -> Record:
    """What made the zip of this name and sha256: target, configuration, inputs, lock and code."""
    commit = manifest.get("source_commit")
    source = [{"name": "source", "digest": {"gitCommit": commit}}] if commit else []
    inputs = [_digest(f"{entry['role']}/{entry['name']}", entry["sha256"]) for entry in manifest["inputs"]]
    lock = _digest("requirements.lock", manifest["environment_lock_sha256"])
    definition = {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "target": manifest["target"],
            "run": manifest["run"],
            "config": manifest["config"],
        },
        "internalParameters": {"code_digest": manifest["code_digest"], "versions": manifest["versions"]},
        "resolvedDependencies": [*source, lock, *inputs],
    }
    details = {
        "builder": {"id": BUILDER, "version": {"hetero2": manifest["tool_version"]}},
        "metadata": {"invocationId": manifest["run_id"]},
        "byproducts": [_digest("payload", manifest["payload_sha256"])],
    }
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [_digest(zip_name, zip_sha256)],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": definition, "runDetails": details},
    }
