"""truth: verify a customer_truth.v1 file by sha256 and contract, then take it in as it is."""

import argparse
from collections import Counter
from collections.abc import Container
from pathlib import Path
from typing import Any

from hetero2.errors import InputError
from hetero2.files import check_sha256, copy_file, pretty_json, write_text
from hetero2.log import gate_ok
from hetero2.provenance import file_facts
from hetero2.tables import quoted, read_csv

EXAMPLE = "hetero2 truth --path my_truth.csv --sha256 1f0e... --out truth.csv --facts truth.json"
SCHEMA = "customer_truth.v1"
_COLUMNS = ("molecule_id", "expensive_label", "truth_source", "truth_version")


def _problem(row: dict[str, str], source: str, seen: Container[str]) -> str | None:
    if not row["molecule_id"].strip():
        return "molecule_id is empty"
    if row["molecule_id"] in seen:
        return f"molecule_id {quoted(row['molecule_id'])} occurs twice"
    if row["expensive_label"] not in ("PASS", "FAIL"):
        return f"expensive_label is {quoted(row['expensive_label'])}, expected PASS or FAIL"
    if row["truth_source"] != source:
        return f"truth_source is {quoted(row['truth_source'])}, expected {source!r}"
    if row["truth_version"] != SCHEMA:
        return f"truth_version is {quoted(row['truth_version'])}, expected {SCHEMA!r}"
    return None


def read_truth(path: Path, source: str = "external") -> dict[str, bool]:
    """Whether each molecule is a hit, by id; raises InputError with file and line where the contract is broken."""
    hits: dict[str, bool] = {}
    for line, row in read_csv(path, _COLUMNS):
        problem = _problem(row, source, hits)
        if problem:
            raise InputError(f"{path}: line {line}: {problem}")
        hits[row["molecule_id"]] = row["expensive_label"] == "PASS"
    if not hits:
        raise InputError(f"{path}: no row after the header")
    return hits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--path", type=Path, required=True, help="customer_truth.v1 file")
    parser.add_argument("--sha256", default="none", help="sha256 that it must have")
    parser.add_argument("--source", default="external", help="truth_source that every row must have")
    parser.add_argument("--url", help="where it was downloaded, to be recorded")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--facts", type=Path, required=True, help="where to write what is recorded of it")


def run(args: argparse.Namespace) -> None:
    """Verify, check and copy a truth file."""
    digest = check_sha256(args.path, args.sha256, "truth file")
    labels = Counter(read_truth(args.path, args.source).values())
    copy_file(args.path, args.out)
    facts: dict[str, Any] = {
        "kind": "truth",
        "schema": SCHEMA,
        "truth_source": args.source,
        "name": args.path.name,
        "url": args.url,
        "sha256": digest,
        "n_pass": labels[True],
        "n_fail": labels[False],
        "inputs": [file_facts("truth", args.path, digest)],
    }
    write_text(args.facts, pretty_json(facts))
    gate_ok(args.path.name, args.sha256, SCHEMA, args.url)
