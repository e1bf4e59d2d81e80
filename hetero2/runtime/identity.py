"""What report and pack record of their run: inputs, configuration, code, environment, seeds."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hetero2 import __version__
from hetero2.chem.molecules import RDKIT_VERSION
from hetero2.config.consistency import is_brought
from hetero2.io.files import read_json
from hetero2.runtime import provenance
from hetero2.runtime.cli_types import json_object

Facts = dict[str, Any]
JOB_VARIABLE = "HETERO2_JOB"
_OF_RUN = ("run_id", "workflow", "workflow_version", "workflow_digest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that say which run it is."""
    parser.add_argument("--run", dest="run_name", required=True, help="name of the run")
    parser.add_argument("--config", type=json_object, required=True, help="JSON: target and run configuration")
    parser.add_argument("--facts", type=Path, nargs="+", required=True, help="dataset, input, scores and truth .json")


def _merged_config(config: Facts, facts: dict[str, Facts]) -> Facts:
    """The configuration of the run, with the sha256 of every user file that it names."""
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


def _job() -> Facts:
    """The job that the service runs, as its worker says by the environment; a run of the command line has none.

    It is beside the identity of the run: the same inputs give the same payload, whoever asked for it.
    """
    text = os.environ.get(JOB_VARIABLE)
    if not text:
        return {"job_id": None}
    job = json_object(text)
    return {"job_id": job["job_id"], "service_run": {name: job[name] for name in _OF_RUN}}


def _public(facts: Facts | None) -> Facts | None:
    return {key: value for key, value in facts.items() if key not in ("inputs", "kind")} if facts else None


def manifest_facts(run_name: str, config: Facts, paths: Sequence[Path]) -> Facts:
    """Content of manifest.json except release and file list; `paths`: what the stages recorded of their inputs."""
    facts: dict[str, Facts] = {fact["kind"]: fact for fact in map(read_json, paths)}
    if "dataset" in facts:
        facts["input"]["inputs"] = []
    return {
        "manifest_schema": "manifest.v1",
        "tool": "hetero2",
        "tool_version": __version__,
        "run": run_name,
        "target": config["target"],
        **_job(),
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
        **_identity(config, facts),
    }
