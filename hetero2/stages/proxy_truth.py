"""proxy-truth: labels by `proxy_rule_v1`, which reads nothing but the library.

PASS where int(first 8 hex of sha256(SMILES string), 16) mod 100 < 5: labels to test the workflow, which say nothing of
molecules. The string is the stripped cell of the column canonical_smiles where the library has one, else of smiles.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from hetero2.errors import InputError
from hetero2.inputs.library import read_library
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import sha256_bytes
from hetero2.io.tables import to_table
from hetero2.runtime.log import logger

EXAMPLE = "hetero2 proxy-truth --library my.csv --out truth.csv"
RULE = "proxy_rule_v1"
_PERCENT = 5


def label(smiles: str) -> str:
    """PASS or FAIL, from the SMILES string alone."""
    return "PASS" if int(sha256_bytes(smiles.strip().encode("utf-8"))[:8], 16) % 100 < _PERCENT else "FAIL"


def _strings(library: Path) -> Iterator[tuple[str, str]]:
    try:
        yield from ((row.id, row.cell) for row in read_library(library, structures=False, more="canonical_smiles"))
    except InputError:
        yield from ((row.id, row.smiles) for row in read_library(library))


def rows(library: Path) -> Iterator[dict[str, str]]:
    """A truth row for the first row of every id, in the library's order."""
    seen = {""}
    for molecule_id, smiles in _strings(library):
        if molecule_id in seen:
            continue
        seen.add(molecule_id)
        yield {
            "molecule_id": molecule_id,
            "canonical_smiles": smiles.strip(),
            "expensive_label": label(smiles),
            "truth_source": RULE,
            "truth_version": "customer_truth.v1",
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the labels."""
    labels = list(rows(args.library))
    if not labels:
        raise InputError(f"{args.library}: no row has an id, so there is nothing to label")
    write_csv(args.out, [to_table(labels, "proxy_truth.v1")], "proxy_truth.v1")
    logger.info("%d labels by %s", len(labels), RULE)
