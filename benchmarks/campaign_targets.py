"""Targets with measured hits and today's score, and how libraries and known molecules are drawn from them.

A folder holds `<target>.csv.gz`: id, smiles, hit (1/0), docking (lower is better, empty where it failed), pactivity
(where measured). Known molecules and library have no generic Murcko framework in common; the library is thinned to 10 %
hits; of the known molecules half are hits, as those of a team are picked rather than drawn.

full      every row; inactives come mostly from other collections than the hits, which flatters any 2D method
matched   inactives resampled so that their propensity from bulk properties is that of the hits
potency   rows with a measured activity alone: a hit from 7 on, none up to 6
"""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hetero2.chem.count_features import CountFeatures, features_of_molecules
from hetero2.chem.properties import bulk_property_matrix

Array = NDArray[Any]
MODES = ("full", "matched", "potency")
HIT_SHARE = 0.1
LEAST_LIBRARY = 100


class Target(NamedTuple):
    """A target's molecules, one row each.

    today: larger is better, NaN where it failed; values: measured activity, NaN where not measured.
    """

    name: str
    smiles: list[str]
    is_hit: Array
    today: Array
    values: Array
    frameworks: Array
    heavy_atoms: Array
    properties: Array
    features: CountFeatures


class Draw(NamedTuple):
    """A library and known molecules, as rows of the target."""

    library: Array
    known: Array


def generic_framework(mol: Chem.Mol) -> str:
    """The generic Murcko framework; an acyclic molecule is its own."""
    scaffold = MurckoScaffold.GetScaffoldForMol(mol)  # type: ignore[no-untyped-call]
    generic = MurckoScaffold.MakeScaffoldGeneric(scaffold) if scaffold.GetNumAtoms() else mol  # type: ignore[no-untyped-call]
    return Chem.MolToSmiles(generic)


def read_target(path: Path) -> Target:
    """A target of a folder."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = [(row, Chem.MolFromSmiles(row["smiles"])) for row in csv.DictReader(lines)]
    rows = [(row, mol) for row, mol in rows if mol is not None]
    mols = [mol for _, mol in rows]
    smiles = [Chem.MolToSmiles(mol) for mol in mols]
    _, framework = np.unique([generic_framework(mol) for mol in mols], return_inverse=True)
    return Target(
        path.name.split(".")[0],
        smiles,
        np.array([row["hit"] == "1" for row, _ in rows]),
        np.array([-float(row["docking"] or "nan") for row, _ in rows]),
        np.array([float(row["pactivity"] or "nan") for row, _ in rows]),
        framework,
        np.array([mol.GetNumHeavyAtoms() for mol in mols], float),
        bulk_property_matrix(smiles),
        features_of_molecules(mols),
    )


def _propensity(target: Target, rows: Array) -> Array:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return model.fit(target.properties[rows], target.is_hit[rows]).predict_proba(target.properties[rows])[:, 1]


def _eligible(target: Target, mode: str, rng: np.random.Generator) -> tuple[Array, Array]:
    """(rows that take part, whether each is a hit)."""
    everything = np.arange(len(target.smiles))
    if mode == "full":
        return everything, target.is_hit
    if mode == "potency":
        with np.errstate(invalid="ignore"):
            hit, miss = target.values >= 7, target.values <= 6
        return np.flatnonzero(hit | miss), hit
    propensity, hits = _propensity(target, everything), np.flatnonzero(target.is_hit)
    free = set(np.flatnonzero(~target.is_hit).tolist())
    pairs: list[int] = []
    for hit in rng.permutation(hits).tolist():
        if not free:
            break
        places = np.fromiter(free, int)
        gaps = np.abs(propensity[places] - propensity[hit])
        best = int(gaps.argmin())
        if gaps[best] <= 0.05:
            pairs += [hit, int(places[best])]
            free.remove(int(places[best]))
    return np.array(sorted(pairs), int), target.is_hit


def draws(target: Target, mode: str, n_known: int, n_draws: int, seed: int = 0) -> Iterator[tuple[Draw, Array]]:
    """(draw, hits) of a target in a mode; draws that leave too small a library or too few known hits are left out."""
    for number in range(n_draws):
        rng = np.random.default_rng([seed, number, MODES.index(mode)])
        rows, is_hit = _eligible(target, mode, rng)
        if len(rows) < LEAST_LIBRARY:
            return
        names = np.unique(target.frameworks[rows])
        in_library = np.isin(target.frameworks[rows], rng.permutation(names)[: len(names) // 2])
        hits, misses = (rng.permutation(rows[in_library & (is_hit[rows] == flag)]) for flag in (True, False))
        n_hits = min(len(hits), int(len(misses) * HIT_SHARE / (1 - HIT_SHARE)))
        library = np.sort(np.concatenate([hits[:n_hits], misses]))
        pools = [rng.permutation(rows[~in_library & (is_hit[rows] == flag)]) for flag in (True, False)]
        n_known_hits = (n_known + 1) // 2
        if n_hits < 5 or len(library) < LEAST_LIBRARY or len(pools[0]) < n_known_hits:
            continue
        if len(pools[1]) < n_known - n_known_hits:
            continue
        known = np.concatenate([pools[0][:n_known_hits], pools[1][: n_known - n_known_hits]])
        yield Draw(library, known), is_hit
