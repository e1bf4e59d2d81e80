"""When two structures are one compound: they differ in nothing but hydrogens, charges, bond orders or stereo.

Two structures are the same compound where they have the same skeleton and share any of the `keys`: tautomers (ring
N-H, amide, keto and enol, nitroso and oxime), mesomers, protonation states, stereoisomers and isotopologues. Keys cost
some ten milliseconds, most of it the canonical tautomer, a skeleton 0.1. A skeleton nearly always tells structures
apart by itself: only those that agree in it, and in the whole skeleton, have to be compared by keys. Not joined are
ring-chain tautomers, azo compounds and hydrazones, quinone methides and phenols: no key holds for them.
"""

from collections.abc import Callable, Sequence
from functools import cache, cached_property

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
    return _skeleton(mol, kernels.SKELETON_REACH)


def whole_skeleton(mol: Chem.Mol) -> int:
    """What the skeleton is, from bonds at any distance: it tells more structures apart. O(atoms²)."""
    # Deuterium is an atom too, but must not change how often atoms are hashed.
    return _skeleton(mol, mol.GetNumHeavyAtoms())


def _skeleton(mol: Chem.Mol, reach: int) -> int:
    graph = read_graph(mol)
    none = np.full((1, graph.neighbour.shape[1]), graph.n, np.int64)
    element, hydrogens, charge = (np.append(row, 0) for row in (graph.element, graph.hydrogens, graph.charge))
    neighbour, order = np.concatenate([graph.neighbour, none]), np.concatenate([graph.order, none * 0])
    return signed(kernels.skeleton(element, hydrogens, charge, neighbour, order, reach))


def signed(number: np.uint64) -> int:
    """The number as table columns store it."""
    return int(np.uint64(number).astype(np.int64))


def flattened(smiles: str) -> tuple[str, int]:
    """(canonical SMILES without stereo, whole skeleton): stereoisomers share the first, forms of a compound the second.

    Raises ValueError where the SMILES is not valid.
    """
    mol = parse_known(smiles)
    Chem.RemoveStereochemistry(mol)
    return canonical(mol), whole_skeleton(mol)


def keys(smiles: str, kinds: "Sequence[Kind] | None" = None) -> frozenset[str]:
    """What identifies the compound of a structure: two structures that share a key are forms of one compound.

    The first block of standard InChIKey holds for mobile hydrogens, mesomers and protonation states; RDKit's hashes of
    tautomers and its canonical tautomer (of at most 100) also for hydrogens of carbon. Raises ValueError where the
    SMILES is not valid. `kinds`: keys of these alone, of `CHEAP_KINDS` or `DEAR_KINDS`.
    """
    structure = _Structure(smiles)
    return frozenset().union(*(structure.keys(kind) for kind in kinds or _KINDS))


class _Structure:
    """A structure whose keys of each kind are computed once, where they are asked for."""

    def __init__(self, smiles: str) -> None:
        self.smiles = smiles
        self._keys: dict[Kind, frozenset[str]] = {}

    @cached_property
    def mol(self) -> Chem.Mol:
        """The molecule. Raises ValueError where the SMILES is not valid."""
        return parse_known(self.smiles)

    @cached_property
    def flat(self) -> Chem.Mol:
        """The molecule without stereo."""
        mol = Chem.Mol(self.mol)
        Chem.RemoveStereochemistry(mol)
        return mol

    def keys(self, kind: "Kind") -> frozenset[str]:
        """The keys of one kind."""
        if kind not in self._keys:
            with rdBase.BlockLogs():
                self._keys[kind] = kind(self)
        return self._keys[kind]


Kind = Callable[[_Structure], frozenset[str]]


def _tautomer_hashes(structure: _Structure) -> frozenset[str]:
    return frozenset(rdMolHash.MolHash(Chem.Mol(structure.flat), function) for function in _HASHES)


def _inchi_block(structure: _Structure) -> frozenset[str]:
    block = rdinchi.MolToInchiKey(structure.mol)[:_FIRST_BLOCK]
    return frozenset([block] if block else [])


def _canonical_tautomer(structure: _Structure) -> frozenset[str]:
    return frozenset(["tautomer " + Chem.MolToSmiles(_tautomers().Canonicalize(structure.flat))])


CHEAP_KINDS: tuple[Kind, ...] = (_tautomer_hashes, _inchi_block)  # a millisecond
DEAR_KINDS: tuple[Kind, ...] = (_canonical_tautomer,)  # six, up to fifty
_KINDS = (*CHEAP_KINDS, *DEAR_KINDS)


@cache
def _tautomers() -> TautomerEnumerator:
    enumerator = TautomerEnumerator()
    enumerator.SetMaxTautomers(_MOST_TAUTOMERS)
    enumerator.SetMaxTransforms(_MOST_TAUTOMERS)
    return enumerator


class Compounds:
    """A collection of structures that can tell whether another one is the same compound."""

    def __init__(self) -> None:
        self._structures: dict[int, list[_Structure]] = {}
        self._last: _Structure | None = None  # asked about; its keys need not be computed again where it is added

    def add(self, skeleton_of: int, smiles: str) -> None:
        """Keep a structure, given by its skeleton and its SMILES."""
        last = self._last
        structure = last if last is not None and last.smiles == smiles else _Structure(smiles)
        self._structures.setdefault(skeleton_of, []).append(structure)

    def holds(self, skeleton_of: int, smiles: str) -> bool:
        """Whether a structure in the collection is the same compound. Keys are computed only for equal skeletons."""
        alike = self._structures.get(skeleton_of)
        if alike is None:
            return False
        self._last = structure = _Structure(smiles)
        return any(not structure.keys(kind).isdisjoint(held.keys(kind)) for kind in _KINDS for held in alike)
