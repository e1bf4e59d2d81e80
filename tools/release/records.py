"""What is recorded about a release: its registry row and the lines of its lineage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hetero2.errors import ContractError
from hetero2.io.files import canonical_json, sha256_bytes
from tools.release.tags import Tag

Facts = dict[str, Any]


def _asset(row: Facts) -> Facts:
    """The asset of a run, with what came out of it."""
    return {
        **row["assets"][0],
        "run_id": row["run_id"],
        "payload_sha256": row["payload_sha256"],
        "outcome": {**row["outcome"], "acceptance": row["acceptance"]["outcome"]},
    }


def pooled(rows: Sequence[Facts], separation: Facts | None) -> Facts:
    """What came out of a release: of one pack as it is, of several the sums over their rows."""
    if len(rows) == 1:
        return {**rows[0]["outcome"], "separation": None}
    outcomes = [row["outcome"] for row in rows]
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome["counts"])
        reasons.update(dict(outcome["top_reasons"]))
    total = sum(counts.values())
    with_decoys = sum(
        outcome["share_rows_with_n_decoys_gt_0"] * sum(outcome["counts"].values()) for outcome in outcomes
    )
    return {
        "counts": dict(counts),
        "top_reasons": [list(pair) for pair in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))],
        "coverage_ok_rate": counts["OK"] / total,
        "share_rows_with_n_decoys_gt_0": with_decoys / total,
        "scores": None,
        "truth": None,
        "utility": None,
        "separation": separation and {"separated": separation["separated"], "deltas": separation["deltas"]},
    }


def registry_row(tag: Tag, rows: Sequence[Facts], separation: Facts | None, gates: Facts, command: str) -> Facts:
    """The row of a release from those of its runs; without milestone, and its link, which it gets when it is added."""
    first = rows[0]
    several = len(rows) > 1
    not_met = sorted({name for row in rows for name in row["acceptance"]["not_met"]})
    return {
        "tag": tag.text,
        "date": tag.date,
        "target": tag.target,
        "run": tag.target,
        "milestone": None,
        "status": "built",
        "source_commit": first["source_commit"],
        "run_id": None if several else first["run_id"],
        "payload_sha256": None if several else first["payload_sha256"],
        "assets": [_asset(row) for row in rows],
        "command": command,
        "contracts": first["contracts"],
        "outcome": pooled(rows, separation),
        "acceptance": {"outcome": "STOP" if not_met else "GO", "not_met": not_met},
        "gates": gates,
        "ci": {"test": None, "test-chem": None, "docker": None},
        "claims_tested": None,
        "prerelease": False,
        "publish_run_url": None,
        "superseded_by": None,
        "reason": None,
    }


def parents(row: Facts, registry: Sequence[Facts]) -> list[str]:
    """sha256 of what came from outside (truth, scores) and of the packs that this release replaces."""
    digests: list[str] = []
    for asset in row["assets"]:
        outcome = asset["outcome"]
        digests += [outcome["truth"]["sha256"]] if outcome["truth"] else []
        digests += [outcome["scores"]["sha256"]] if outcome["scores"]["source"] == "external" else []
    replaced = [predecessor for predecessor in registry if predecessor.get("superseded_by") == row["tag"]]
    digests += [asset["sha256"] for predecessor in replaced for asset in predecessor["assets"]]
    return sorted({sha256.upper() for sha256 in digests})


def lineage(
    row: Facts, registry: Sequence[Facts], pull_request: str | None = None, merge_commit: str | None = None
) -> list[Facts]:
    """The lines of a release in the lineage, one an asset; pull request and commit are those that entered its row."""
    return [
        {
            "tag": row["tag"],
            "status": row["status"],
            "asset": asset["name"],
            "asset_sha256": asset["sha256"],
            "claim": None,
            "source_commit": row["source_commit"],
            "publish_run_url": row.get("publish_run_url"),
            "registry_pr": pull_request,
            "merge_commit": merge_commit,
            "parents": parents(row, registry),
        }
        for asset in row["assets"]
    ]


def missing(lines: Sequence[Facts], before: Sequence[Facts]) -> list[Facts]:
    """Lines of the lineage that are not there: the same pack may stand again only with other parents."""
    there = {(line["tag"], line["asset"], *line["parents"]) for line in before}
    return [line for line in lines if (line["tag"], line["asset"], *line["parents"]) not in there]


def further(rows: Sequence[Facts], lines: Sequence[Facts]) -> list[Facts]:
    """Lines that a lineage lacks: of releases in it that replace others, with their packs as parents."""
    lacking: list[Facts] = []
    for tag in dict.fromkeys(row["superseded_by"] for row in rows if row["status"] == "superseded"):
        entered = [line for line in lines if line["tag"] == tag]
        released = [row for row in rows if row["tag"] == tag and row["status"] != "superseded"]
        if entered and released:
            whole = lineage(released[-1], rows, entered[-1]["registry_pr"], entered[-1]["merge_commit"])
            lacking += missing(whole, entered)
    return lacking


def published(
    row: Facts, urls: Mapping[str, str], contexts: Facts, run_url: str | None, prerelease: bool = False
) -> Facts:
    """The row of a release whose assets can be downloaded."""
    missing = [asset["name"] for asset in row["assets"] if asset["name"] not in urls]
    if missing:
        raise ContractError(f"{row['tag']}: not published: {', '.join(missing)}")
    assets = [{**asset, "url": urls[asset["name"]]} for asset in row["assets"]]
    facts = {"assets": assets, "ci": contexts, "publish_run_url": run_url, "prerelease": prerelease}
    return {**row, **facts, "status": "published"}


def fixed(row: Facts) -> str:
    """Digest of the part of a row that is known when it is built and does not change when it is published."""
    later = {"status", "milestone", "ci", "prerelease", "publish_run_url", "superseded_by", "reason", "prev_sha256"}
    rest = {key: value for key, value in row.items() if key not in later}
    rest["assets"] = [{**asset, "url": None} for asset in row["assets"]]
    return sha256_bytes(canonical_json(rest).encode())


def superseded(row: Facts, by: str, reason: str) -> Facts:
    """The line that marks a release as wrong: its row again, with what replaces it and why."""
    return {**row, "status": "superseded", "superseded_by": by, "reason": reason}
