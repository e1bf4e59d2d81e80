"""Drawings of a molecule and its decoys as small inline SVG, with what changed in a decoy highlighted.

Only the SMILES of both are known, not which atom became which. So atoms are mapped so that as many bonds as possible
stay: grown from atoms whose surroundings agree furthest, then improved for a fixed number of steps, whatever the clock.
"""

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from operator import eq, ne
from typing import Any, NamedTuple

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from hetero2.chem.molecules import Mol, parse_known

_RADII, _TRIES, _PERCEIVED, _MOVED = 6, 24, 1, 8
_WIDTH, _HEIGHT, _MARGIN, _LARGEST, _SMALLER = 260, 190, 1.4, 16.0, 0.85  # px, px, Å, px/Å, of the molecule's
_MOST_ATOMS, _LEAST_CORE, _CLOSE = 150, 3, 0.7  # drawn; that is aligned; Å between atoms that overlap
_REFUSED = (ValueError, RuntimeError)  # what RDKit raises for a molecule that it cannot lay out
_Wish = tuple[tuple[int, int], tuple[int, int]]
_BAND, _INK = ' fill="none" stroke="#f2b36b" stroke-width="9"', ' stroke="#000"'
_BLACK, _KEPT, _SIGNS = "#000000", ("fill", "stroke-dasharray"), {ord("-"): "\u2212"}  # a hyphen is too short
_TAG = re.compile(r"<(path|text) ([^>]*?)/?>(?:([^<]*)</text>)?")
_ATTRIBUTE = re.compile(r"([\w-]+)[=:]'?([^';]*)")  # of the tag and of its style


class Drawing(NamedTuple):
    """`svg`: one <svg> element; `n_changed`: bonds of the decoy that the molecule does not have."""

    svg: str
    n_changed: int


class Change(NamedTuple):
    """`image` (n,): for each atom of the decoy its atom in the molecule, -1 where it has none; `bonds`: the ends
    of the decoy's changed bonds; `atoms`: those of its atoms that have gained or lost a bond."""

    image: tuple[int, ...]
    bonds: tuple[tuple[int, int], ...]
    atoms: frozenset[int]


def with_decoys(smiles: str, decoys: Sequence[str]) -> list[Drawing]:
    """The molecule, then each decoy, in one orientation and, where possible, at one scale. ValueError: invalid SMILES.

    Some 15 ms for a drug-like decoy. A structure that is too large or has no layout becomes a text that says so.
    """
    with rdBase.BlockLogs():
        parent, mols = parse_known(smiles), list(map(parse_known, decoys))
        changes = [Change(tuple(range(parent.GetNumAtoms())), (), frozenset())]
        changes += [changed_bonds(parent, decoy) for decoy in mols]
        laid = [_laid_out(parent), *(_laid_out_like(parent, *pair) for pair in zip(mols, changes[1:], strict=True))]
        scale = max(min(map(_scale, laid)), _SMALLER * _scale(laid[0]))
        return [Drawing(_svg(*pair, scale), len(pair[1].bonds)) for pair in zip(laid, changes, strict=True)]


def changed_bonds(parent: Mol, decoy: Mol) -> Change:
    """Maps each atom of `decoy` to one of `parent`; the bonds that then differ are few, if not always the fewest.

    A bond that is aromatic in one and single or double in the other does not count: it joins the same atoms, and what
    made the ring aromatic counts. O(atoms) for molecules, some 5 ms for a drug.
    """
    return _Mapping(parent, decoy).change()


class _Side:
    """Of each atom: neighbours with bond orders (of atom -1, which is none, too), Weisfeiler-Lehman colours: numbers,
    from `names`, that are equal where the surroundings are, up to radius 0, 1, .."""

    def __init__(self, mol: Mol, names: dict[tuple[object, ...], int]) -> None:
        self.names = names
        atoms, bonds = list(mol.GetAtoms()), list(mol.GetBonds())
        self.bonds: list[tuple[int, int]] = list(map(_ends, bonds))
        self.near: list[dict[int, float]] = [{} for _ in range(len(atoms) + 1)]
        for (begin, end), bond in zip(self.bonds, bonds, strict=True):
            self.near[begin][end] = self.near[end][begin] = bond.GetBondTypeAsDouble()
        self.charge: list[int] = [*(atom.GetFormalCharge() for atom in atoms), 0]
        self.element = [self._name(atom.GetAtomicNum(), atom.GetIsotope()) for atom in atoms]
        layers = [self.element, list(map(self._name, self.element, self.charge))]
        for _ in range(_RADII):
            around = (tuple(sorted((layers[-1][at], order) for at, order in near.items())) for near in self.near)
            layers.append(list(map(self._name, layers[-1], around)))
        self.colours = list(zip(*layers, strict=True))

    def _name(self, *facts: object) -> int:
        return self.names.setdefault(facts, len(self.names))


class _Mapping:
    """The search for the mapping that keeps most bonds."""

    def __init__(self, parent: Mol, decoy: Mol) -> None:
        names: dict[tuple[object, ...], int] = {}
        self._parent, self._decoy = _Side(parent, names), _Side(decoy, names)
        self._seeds = self._equal_atoms()
        self._image = self._grown([])
        self._search()

    def change(self) -> Change:
        moved = [bond for bond in self._decoy.bonds if self._penalty(*bond) == _MOVED]
        inverse = {image: atom for atom, image in enumerate(self._image)}
        had = {frozenset(inverse.get(end, -1) for end in bond) for bond in self._parent.bonds}
        gone = had.difference(map(frozenset, self._decoy.bonds))
        new = {atom for atom, image in enumerate(self._image) if image < 0}
        return Change(tuple(self._image), tuple(moved), frozenset(new.union(*moved, *gone) - {-1}))

    def _equal_atoms(self) -> list[tuple[list[int], list[int]]]:
        """Atoms of the same colour in decoy and molecule: widest radius first, the least ambiguous first."""
        pairs = []
        for radius in reversed(range(_RADII + 2)):
            same: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
            for number, side in enumerate((self._decoy, self._parent)):
                for atom, colours in enumerate(side.colours):
                    same[colours[radius]][number].append(atom)
            pairs += sorted((pair for pair in same.values() if all(pair)), key=lambda pair: max(map(len, pair)))
        return pairs

    def _grown(self, first: Iterable[tuple[int, int]]) -> list[int]:
        """The images of the decoy's atoms, grown along bonds from the pairs `first`, then from atoms of one colour."""
        image, free = [-1] * len(self._decoy.element), [True] * len(self._parent.element)
        for pair in first:
            self._grow(pair, image, free)
        for atoms, candidates in self._seeds:
            left = (theirs for theirs in candidates if free[theirs])
            for atom in atoms:
                if image[atom] < 0 and (theirs := next(left, -1)) >= 0:
                    self._grow((atom, theirs), image, free)
        return image

    def _grow(self, pair: tuple[int, int], image: list[int], free: list[bool]) -> None:
        """Give neighbours of mapped atoms images: over the same bond first, then where the surroundings agree most."""
        queue = [(False, 0, *pair)]
        while queue:
            *_, atom, image_atom = heappop(queue)
            if image[atom] >= 0 or not free[image_atom]:
                continue
            image[atom], free[image_atom] = image_atom, False
            for near, order in self._decoy.near[atom].items():
                for at, theirs in self._parent.near[image_atom].items():
                    if image[near] < 0 and free[at] and self._decoy.element[near] == self._parent.element[at]:
                        agreed = -sum(map(eq, self._decoy.colours[near], self._parent.colours[at]))
                        heappush(queue, (order != theirs, agreed, near, at))

    def _search(self) -> None:
        """Where another bond could be kept, exchange two images or grow again from there, if that is better."""
        best, least = self._image, self._cost()
        tried: set[_Wish] = set()
        while len(tried) < _TRIES and (wish := next((pair for pair in self._wishes() if pair not in tried), None)):
            tried.add(wish)
            new, old = wish[0][1], best[wish[0][0]]
            for image in ([{old: new, new: old}.get(theirs, theirs) for theirs in best], self._grown(wish)):
                self._image = image
                if (cost := self._cost()) < least:
                    best, least = image, cost
            self._image = best

    def _wishes(self) -> Iterator[_Wish]:
        """Pairs of an atom and an image for the two ends of a changed bond, so that the bond would be kept."""
        for ends in self._decoy.bonds:
            if self._penalty(*ends) == _MOVED:
                for begin, end in (ends, ends[::-1]):
                    for at in self._parent.near[self._image[begin]]:
                        if self._parent.element[at] == self._decoy.element[end]:
                            yield (end, at), (begin, self._image[begin])

    def _penalty(self, begin: int, end: int) -> int:
        order, theirs = self._decoy.near[begin][end], self._parent.near[self._image[begin]].get(self._image[end], 0.0)
        perceived = theirs and abs(order - theirs) == 0.5
        return 0 if order == theirs else _PERCEIVED if perceived else _MOVED

    def _cost(self) -> int:
        charged = map(ne, self._decoy.charge, (self._parent.charge[image] for image in self._image))
        return sum(map(int, charged)) + sum(self._penalty(*bond) for bond in self._decoy.bonds)


def _laid_out(mol: Mol) -> Mol:
    """`mol`, with 2D coordinates and without aromatic bonds unless it is too large or RDKit finds none."""
    if mol.GetNumHeavyAtoms() <= _MOST_ATOMS:
        with suppress(*_REFUSED):
            Chem.Kekulize(mol, clearAromaticFlags=True)
            rdDepictor.Compute2DCoords(mol, canonOrient=True, useRingTemplates=True)
    return mol


def _laid_out_like(parent: Mol, decoy: Mol, change: Change) -> Mol:
    """The decoy with its core placed as in `parent`, or only turned to match where that is the cleaner picture."""
    free, core = _laid_out(decoy), _core(parent, decoy, change)
    if not parent.GetNumConformers() or not free.GetNumConformers() or len(core) < _LEAST_CORE:
        return free
    _take_double_bonds(parent, free, change)
    turn: Any = rdDepictor.ConstrainedDepictionParams()
    turn.alignOnly, fixed = True, Chem.Mol(free)
    try:
        rdDepictor.GenerateDepictionMatching2DStructure(free, parent, core, -1, turn)
        rdDepictor.GenerateDepictionMatching2DStructure(fixed, parent, core)
    except _REFUSED:
        return free
    return min(fixed, free, key=_clashes)


def _ends(bond: Chem.Bond) -> tuple[int, int]:
    return bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()


def _parts(bonds: Iterable[tuple[int, int]]) -> list[set[int]]:
    parts: list[set[int]] = []
    for bond in bonds:
        joined = set(bond).union(*(part for part in parts if not part.isdisjoint(bond)))
        parts = [*(part for part in parts if part.isdisjoint(bond)), joined]
    return parts


def _core(parent: Mol, decoy: Mol, change: Change) -> list[tuple[int, int]]:
    """(atom of the molecule, atom of the decoy) of the largest common part; rings are in it whole or not at all."""
    moved, rings = set(map(frozenset, change.bonds)), decoy.GetRingInfo().AtomRings()
    theirs = set().union(*parent.GetRingInfo().AtomRings())
    kept = [ring for ring in rings if moved.isdisjoint(map(frozenset, zip(ring, (*ring[1:], ring[0]), strict=True)))]
    cyclic = {at for at, image in enumerate(change.image) if image in theirs}
    firm = set(range(decoy.GetNumAtoms())).difference(cyclic, *rings).union(*kept)
    # Not across double bonds with a stereo label, which may differ between the two.
    still = [_ends(bond) for bond in decoy.GetBonds() if bond.GetStereo() <= Chem.BondStereo.STEREOANY]
    parts = _parts(pair for pair in still if firm.issuperset(pair) and frozenset(pair) not in moved)
    largest = max(parts, key=lambda part: (len(part), -min(part)), default=set())
    return [(change.image[atom], atom) for atom in sorted(largest)]


def _take_double_bonds(parent: Mol, decoy: Mol, change: Change) -> None:
    """Draw double bonds of unchanged rings where the molecule has them, as there is often a choice."""
    cyclic = [bond for bond in decoy.GetBonds() if bond.IsInRing() and min(change.image) >= 0]
    models = [parent.GetBondBetweenAtoms(*(change.image[atom] for atom in _ends(bond))) or bond for bond in cyclic]
    pairs = list(zip(cyclic, models, strict=True))
    for part in _parts(map(_ends, cyclic)):
        more: Counter[int] = Counter()  # of bonds that an atom would have
        for bond, model in pairs:
            gain = int(model.GetBondType()) - int(bond.GetBondType())
            more.update(dict.fromkeys(part.intersection(_ends(bond)), gain))
        for bond, model in pairs:
            if not any(more.values()) and part.issuperset(_ends(bond)):
                bond.SetBondType(model.GetBondType())


def _clashes(mol: Mol) -> int:
    """How many atoms overlap."""
    at = mol.GetConformer().GetPositions()
    return int((np.linalg.norm(at[:, None] - at, axis=2) < _CLOSE).sum())


def _scale(mol: Mol) -> float:
    """The scale, in pixels per Å, at which the molecule fills the drawing."""
    size = np.ptp(mol.GetConformer().GetPositions(), axis=0) if mol.GetNumConformers() else np.zeros(3)
    return float(min(_LARGEST, _WIDTH / (size[0] + _MARGIN), _HEIGHT / (size[1] + _MARGIN)))


def _drawn(mol: Mol, scale: float) -> tuple[str, list[str]]:
    """RDKit's SVG and the positions of its atoms as "x y". Raises one of _REFUSED where RDKit cannot draw."""
    mol.GetConformer()  # without this, RDKit would compute a layout of its own
    pen = rdMolDraw2D.MolDraw2DSVG(_WIDTH, _HEIGHT, -1, -1, True)  # letters as text, not as paths: a tenth of the size
    options: Any = pen.drawOptions()
    options.useBWAtomPalette()
    options.clearBackground = options.prepareMolsBeforeDrawing = False
    options.fixedBondLength, options.padding, options.baseFontSize, options.minFontSize = scale, 0.04, 0.75, 8
    pen.DrawMolecule(rdMolDraw2D.PrepareMolForDrawing(mol, kekulize=False))
    pen.FinishDrawing()
    places = map(pen.GetDrawCoords, range(mol.GetNumAtoms()))
    return pen.GetDrawingText(), [f"{place.x:.1f} {place.y:.1f}" for place in places]


def _svg(mol: Mol, change: Change, scale: float) -> str:
    head = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="Arial,sans-serif"'
    try:
        text, at = _drawn(mol, scale)
    except _REFUSED:
        return f'{head} font-size="12"><text x="50" y="95">{mol.GetNumHeavyAtoms()} heavy atoms: not drawn</text></svg>'
    bare = change.atoms.difference(*change.bonds)
    band = "".join(f"M{at[i]}L{at[j]}" for i, j in (*change.bonds, *((atom, atom) for atom in sorted(bare))))
    paths = defaultdict(str, {_BAND: band} if band else {})
    labels: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for tag, attributes, letter in _TAG.findall(text):
        fields = dict(_ATTRIBUTE.findall(attributes.replace("style='", "")))
        if tag == "text":
            labels[fields["font-size"][:-2], fields["y"], fields["class"]].append((fields["x"], letter))
        elif "class" in fields:  # leave out corners where bonds meet: round line ends make them needless
            style = "".join(f' {name}="{fields[name]}"' for name in _KEPT if fields.get(name, _BLACK) != _BLACK)
            paths[style + _INK] += re.sub(" ?([A-Z]) ?", r"\1", fields["d"]).replace(",", " ")
    size = max((size for size, *_ in labels), key=int, default="9")
    lines = [f'{head} font-size="{size}" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round">']
    lines += [f'<path{style} d="{path}"/>' for style, path in paths.items()]
    for (letter_size, y, _), letters in labels.items():
        x, word = " ".join(place for place, _ in letters), "".join(letter for _, letter in letters)
        tag = f'<text x="{x}" y="{y}"' + f' font-size="{letter_size}"' * (letter_size != size)
        lines.append(f"{tag}>{html.escape(html.unescape(word)).translate(_SIGNS)}</text>")
    return "".join([*lines, "</svg>"])
