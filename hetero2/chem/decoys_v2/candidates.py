"""Candidates for decoys: rearrangements of a molecule, previewed and kept once each, until there are enough."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from hetero2.chem.decoys_v2.enumerate import MoveEnumerator, spread_over
from hetero2.chem.decoys_v2.graph import Graph, Ints, read_graph
from hetero2.chem.decoys_v2.moves import KINDS, Moves, compose
from hetero2.chem.decoys_v2.preview import Fragments, Preview
from hetero2.chem.decoys_v2.products import Builder
from hetero2.chem.decoys_v2.property_sums import NAMES, Environments, MoveProperties

# The rarest surrounding (log frequency of an atom and its neighbours) that a new bond may give an atom. Below 0.5 lie
# peroxides, hydrazines, acetals of amines and the like; the other levels are for molecules that have too few without.
LEVELS = (0.5, -1.0, -2.5)
_CHUNKS = 6  # batches of three-bond moves of the molecule itself, at most (`enumerate.CHUNK` ways each)
_COMPOSED = 80  # moves after a permutation, per origin: of all pairs those that change the frequency least
# Isomers that moves start from where the molecule's own moves give too few candidates: in `fill`, and in all per level
# of `widen`. Each is enumerated again, so their number bounds the time that a hard molecule can take.
_WALKS, _MOST_WALKS = 4, 24
_SAME = 0.9999  # Tanimoto from which a candidate has the molecule's fingerprint: 1 but for rounding
_MOST_CELLS = 400_000  # moves times atoms previewed in a batch; of more, moves evenly spread, so that memory is bounded
Bins = tuple[Sequence[int], Sequence[float]]


class Origin:
    """A molecule from which moves start: the parent itself, or an isomer of it that is closer to what is looked for."""

    graph: Graph
    fragments: Fragments

    def __init__(self, mol: Chem.Mol, moves_so_far: str = "", parent: "Origin | None" = None) -> None:
        self.moves_so_far = moves_so_far
        self.graph = read_graph(mol, parent is not None and parent.graph.plain)
        self.enumerator = MoveEnumerator(mol, self.graph)
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


class CandidatePool:
    """Candidates with different Morgan fragments, in the order in which they were found."""

    def __init__(self, mol: Chem.Mol, seed: int) -> None:
        self.parent = Origin(mol)
        self.seed = seed
        self._level, self._walks = 0, 0
        self._visited: set[int] = set()
        self._parts: list[tuple[Origin, Moves]] = []
        self._ends: list[int] = []
        self._views: list[Preview] = []
        self._signatures = {int(self.parent.fragments.signature)}

    def __len__(self) -> int:
        return len(self._signatures) - 1

    def column(self, name: str) -> NDArray[np.float64]:
        """(candidates,): one field of `Preview`."""
        return np.concatenate([np.zeros(0), *(getattr(view, name) for view in self._views)])

    def entry(self, number: int) -> tuple[Origin, Moves, int]:
        """Where candidate `number` comes from: origin, moves, and which of them."""
        part = bisect_right(self._ends, number)
        origin, moves = self._parts[part]
        return origin, moves, number - (self._ends[part - 1] if part else 0)

    def build(self, number: int) -> Chem.Mol | None:
        """The molecule of a candidate, or None where there is none."""
        origin, moves, which = self.entry(number)
        return origin.builder.build(moves, which)

    def move(self, number: int) -> str:
        """How a candidate was made."""
        origin, moves, which = self.entry(number)
        return f"{origin.moves_so_far}{KINDS[moves.kind[which]]}"

    def properties(self, numbers: Ints) -> MoveProperties:
        """Properties of the molecules of some candidates, O(atoms) each."""
        c, n_bonds = len(numbers), self.parent.graph.n_bonds
        values, skeleton, bonds = np.zeros((c, len(NAMES))), np.zeros(c, np.uint64), np.zeros((c, n_bonds), np.uint64)
        part, start = np.searchsorted(self._ends, numbers, side="right"), np.append(0, self._ends)
        by_origin: dict[int, tuple[Origin, list[Ints], list[Moves]]] = {}
        for which in np.unique(part).tolist():
            origin, moves = self._parts[which]
            places = np.flatnonzero(part == which)
            _, where, chosen = by_origin.setdefault(id(origin), (origin, [], []))
            where.append(places)
            chosen.append(moves.take(numbers[places] - start[which]))
        for origin, where, chosen in by_origin.values():
            properties, places = origin.environments.properties(Moves.join(chosen)), np.concatenate(where)
            values[places], skeleton[places], bonds[places] = properties.values, properties.skeleton, properties.bonds
        return MoveProperties(values, skeleton, bonds)

    def fill(self, common: int, rare: int, bins: Sequence[int], edges: Sequence[float]) -> None:
        """Explore until there are so many candidates that are more common than the parent, and so many that are not.

        First the parent's own moves, until there are also `bins` candidates between the `edges` of Tanimoto; then those
        of its most common isomers.
        """
        if self._explore(self.parent, LEVELS[0], _CHUNKS, common, rare, (bins, edges)):
            return
        for _ in range(_WALKS):
            origin = self._walk(-self.column("log_frequency"))
            if origin is None or self._explore(origin, LEVELS[0], 0, common, rare):
                return

    def widen(self, more: int) -> bool:
        """Look for `more` candidates in a wider circle: rarer surroundings, and isomers like the parent as new origins.

        False where nothing is left to explore.
        """
        before = len(self)
        while self._level < len(LEVELS) - 1 and len(self) == before:
            self._level += 1
            self._explore(self.parent, LEVELS[self._level], _CHUNKS, before + more, 0)
            while len(self) < before + more and self._walks < _MOST_WALKS * self._level:
                rarity = np.abs(self.column("log_frequency") - self.parent.fragments.log_frequency)
                origin = self._walk(rarity)
                if origin is None:
                    break
                self._explore(origin, LEVELS[self._level], 1, before + more, 0)
        return len(self) > before

    def _walk(self, cost: NDArray[np.float64]) -> Origin | None:
        """The cheapest candidate that moves have not started from yet, as an origin; None where there is none."""
        for number in np.argsort(cost, kind="stable").tolist():
            if number not in self._visited:
                self._visited.add(number)
                self._walks += 1
                mol = self.build(number)
                if mol is not None:
                    return Origin(mol, f"{self.move(number)}+", self.parent)
        return None

    def _explore(
        self, origin: Origin, level: float, chunks: int, common: int, rare: int, bins: Bins = ((), ())
    ) -> bool:
        """Moves of one origin, batch by batch, until there are enough; whether there are."""
        origin.enumerator.allow(level)
        above = 0
        for moves in self._batches(origin, level, chunks):
            self._consider(origin, moves, level)
            above = int((self.column("log_frequency") > self.parent.fragments.log_frequency).sum())
            if not rare and len(self) >= common:  # `widen` asks for any candidates, of either side
                return True
            if above >= common and len(self) - above >= rare and self._spread_enough(bins):
                return True
        return above >= common and len(self) - above >= rare

    def _spread_enough(self, bins: Bins) -> bool:
        counts, edges = bins
        n_in_bin = np.bincount(np.searchsorted(edges, self.column("tanimoto"), side="right"), minlength=len(counts))
        return all(have >= want for have, want in zip(n_in_bin, counts, strict=False))

    def _batches(self, origin: Origin, level: float, chunks: int) -> Iterator[Moves]:
        """Moves of an origin, cheap kinds first: most molecules have enough candidates before the last batch."""
        start = len(self._parts)
        permutations = origin.enumerator.permutations()
        hops = [origin.enumerator.hops()] if level < LEVELS[0] else []
        yield Moves.join([origin.enumerator.exchanges(), origin.enumerator.slides(), permutations, *hops])
        for chunk in range(chunks):
            moves = origin.enumerator.triples(self.seed, chunk)
            if moves is not None:
                yield moves
            if chunk == 0 and len(permutations) and len(self._parts) > start:
                yield self._composed(origin, start)
            if moves is None:
                break

    def _composed(self, origin: Origin, start: int) -> Moves:
        """Moves after a permutation: the pairs whose changes in frequency add up to nearly none."""
        moves = Moves.join([moves for _, moves in self._parts[start:]])
        common = np.concatenate([view.log_frequency for view in self._views[start:]])
        permutes = moves.kind == KINDS.index("permute")
        first, second = np.flatnonzero(~permutes), np.flatnonzero(permutes)
        total = (
            common[first, None] + common[second] - origin.fragments.log_frequency - self.parent.fragments.log_frequency
        )
        pairs = np.argsort(np.abs(total).ravel(), kind="stable")[:_COMPOSED]
        i, j = np.divmod(pairs, max(1, len(second)))
        return compose(moves, moves, first[i], second[j])

    def _is_new(self, signature: int) -> bool:
        if signature in self._signatures:
            return False
        self._signatures.add(signature)
        return True

    def _consider(self, origin: Origin, moves: Moves, level: float) -> None:
        most = max(1, _MOST_CELLS // (origin.graph.n + 1))
        if len(moves) > most:
            moves = moves.take(spread_over(len(moves), most))
        if not len(moves):
            return
        chosen, view = origin.fragments.preview(moves, level)
        rows = zip(view.signature.tolist(), view.tanimoto.tolist(), strict=True)
        # The same fragments are the same candidate, whatever moves lead there: one signature is kept once.
        places = [n for n, (signature, similar) in enumerate(rows) if similar < _SAME and self._is_new(signature)]
        if places:
            fresh: Ints = np.array(places)
            view = view.take(fresh)
            self._parts.append((origin, moves.take(chosen[fresh])))
            self._views.append(view)
            self._ends.append(len(self))
