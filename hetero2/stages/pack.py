"""pack: collect the evidence in one folder, list it, and zip it to the same bytes every time."""

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from hetero2 import __version__, provenance
from hetero2.arguments import json_object
from hetero2.chem.mol import RDKIT_VERSION
from hetero2.config_sense import is_brought
from hetero2.errors import ConfigError
from hetero2.files import atomic_path, pretty_json, read_json, sha256_file, write_text
from hetero2.log import logger
from hetero2.pack import archive, manifest, verify
from hetero2.paths import ROOT
from hetero2.report import index
from hetero2.schemas import validate, write_json

EXAMPLE = "hetero2 pack --run my-run --config '{...}' --summary summary.csv ... (see rules/pack.smk)"
Facts = dict[str, Any]


def _merged_config(config: Facts, facts: dict[str, Facts]) -> Facts:
    """The run configuration with the sha256 of every user file that it names."""
    merged = {key: value for key, value in config.items() if key != "target"}
    for section in ("input", "scores", "truth"):
        if section in facts and is_brought(merged[section]):
            merged[section] = {**merged[section], "sha256": facts[section]["inputs"][0]["sha256"]}
    return merged


def _identity(config: Facts, facts: dict[str, Facts]) -> Facts:
    inputs = sorted(
        (entry for fact in facts.values() for entry in fact["inputs"]), key=lambda e: (e["role"], e["name"])
    )
    merged, code, lock = _merged_config(config, facts), provenance.pack_digest(), provenance.lock_sha256()
    return {
        "inputs": inputs,
        "config": merged,
        "code_digest": code,
        "environment_lock_sha256": lock,
        "run_id": provenance.run_id(inputs, merged, code, lock),
    }


def _public(facts: Facts | None) -> Facts | None:
    return {key: value for key, value in facts.items() if key not in ("inputs", "kind")} if facts else None


def _manifest_facts(run_name: str, config: Facts, facts: dict[str, Facts]) -> Facts:
    return {
        "manifest_schema": "manifest.v1",
        "tool": "hetero2",
        "tool_version": __version__,
        "run": run_name,
        "target": config["target"],
        "job_id": None,
        "container_digest": None,
        "versions": {"python": provenance.PYTHON, "rdkit": RDKIT_VERSION, "numpy": np.__version__},
        "seeds": {
            **({"dataset_split": config["dataset"]["split_seed"]} if "dataset" in config else {}),
            "decoys": config["decoys"]["seed"],
            "decoys_seed_strategy": config["decoys"]["seed_strategy"],
            "selection": config["selection"]["seed"],
        },
        "scores": _public(facts["scores"]),
        "truth": _public(facts.get("truth")),
        "source_commit": None,
        "timestamp_utc": None,
        **_identity(config, facts),
    }


def _copy_results(args: argparse.Namespace, folder: Path) -> None:
    shutil.copyfile(args.summary, folder / "summary.csv")
    shutil.copyfile(args.metrics, folder / "metrics.json")
    shutil.copyfile(args.decoy_quality, folder / verify.DECOY_QUALITY)
    shutil.copyfile(args.controls, folder / verify.CONTROLS)
    shutil.copyfile(args.candidates, folder / verify.CANDIDATES)
    shutil.copyfile(args.selected_decoys, folder / verify.SELECTED_DECOYS)
    shutil.copyfile(args.hardness_curve, folder / verify.HARDNESS_CURVE)
    shutil.copyfile(args.leakage, folder / verify.LEAKAGE)
    shutil.copyfile(args.missing_scores, folder / verify.MISSING_SCORES)
    shutil.copyfile(args.scores_file, folder / args.scores_file.name)
    if args.truth is not None:
        shutil.copyfile(args.truth, folder / "truth.csv")
        result = read_json(args.cost_lift)
        if result["report"] is not None:
            write_json(folder / verify.COST_LIFT, result["report"], "cost_lift.v1")
        shutil.copyfile(args.utility, folder / "utility_report.json")
    for path in provenance.workflow_files():
        copy = folder / "workflow" / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def build(args: argparse.Namespace, folder: Path) -> None:
    """Write the whole pack into an empty folder."""
    config = args.config
    facts = {fact["kind"]: fact for fact in map(read_json, args.facts)}
    if "dataset" in facts:
        facts["input"]["inputs"] = []
    known = _manifest_facts(args.run_name, config, facts)
    _copy_results(args, folder)
    write_text(folder / "config.yaml", yaml.safe_dump(known["config"], allow_unicode=True))
    environment = provenance.environment()
    write_json(folder / "environment.json", environment, "environment.v1")
    differences = provenance.lock_differences(environment["packages"])
    write_text(folder / "index.md", index.render(folder, known, differences))
    files = manifest.list_files(folder)
    document = manifest.with_files(known, files)
    validate(document, "manifest.v1", verify.MANIFEST)
    write_text(folder / verify.MANIFEST, pretty_json(document))
    write_text(folder / verify.CHECKSUMS, manifest.checksums(files, pretty_json(document)))


def _check_replaceable(folder: Path) -> None:
    """Only an older pack, or what is left of one, is replaced."""
    marks = ("summary.csv", "index.md", "workflow")
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / name).exists() for name in marks):
        raise ConfigError(f"{folder}: holds files, but is no pack", "name a folder that does not exist yet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--run", dest="run_name", required=True, help="name of the run")
    parser.add_argument("--config", type=json_object, required=True, help="JSON: target and run configuration")
    parser.add_argument("--facts", type=Path, nargs="+", required=True, help="dataset, input, scores and truth .json")
    parser.add_argument("--summary", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, required=True)
    parser.add_argument("--decoy-quality", type=Path, required=True)
    parser.add_argument("--controls", type=Path, required=True)
    parser.add_argument("--candidates", type=Path, required=True)
    parser.add_argument("--selected-decoys", type=Path, required=True)
    parser.add_argument("--utility", type=Path)
    parser.add_argument("--hardness-curve", type=Path, required=True)
    parser.add_argument("--leakage", type=Path, required=True)
    parser.add_argument("--missing-scores", type=Path, required=True)
    parser.add_argument("--scores-file", type=Path, required=True)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--cost-lift", type=Path)
    parser.add_argument("--compression", choices=["stored", "deflate"], default="stored")
    parser.add_argument("--pack", type=Path, required=True, help="folder of the pack; replaced as a whole")
    parser.add_argument("--zip", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Build the folder aside, put it in place, zip it."""
    if len({args.truth is None, args.cost_lift is None, args.utility is None}) > 1:
        raise ConfigError("--truth, --cost-lift and --utility go together")
    _check_replaceable(args.pack)
    aside = args.pack.with_name(f".{args.pack.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        build(args, aside)
        if args.pack.exists():
            shutil.rmtree(args.pack)
        aside.rename(args.pack)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    files = [(path.relative_to(args.pack).as_posix(), path) for path in args.pack.rglob("*") if path.is_file()]
    with atomic_path(args.zip) as temporary:
        archive.write_zip(files, temporary, compress=args.compression == "deflate")
    sha256 = sha256_file(args.zip)
    write_text(args.zip.with_name(args.zip.name + ".sha256"), f"{sha256}  {args.zip.name}\n")
    logger.info("%s: %d files, sha256 %s", args.zip.name, len(files), sha256)
