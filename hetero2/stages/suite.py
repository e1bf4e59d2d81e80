"""suite: the ten molecules of the value targets, in turn, with their scores file."""

import argparse
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from hetero2.chem import decoys_v1
from hetero2.chem.molecules import structure_hash
from hetero2.config.consistency import SUITE
from hetero2.errors import ConfigError
from hetero2.inputs.made_library import Rows, write_dataset
from hetero2.io.files import pretty_json, write_text
from hetero2.runtime.settings import add_settings
from hetero2.scoring import hetero_scores

EXAMPLE = """hetero2 suite --config '{"dataset": {"rows": 200}, "decoys": {"k": 20}}' --out suite"""
_STRATEGIES = (decoys_v1.CHAIN, *(link.name for link in decoys_v1.STRATEGIES))
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
        decoys_made = decoys_v1.generate(smiles, k, seed, strategy, False).smiles
        for decoy in decoys_made if number < full_cover_count else decoys_made[:1]:
            decoys[structure_hash(decoy)] = {"score": 0.1, "weight": 1.0}
    return {
        "schema_version": hetero_scores.SCHEMA,
        "original": {"score": 1.0, "weight": 1.0},
        "decoys": decoys,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add_settings(parser, "dataset.rows", "dataset.full_cover_count", "decoys.strategy", "decoys.k", "decoys.seed")
    parser.set_defaults(strategy=decoys_v1.STRATEGIES[0].name)
    parser.add_argument("--out", type=Path, required=True, help="folder for input.csv, facts.json and scores.json")


def run(args: argparse.Namespace) -> None:
    """Write the library and its scores file."""
    if args.strategy not in _STRATEGIES:
        raise ConfigError(f"decoys.strategy: {args.strategy}; allowed for the suite are {', '.join(_STRATEGIES)}")
    write_dataset(args.out, SUITE, suite_rows(args.rows))
    scores = suite_scores(args.strategy, args.k, args.seed, args.full_cover_count)
    write_text(args.out / "scores.json", pretty_json(scores, sort_keys=False))
