"""The files of a pack: their names, their roles, and which JSON file has which schema."""

from __future__ import annotations

import re

MANIFEST, CHECKSUMS = "manifest.json", "checksums.sha256"
REGISTRY_ROW = "registry_row.json"  # in the results folder of a run: its last file
SUMMARY, METRICS, INDEX, CONFIG, ENVIRONMENT = (
    "summary.csv",
    "metrics.json",
    "index.md",
    "config.yaml",
    "environment.json",
)
REQUIRED = (SUMMARY, METRICS, INDEX, CONFIG, ENVIRONMENT, MANIFEST, CHECKSUMS)
TRUTH, COST_LIFT, UTILITY = "truth.csv", "cost_lift_report.json", "utility_report.json"
SCORES = (
    "scores.csv",
    "scores.json",
    *(f"scores_external.{end}" for end in ("json", "jsonl", "csv", "csv.gz", "parquet")),
)
DECOY_QUALITY = "decoy_quality.json"  # in every pack since decoy_strategy.v2
# In every pack since the calls.
CONTROLS, HARDNESS_CURVE = "controls.json", "hardness_curve.csv"
CANDIDATES, SELECTED_DECOYS = "ranked_candidates.csv", "selected_decoys.csv"
LEAKAGE, MISSING_SCORES = "leakage.csv", "missing_decoy_scores.csv"  # in every pack since score ingest
# In every pack since the report, the curve with truth.
REPORT, CARD_DECOYS, SPREADSHEET = "report.html", "card_decoys.csv", "summary_spreadsheet.csv"
HIT_CURVE = "hit_curve.csv"
DIAGNOSIS = "diagnosis.json"  # in every pack whose workflow has its rule
# Copies for spreadsheets of the other tables with texts of a user: all of them, or in an older pack none.
SPREADSHEETS = tuple(f"{name[:-4]}_spreadsheet.csv" for name in (CANDIDATES, SELECTED_DECOYS, CARD_DECOYS, LEAKAGE))
DECOYS, PAGES = "decoys.parquet", "molecules/"  # with pack.artifacts: full
# The pack described by standards of others: both, or in an older pack neither.
CRATE, DATAPACKAGE = "ro-crate-metadata.json", "datapackage.json"
DESCRIPTIONS = (CRATE, DATAPACKAGE)
SNAKEFILE, LOCK = "workflow/Snakefile", "workflow/requirements.lock"
# The role of each file, as the manifest states it; no pack holds a file without a role.
ROLES = {
    CANDIDATES: "candidates",
    SELECTED_DECOYS: "decoys of the selected candidates",
    SUMMARY: "summary",
    METRICS: "metrics",
    DECOY_QUALITY: "decoy quality",
    LEAKAGE: "leakage",
    MISSING_SCORES: "decoys without a score",
    CONTROLS: "controls",
    HARDNESS_CURVE: "hardness curve",
    DIAGNOSIS: "diagnosis",
    INDEX: "index",
    REPORT: "report",
    SPREADSHEET: "summary for spreadsheets",
    DECOYS: "decoys",
    CARD_DECOYS: "decoys of the molecules that the report draws",
    HIT_CURVE: "hit curve",
    CONFIG: "configuration",
    ENVIRONMENT: "environment",
    TRUTH: "truth",
    COST_LIFT: "cost and lift",
    UTILITY: "utility",
    **dict.fromkeys(SCORES, "scores"),
    **dict.fromkeys(SPREADSHEETS, "copy for spreadsheets"),
    CRATE: "description as a Workflow Run Crate",
    DATAPACKAGE: "description as a data package",
}
_PAGE = re.compile(PAGES + r"[0-9]{8}\.html")
_WORKFLOW = re.compile(
    r"workflow/(Snakefile|requirements\.lock|rules/[\w.-]+\.smk|rules/captions/[\w.-]+\.rst"
    r"|schemas/[\w.-]+\.json|envs/[\w.-]+\.yaml)",
    re.ASCII,
)
NOT_PAYLOAD = (MANIFEST, CHECKSUMS, ENVIRONMENT, *DESCRIPTIONS)
# The contracts of JSON files and tables; their schemas lie in the pack itself, under workflow/schemas.
SCHEMAS = {
    METRICS: "metrics.v1",
    DECOY_QUALITY: "decoy_quality.v1",
    CONTROLS: "controls.v1",
    DIAGNOSIS: "diagnosis.v1",
    MANIFEST: "manifest.v1",
    ENVIRONMENT: "environment.v1",
    COST_LIFT: "cost_lift.v1",
    UTILITY: "cost_lift.v2",
}
TABLES = {
    SUMMARY: "summary.v1",
    TRUTH: "customer_truth.v1",
    CANDIDATES: "ranked_candidates.v1",
    SELECTED_DECOYS: "selected_decoys.v1",
    CARD_DECOYS: "decoy_list.v1",
    LEAKAGE: "leakage.v1",
    MISSING_SCORES: "missing_decoy_scores.v1",
    HARDNESS_CURVE: "hardness_curve.v1",
    HIT_CURVE: "hit_curve.v1",
}
BROUGHT_TABLES = (TRUTH,)  # byte for byte as a user gave them: with further columns, in any order


def role(name: str) -> str | None:
    """What a file of a pack is; None for the manifest, the checksums and what no pack holds."""
    if _WORKFLOW.fullmatch(name):
        return "workflow"
    return "page of a molecule" if _PAGE.fullmatch(name) else ROLES.get(name)
