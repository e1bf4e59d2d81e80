"""suite: the ten molecules of the value targets with their scores file, and the odd rows of the stress target."""

import argparse
import random
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from hetero2.chem import decoys_v1
from hetero2.chem.molecules import structure_hash
from hetero2.config.consistency import STRESS, SUITE
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import pretty_json, write_text
from hetero2.io.tables import to_table
from hetero2.runtime.cli_types import natural, positive
from hetero2.runtime.provenance import file_facts
from hetero2.scoring import hetero_scores

EXAMPLE = "hetero2 suite suite --rows 200 --strategy rewire_strict_v1 --k 20 --seed 0 --out suite"
# These exact strings: some are not the textbook molecule, and the proxy truth hashes the string.
MOLECULES = {
    "aspirin": "CC(=O)OC1=CC=CC=C1C(=O)O",
    "caffeine": "Cn1cnc2n(C)c(=O)n(C)c(=O)c12",
    "ibuprofen": "CC(C)CC1=CC=C(C=C1)C(C)C(=O)O",
    "acetaminophen": "CC(=O)NC1=CC=C(O)C=C1O",
    "naproxen": "CC1=CC=C2C(=C1)C=C(C=C2)C(C)C(=O)O",
    "salicylic_acid": "O=C(O)C1=CC=CC=C1O",
    "benzene": "c1ccccc1",
    "toluene": "Cc1ccccc1",
    "aniline": "Nc1ccccc1",
    "phenol": "Oc1ccccc1",
}
_INVALID = ("C1", "(", "notasmiles", "C(C", "C=)C")
_PLAIN = ("CCO", "c1ccccc1", "CC(=O)O", "CCN", "CCOC", "CC(C)O")
_TOO_LARGE, _DISCONNECTED = "C" * 210, "CC.CC"
# Of 10,000 rows: too many atoms, disconnected, invalid, empty. The rest is plain.
_SHARES = ((_TOO_LARGE, 500), (_DISCONNECTED, 250), (None, 208), ("", 42))
Rows = list[dict[str, str]]


def suite_rows(rows: int) -> Rows:
    """The ten molecules in turn; ids are `<name>_<row number from 0>`."""
    repeated = islice(cycle(MOLECULES.items()), rows)
    return [{"id": f"{name}_{number}", "smiles": smiles} for number, (name, smiles) in enumerate(repeated)]


def suite_scores(strategy: str, k: int, seed: int, full_cover_count: int) -> dict[str, Any]:
    """The suite's scores file: 1 for every molecule, 0.1 for decoys, all of the first molecules, one of each other.

    Decoys are made from the strings as they are written, with the plain seed, so that their order is the frozen one.
    """
    decoys: dict[str, dict[str, float]] = {}
    for number, smiles in enumerate(MOLECULES.values()):
        made = decoys_v1.generate(smiles, k, seed, strategy, False).smiles
        for decoy in made if number < full_cover_count else made[:1]:
            decoys[structure_hash(decoy)] = {"score": 0.1, "weight": 1.0}
    return {
        "schema_version": hetero_scores.SCHEMA,
        "original": {"score": 1.0, "weight": 1.0},
        "decoys": decoys,
    }


def _stress_smiles(rows: int) -> Iterator[str]:
    left = rows
    for smiles, share in _SHARES:
        count = min(left, round(rows * share / 10_000))
        left -= count
        yield from islice(cycle(_INVALID), count) if smiles is None else [smiles] * count
    yield from islice(cycle(_PLAIN), left)


def stress_rows(rows: int, seed: int) -> Rows:
    """Rows that must be skipped, each for its reason, among tiny molecules, shuffled."""
    found = list(_stress_smiles(rows))
    random.Random(seed).shuffle(found)
    return [{"id": f"stress_{number}", "smiles": smiles} for number, smiles in enumerate(found)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("name", choices=[SUITE, STRESS])
    parser.add_argument("--rows", type=positive, default=200)
    parser.add_argument("--strategy", choices=[decoys_v1.CHAIN, *(link.name for link in decoys_v1.STRATEGIES)])
    parser.add_argument("--k", type=positive, default=20, help="suite: decoys a molecule, for its scores file")
    parser.add_argument("--seed", type=natural, default=0)
    parser.add_argument("--full-cover-count", type=natural, default=3, help="suite: molecules with all decoys scored")
    parser.add_argument("--out", type=Path, required=True, help="folder for input.csv, facts.json and scores.json")


def run(args: argparse.Namespace) -> None:
    """Write the library, and with the suite its scores file."""
    rows = suite_rows(args.rows) if args.name == SUITE else stress_rows(args.rows, args.seed)
    write_csv(args.out / "input.csv", [to_table(rows, "molecule_input.v1")], "molecule_input.v1")
    if args.name == SUITE:
        scores = suite_scores(args.strategy or decoys_v1.STRATEGIES[0].name, args.k, args.seed, args.full_cover_count)
        write_text(args.out / "scores.json", pretty_json(scores, sort_keys=False))
    facts = {"kind": "dataset", "name": args.name, "inputs": [file_facts("library", args.out / "input.csv")]}
    write_text(args.out / "facts.json", pretty_json(facts))
