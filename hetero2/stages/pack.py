"""pack: collect the evidence in one folder, list it, and zip it to the same bytes every time."""

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import yaml

from hetero2.errors import ConfigError
from hetero2.inputs.decoys import decoys_with_scores
from hetero2.inputs.summary_rows import page_name, read_summary
from hetero2.io.contracts import validate, write_json
from hetero2.io.files import atomic_path, pretty_json, read_json, sha256_file, write_text
from hetero2.io.tables import read_parquet, write_parquet_rows
from hetero2.pack import archive, manifest, results
from hetero2.pack.descriptions import crate, datapackage, statement
from hetero2.pack.verification.layout import (
    CHECKSUMS,
    COST_LIFT,
    CRATE,
    DATAPACKAGE,
    DECOYS,
    MANIFEST,
    PAGES,
    SPREADSHEETS,
)
from hetero2.paths import name_of
from hetero2.report import index, spreadsheet
from hetero2.report.card_data import DECOYS as DECOY_LIST
from hetero2.report.card_data import decoy_list
from hetero2.runtime import identity, provenance
from hetero2.runtime.cli_types import json_object
from hetero2.runtime.log import logger

_PAGES = 100  # pages that are Python objects at once
EXAMPLE = "hetero2 pack --run my-run --config '{...}' --summary summary.csv ... (see rules/pack.smk)"


def _copy_results(args: argparse.Namespace, folder: Path) -> None:
    for name, path in results.given(args, results.COLLECTED):
        shutil.copyfile(path, folder / name)
    shutil.copyfile(args.scores_file, folder / args.scores_file.name)
    if args.truth is not None:
        cost_lift = read_json(args.cost_lift)
        if cost_lift["report"] is not None:
            write_json(folder / COST_LIFT, cost_lift["report"], "cost_lift.v1")
    for name in SPREADSHEETS:
        spreadsheet.write(folder / name.replace("_spreadsheet", ""), folder / name)
    if args.pages:
        _write_artifacts(args, folder)
    for path in provenance.workflow_files():
        copy = folder / "workflow" / name_of(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _decoys(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every decoy of an audited molecule with its score, in order."""
    rows = read_summary(args.summary, ["id", "status"])
    audited = pc.indices_nonzero(pc.equal(rows["status"], "OK")).cast("int64")
    for table in decoys_with_scores(audited, args.decoys, args.scores):
        yield from decoy_list(rows, table).to_pylist()


def _write_artifacts(args: argparse.Namespace, folder: Path) -> None:
    """What only a full pack holds: every decoy, and a page for every molecule."""
    write_parquet_rows(folder / DECOYS, _decoys(args), DECOY_LIST)
    (folder / PAGES).mkdir()
    for path in args.pages:
        for batch in read_parquet(path, "page.v1").to_batches(_PAGES):
            for page in batch.to_pylist():
                (folder / page_name(page["row"])).write_text(page["html"], encoding="utf-8", newline="\n")


def build(args: argparse.Namespace, folder: Path) -> None:
    """Write the whole pack into an empty folder."""
    release = {key: args.release.get(key) for key in ("source_commit", "timestamp_utc")}
    facts = identity.manifest_facts(args.run_name, args.config, args.facts) | release
    _copy_results(args, folder)
    write_text(folder / "config.yaml", yaml.safe_dump(facts["config"], allow_unicode=True))
    environment = provenance.environment()
    write_json(folder / "environment.json", environment, "environment.v1")
    differences = provenance.lock_differences(environment["packages"])
    write_text(folder / "index.md", index.render(folder, facts, differences))
    files = _described(folder, facts, manifest.list_files(folder))
    document = manifest.with_files(facts, files)
    validate(document, "manifest.v1", MANIFEST)
    write_text(folder / MANIFEST, pretty_json(document))
    write_text(folder / CHECKSUMS, manifest.checksums(files, pretty_json(document)))


def _described(folder: Path, facts: dict[str, Any], files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Describe a pack by standards of others; its files with these descriptions."""
    documents = {
        CRATE: crate.document(manifest.with_files(facts, files)),
        DATAPACKAGE: datapackage.document(folder, facts, files),
    }
    for name, document in documents.items():
        write_text(folder / name, pretty_json(document))
    entries = [*files, *(manifest.entry(folder, name) for name in documents)]
    return sorted(entries, key=lambda entry: entry["path"])


def _check_replaceable(folder: Path) -> None:
    """Raise ConfigError unless the folder is empty, an older pack, or what is left of one."""
    marks = ("summary.csv", "index.md", "workflow")
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / name).exists() for name in marks):
        raise ConfigError(
            f"{folder}: is not empty and not a pack, so it is not replaced", "name a folder that does not exist yet"
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    identity.add_arguments(parser)
    results.add_arguments(parser, results.COLLECTED)
    parser.add_argument("--scores-file", type=Path, required=True)
    for name in ("pages", "decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", default=[], help="shards, for a pack with all artefacts")
    parser.add_argument("--release", type=json_object, default={}, help="JSON: commit and its time, of a release")
    parser.add_argument("--pack", type=Path, required=True, help="folder of the pack; replaced as a whole")
    parser.add_argument("--zip", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Build the folder aside, put it in place, zip it."""
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
        archive.write_zip(files, temporary, compress=args.config["pack"]["compression"] == "deflate")
    sha256 = sha256_file(args.zip)
    write_text(args.zip.with_name(args.zip.name + ".sha256"), f"{sha256}  {args.zip.name}\n")
    provenance_of_zip = statement.document(read_json(args.pack / MANIFEST), args.zip.name, sha256)
    write_text(args.zip.with_name(args.zip.name + statement.SUFFIX), pretty_json(provenance_of_zip))
    logger.info("%s: %d files, sha256 %s", args.zip.name, len(files), sha256)
