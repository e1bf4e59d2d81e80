"""leakage: what the library and its decoys share with each other and with the training set.

A decoy that is a molecule of the library, or of the training set, is no decoy: it takes no part in any audit.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.arguments import similarity
from hetero2.chem.guardrails import Guardrails, prepare
from hetero2.chem.mol import parse_known, structure_hash
from hetero2.chem.similarity import Neighbours, fingerprint
from hetero2.errors import ConfigError, InputError
from hetero2.log import logger, progress
from hetero2.tables import quoted, read_csv, read_parquet, to_table, write_parquet

EXAMPLE = (
    "hetero2 leakage --molecules molecules/*.parquet --decoys decoys/*.parquet --train train.csv "
    "--leaks leaks.parquet --excluded excluded.parquet"
)
LIBRARY, TRAINING = "library", "training"
Record = dict[str, Any]


def read_train(path: Path, standardise: str) -> dict[str, tuple[str, str]]:
    """(first id, canonical SMILES) by structure hash of a training set; raises InputError with file and line."""
    found: dict[str, tuple[str, str]] = {}
    limits = Guardrails(max_atoms=1_000_000, require_connected=False, standardise=standardise)
    for line, row in read_csv(path, ["id", "smiles"]):
        smiles = prepare(row["smiles"], limits).canonical_smiles
        if smiles is None:
            raise InputError(f"{path}: line {line}: smiles is {quoted(row['smiles'])}, which is not valid")
        found.setdefault(structure_hash(smiles), (row["id"], smiles))
    if not found:
        raise InputError(f"{path}: no row after the header", "give at least one molecule of the training set")
    return found


def _leak(kind: str, molecule: Record, key: str, other: str, tanimoto: float) -> Record:
    return {
        "kind": kind,
        "id": molecule["id"],
        "structure_hash": key,
        "other_id": other,
        "tanimoto": tanimoto,
    }


def of_molecules(
    molecules: Iterable[Record], train: dict[str, tuple[str, str]], near: float
) -> tuple[list[Record], dict[str, str]]:
    """(leaks of the library's own molecules, id of the first of each structure by hash).

    O(molecules · training set) comparisons of fingerprints, less those whose sizes alone say that they are not near.
    """
    first: dict[str, str] = {}
    leaks = []
    known = Neighbours([fingerprint(parse_known(smiles)) for _, smiles in train.values()])
    names = [molecule_id for molecule_id, _ in train.values()]
    for molecule in progress(molecules, "molecules looked up"):
        key = molecule["structure_hash"]
        if first.setdefault(key, molecule["id"]) != molecule["id"]:
            leaks.append(_leak("duplicate_in_library", molecule, key, first[key], 1.0))
        if key in train:
            leaks.append(_leak("molecule_in_training", molecule, key, train[key][0], 1.0))
        elif train:
            place, similar = known.nearest(fingerprint(parse_known(molecule["canonical_smiles"])), near)
            if place is not None:
                leaks.append(_leak("molecule_near_training", molecule, key, names[place], similar))
    return leaks, first


def of_decoys(
    paths: Sequence[Path], ids: dict[int, str], library: dict[str, str], train: dict[str, tuple[str, str]]
) -> Iterator[Record]:
    """Leaks of decoys, a shard at a time, whole columns first."""
    wanted = pa.array(list(library.keys() | train.keys()), pa.string())
    for path in paths:
        table = read_parquet(path, "decoy.v1").select(["row", "decoy_hash"])
        for decoy in table.filter(pc.is_in(table["decoy_hash"], value_set=wanted)).to_pylist():
            key, own = decoy["decoy_hash"], {"id": ids[decoy["row"]]}
            if key in library:
                yield _leak("decoy_in_library", own, key, library[key], 1.0)
            if key in train:
                yield _leak("decoy_in_training", own, key, train[key][0], 1.0)


def _molecules(paths: Sequence[Path], ids: dict[int, str]) -> Iterator[Record]:
    """Molecules that have a structure, a shard at a time; on the way the id of each row goes to `ids`."""
    for path in paths:
        table = read_parquet(path, "molecule.v1").select(["row", "id", "structure_hash", "canonical_smiles"])
        for molecule in table.filter(pc.is_valid(table["structure_hash"])).to_pylist():
            ids[molecule["row"]] = molecule["id"]
            yield molecule


def excluded(leaks: Sequence[Record]) -> list[Record]:
    """The decoys that take no part in any audit, once each, with the first reason."""
    why = {"decoy_in_library": LIBRARY, "decoy_in_training": TRAINING}
    found: dict[str, str] = {}
    for leak in leaks:
        if leak["kind"] in why:
            found.setdefault(leak["structure_hash"], why[leak["kind"]])
    return [{"decoy_hash": key, "excluded": found[key]} for key in sorted(found)]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="molecules of every shard")
    parser.add_argument("--decoys", type=Path, nargs="+", required=True, help="their decoys, shard by shard")
    parser.add_argument("--train", type=Path, help="training set of the model: id,smiles and more")
    parser.add_argument("--near", type=similarity, default=0.85, help="Tanimoto from which a molecule is near")
    parser.add_argument("--standardise", choices=["none", "largest_fragment"], default="none")
    parser.add_argument("--leaks", type=Path, required=True, help="where to write what was found")
    parser.add_argument("--excluded", type=Path, required=True, help="where to write decoys that are none")


def run(args: argparse.Namespace) -> None:
    """Write the leaks and the decoys that are excluded."""
    if len(args.molecules) != len(args.decoys):
        raise ConfigError("--molecules and --decoys need as many shards each")
    train = read_train(args.train, args.standardise) if args.train else {}
    ids: dict[int, str] = {}
    leaks, first = of_molecules(_molecules(args.molecules, ids), train, args.near)
    leaks += of_decoys(args.decoys, ids, first, train)
    write_parquet(args.leaks, to_table(leaks, "leakage.v1"), "leakage.v1")
    write_parquet(args.excluded, to_table(excluded(leaks), "excluded_decoy.v1"), "excluded_decoy.v1")
    logger.info("%d molecules, %d of training, %d leaks", len(ids), len(train), len(leaks))
