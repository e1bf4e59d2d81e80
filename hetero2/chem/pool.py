"""Candidates for decoys: rearrangements of a molecule, previewed and kept once each, until there are enough."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from hetero2.chem.build import Builder
from hetero2.chem.graph import Ints, read_graph
from hetero2.chem.moves import KINDS, Moves, compose
from hetero2.chem.preview import Fragments, Preview, apply
from hetero2.chem.space import Space

# The rarest surrounding (log frequency of an atom and its neighbours) that a new bond may give an atom. Below 0.5 lie
# peroxides, hydrazines, acetals of amines and the like; the second level is for molecules that are strange themselves.
LEVELS = (0.5, -1.0)
_CHUNKS, _COMPOSED, _WALKS = 4, 400, 6
_SAME = 0.9999


class Site:
    """A molecule from which moves start: the parent itself, or an isomer of it that is closer to what is looked for."""

    def __init__(self, mol: Chem.Mol, moves_so_far: str = "", reference: Fragments | None = None) -> None:
        self.moves_so_far = moves_so_far
        self.graph = read_graph(mol)
        self.space = Space(mol, self.graph)
        self.fragments = Fragments(self.graph, reference)
        self.builder = Builder(mol, self.graph)


class Pool:
    """Candidates with different Morgan fragments, in the order in which they were found."""

    def __init__(self, mol: Chem.Mol, seed: int) -> None:
        self.parent = Site(mol)
        self.seed = seed
        self.exhausted = False
        self._parts: list[tuple[Site, Moves]] = []
        self._views: list[Preview] = []
        self._signatures = np.array([self.parent.fragments.signature])

    def __len__(self) -> int:
        return len(self._signatures) - 1

    def column(self, name: str) -> NDArray[np.float64]:
        """(candidates,): one fact of `Preview`."""
        return np.concatenate([np.zeros(0), *(getattr(view, name) for view in self._views)])

    def entry(self, number: int) -> tuple[Site, Moves, int]:
        """Where candidate `number` comes from: site, moves, and which of them."""
        for site, moves in self._parts:
            if number < len(moves):
                return site, moves, number
            number -= len(moves)
        raise IndexError(number)

    def build(self, number: int) -> Chem.Mol | None:
        """The molecule of a candidate, or None where there is none."""
        site, moves, which = self.entry(number)
        return site.builder.build(moves, which)

    def move(self, number: int) -> str:
        """How a candidate was made."""
        site, moves, which = self.entry(number)
        return f"{site.moves_so_far}{KINDS[moves.kind[which]]}"

    def fill(self, k: int) -> None:
        """Explore until some 1.5·k candidates are at least as common as the parent, and 5·k there are in all.

        First the parent's own moves; then those of its most common isomers; then moves to rarer surroundings.
        """
        wanted = (1.5 * k, 5 * k)
        if self._explore(self.parent, LEVELS[0], _CHUNKS, wanted):
            return
        visited: set[int] = set()
        for _ in range(_WALKS):
            order = np.argsort(-self.column("popularity"), kind="stable")
            best = next((int(number) for number in order if int(number) not in visited), None)
            if best is None:
                break
            visited.add(best)
            mol = self.build(best)
            if mol is not None:
                site = Site(mol, f"{self.move(best)}+", self.parent.fragments)
                if self._explore(site, LEVELS[0], 1, wanted):
                    return
        if len(self) < wanted[0]:
            self._explore(self.parent, LEVELS[1], _CHUNKS, wanted)
            self.exhausted = True

    def _explore(self, site: Site, level: float, chunks: int, wanted: tuple[float, float]) -> bool:
        """Moves of one site, batch by batch, until there are enough."""
        site.space.allow(level)
        for moves in self._batches(site, chunks):
            self._consider(site, moves, level)
            common = int((self.column("popularity") >= self.parent.fragments.popularity).sum())
            if common >= wanted[0] and len(self) >= wanted[1]:
                return True
        return False

    def _batches(self, site: Site, chunks: int) -> Iterator[Moves]:
        start = len(self._parts)
        permutations = site.space.permutations()
        yield Moves.join([site.space.exchanges(), site.space.slides(), permutations])
        for chunk in range(chunks):
            moves = site.space.triples(self.seed, chunk)
            if moves is None:
                break
            yield moves
        if len(permutations) and len(self._parts) > start:
            yield self._composed(site, start)

    def _composed(self, site: Site, start: int) -> Moves:
        """Moves after a permutation: the pairs whose changes in popularity add up to nearly none."""
        moves = Moves.join([moves for _, moves in self._parts[start:]])
        common = np.concatenate([view.popularity for view in self._views[start:]])
        permutes = moves.kind == KINDS.index("permute")
        first, second = np.flatnonzero(~permutes), np.flatnonzero(permutes)
        total = common[first, None] + common[second] - site.fragments.popularity - self.parent.fragments.popularity
        pairs = np.argsort(np.abs(total).ravel(), kind="stable")[:_COMPOSED]
        i, j = np.divmod(pairs, max(1, len(second)))
        return compose(moves, moves, first[i], second[j])

    def _consider(self, site: Site, moves: Moves, level: float) -> None:
        if not len(moves):
            return
        tables = apply(site.graph, moves)
        view = site.fragments.preview(moves, tables)
        fine = (view.rarest >= level) & (view.tanimoto < _SAME) & (tables.hydrogens.min(axis=1) >= 0)
        fine &= ~np.isin(view.signature, self._signatures)
        chosen: Ints = np.flatnonzero(fine)
        _, first = np.unique(view.signature[chosen], return_index=True)
        chosen = chosen[np.sort(first)]
        if len(chosen):
            self._signatures = np.concatenate([self._signatures, view.signature[chosen]])
            self._parts.append((site, moves.take(chosen)))
            self._views.append(view.take(chosen))
