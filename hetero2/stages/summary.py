"""summary: gather the shards into summary.csv (one line a row of the library) and metrics.json."""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import ConfigError
from hetero2.inputs.summary_rows import shard_lines
from hetero2.io.contracts import write_json
from hetero2.io.csv_writer import write_csv
from hetero2.io.tables import read_parquet
from hetero2.runtime.settings import add_settings
from hetero2.stats.audit.decoy_sets import MIN_DECOYS
from hetero2.stats.audit.sampling import Estimate, Floats, weighted_mean
from hetero2.stats.benefit.distribution import describe

EXAMPLE = (
    "hetero2 summary --molecules molecules/*.parquet --audit audit/*.parquet "
    "--calls calls.parquet --summary s.csv --metrics m.json"
)
_KNOWN = {"verdict": "PASS", "call": "SIGNAL"}
Record = dict[str, Any]


def _count(column: pa.ChunkedArray) -> Counter[str]:
    return Counter({pair["values"]: pair["counts"] for pair in pc.value_counts(column).to_pylist()})


@dataclass
class LibraryCounts:
    """Counts of a library, added up shard by shard, and some numbers of each row: at most 70 bytes a row."""

    status: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    verdict_skips: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    coverage: Counter[str] = field(default_factory=Counter)
    pass_by_chance: float = 0.0
    slacks: list[Floats] = field(default_factory=list)
    margins: list[Floats] = field(default_factory=list)
    sampled: list[tuple[Any, Floats, Floats]] = field(default_factory=list)
    scores: list[tuple[float, float]] = field(default_factory=list)  # (lowest, highest) of each shard

    def add(self, rows: pa.Table) -> None:
        """Add the rows of summary.csv of one shard."""
        scores = pc.min_max(rows["score"]).as_py()
        self.scores += [(scores["min"], scores["max"])] if scores["min"] is not None else []
        self.status += _count(rows["status"])
        self.coverage["with_decoys"] += pc.sum(pc.greater(rows["n_decoys"], 0)).as_py() or 0
        sampled = rows.filter(pc.is_valid(rows["sample_part"]))
        if len(sampled):
            self.sampled.append(_known(sampled))
        is_ok = pc.equal(rows["status"], "OK")
        reasons = _count(rows.filter(pc.invert(is_ok))["reason"])
        self.reasons += reasons
        self.coverage["missing_scores_input"] += reasons["missing_scores_input"]
        self._add_ok(rows.filter(is_ok))

    def _add_ok(self, rows: pa.Table) -> None:
        self.verdicts += _count(rows["verdict"])
        self.calls += _count(rows["call"])
        generated, scored, excluded = (rows[f"n_decoys{end}"].to_numpy() for end in ("", "_scored", "_excluded"))
        for name, values in (("total", generated), ("scored", scored), ("excluded", excluded)):
            self.coverage[f"decoys_{name}"] += int(values.sum())
        self.coverage["rows_with_missing"] += int((scored + excluded < generated).sum())
        judged = rows["slack"].is_valid().to_numpy()
        gone = int((~judged & (excluded == generated)).sum())
        self.verdict_skips["all_decoys_excluded"] += gone
        self.verdict_skips["missing_scores_for_all_decoys"] += int((~judged).sum()) - gone
        self.coverage["below_19"] += int((scored[judged] < MIN_DECOYS).sum())
        # summed one after the other, so that the sum does not depend on the shards
        self.pass_by_chance = float(np.cumsum(np.append(self.pass_by_chance, 1 / (scored[judged] + 1)))[-1])
        self.slacks.append(rows["slack"].to_numpy()[judged])
        self.margins.append(rows["margin"].to_numpy()[judged])

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
            "score_range": {
                "lowest": min((low for low, _ in self.scores), default=None),
                "highest": max((high for _, high in self.scores), default=None),
            },
            "share_rows_with_n_decoys_gt_0": coverage["with_decoys"] / rows if rows else None,
            "verdict_counts": {key: self.verdicts[key] for key in ("PASS", "FAIL", "SKIP")},
            "call_counts": {key: self.calls[key] for key in ("SIGNAL", "NO_SIGNAL", "UNDECIDABLE")},
            "verdict_skip_reasons": {key: count for key, count in self.verdict_skips.items() if count},
            "pass_expected_by_chance": self.pass_by_chance,
            "rows_with_fewer_than_19_scored_decoys": coverage["below_19"],
            "pass_rate": self.verdicts["PASS"] / ok if ok else None,
            "fail_rate": self.verdicts["FAIL"] / ok if ok else None,
            "population": population(*map(np.concatenate, zip(*self.sampled, strict=True))) if self.sampled else None,
            **describe(*([x for part in parts for x in part.tolist()] for parts in (self.slacks, self.margins))),
            "config": config,
        }


def _known(rows: pa.Table) -> tuple[Any, Floats, Floats]:
    """(part, weight, measures) of the rows of the sample, see `population`."""
    ok = pc.equal(rows["status"], "OK").to_numpy()
    passed, called = (pc.fill_null(pc.equal(rows[k], v), False).to_numpy() for k, v in _KNOWN.items())
    values = np.column_stack([passed.astype(float), called.astype(float), rows["auc_tie_aware"].to_numpy()])
    values[~ok] = np.nan
    return np.array(rows["sample_part"].to_pylist()), rows["sample_weight"].to_numpy(), values


def _of_library(name: str, values: Any, drawn: Any, weight: Any) -> Record:
    """The estimate for the whole library; the rate of SIGNAL has none, since calls depend on all audited molecules."""
    if name == "signal_rate":
        return Estimate(int(np.isfinite(values).sum()), None, None, None, "calls_depend_on_what_was_audited")._asdict()
    return weighted_mean(values, drawn, weight)._asdict()


def population(part: Any, weight: Floats, measures: Floats) -> Record:
    """Estimates for the library from a stratified sample, and the means of its two parts.

    `part`, `weight` (n,) of each row of the sample; `measures` (n, 3): 1 or 0 for PASS, 1 or 0 for SIGNAL, AUC; or nan.
    """
    drawn = part == "random"
    everyone, n_drawn = float(weight.sum()), int(drawn.sum())
    estimates: Record = {"rows": round(everyone) if n_drawn else None, "top": len(part) - n_drawn, "random": n_drawn}
    estimates["random_weight"] = float(weight[drawn][0]) if n_drawn else None
    for column, name in enumerate(("pass_rate", "signal_rate", "mean_auc")):
        values = measures[:, column]
        parts = {key: values[(part == key) & np.isfinite(values)] for key in ("top", "random")}
        estimates[name] = {
            "library": _of_library(name, values, drawn, weight) if n_drawn else None,
            **{key: {"n": len(x), "estimate": float(x.mean()) if len(x) else None} for key, x in parts.items()},
        }
    return estimates


def gather(
    molecules: list[Path], audits: list[Path], calls: pa.Table, counts: LibraryCounts, paged: bool = False
) -> Iterator[pa.Table]:
    """Rows of summary.csv, a table a shard, added to `counts` on the way; memory holds one shard, and all calls."""
    for shard in zip(molecules, audits, strict=True):
        rows = shard_lines(*shard, calls, paged)
        counts.add(rows)
        yield rows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--audit", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--calls", type=Path, required=True)
    add_settings(parser, "guardrails", "decoys", "pack.artifacts")
    parser.add_argument("--summary", type=Path, required=True, help="where to write summary.csv")
    parser.add_argument("--metrics", type=Path, required=True, help="where to write metrics.json")


def run(args: argparse.Namespace) -> None:
    """Write summary.csv and metrics.json."""
    if len(args.molecules) != len(args.audit):
        raise ConfigError(f"{len(args.molecules)} shards of molecules, but {len(args.audit)} of the audit")
    calls, counts = read_parquet(args.calls, "call.v1"), LibraryCounts()
    write_csv(args.summary, gather(args.molecules, args.audit, calls, counts, args.artifacts == "full"), "summary.v1")
    write_json(args.metrics, counts.metrics({"guardrails": args.guardrails, "decoys": args.decoys}), "metrics.v1")
