"""Candidates for decoys: rearrangements of a molecule, previewed and kept once each, until there are enough."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from hetero2.chem.decoys_v2.enumerate import Space, spread_over
from hetero2.chem.decoys_v2.graph import Graph, Ints, read_graph
from hetero2.chem.decoys_v2.moves import KINDS, Moves, compose
from hetero2.chem.decoys_v2.preview import Fragments, Preview
from hetero2.chem.decoys_v2.products import Builder
from hetero2.chem.decoys_v2.property_sums import NAMES, Environments, Facts

# The rarest surrounding (log frequency of an atom and its neighbours) that a new bond may give an atom. Below 0.5 lie
# peroxides, hydrazines, acetals of amines and the like; the other levels are for molecules that have too few without.
LEVELS = (0.5, -1.0, -2.5)
_CHUNKS, _COMPOSED, _WALKS, _MOST_WALKS = 6, 80, 4, 24
_SAME, _MOST_CELLS = 0.9999, 400_000
Bins = tuple[Sequence[int], Sequence[float]]


class Site:
    """A molecule from which moves start: the parent itself, or an isomer of it that is closer to what is looked for."""

    graph: Graph
    fragments: Fragments

    def __init__(self, mol: Chem.Mol, moves_so_far: str = "", parent: "Site | None" = None) -> None:
        self.moves_so_far = moves_so_far
        self.graph = read_graph(mol, parent is not None and parent.graph.plain)
        self.space = Space(mol, self.graph)
        self.fragments = Fragments(self.graph, None if parent is None else parent.fragments)
        self._mol, self._parent = mol, parent

    @cached_property
    def builder(self) -> Builder:
        """What makes the molecules of its moves."""
        return Builder(self._mol, self.graph, None if self._parent is None else self._parent.builder)

    @cached_property
    def environments(self) -> Environments:
        """What tells the properties of its moves."""
        return Environments(self._mol, self.graph, self.builder)


class Pool:
    """Candidates with different Morgan fragments, in the order in which they were found."""

    def __init__(self, mol: Chem.Mol, seed: int) -> None:
        self.parent = Site(mol)
        self.seed = seed
        self._level, self._walks = 0, 0
        self._visited: set[int] = set()
        self._parts: list[tuple[Site, Moves]] = []
        self._ends: list[int] = []
        self._views: list[Preview] = []
        self._signatures = {int(self.parent.fragments.signature)}

    def __len__(self) -> int:
        return len(self._signatures) - 1

    def column(self, name: str) -> NDArray[np.float64]:
        """(candidates,): one fact of `Preview`."""
        return np.concatenate([np.zeros(0), *(getattr(view, name) for view in self._views)])

    def entry(self, number: int) -> tuple[Site, Moves, int]:
        """Where candidate `number` comes from: site, moves, and which of them."""
        part = bisect_right(self._ends, number)
        site, moves = self._parts[part]
        return site, moves, number - (self._ends[part - 1] if part else 0)

    def build(self, number: int) -> Chem.Mol | None:
        """The molecule of a candidate, or None where there is none."""
        site, moves, which = self.entry(number)
        return site.builder.build(moves, which)

    def move(self, number: int) -> str:
        """How a candidate was made."""
        site, moves, which = self.entry(number)
        return f"{site.moves_so_far}{KINDS[moves.kind[which]]}"

    def facts(self, numbers: Ints) -> Facts:
        """Properties of the molecules of some candidates, O(atoms) each."""
        c, n_bonds = len(numbers), self.parent.graph.n_bonds
        values, skeleton, bonds = np.zeros((c, len(NAMES))), np.zeros(c, np.uint64), np.zeros((c, n_bonds), np.uint64)
        part, start = np.searchsorted(self._ends, numbers, side="right"), np.append(0, self._ends)
        by_site: dict[int, tuple[Site, list[Ints], list[Moves]]] = {}
        for which in np.unique(part).tolist():
            site, moves = self._parts[which]
            places = np.flatnonzero(part == which)
            _, where, chosen = by_site.setdefault(id(site), (site, [], []))
            where.append(places)
            chosen.append(moves.take(numbers[places] - start[which]))
        for site, where, chosen in by_site.values():
            facts, places = site.environments.facts(Moves.join(chosen)), np.concatenate(where)
            values[places], skeleton[places], bonds[places] = facts.values, facts.skeleton, facts.bonds
        return Facts(values, skeleton, bonds)

    def fill(self, common: int, rare: int, bins: Sequence[int], edges: Sequence[float]) -> None:
        """Explore until there are so many candidates that are more common than the parent, and so many that are not.

        First the parent's own moves, until there are also `bins` candidates between the `edges` of Tanimoto; then those
        of its most common isomers.
        """
        if self._explore(self.parent, LEVELS[0], _CHUNKS, common, rare, (bins, edges)):
            return
        for _ in range(_WALKS):
            site = self._walk(-self.column("log_frequency"))
            if site is None or self._explore(site, LEVELS[0], 0, common, rare):
                return

    def widen(self, more: int) -> bool:
        """Look for `more` candidates in a wider circle: rarer surroundings, and isomers like the parent as new sites.

        False where nothing is left to look at.
        """
        before = len(self)
        while self._level < len(LEVELS) - 1 and len(self) == before:
            self._level += 1
            self._explore(self.parent, LEVELS[self._level], _CHUNKS, before + more, 0)
            while len(self) < before + more and self._walks < _MOST_WALKS * self._level:
                rarity = np.abs(self.column("log_frequency") - self.parent.fragments.log_frequency)
                site = self._walk(rarity)
                if site is None:
                    break
                self._explore(site, LEVELS[self._level], 1, before + more, 0)
        return len(self) > before

    def _walk(self, cost: NDArray[np.float64]) -> Site | None:
        """The cheapest candidate that moves have not started from yet, as a site; None where there is none."""
        for number in np.argsort(cost, kind="stable").tolist():
            if number not in self._visited:
                self._visited.add(number)
                self._walks += 1
                mol = self.build(number)
                if mol is not None:
                    return Site(mol, f"{self.move(number)}+", self.parent)
        return None

    def _explore(self, site: Site, level: float, chunks: int, common: int, rare: int, bins: Bins = ((), ())) -> bool:
        """Moves of one site, batch by batch, until there are enough."""
        site.space.allow(level)
        above = 0
        for moves in self._batches(site, level, chunks):
            self._consider(site, moves, level)
            above = int((self.column("log_frequency") > self.parent.fragments.log_frequency).sum())
            if not rare and len(self) >= common:
                return True
            if above >= common and len(self) - above >= rare and self._spread_enough(bins):
                return True
        return above >= common and len(self) - above >= rare

    def _spread_enough(self, bins: Bins) -> bool:
        counts, edges = bins
        found = np.bincount(np.searchsorted(edges, self.column("tanimoto"), side="right"), minlength=len(counts))
        return all(have >= want for have, want in zip(found, counts, strict=False))

    def _batches(self, site: Site, level: float, chunks: int) -> Iterator[Moves]:
        start = len(self._parts)
        permutations = site.space.permutations()
        hops = [site.space.hops()] if level < LEVELS[0] else []
        yield Moves.join([site.space.exchanges(), site.space.slides(), permutations, *hops])
        for chunk in range(chunks):
            moves = site.space.triples(self.seed, chunk)
            if moves is not None:
                yield moves
            if chunk == 0 and len(permutations) and len(self._parts) > start:
                yield self._composed(site, start)
            if moves is None:
                break

    def _composed(self, site: Site, start: int) -> Moves:
        """Moves after a permutation: the pairs whose changes in popularity add up to nearly none."""
        moves = Moves.join([moves for _, moves in self._parts[start:]])
        common = np.concatenate([view.log_frequency for view in self._views[start:]])
        permutes = moves.kind == KINDS.index("permute")
        first, second = np.flatnonzero(~permutes), np.flatnonzero(permutes)
        total = (
            common[first, None] + common[second] - site.fragments.log_frequency - self.parent.fragments.log_frequency
        )
        pairs = np.argsort(np.abs(total).ravel(), kind="stable")[:_COMPOSED]
        i, j = np.divmod(pairs, max(1, len(second)))
        return compose(moves, moves, first[i], second[j])

    def _is_new(self, signature: int) -> bool:
        if signature in self._signatures:
            return False
        self._signatures.add(signature)
        return True

    def _consider(self, site: Site, moves: Moves, level: float) -> None:
        moves = moves.take(spread_over(len(moves), max(1, _MOST_CELLS // (site.graph.n + 1))))
        if not len(moves):
            return
        chosen, view = site.fragments.preview(moves, level)
        rows = zip(view.signature.tolist(), view.tanimoto.tolist(), strict=True)
        places = [n for n, (one, similar) in enumerate(rows) if similar < _SAME and self._is_new(one)]
        if places:
            fresh: Ints = np.array(places)
            view = view.take(fresh)
            self._parts.append((site, moves.take(chosen[fresh])))
            self._views.append(view)
            self._ends.append(len(self))
