"""summary: gather the shards into summary.csv (one line a row of the library) and metrics.json."""

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hetero2.arguments import json_object
from hetero2.csv_files import write_csv
from hetero2.errors import ConfigError, ContractError
from hetero2.schemas import write_json
from hetero2.stats.distribution import describe
from hetero2.stats.sampling import Estimate, weighted_mean
from hetero2.tables import read_parquet, to_table

EXAMPLE = (
    "hetero2 summary --molecules molecules/*.parquet --audit audit/*.parquet "
    "--calls calls.parquet --summary s.csv --metrics m.json"
)
_FROM_MOLECULE = (
    "id decoy_strategy_used n_decoys_generated seed_used spectral_gap spectral_entropy spectral_entropy_norm "
    "tanimoto_min tanimoto_median tanimoto_max canonical_smiles structure_hash scaffold sample_part sample_weight"
).split()
_FROM_AUDIT = ["status", "reason", "gate", "slack", "margin", "auc_tie_aware", "score", "n_decoys_tied", "p_value"]
_FROM_CALL = ["call", "call_reason", "q_value", "m_needed"]
_LEVEL_DECOYS = 19  # from here on a PASS by chance is no more frequent than one in 20
Record = dict[str, Any]


def summary_row(molecule: Record, audit: Record, call: Record) -> Record:
    """One line of summary.csv."""
    if (molecule["row"], molecule["id"]) != (audit["row"], audit["dataset_id"]):
        raise ContractError(f"row {molecule['row']} of the molecules is row {audit['row']} of the audit")
    warnings = [text for part in (molecule["warnings"], audit["warnings"]) for text in part.split(";") if text]
    return {
        **{key: molecule[key] for key in _FROM_MOLECULE},
        **{key: audit[key] for key in _FROM_AUDIT},
        **{key: call.get(key) if audit["status"] == "OK" else None for key in _FROM_CALL},
        "skip_reason": audit["reason"] if audit["status"] == "SKIP" else None,
        "verdict": audit["verdict"] if audit["status"] != "ERROR" else None,
        "n_decoys": molecule["n_decoys_generated"],
        "n_decoys_scored": audit["n_neg"],
        "n_decoys_excluded": audit["n_decoys_excluded"],
        "warnings_count": len(warnings),
        "warnings": ";".join(warnings) or None,
        "report_path": None,
    }


@dataclass
class Tally:
    """Counts of a library, taken row by row."""

    status: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    verdict_skips: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    coverage: Counter[str] = field(default_factory=Counter)
    pass_by_chance: float = 0.0
    slacks: list[float] = field(default_factory=list)
    margins: list[float] = field(default_factory=list)
    sampled: list[tuple[str, float, float, float, float]] = field(default_factory=list)

    def add(self, row: Record) -> None:
        """Count one line of summary.csv."""
        self.status[row["status"]] += 1
        self.coverage["with_decoys"] += row["n_decoys"] > 0
        if row["sample_part"] is not None:
            self.sampled.append(_known(row))
        if row["status"] != "OK":
            self.reasons[row["reason"]] += 1
            self.coverage["missing_scores_input"] += row["reason"] == "missing_scores_input"
            return
        self.verdicts[row["verdict"]] += 1
        self.calls[row["call"]] += 1
        self.coverage["decoys_total"] += row["n_decoys"]
        self.coverage["decoys_scored"] += row["n_decoys_scored"]
        self.coverage["decoys_excluded"] += row["n_decoys_excluded"]
        self.coverage["rows_with_missing"] += row["n_decoys_scored"] + row["n_decoys_excluded"] < row["n_decoys"]
        if row["slack"] is None:
            gone = row["n_decoys_excluded"] == row["n_decoys"]
            self.verdict_skips["all_decoys_excluded" if gone else "missing_scores_for_all_decoys"] += 1
        else:
            self.slacks.append(row["slack"])
            self.coverage["below_19"] += row["n_decoys_scored"] < _LEVEL_DECOYS
            self.pass_by_chance += 1 / (row["n_decoys_scored"] + 1)
            self.margins.append(row["margin"])

    def metrics(self, config: Record) -> Record:
        """Content of metrics.json."""
        rows, ok, coverage = self.status.total(), self.status["OK"], self.coverage
        return {
            "metrics_schema": "metrics.v1",
            "counts": {key: self.status[key] for key in ("OK", "SKIP", "ERROR")},
            "top_reasons": [list(item) for item in sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))],
            "scores_coverage": {
                "rows_total": rows,
                "rows_with_scores_input": ok,
                "rows_missing_scores_input": coverage["missing_scores_input"],
                "rows_with_missing_decoys": coverage["rows_with_missing"],
                "decoys_total": coverage["decoys_total"],
                "decoys_scored": coverage["decoys_scored"],
                "decoys_excluded": coverage["decoys_excluded"],
                "decoys_missing": coverage["decoys_total"] - coverage["decoys_scored"] - coverage["decoys_excluded"],
            },
            "share_rows_with_n_decoys_gt_0": coverage["with_decoys"] / rows if rows else None,
            "verdict_counts": {key: self.verdicts[key] for key in ("PASS", "FAIL", "SKIP")},
            "call_counts": {key: self.calls[key] for key in ("SIGNAL", "NO_SIGNAL", "UNDECIDABLE")},
            "verdict_skip_reasons": dict(self.verdict_skips),
            "pass_expected_by_chance": self.pass_by_chance,
            "rows_with_fewer_than_19_scored_decoys": coverage["below_19"],
            "pass_rate": self.verdicts["PASS"] / ok if ok else None,
            "fail_rate": self.verdicts["FAIL"] / ok if ok else None,
            "population": population(self.sampled) if self.sampled else None,
            **describe(self.slacks, self.margins),
            "config": config,
        }


def _known(row: Record) -> tuple[str, float, float, float, float]:
    """Part and weight of a row of the sample, and what is known of it: 1 or 0 for PASS and SIGNAL, the AUC; or nan."""
    ok, auc = row["status"] == "OK", row["auc_tie_aware"]
    passed = float(row["verdict"] == "PASS") if ok else math.nan
    called = float(row["call"] == "SIGNAL") if ok else math.nan
    return row["sample_part"], row["sample_weight"], passed, called, math.nan if auc is None or not ok else auc


def _of_library(name: str, values: Any, drawn: Any, weight: Any) -> Record:
    """The estimate for the whole library; SIGNAL has none, since other molecules beside them change the calls."""
    if name == "signal_rate":
        return Estimate(int(np.isfinite(values).sum()), None, None, None, "calls_depend_on_what_was_audited")._asdict()
    return weighted_mean(values, drawn, weight)._asdict()


def population(rows: Sequence[tuple[str, float, float, float, float]]) -> Record:
    """What the sample says of the library, and of its own two parts."""
    part, weight = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    known, drawn = np.array([row[2:] for row in rows], float), np.array([row[0] == "random" for row in rows])
    everyone, n_drawn = float(weight.sum()), int(drawn.sum())
    found: Record = {"rows": round(everyone) if n_drawn else None, "top": len(rows) - n_drawn, "random": n_drawn}
    found["random_weight"] = float(weight[drawn][0]) if n_drawn else None
    for column, name in enumerate(("pass_rate", "signal_rate", "mean_auc")):
        values = known[:, column]
        parts = {key: values[(part == key) & np.isfinite(values)] for key in ("top", "random")}
        found[name] = {
            "library": _of_library(name, values, drawn, weight) if n_drawn else None,
            **{key: {"n": len(x), "estimate": float(x.mean()) if len(x) else None} for key, x in parts.items()},
        }
    return found


def gather(molecules: list[Path], audits: list[Path], calls: dict[int, Record], tally: Tally) -> Iterator[pa.Table]:
    """Lines of summary.csv, a table a shard, counted on the way; one shard is in memory at a time."""
    for molecule_path, audit_path in zip(molecules, audits, strict=True):
        left = read_parquet(molecule_path, "molecule.v1").to_pylist()
        right = read_parquet(audit_path, "hetero_audit.v2").to_pylist()
        rows = [summary_row(one, audit, calls.get(one["row"], {})) for one, audit in zip(left, right, strict=True)]
        for row in rows:
            tally.add(row)
        yield to_table(rows, "summary.v1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--audit", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--calls", type=Path, required=True)
    parser.add_argument(
        "--settings", type=json_object, default={}, help="JSON: sections of the configuration to record"
    )
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write summary.csv and metrics.json."""
    if len(args.molecules) != len(args.audit):
        raise ConfigError(f"{len(args.molecules)} shards of molecules, but {len(args.audit)} of the audit")
    calls = {call["row"]: call for call in read_parquet(args.calls, "call.v1").to_pylist()}
    tally = Tally()
    write_csv(args.summary, gather(args.molecules, args.audit, calls, tally), "summary.v1")
    write_json(args.metrics, tally.metrics(args.settings), "metrics.v1")
