"""The pack that a workflow gives, verified, and what it says of itself."""

from pathlib import Path
from typing import Any, Literal

from hetero2 import api
from hetero2.errors import HeteroError

Kind = Literal["run", "campaign"]


class PackInvalidError(Exception):
    """A pack does not verify, or cannot be read: why, for a person."""


def verified(pack: Path, kind: Kind) -> dict[str, Any]:
    """Facts of a pack that is in order; raises PackInvalidError for any other."""
    try:
        problems = api.verify(pack) if kind == "run" else api.Campaign.verify(pack)
        if problems:
            raise PackInvalidError(f"the pack does not verify: {problems[0]}")
        return _of_run(api.read_result(pack)) if kind == "run" else {"is_verified": True}
    except HeteroError as error:
        raise PackInvalidError(f"the pack cannot be read: {error.message}") from None


def _of_run(result: api.Result) -> dict[str, Any]:
    counts = dict(result.metrics["counts"])
    return {
        "is_verified": True,
        "payload_sha256": result.manifest["payload_sha256"],
        "pipeline_run_id": result.manifest["run_id"],
        "counts": counts,
        "rows": sum(counts.values()),
        "top_reasons": result.metrics["top_reasons"],
        "in_order": result.acceptance["outcome"] == "GO",
    }
