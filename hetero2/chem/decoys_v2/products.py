"""From a rearrangement to the molecule it makes."""

from rdkit import Chem

from hetero2.chem.decoys_v2.graph import Graph
from hetero2.chem.decoys_v2.moves import KINDS, PERMUTE, SLIDE, Moves

Pairs = set[tuple[int, int]]
_RINGS_CHANGE = {number for number, name in enumerate(KINDS) if "+" in name or number in (SLIDE, PERMUTE)}
_SINGLE = Chem.BondType.SINGLE
_unpaired = Chem.Atom.GetNumRadicalElectrons
_COMPUTED = "__computedProps"  # RDKit's list of the properties that it has computed, kept even when it is empty
_AROMATIC = Chem.MolFromSmarts("a")
_ALL = Chem.SanitizeFlags.SANITIZE_ALL
# What a product needs whose rings are the parent's: its aromatic atoms are known, and have the electrons they had.
_NO_RINGS = (
    Chem.SanitizeFlags.SANITIZE_PROPERTIES
    | Chem.SanitizeFlags.SANITIZE_SYMMRINGS
    | Chem.SanitizeFlags.SANITIZE_FINDRADICALS
)
# With stereo centres also this, which takes the mark off what can be none: an atom that is not tetrahedral.
_NO_RINGS_BUT_CENTRES = (
    _NO_RINGS
    | Chem.SanitizeFlags.SANITIZE_SETCONJUGATION
    | Chem.SanitizeFlags.SANITIZE_SETHYBRIDIZATION
    | Chem.SanitizeFlags.SANITIZE_CLEANUPCHIRALITY
)


class Builder:
    """Builds the products of the moves of one molecule.

    A stereo centre and a stereo double bond stay specified where the product still has them; nothing else becomes so.
    """

    _has_stereo: bool
    _flags: list[tuple[int, ...]]
    _rings: int
    _radical: list[int]

    def __init__(self, mol: Chem.Mol, graph: Graph, parent: "Builder | None" = None) -> None:
        """`parent`: the builder of the molecule that `mol` is an isomer of, with the same aromatic atoms and rings."""
        self._graph = graph
        self._base = _bare(mol)
        if parent is not None and not parent._has_stereo:
            self._stereo, self._has_stereo = [], False
        else:
            self._stereo = _stereo_bonds(mol)
            flat = Chem.ChiralType.CHI_UNSPECIFIED
            tags = (mol.GetAtomWithIdx(a).GetChiralTag() for a in range(graph.n))
            self._has_stereo = bool(self._stereo) or any(tag != flat for tag in tags)
        if parent is not None:
            self._flags, self._rings, self._radical = parent._flags, parent._rings, parent._radical
        else:
            self._flags, self._rings = _aromatic(mol), mol.GetRingInfo().NumRings()
            self._radical = [a for a in range(graph.n) if mol.GetAtomWithIdx(a).GetNumRadicalElectrons()]

    def build(self, moves: Moves, number: int) -> Chem.Mol | None:
        """The product, sanitised; None where it is no molecule, or has other rings, aromatic atoms or radicals."""
        product, changed = self._edited(moves, number)
        self._restore_stereo_bonds(product)
        # Only these can change rings and so what is aromatic; for the others it is not perceived again.
        rings_change = int(moves.kind[number]) in _RINGS_CHANGE
        needed = _ALL if rings_change else _NO_RINGS_BUT_CENTRES if self._has_stereo else _NO_RINGS
        if Chem.SanitizeMol(product, needed, catchErrors=True):
            return None
        if product.GetRingInfo().NumRings() != self._rings or self._radicals(product, changed):
            return None
        if rings_change and _aromatic(product) != self._flags:
            return None
        if self._has_stereo:
            Chem.AssignStereochemistry(product, cleanIt=True, force=True)
        return product

    def assemble(self, moves: Moves, number: int) -> Chem.Mol:
        """The product as it is before anything is perceived again: aromatic is what was aromatic."""
        product, _ = self._edited(moves, number)
        product.UpdatePropertyCache(strict=False)
        Chem.GetSymmSSSR(product)
        return product

    def _edited(self, moves: Moves, number: int) -> tuple[Chem.RWMol, set[int]]:
        """The product as it is before anything is perceived, and the numbers of the atoms that changed."""
        n, neighbour = self._graph.n, self._graph.lists.neighbour
        product = Chem.RWMol(self._base)
        # Edits are written from both ends of a bond: as sets of pairs each counts once, and what is cut and made stays.
        removed: Pairs = set()
        added: Pairs = set()
        changed = set()
        for atom, slot, to, _ in moves.edits[number].tolist():
            if atom == n:
                continue
            changed.add(atom)
            old = neighbour[atom][slot]
            if old < n:
                removed.add((atom, old) if atom < old else (old, atom))
            if to < n:
                added.add((atom, to) if atom < to else (to, atom))
        for a, b in sorted(removed - added):
            product.RemoveBond(a, b)
        for a, b in sorted(added - removed):
            product.AddBond(a, b, _SINGLE)
        self._label(product, moves, number, changed)
        return product, changed

    def _label(self, product: Chem.RWMol, moves: Moves, number: int, changed: set[int]) -> None:
        """Elements, charges and isotopes of two atoms that change places, and the hydrogens of all that change."""
        n, parent_hydrogens = self._graph.n, self._graph.lists.hydrogens
        x, y = moves.labels[number].tolist()
        hydrogens = {}
        if x < n:
            changed |= {x, y}
            hydrogens = {x: parent_hydrogens[y], y: parent_hydrogens[x]}
            for place, source in ((x, y), (y, x)):
                atom, old = product.GetAtomWithIdx(place), self._base.GetAtomWithIdx(source)
                atom.SetAtomicNum(old.GetAtomicNum())
                atom.SetFormalCharge(old.GetFormalCharge())
                atom.SetIsotope(old.GetIsotope())
        for place, change in moves.hydrogens[number].tolist():
            if place < n:
                hydrogens[place] = hydrogens.get(place, parent_hydrogens[place]) + change
        for place, count in hydrogens.items():
            atom = product.GetAtomWithIdx(place)
            atom.SetNoImplicit(True)  # else RDKit fills up valences, and a wrong product would look like a molecule
            atom.SetNumExplicitHs(count)

    def _restore_stereo_bonds(self, product: Chem.RWMol) -> None:
        """A neighbour that names a double bond's geometry may have moved away: another one takes its place."""
        for begin, end, named, kind in self._stereo:
            bond = product.GetBondBetweenAtoms(begin, end)
            if bond.GetStereo() != Chem.BondStereo.STEREONONE:
                continue
            anchors = []
            for atom, opposite, old in ((begin, end, named[0]), (end, begin, named[1])):
                near = {a.GetIdx() for a in product.GetAtomWithIdx(atom).GetNeighbors()} - {opposite}
                anchors.append(old if old in near else min(near, default=-1))
            if min(anchors) >= 0:
                bond.SetStereoAtoms(*anchors)
                bond.SetStereo(kind)

    def _radicals(self, product: Chem.Mol, changed: set[int]) -> bool:
        """Whether an atom that changed has unpaired electrons, or one that had them lost them."""
        atom = product.GetAtomWithIdx
        gained = any(map(_unpaired, map(atom, changed.difference(self._radical))))
        return gained or not all(map(_unpaired, map(atom, self._radical)))


def _bare(mol: Chem.Mol) -> Chem.RWMol:
    """A copy without what RDKit computed for its atoms: to copy that into each product takes as long as the rest."""
    copy = Chem.RWMol(mol)
    copy.ClearComputedProps(includeRings=False)
    for atom in map(copy.GetAtomWithIdx, range(copy.GetNumAtoms())):
        atom.ClearProp(_COMPUTED)
    return copy


def _aromatic(mol: Chem.Mol) -> list[tuple[int, ...]]:
    return sorted(mol.GetSubstructMatches(_AROMATIC, maxMatches=mol.GetNumAtoms()))


def _stereo_bonds(mol: Chem.Mol) -> list[tuple[int, int, tuple[int, ...], Chem.BondStereo]]:
    """Double bonds with a geometry: their atoms, the neighbours that name it, which one."""
    bonds = [mol.GetBondWithIdx(number) for number in range(mol.GetNumBonds())]
    return [
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), tuple(bond.GetStereoAtoms()), bond.GetStereo())
        for bond in bonds
        if len(bond.GetStereoAtoms()) == 2 and bond.GetStereo() != Chem.BondStereo.STEREONONE
    ]
