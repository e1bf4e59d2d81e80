"""registry-row: verify the finished zip and describe it as a registry row; timings and host go to runtime.json."""

import argparse
import csv
import os
import platform
from pathlib import Path
from typing import Any

from hetero2.config.overlays import variants
from hetero2.errors import ContractError
from hetero2.io.contracts import write_json
from hetero2.io.files import pretty_json, read_json, sha256_file, write_text
from hetero2.pack import accept
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.layout import COST_LIFT
from hetero2.pack.verification.limits import UNLIMITED
from hetero2.pack.verification.problems import Problem
from hetero2.runtime.log import logged_use
from hetero2.runtime.settings import add_settings

EXAMPLE = (
    "hetero2 registry-row --pack pack --zip x_evidence_pack.zip --benchmarks benchmarks --row row.json --runtime r.json"
)
Facts = dict[str, Any]


def _utility(pack: Path) -> Facts | None:
    if not (pack / COST_LIFT).is_file():
        return None
    report = read_json(pack / COST_LIFT)
    uplifts = {key: value for key, value in report.items() if key.startswith("uplift")}
    return {
        "K_requested": report["K_requested"],
        "K_effective": report["K_effective"],
        "methods": report["methods"],
        "library": read_json(pack / "utility_report.json")["library"],
        **uplifts,
    }


def _name_parts(manifest: Facts) -> tuple[bool, bool, str | None]:
    """(whether the run is the target itself, whether it uses the chain of strategies, name of its variant or None)."""
    rest = manifest["run"].removeprefix(manifest["target"])
    variant = next((name for name in variants(manifest["target"]) if rest.endswith(f"_{name}")), None)
    rest = rest.removesuffix(f"_{variant}")
    return rest in ("", "_chain"), rest == "_chain", variant


def registry_row(pack: Path, archive: Path, problems: list[Problem] | None = None) -> Facts:
    """The registry row of a built pack; a release sets tag, date and milestone.

    `problems`: what verify found in the archive, where it ran already.
    """
    manifest, metrics = read_json(pack / "manifest.json"), read_json(pack / "metrics.json")
    counts, scores = metrics["counts"], manifest["scores"]
    truth = manifest["truth"] and {key: manifest["truth"][key] for key in ("sha256", "truth_source", "url")}
    is_target, chain, variant = _name_parts(manifest)
    criteria = accept.judge(archive, problems, UNLIMITED)
    options = "" if is_target else " --configfile <your file>"
    options += " --config suite_strategy=chain" if chain else ""
    return {
        "tag": None,
        "date": None,
        "run": manifest["run"],
        "target": manifest["target"],
        "milestone": None,
        "status": "built",
        "source_commit": manifest["source_commit"],
        "run_id": manifest["run_id"],
        "payload_sha256": manifest["payload_sha256"],
        "assets": [{"name": archive.name, "url": None, "sha256": sha256_file(archive).upper(), "variant": variant}],
        "command": f"snakemake --cores 2 {manifest['target']}{options}",
        "contracts": ["hetero_audit.v2", "summary.v1", "metrics.v1", *(["cost_lift.v1"] if _utility(pack) else [])],
        "outcome": {
            "counts": counts,
            "top_reasons": metrics["top_reasons"],
            "coverage_ok_rate": counts["OK"] / sum(counts.values()),
            "share_rows_with_n_decoys_gt_0": metrics["share_rows_with_n_decoys_gt_0"],
            "scores": {key: scores[key] for key in ("sha256", "schema", "score_key", "source", "url")},
            "truth": truth,
            "utility": _utility(pack),
        },
        "acceptance": {
            "outcome": accept.outcome(criteria),
            "not_met": accept.not_met(criteria),
        },
        "ci": {"test": None, "test-chem": None, "docker": None},
        "prev_sha256": None,
    }


def runtime(benchmarks: Path, execution: Facts) -> Facts:
    """Seconds and memory of each job and facts of this machine, which stay out of the pack.

    CPU and peak memory are what the job logged at its end, in `logs` beside the benchmarks; where there is no such log,
    what Snakemake saw when it last looked, which may be at the start of the job.
    """
    jobs = {}
    for path in sorted(benchmarks.rglob("*.tsv")) if benchmarks.is_dir() else []:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        name = path.relative_to(benchmarks).with_suffix("").as_posix()
        jobs[name] = {key: rows[-1][key] for key in ("s", "cpu_time", "max_rss") if key in rows[-1]}
        use = logged_use(benchmarks.parent / "logs" / f"{name}.log")
        if use is not None:
            jobs[name] |= dict(zip(("cpu_time", "max_rss"), use, strict=True))
    host = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.platform(),
        "cpus": os.cpu_count(),
    }
    return {"runtime_schema": "runtime.v1", "execution": execution, "host": host, "jobs": jobs}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--pack", type=Path, required=True, help="folder of the pack")
    parser.add_argument("--zip", type=Path, required=True)
    parser.add_argument("--benchmarks", type=Path, required=True, help="folder of Snakemake's benchmark files")
    add_settings(parser, "execution")
    parser.add_argument("--row", type=Path, required=True, help="where to write the row")
    parser.add_argument("--runtime", type=Path, required=True, help="where to write timings and host facts")


def run(args: argparse.Namespace) -> None:
    """Verify, then write registry_row.json and runtime.json."""
    problems = verify(args.zip, UNLIMITED)
    if problems:
        raise ContractError(f"{args.zip}: the pack does not verify: {'; '.join(problems)}")
    write_json(args.row, registry_row(args.pack, args.zip, problems), "registry_row.v1")
    write_text(args.runtime, pretty_json(runtime(args.benchmarks, args.execution)))
