"""truth: check a customer_truth.v1 file against its sha256 and its contract, then copy it as it is."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from hetero2.inputs.truth import SCHEMA, read_truth
from hetero2.io.files import check_sha256, copy_file, pretty_json, write_text
from hetero2.runtime.log import gate_ok
from hetero2.runtime.provenance import file_facts
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 truth --path my_truth.csv --out truth.csv --facts truth.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--path", type=Path, required=True, help="customer_truth.v1 file")
    add_settings(parser, "truth.sha256", "truth.source")
    parser.add_argument("--url", help="URL that it was downloaded from, to be recorded")
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
