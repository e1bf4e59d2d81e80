"""separation: does the audit tell the packs of known bad and known good scores apart?"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, ContractError, InputError
from hetero2.io.contracts import write_json
from hetero2.io.files import copy_file, read_json, sha256_file, write_text
from hetero2.legacy import separation_page
from hetero2.runtime.log import logger

EXAMPLE = (
    "hetero2 separation --variants BAD-constant BAD-random GOOD-synthetic --rows a/row.json b/row.json c/row.json "
    "--metrics a/metrics.json b/metrics.json c/metrics.json --zips a.zip b.zip c.zip --out folder"
)
GOOD, BAD = "GOOD-synthetic", ("BAD-constant", "BAD-random")
THRESHOLDS = {"median_slack": 0.05, "pass_rate": 0.20}
_STATISTICS = ("mean_slack", "p25_slack", "median_slack", "p75_slack", "pass_rate")
Facts = dict[str, Any]


def delta(good: float | None, bad: float | None, threshold: float) -> Facts:
    """good - bad and whether it reaches the threshold; both null where one of the two is undefined."""
    if good is None or bad is None:
        return {"delta": None, "threshold": threshold, "met": None}
    return {"delta": good - bad, "threshold": threshold, "met": good - bad >= threshold}


def compare(metrics: Mapping[str, Facts]) -> Facts:
    """What separation.json says of the metrics of each variant, but for its packs."""
    facts = {
        name: {"rows_ok": variant["counts"]["OK"], **{key: variant[key] for key in _STATISTICS}}
        for name, variant in metrics.items()
    }
    deltas = {
        f"{GOOD} - {bad}": {key: delta(facts[GOOD][key], facts[bad][key], least) for key, least in THRESHOLDS.items()}
        for bad in BAD
    }
    separated = all(any(statistic["met"] for statistic in by_statistic.values()) for by_statistic in deltas.values())
    return {"separation_schema": "separation.v1", "variants": facts, "deltas": deltas, "separated": separated}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--variants", nargs="+", required=True, help=f"names: {GOOD}, {', '.join(BAD)}, in any order")
    parser.add_argument("--rows", type=Path, nargs="+", required=True, help="registry rows, in the order of variants")
    parser.add_argument("--metrics", type=Path, nargs="+", required=True, help="in the order of variants")
    parser.add_argument("--zips", type=Path, nargs="+", required=True, help="in the order of variants")
    parser.add_argument("--out", type=Path, required=True, help="folder for separation.json, its page and the packs")


def run(args: argparse.Namespace) -> None:
    """Put the packs beside separation.json."""
    if sorted(args.variants) != sorted((GOOD, *BAD)):
        raise ConfigError(f"--variants: found {', '.join(args.variants)}; expected {', '.join((GOOD, *BAD))}")
    if not len(args.variants) == len(args.rows) == len(args.metrics) == len(args.zips):
        raise ConfigError("--rows, --metrics and --zips need one file for each of --variants, in their order")
    metrics = {name: read_json(path) for name, path in zip(args.variants, args.metrics, strict=True)}
    if not all("metrics_schema" in document for document in metrics.values()):
        raise InputError(f"--metrics: one of {', '.join(map(str, args.metrics))} is not a metrics.v1 file")
    document = compare(metrics)
    for name, path, row in zip(args.variants, args.zips, args.rows, strict=True):
        asset = read_json(row)["assets"][0]
        if sha256_file(path).upper() != asset["sha256"]:
            raise ContractError(f"{path}: is not the pack that {row} describes: its sha256 differs")
        document["variants"][name] |= {"pack": path.name, "sha256": asset["sha256"]}
        copy_file(path, args.out / path.name)
    write_json(args.out / "separation.json", document, "separation.v1")
    write_text(args.out / "separation.html", separation_page.render(document, args.out.name))
    logger.info("known good and bad are %s", "separated" if document["separated"] else "not separated")
