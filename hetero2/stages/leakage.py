"""leakage: train–test leakage, duplicates in the library, and decoys that are molecules of library or training set.

Such a decoy is excluded from every audit. Molecules are compared as structures and as compounds
(`hetero2.chem.structures.same_compound`): tautomers and mesomers are forms of one compound.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.molecules import parse_known, structure_hash
from hetero2.chem.similarity import Neighbours, fingerprint
from hetero2.errors import ConfigError, InputError
from hetero2.inputs.compound_forms import Forms, compare
from hetero2.inputs.training import read_molecules
from hetero2.inputs.usable_rows import check_auditable
from hetero2.io.columns import Ints, places
from hetero2.io.structure_keys import Keys, find, in_order, keys, place_of_first
from hetero2.io.tables import from_columns, read_parquet, to_table, write_parquet
from hetero2.runtime.log import logger, progress
from hetero2.runtime.settings import add_settings

EXAMPLE = (
    "hetero2 leakage --molecules molecules/*.parquet --decoys decoys/*.parquet --train train.csv "
    "--leaks leaks.parquet --excluded excluded.parquet"
)
LIBRARY, TRAINING = "library", "training"
STRUCTURE, COMPOUND = "structure", "compound"


def read_train(path: Path, standardise: str) -> dict[str, tuple[str, str]]:
    """(first id, canonical SMILES) by structure hash of a training set; raises InputError with file and line."""
    molecules: dict[str, tuple[str, str]] = {}
    for _, row, smiles in read_molecules(path, standardise=standardise):
        molecules.setdefault(structure_hash(smiles), (row["id"], smiles))
    if not molecules:
        raise InputError(f"{path}: no row after the header", "give at least one molecule of the training set")
    return molecules


class Leak(NamedTuple):
    """A row of leakage.v1."""

    kind: str
    id: str
    structure_hash: str
    other_id: str
    tanimoto: float = 1.0
    match: str | None = STRUCTURE


def _in_training(
    kind: str, molecule_id: str, key: str, train: Mapping[str, tuple[str, str]], forms: Forms
) -> Leak | None:
    """The leak of a structure that is in the training set, as it is or in another form; None where it is not."""
    if key in train:
        return Leak(kind, molecule_id, key, train[key][0])
    other_form = forms.in_training(key)
    return None if other_form is None else Leak(kind, molecule_id, key, *other_form, COMPOUND)


class Structures(NamedTuple):
    """The n molecules of a library that have a structure, in its order, 58 bytes each; every field is (n,).

    `high`, `low`: halves of the key of the structure; `first`: index of the first molecule with the same structure.
    """

    row: Ints
    id: pa.Array
    high: Keys
    low: Keys
    skeleton: Ints
    first: Ints

    @property
    def different(self) -> Ints:
        """Indices of the first molecule of each structure."""
        return np.flatnonzero(self.first == np.arange(len(self.first)))


def structures(paths: Sequence[Path]) -> Structures:
    """The structures of a library, read a shard at a time."""
    parts = []
    for path in paths:
        table = _known(path, ["row", "id", "structure_hash", "skeleton"])
        skeleton = table["skeleton"].to_numpy()
        parts.append((table["row"].to_numpy(), table["id"], *keys(table["structure_hash"]), skeleton))
    row, ids, high, low, skeletons = zip(*parts, strict=True)
    names = pa.concat_arrays([shard_ids.combine_chunks() for shard_ids in ids])
    halves = np.concatenate(high), np.concatenate(low)
    return Structures(np.concatenate(row), names, *halves, np.concatenate(skeletons), place_of_first(*halves))


def _known(path: Path, names: Sequence[str]) -> pa.Table:
    table = read_parquet(path, "molecule.v1", names)
    return table.filter(pc.is_valid(table["structure_hash"]))


def of_molecules(
    paths: Sequence[Path], library: Structures, train: dict[str, tuple[str, str]], near: float, forms: Forms
) -> Iterator[Leak]:
    """Leaks of the molecules of the library, a shard at a time: same structure, else same compound, else near ones.

    `near`: Tanimoto from which a molecule is near. O(molecules · training set) comparisons of fingerprints, except of
    pairs whose bit counts rule it out.
    """
    training = Neighbours([fingerprint(parse_known(smiles)) for _, smiles in train.values()])
    names, start = [molecule_id for molecule_id, _ in train.values()], 0
    column_names = ["id", "structure_hash", *(["canonical_smiles"] if train else [])]
    for path in progress(paths, "shards looked up"):
        table = _known(path, column_names)
        first = library.first[start : start + len(table)]
        originals = library.id.take(pa.array(first)).to_pylist()
        copied, start = first != np.arange(start, start + len(table)), start + len(table)
        compared = find(*forms.hashes, keys(table["structure_hash"])) >= 0
        odd = np.arange(len(table)) if train else np.flatnonzero(copied | compared)
        for molecule, place in zip(table.take(pa.array(odd)).to_pylist(), odd.tolist(), strict=True):
            key, molecule_id = molecule["structure_hash"], molecule["id"]
            other_form = None if copied[place] else forms.in_library(key)
            if copied[place] and originals[place] != molecule_id:
                yield Leak("duplicate_in_library", molecule_id, key, originals[place])
            elif other_form is not None and other_form[0] != molecule_id:
                yield Leak("duplicate_in_library", molecule_id, key, *other_form, COMPOUND)
            trained = _in_training("molecule_in_training", molecule_id, key, train, forms)
            if trained is not None:
                yield trained
            elif train:
                nearest, similar = training.nearest(fingerprint(parse_known(molecule["canonical_smiles"])), near)
                if nearest is not None:
                    yield Leak("molecule_near_training", molecule_id, key, names[nearest], similar, None)


def of_decoys(
    decoys: Sequence[pa.Table], library: Structures, train: dict[str, tuple[str, str]], forms: Forms
) -> Iterator[Leak]:
    """Leaks of decoys, a shard at a time; `decoys` as `compare` gives them. O(decoys log library)."""
    order = library.different
    order = order[np.lexsort((library.low[order], library.high[order]))]
    high, low = library.high[order], library.low[order]
    of_train = in_order(*keys(list(train)))
    for table in decoys:
        halves = keys(table["decoy_hash"])
        place = find(high, low, halves)
        place = np.where(place >= 0, order[place] if len(order) else -1, -1)
        shared = np.flatnonzero((place >= 0) | (find(*of_train, halves) >= 0) | (find(*forms.hashes, halves) >= 0))
        hashes = table["decoy_hash"].take(pa.array(shared)).to_pylist()
        molecule_ids = library.id.take(pa.array(places(table["row"].to_numpy()[shared], library.row))).to_pylist()
        same = place[shared]
        same_ids = library.id.take(pa.array(same, mask=same < 0)).to_pylist()
        for key, molecule_id, same_id in zip(hashes, molecule_ids, same_ids, strict=True):
            if same_id is not None:
                yield Leak("decoy_in_library", molecule_id, key, same_id)
            elif (other_form := forms.in_library(key)) is not None:
                yield Leak("decoy_in_library", molecule_id, key, *other_form, COMPOUND)
            trained = _in_training("decoy_in_training", molecule_id, key, train, forms) if train else None
            if trained is not None:
                yield trained


def excluded(leaks: Sequence[Leak]) -> list[dict[str, str]]:
    """The excluded decoys, once each, with the first reason."""
    why = {"decoy_in_library": LIBRARY, "decoy_in_training": TRAINING}
    reasons: dict[str, str] = {}
    for leak in leaks:
        if leak.kind in why:
            reasons.setdefault(leak.structure_hash, why[leak.kind])
    return [{"decoy_hash": key, "excluded": reasons[key]} for key in sorted(reasons)]


def as_table(leaks: Sequence[Leak]) -> pa.Table:
    """The leaks as a table of leakage.v1."""
    columns = {field: [leak[place] for leak in leaks] for place, field in enumerate(Leak._fields)}
    return from_columns("leakage.v1", len(leaks), columns)


def find_leaks(
    molecules: Sequence[Path], decoys: Sequence[Path], train: dict[str, tuple[str, str]], near: float
) -> list[Leak]:
    """The leaks of a library and its decoys, by shards; `train` as `read_train` gives it, `near` in Tanimoto.

    Raises InputError where no molecule can be audited.
    """
    check_auditable(molecules)
    library = structures(molecules)
    different = library.different
    of_library = library.skeleton[different], library.high[different], library.low[different]
    forms, alike = compare(molecules, decoys, of_library, train)
    leaks = list(of_molecules(molecules, library, train, near, forms))
    leaks += of_decoys(alike, library, train, forms)
    logger.info("%d molecules, %d of training, %d leaks", len(library.row), len(train), len(leaks))
    return leaks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="molecules of every shard")
    parser.add_argument("--decoys", type=Path, nargs="+", required=True, help="their decoys, shard by shard")
    parser.add_argument("--train", type=Path, help="training set of the model: id,smiles and more")
    add_settings(parser, "guardrails.standardise", near="audit.near_tanimoto")
    parser.add_argument("--leaks", type=Path, required=True, help="where to write what was found")
    parser.add_argument("--excluded", type=Path, required=True, help="where to write the excluded decoys")


def run(args: argparse.Namespace) -> None:
    """Write the leaks and the decoys that are excluded."""
    if len(args.molecules) != len(args.decoys):
        raise ConfigError("--molecules and --decoys need as many shards each")
    train = read_train(args.train, args.standardise) if args.train else {}
    leaks = find_leaks(args.molecules, args.decoys, train, args.near)
    write_parquet(args.leaks, as_table(leaks), "leakage.v1")
    write_parquet(args.excluded, to_table(excluded(leaks), "excluded_decoy.v1"), "excluded_decoy.v1")
