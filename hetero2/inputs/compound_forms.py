"""Which structures of the library, its decoys and the training set are forms of one compound.

Only structures that share their skeleton (a column of molecules and decoys) with another structure can be. The SMILES
of these are kept in memory. Those that differ in more than stereo are compared by keys: a worker with limits computes
them.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.molecules import parse_known
from hetero2.chem.similarity import fingerprint, tanimoto
from hetero2.chem.structures.same_compound import flat_smiles, keys, skeleton
from hetero2.io.columns import Ints
from hetero2.io.tables import read_parquet
from hetero2.runtime import isolated
from hetero2.runtime.log import logger, progress

Training = Mapping[str, tuple[str, str]]  # structure hash → (id, SMILES)
Name = tuple[int, str]
_OF_DECOYS = ("decoy_hash", "decoy_smiles", "skeleton")
_OF_MOLECULES = ("structure_hash", "canonical_smiles", "skeleton", "id")


class Forms:
    """Structures that share their skeleton with another one, and the names of the compound that each is a form of."""

    def __init__(
        self, smiles: Mapping[str, str], skeletons: Mapping[str, int], library: Mapping[str, str], train: Training
    ) -> None:
        """`smiles`, `skeletons`: by structure hash; `library`: id by structure hash, in the order of the library."""
        self._smiles = smiles
        flat = {key: flat_smiles(text) for key, text in smiles.items()}
        by_skeleton: dict[int, set[str]] = {}
        for key, text in flat.items():
            by_skeleton.setdefault(skeletons[key], set()).add(text)
        computed = _keys(sorted({text for texts in by_skeleton.values() if len(texts) > 1 for text in texts}))
        self._names: dict[str, list[Name]] = {
            key: [(skeletons[key], name) for name in (text, *computed.get(text, ()))] for key, text in flat.items()
        }
        self._library, self._library_ids = list(library), library
        self._training, self._train = [key for key in train if key in smiles], train
        self._firsts = [self._first_places(side) for side in (self._library, self._training)]

    @cached_property
    def hashes(self) -> pa.Array:
        """Hashes of the structures; no other structure is a form of another one."""
        return pa.array(self._names, pa.string())

    def _first_places(self, side: Sequence[str]) -> dict[Name, int]:
        places: dict[Name, int] = {}
        for place, key in enumerate(side):
            for name in self._names[key]:
                places.setdefault(name, place)
        return places

    def _same(self, key: str, firsts: Mapping[Name, int], side: Sequence[str]) -> str | None:
        place = min((firsts[name] for name in self._names.get(key, ()) if name in firsts), default=None)
        return None if place is None else side[place]

    def in_library(self, key: str) -> tuple[str, float] | None:
        """(id, Tanimoto) of the library's first molecule that is this structure or another form of it, or None."""
        same = self._same(key, self._firsts[0], self._library)
        return None if same is None else (self._library_ids[same], self._tanimoto(key, same))

    def in_training(self, key: str) -> tuple[str, float] | None:
        """(id, Tanimoto) of the training set's first molecule that is this structure or another form of it, or None."""
        same = self._same(key, self._firsts[1], self._training)
        return None if same is None else (self._train[same][0], self._tanimoto(key, same))

    def _tanimoto(self, key: str, other_key: str) -> float:
        if key == other_key:
            return 1.0
        first, second = (fingerprint(parse_known(self._smiles[name])) for name in (key, other_key))
        return tanimoto(first, [second])[0]


def _keys(texts: Sequence[str]) -> dict[str, frozenset[str]]:
    """The keys of each SMILES; none where they cannot be computed within the limits of a worker."""
    computed: dict[str, frozenset[str]] = {}
    for text, result in progress(isolated.each(keys, texts, isolated.Limits()), "compounds compared", len(texts)):
        if isinstance(result, isolated.Failure):
            logger.warning("%s is compared with no other form: %s", text, result.reason)
        else:
            computed[text] = result
    return computed


def compare(molecules: Sequence[Path], decoys: Sequence[Path], library: Ints, train: Training) -> Forms:
    """What can be one compound among molecules, decoys and training set.

    `library` (n,): skeletons of the different structures of the library. Time: O(structures) for columns of numbers,
    half a millisecond for each structure that shares its skeleton, 10 ms where it then differs in more than stereo.
    """
    trained = {key: skeleton(parse_known(smiles)) for key, (_, smiles) in train.items()}
    reference = np.concatenate([library, np.fromiter(trained.values(), np.int64, len(trained))])
    smiles, skeletons, ids = {}, {}, dict[str, str]()
    for key, text, number in _structures(decoys, "decoy.v1", _OF_DECOYS, np.unique(reference)):
        smiles[key], skeletons[key] = text, number
    shared = _repeated(np.concatenate([reference, np.fromiter(skeletons.values(), np.int64, len(skeletons))]))
    for key, text, number, name in _structures(molecules, "molecule.v1", _OF_MOLECULES, shared):
        smiles[key], skeletons[key] = text, number
        ids.setdefault(key, name)
    repeated = set(shared.tolist())
    for key, number in trained.items():
        if number in repeated:
            smiles[key], skeletons[key] = train[key][1], number
    return Forms(smiles, skeletons, ids, train)


def _repeated(numbers: Ints) -> Ints:
    """The numbers that occur more than once, in order."""
    values, counts = np.unique(numbers, return_counts=True)
    return values[counts > 1]


def _structures(
    paths: Sequence[Path], contract: str, names: Sequence[str], skeletons: Ints
) -> Iterator[tuple[Any, ...]]:
    """These columns of the structures that have one of these skeletons, a shard at a time."""
    for path in paths:
        chosen = pc.is_in(read_parquet(path, contract, ["skeleton"])["skeleton"], value_set=pa.array(skeletons))
        if pc.any(chosen).as_py():
            table = read_parquet(path, contract, list(names)).filter(chosen)
            yield from zip(*(table[name].to_pylist() for name in names), strict=True)
