"""Properties of rearrangements before they are built: sums over atoms of what an atom's surroundings decide.

What an atom adds to RDKit's logP, TPSA, acceptors, donors and rotatable bonds follows from the atom, its neighbours
and, for atoms other than carbon, from what surrounds those. Each such environment is a 64-bit key; RDKit is asked
once a process what an atom in it contributes. So a property costs O(atoms) array operations a rearrangement, and is
RDKit's own number as long as the rearrangement leaves the same atoms aromatic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import sub

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import Lipinski, rdMolDescriptors

from hetero2.chem.decoys_v2 import kernels
from hetero2.chem.decoys_v2.graph import Graph
from hetero2.chem.decoys_v2.moves import Moves
from hetero2.chem.decoys_v2.products import Builder

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
# RDKit's acceptors; and the ends of its rotatable bonds: inner atoms, without a triple bond, that carry no three equal
# halogens or methyls. One of a bond's two ends, moreover, is no part of an acyclic amide, ester or amidine bond.
_ACCEPTOR = (
    "[$([O,S;H1;v2]-[!$(*=[O,N,P,S])]),$([O,S;H0;v2]),$([O,S;-]),$([N;v3;!$(N-*=!@[O,N,P,S])]),$([nH0X2,o,s;+0])]"
)
_END = "!$(*#*);!D1;!$([CH3]);!$(C(F)(F)F);!$(C(Cl)(Cl)Cl);!$(C(Br)(Br)Br);!$(C([CH3])([CH3])[CH3])"
_FREE_END = (
    f"{_END};!$([CD3](=[N,O,S])-!@[#7,O,S!D1]);!$([#7,O,S!D1]-!@[CD3]=[N,O,S]);"
    "!$([CD3](=[N+])-!@[#7!D1]);!$([#7!D1]-!@[CD3]=[N+])"
)
NAMES = ("logp", "rotatable_bonds", "hbond_acceptors", "hbond_donors", "tpsa")
_MOST_KNOWN = 200_000  # environments kept a process, 56 bytes each: 11 MB
_LOGP, _TPSA, _ACCEPTORS, _DONORS, _ENDS, _FREE_ENDS = range(6)


@dataclass(frozen=True)
class MoveProperties:
    """Of c rearrangements: `values` (c, 5) in the order of NAMES; `skeleton` (c,), a hash that all forms of a compound
    share; `bonds` (c, b), codes of the bonds with their ends."""

    values: Floats
    skeleton: Keys
    bonds: Keys

    def differences(self, number: int, others: Sequence[float]) -> dict[str, float]:
        """By name, how much more of each property one of them has than `others` in the same order, to four places."""
        changes = map(sub, self.values[number].tolist(), others)
        return {name: round(change, 4) for name, change in zip(NAMES, changes, strict=True)}


class Environments:
    """Properties of the rearrangements of one molecule (module docstring)."""

    def __init__(self, mol: Chem.Mol, graph: Graph, builder: Builder) -> None:
        self._graph, self._builder = graph, builder
        three = [ring for ring in mol.GetRingInfo().AtomRings() if len(ring) == 3]
        self._fixed = np.append(graph.aromatic, False).astype(np.int64)
        self._fixed[[atom for ring in three for atom in ring]] |= 2
        self._cyclic = np.concatenate([graph.cyclic, np.zeros((1, graph.cyclic.shape[1]), bool)])

    def properties(self, moves: Moves) -> MoveProperties:
        """The properties of what each move makes."""
        keys, skeleton, near, single, bonds = kernels.surroundings(
            self._graph.arrays, self._fixed, self._cyclic, moves.kind, moves.arrays
        )
        contributions = _known()
        while True:
            # RDKit is asked about the first molecule with an environment that is not known yet.
            number, values = kernels.contributed(keys, near, single, contributions.keys, contributions.rows)
            if number < 0:
                return MoveProperties(values, skeleton, bonds)
            contributions.learn(keys[number, :-1], _ask(self._builder.assemble(moves, number)))


class _Known:
    """Environment → contributions: what RDKit said in this process, as a table that compiled loops read."""

    def __init__(self) -> None:
        self._clear(1024)

    def _clear(self, size: int) -> None:
        self.keys, self.rows, self._n = np.zeros(size, np.uint64), np.zeros((size, 6)), 0

    def learn(self, keys: Keys, rows: list[tuple[float, ...]]) -> None:
        """Add environments; all is forgotten first where there are very many. O(1) each on average."""
        if self._n > _MOST_KNOWN:
            self._clear(1024)
        while 2 * (self._n + len(keys)) > len(self.keys):
            full, held = self.keys != 0, (self.keys, self.rows)
            self._clear(2 * len(self.keys))
            self._add(held[0][full], held[1][full])
        self._add(keys, np.array(rows).reshape(len(keys), 6))

    def _add(self, keys: Keys, rows: Floats) -> None:
        self._n += kernels.add_rows(self.keys, self.rows, keys, rows)


@cache
def _known() -> _Known:
    return _Known()


@cache
def _patterns() -> tuple[Chem.Mol, ...]:
    smarts = (_ACCEPTOR, Lipinski.HDonorSmarts, f"[{_END}]", f"[{_FREE_END}]")
    return tuple(pattern if isinstance(pattern, Chem.Mol) else Chem.MolFromSmarts(pattern) for pattern in smarts)


def _ask(mol: Chem.Mol) -> list[tuple[float, ...]]:
    """Per atom: logP with its hydrogens, TPSA, acceptor, donor, and which end of a rotatable bond it can be."""
    n = mol.GetNumAtoms()
    whole = Chem.AddHs(mol)
    logp = [row[0] for row in rdMolDescriptors._CalcCrippenContribs(whole)]
    hydrogen = n  # they come after all other atoms, in the order of the atoms that bear them
    for a in range(n):
        for _ in range(mol.GetAtomWithIdx(a).GetTotalNumHs()):
            logp[a] += logp[hydrogen]
            hydrogen += 1
    tpsa = rdMolDescriptors._CalcTPSAContribs(mol)
    marks = [{match[0] for match in mol.GetSubstructMatches(pattern, maxMatches=n + 1)} for pattern in _patterns()]
    return [(logp[a], tpsa[a], *(float(a in mark) for mark in marks)) for a in range(n)]
