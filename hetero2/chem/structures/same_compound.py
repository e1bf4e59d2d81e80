"""When two structures are one compound: they differ in nothing but hydrogens, charges, bond orders or stereo.

Two structures are the same compound where they have the same skeleton and share any of the `keys`: tautomers (ring
N-H, amide, keto and enol, nitroso and oxime), mesomers, protonation states, stereoisomers and isotopologues. Keys cost
some ten milliseconds, a skeleton 0.1. A skeleton nearly always tells structures apart by itself: only those that agree
in it have to be compared by keys. Not joined are ring-chain tautomers, azo compounds and hydrazones, quinone methides
and phenols: no key holds for them.
"""

from functools import cache

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi, rdMolHash
from rdkit.Chem.MolStandardize.rdMolStandardize import TautomerEnumerator

from hetero2.chem.decoys_v2 import kernels
from hetero2.chem.decoys_v2.graph import read_graph
from hetero2.chem.molecules import canonical, parse_known

_HASHES = (rdMolHash.HashFunction.HetAtomTautomer, rdMolHash.HashFunction.HetAtomTautomerv2)
_FIRST_BLOCK = (
    14  # letters of an InChIKey that stand for the skeleton, hydrogens and charge (doi 10.1186/s13321-015-0068-4)
)
_MOST_TAUTOMERS = 100


def skeleton(mol: Chem.Mol) -> int:
    """A signed 64-bit hash that all forms of a compound share: elements, and which are bonded. O(atoms)."""
    graph = read_graph(mol)
    none = np.full((1, graph.neighbour.shape[1]), graph.n, np.int64)
    element, hydrogens, charge = (np.append(row, 0) for row in (graph.element, graph.hydrogens, graph.charge))
    neighbour, order = np.concatenate([graph.neighbour, none]), np.concatenate([graph.order, none * 0])
    return signed(kernels.skeleton(element, hydrogens, charge, neighbour, order))


def signed(number: np.uint64) -> int:
    """The number as table columns store it."""
    return int(np.uint64(number).astype(np.int64))


def flat_smiles(smiles: str) -> str:
    """Canonical SMILES without stereo: stereoisomers share it. Raises ValueError where the SMILES is not valid."""
    mol = parse_known(smiles)
    Chem.RemoveStereochemistry(mol)
    return canonical(mol)


def keys(smiles: str) -> frozenset[str]:
    """What identifies the compound of a structure: two structures that share a key are forms of one compound.

    The first block of standard InChIKey holds for mobile hydrogens, mesomers and protonation states; RDKit's hashes of
    tautomers and its canonical tautomer (of at most 100) also for hydrogens of carbon. Raises ValueError where the
    SMILES is not valid.
    """
    mol = parse_known(smiles)
    with rdBase.BlockLogs():
        block = rdinchi.MolToInchiKey(mol)[:_FIRST_BLOCK]
        Chem.RemoveStereochemistry(mol)
        hashes = [rdMolHash.MolHash(Chem.Mol(mol), function) for function in _HASHES]
        tautomer = Chem.MolToSmiles(_tautomers().Canonicalize(mol))
    return frozenset(["tautomer " + tautomer, *([block] if block else []), *hashes])


@cache
def _tautomers() -> TautomerEnumerator:
    enumerator = TautomerEnumerator()
    enumerator.SetMaxTautomers(_MOST_TAUTOMERS)
    enumerator.SetMaxTransforms(_MOST_TAUTOMERS)
    return enumerator


class Compounds:
    """A collection of structures that can tell whether another one is the same compound."""

    def __init__(self) -> None:
        self._smiles: dict[int, list[str]] = {}
        self._keys: dict[int, set[str]] = {}

    def add(self, skeleton_of: int, smiles: str) -> None:
        """Keep a structure, given by its skeleton and its SMILES."""
        self._smiles.setdefault(skeleton_of, []).append(smiles)

    def holds(self, skeleton_of: int, smiles: str) -> bool:
        """Whether a structure in the collection is the same compound. Keys are computed only for equal skeletons."""
        if skeleton_of not in self._smiles:
            return False
        held = self._keys.setdefault(skeleton_of, set())
        while self._smiles[skeleton_of]:
            held |= keys(self._smiles[skeleton_of].pop())
        return not held.isdisjoint(keys(smiles))
