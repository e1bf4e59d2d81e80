"""Counts of atom environments, atom pairs and torsions: the features that the kernel of the screen compares."""

import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from hetero2.chem.molecules import parse_known

Array = NDArray[Any]

N_BINS = 65_536  # of a family: few of the some 10^5 distinct features of a library share one
# A count c enters as log2(1 + c), so that a long chain does not outweigh a ring. In whole units of 1/1024, sums of them
# are exact, and do not depend on the order of summation.
UNITS_PER_BIT = 1024
_KEPT = 8192  # molecules, of some 2 kB each
_MOST = 4095  # counts above it are as good as infinite, and share a value
_VALUES = np.round(np.log2(1.0 + np.arange(_MOST + 1)) * UNITS_PER_BIT).astype(np.uint16)

# Morgan environments to radius 3 (doi 10.1021/ci100050t), atom pairs (doi 10.1021/ci00046a002) and topological torsions
# (doi 10.1021/ci00054a008).
_GENERATORS = (
    rdFingerprintGenerator.GetMorganGenerator(radius=3, fpSize=N_BINS, countSimulation=False),
    rdFingerprintGenerator.GetAtomPairGenerator(fpSize=N_BINS, countSimulation=False),
    rdFingerprintGenerator.GetTopologicalTorsionGenerator(fpSize=N_BINS, countSimulation=False),
)
FAMILIES = ("morgan", "atom_pairs", "torsions")


class CountFeatures(NamedTuple):
    """Features of n molecules, rows one after the other; within a row, bins ascend.

    start: (n + 1,) int64, where each molecule's features begin; bins: uint32, family · N_BINS + bin; values: uint16,
    log2(1 + count) in units of 1/1024; totals: (n, 3) int64, sums of the values by family.
    """

    start: Array
    bins: Array
    values: Array
    totals: Array

    def __len__(self) -> int:
        return len(self.start) - 1

    def take(self, rows: Sequence[int] | Array) -> "CountFeatures":
        """The features of these molecules, in this order."""
        chosen = np.asarray(rows, np.int64)
        lengths = self.start[chosen + 1] - self.start[chosen]
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.repeat(self.start[chosen] - start[:-1], lengths) + np.arange(start[-1])
        return CountFeatures(start, self.bins[places], self.values[places], self.totals[chosen])


def concatenate(parts: Sequence[CountFeatures]) -> CountFeatures:
    """One after the other."""
    if not parts:
        return features_of_molecules([])
    lengths = np.concatenate([np.diff(part.start) for part in parts])
    return CountFeatures(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([part.bins for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.totals for part in parts]),
    )


def features_of_molecules(mols: Iterable[Chem.Mol]) -> CountFeatures:
    """Features of molecules; stereochemistry is not seen. Some 0.25 ms each, nearly all of it RDKit's."""
    # A list of dictionaries for each molecule and family, of which RDKit's own order ascends by bin.
    counts = [generator.GetCountFingerprint(mol).GetNonzeroElements() for mol in mols for generator in _GENERATORS]
    lengths = np.fromiter(map(len, counts), np.int64, len(counts)).reshape(-1, len(FAMILIES))
    n_all = int(lengths.sum())
    bins = np.fromiter(itertools.chain.from_iterable(counts), np.uint32, n_all)
    number = np.fromiter(itertools.chain.from_iterable(row.values() for row in counts), np.int64, n_all)
    values = _VALUES[np.minimum(number, _MOST)]
    family = np.tile(np.arange(len(FAMILIES), dtype=np.uint32) * N_BINS, len(lengths))
    running = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return CountFeatures(
        ends[:: len(FAMILIES)].copy(),
        bins + np.repeat(family, lengths.ravel()),
        values,
        np.diff(running[ends]).reshape(-1, len(FAMILIES)),
    )


def totals_of(start: Array, bins: Array, values: Array) -> Array:
    """(n, 3) int64: sums of values by molecule and family."""
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    cells = owner * len(FAMILIES) + bins // N_BINS
    return np.bincount(cells, values, (len(start) - 1) * len(FAMILIES)).astype(np.int64).reshape(-1, len(FAMILIES))


def count_features(smiles: Iterable[str]) -> CountFeatures:
    """Features of valid SMILES. A campaign asks for those of its labels again each round: the last ones are kept."""
    return concatenate([_of_smiles(text) for text in smiles])


@functools.lru_cache(maxsize=_KEPT)
def _of_smiles(text: str) -> CountFeatures:
    return features_of_molecules([parse_known(text)])
