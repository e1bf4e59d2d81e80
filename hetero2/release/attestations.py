"""in-toto statements of a release: how it was built (SLSA provenance v1) and which gates it passed (test result v0.1).

They are not signed: who has the folder can check that they fit, not who wrote them. A published release has a signed
one beside them, made by the service that built it. Formats: https://in-toto.io/Statement/v1, https://slsa.dev/provenance/v1,
https://in-toto.io/attestation/test-result/v0.1.
"""

from collections.abc import Mapping
from typing import Any

from hetero2 import provenance
from hetero2.release.tags import Tag

_BUILD = "urn:hetero2:release-build:v1"
Facts = dict[str, Any]


def _subjects(row: Facts) -> list[Facts]:
    return [{"name": one["name"], "digest": {"sha256": one["sha256"].lower()}} for one in row["assets"]]


def _statement(row: Facts, kind: str, predicate: Facts) -> Facts:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": _subjects(row),
        "predicateType": kind,
        "predicate": predicate,
    }


def _from_outside(row: Facts) -> list[Facts]:
    """Files that the packs were made from, by their sha256."""
    found: dict[str, Facts] = {}
    for asset in row["assets"]:
        for section, source in (("truth", "truth_source"), ("scores", "source")):
            one = asset["outcome"][section]
            if one and one[source] == "external":
                entry = {"name": section, "digest": {"sha256": one["sha256"].lower()}}
                found[section] = entry | ({"uri": one["url"]} if one["url"] else {})
    return list(found.values())


def provenance_statement(tag: Tag, row: Facts, environment: Mapping[str, str]) -> Facts:
    """How the packs were built, from what; by whom only as far as the environment tells."""
    server, repository, run = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    hosted = bool(server and repository and run)
    builder = f"{server}/{repository}/actions" if hosted else "urn:hetero2:local"
    source = {"name": "source", "digest": {"gitCommit": row["source_commit"]}}
    if hosted:
        source["uri"] = f"git+{server}/{repository}@{row['source_commit']}"
    predicate = {
        "buildDefinition": {
            "buildType": _BUILD,
            "externalParameters": {"tag": tag.text, "target": tag.target, "command": row["command"]},
            "internalParameters": {},
            "resolvedDependencies": [
                source,
                {"name": "requirements.lock", "digest": {"sha256": provenance.lock_sha256()}},
                *_from_outside(row),
            ],
        },
        "runDetails": {
            "builder": {"id": builder},
            "metadata": {"invocationId": f"{server}/{repository}/actions/runs/{run}"} if hosted else {},
        },
    }
    return _statement(row, "https://slsa.dev/provenance/v1", predicate)


def gates_statement(row: Facts) -> Facts:
    """Which gates the packs passed."""
    gates = row["gates"]
    predicate = {
        "result": "PASSED" if all(gate["met"] for gate in gates.values()) else "FAILED",
        "configuration": [{"name": "source", "digest": {"gitCommit": row["source_commit"]}}],
        "passedTests": [name for name, gate in gates.items() if gate["met"]],
        "failedTests": [name for name, gate in gates.items() if not gate["met"]],
    }
    return _statement(row, "https://in-toto.io/attestation/test-result/v0.1", predicate)
