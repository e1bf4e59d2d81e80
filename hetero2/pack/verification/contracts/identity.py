"""What identifies a pack and a run, and what the manifest says of truth, scores and lock."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hetero2.pack.verification.layout import LOCK, MANIFEST, NOT_PAYLOAD, SCORES, TRUTH
from hetero2.pack.verification.problems import SUMS_HOLD, Problems


def payload_sha256(digests: dict[str, str]) -> str:
    """Digest of the payload: the sorted lines '<sha256>  <path>' of all files but those of NOT_PAYLOAD."""
    lines = sorted(f"{sha}  {path}\n" for path, sha in digests.items() if path not in NOT_PAYLOAD)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def check_identity(manifest: Any, digests: dict[str, str], problems: Problems) -> None:
    """Compute payload_sha256 and run_id again."""
    if not isinstance(manifest, dict):
        return
    payload = payload_sha256(digests)
    if manifest.get("payload_sha256") != payload:
        text = "{}: payload_sha256 is {}, the files give {}"
        problems.add(text.format(MANIFEST, manifest.get("payload_sha256"), payload), SUMS_HOLD)
    identity = {key: manifest.get(key) for key in ("inputs", "config", "code_digest", "environment_lock_sha256")}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if manifest.get("run_id") != hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest():
        problems.add(f"{MANIFEST}: run_id is not the digest of inputs, config, code_digest and lock")


def check_provenance(manifest: Any, digests: dict[str, str], problems: Problems) -> None:
    """What the manifest states of truth, scores and lock must hold for the files in the pack."""
    if not isinstance(manifest, dict):
        return
    scores, truth = manifest.get("scores"), manifest.get("truth")
    said = {name: scores.get("sha256") for name in SCORES if name in digests and isinstance(scores, dict)}
    said[TRUTH] = truth.get("sha256") if isinstance(truth, dict) else None
    said[LOCK] = manifest.get("environment_lock_sha256")
    config = manifest.get("config")
    source = config.get("truth", {}).get("source") if isinstance(config, dict) else None
    if (source in (None, "none")) != (truth is None):
        problems.add(
            f"{MANIFEST}: truth.source in its config is {source!r}, which contradicts its provenance of the truth"
        )
    for name, sha256 in said.items():
        if digests.get(name) != sha256:
            text = f"{name}: its sha256 is {digests.get(name)}, the provenance in {MANIFEST} says {sha256}"
            problems.add(text, SUMS_HOLD)
