"""stress-input: the odd rows of the stress target, each to be skipped for its reason, among tiny molecules."""

import argparse
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from hetero2.config.consistency import STRESS
from hetero2.inputs.made_library import Rows, write_dataset
from hetero2.runtime.settings import add_settings

EXAMPLE = """hetero2 stress-input --config '{"dataset": {"rows": 10000}}' --out stress"""
_INVALID = ("C1", "(", "notasmiles", "C(C", "C=)C")
_PLAIN = ("CCO", "c1ccccc1", "CC(=O)O", "CCN", "CCOC", "CC(C)O")
_TOO_LARGE, _DISCONNECTED = "C" * 210, "CC.CC"
# Of 10,000 rows: too many atoms, disconnected, invalid, empty. The rest is plain.
_SHARES = ((_TOO_LARGE, 500), (_DISCONNECTED, 250), (None, 208), ("", 42))


def _stress_smiles(rows: int) -> Iterator[str]:
    left = rows
    for smiles, share in _SHARES:
        count = min(left, round(rows * share / 10_000))
        left -= count
        yield from islice(cycle(_INVALID), count) if smiles is None else [smiles] * count
    yield from islice(cycle(_PLAIN), left)


def stress_rows(rows: int, seed: int) -> Rows:
    """Rows that must be skipped, each for its reason, among tiny molecules, shuffled."""
    shuffled = list(_stress_smiles(rows))
    random.Random(seed).shuffle(shuffled)
    return [{"id": f"stress_{number}", "smiles": smiles} for number, smiles in enumerate(shuffled)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add_settings(parser, "dataset.rows", "dataset.shuffle_seed")
    parser.add_argument("--out", type=Path, required=True, help="folder for input.csv and facts.json")


def run(args: argparse.Namespace) -> None:
    """Write the rows."""
    write_dataset(args.out, STRESS, stress_rows(args.rows, args.shuffle_seed))
