"""Which structures of the library, its decoys and the training set are forms of one compound.

Only structures that share their skeleton (a column of molecules and decoys) with another structure can be. The SMILES
of these are kept in memory. Those that share the whole skeleton too and differ in more than stereo are compared by
keys, by dear ones only where cheap ones do not settle which is the first that is the same: a worker with limits
computes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.molecules import parse_known
from hetero2.chem.similarity import fingerprint, tanimoto
from hetero2.chem.structures.same_compound import CHEAP_KINDS, DEAR_KINDS, Kind, flattened, keys, skeleton
from hetero2.io.columns import Ints, within
from hetero2.io.structure_keys import Keys, first_of_each, in_order
from hetero2.io.structure_keys import keys as halves
from hetero2.io.tables import read_parquet
from hetero2.runtime import isolated
from hetero2.runtime.log import logger, progress

Training = Mapping[str, tuple[str, str]]  # structure hash → (id, SMILES)
Name = tuple[int, str]
_OF_DECOYS = ("decoy_hash", "decoy_smiles", "skeleton", "row")
_OF_MOLECULES = ("structure_hash", "canonical_smiles", "skeleton", "id")


class Forms:
    """Structures that share their skeleton with another one, and the names of the compound that each is a form of."""

    def __init__(
        self, smiles: Mapping[str, str], skeletons: Mapping[str, int], library: Mapping[str, str], train: Training
    ) -> None:
        """`smiles`, `skeletons`: by structure hash; `library`: id by structure hash, in the order of the library."""
        self._smiles = smiles
        self._library, self._library_ids = list(library), library
        self._training, self._train = [key for key in train if key in smiles], train
        self._places = [{key: place for place, key in enumerate(side)} for side in (self._library, self._training)]
        self._flat: dict[str, str] = {}
        self._names: dict[str, list[Name]] = {}
        alike: dict[tuple[int, int], list[str]] = {}
        for key, text in smiles.items():
            self._flat[key], whole = flattened(text)
            self._names[key] = [(skeletons[key], self._flat[key])]
            alike.setdefault((skeletons[key], whole), []).append(key)
        self._compare([members for members in alike.values() if len(members) > 1])

    def _compare(self, alike: Sequence[Sequence[str]]) -> None:
        """Give the structures of each group the keys of their compounds as names: dear ones where cheap ones differ."""
        failed: set[str] = set()
        for kinds in (CHEAP_KINDS, DEAR_KINDS):
            self._firsts = self._first_places()
            undecided = {self._flat[key] for members in alike for key in self._undecided(members)}
            computed = _keys(sorted(undecided - failed), kinds)
            failed |= undecided - computed.keys()
            for key in chain.from_iterable(alike):
                number = self._names[key][0][0]
                self._names[key] += [(number, name) for name in computed.get(self._flat[key], ())]
        self._firsts = self._first_places()

    def _undecided(self, alike: Sequence[str]) -> Iterator[str]:
        """Those of a group whose further names can show that one of them is the same compound as an earlier one.

        A structure is the same as the first of a side that shares a name with it: only what comes before that matters.
        """
        for places, firsts in zip(self._places, self._firsts, strict=True):
            of_side = {key: places[key] for key in alike if key in places}
            if of_side:
                reached = {key: self._first(key, firsts, len(places)) for key in alike}
                yield from (key for key in alike if reached[key] > min(of_side.values()))
                yield from (key for key, place in of_side.items() if place < max(reached.values()))

    @cached_property
    def hashes(self) -> tuple[Keys, Keys]:
        """(high, low) of the structures, sorted; no other structure is a form of another one."""
        return in_order(*halves(list(self._names)))

    def _first_places(self) -> list[dict[Name, int]]:
        firsts: list[dict[Name, int]] = [{} for _ in self._places]
        for first, places in zip(firsts, self._places, strict=True):
            for key, place in places.items():
                for name in self._names[key]:
                    first.setdefault(name, place)
        return firsts

    def _first(self, key: str, firsts: Mapping[Name, int], none: int) -> int:
        return min((firsts[name] for name in self._names.get(key, ()) if name in firsts), default=none)

    def _same(self, key: str, firsts: Mapping[Name, int], side: Sequence[str]) -> str | None:
        place = self._first(key, firsts, len(side))
        return side[place] if place < len(side) else None

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


def _keys(texts: Sequence[str], kinds: Sequence[Kind]) -> dict[str, frozenset[str]]:
    """The keys of these kinds of each SMILES; none where they cannot be computed within the limits of a worker.

    Where dear ones cannot be computed, cheap ones still tell which structures are the same.
    """
    computed: dict[str, frozenset[str]] = {}
    results = isolated.each(partial(keys, kinds=kinds), texts, isolated.Limits())
    for text, result in progress(results, "compounds compared", len(texts)):
        if isinstance(result, isolated.Failure):
            logger.warning("%s is not compared further with other forms: %s", text, result.reason)
        else:
            computed[text] = result
    return computed


def compare(
    molecules: Sequence[Path], decoys: Sequence[Path], library: tuple[Ints, Keys, Keys], train: Training
) -> tuple[Forms, list[pa.Table]]:
    """What can be one compound among molecules, decoys and training set, and the decoys that can be one of the others.

    The latter: for each shard that has any, a table with columns row and decoy_hash of the decoys whose skeleton the
    library or the training set has too, or that have none.

    `library`: of the n different structures of the library the skeletons and both halves of the keys, each (n,). Time:
    O(structures log structures) for columns of numbers, half a millisecond for each structure that shares its skeleton
    with another one, 1 ms where it then differs in more than stereo, 6 ms where cheap keys do not settle it.
    """
    trained = {key: skeleton(parse_known(smiles)) for key, (_, smiles) in train.items()}
    of_train = np.fromiter(trained.values(), np.int64, len(trained)), *halves(list(trained))
    reference = np.unique(np.concatenate([library[0], of_train[0]]))
    of_decoys = list(_structures(decoys, "decoy.v1", _OF_DECOYS, reference, with_unknown=True))
    alike = [table.select(["row", "decoy_hash"]) for table in of_decoys]
    of_decoys = [table.filter(pc.is_valid(table["skeleton"])) for table in of_decoys]
    parts = [library, of_train, *((table["skeleton"].to_numpy(), *halves(table["decoy_hash"])) for table in of_decoys)]
    shared = _of_several(*map(np.concatenate, zip(*parts, strict=True)))
    smiles, skeletons, ids = {}, {}, dict[str, str]()
    for table in of_decoys:
        for key, text, number, _ in _rows(table.filter(pa.array(within(shared, table["skeleton"].to_numpy())))):
            smiles[key], skeletons[key] = text, number
    for table in _structures(molecules, "molecule.v1", _OF_MOLECULES, shared):
        for key, text, number, name in _rows(table):
            smiles[key], skeletons[key] = text, number
            ids.setdefault(key, name)
    repeated = set(shared.tolist())
    for key, number in trained.items():
        if number in repeated:
            smiles[key], skeletons[key] = train[key][1], number
    del of_decoys  # the SMILES
    return Forms(smiles, skeletons, ids, train), alike


def _of_several(skeletons: Ints, high: Keys, low: Keys) -> Ints:
    """The skeletons that several different structures have, sorted."""
    different, _ = first_of_each(high, low)
    values, counts = np.unique(skeletons[different], return_counts=True)
    return values[counts > 1]


def _structures(
    paths: Sequence[Path], contract: str, names: Sequence[str], skeletons: Ints, *, with_unknown: bool = False
) -> Iterator[pa.Table]:
    """These columns of the structures that have one of these skeletons, a shard at a time. `skeletons` are sorted.

    `with_unknown`: also of those whose skeleton is not there, which can still be the same structure as another one.
    """
    for path in paths:
        table = read_parquet(path, contract, list(names))
        is_there = pc.is_valid(table["skeleton"]).to_numpy()
        chosen = is_there & within(skeletons, pc.fill_null(table["skeleton"], 0).to_numpy()) | ~is_there & with_unknown
        if chosen.any():
            yield table.filter(pa.array(chosen))


def _rows(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)
