"""Targets with measured hits and today's score, and how libraries and known molecules are drawn from them.

A folder holds `<target>.csv.gz`: id, smiles, hit (1/0), docking (lower is better, empty where it failed), pactivity
(where measured); or one folder per set, with input.csv, truth.csv and scores_<model>.csv (larger is better). The
wheel of MoleculeACE has measured potencies of 30 targets: a hit is one of the best tenth, and today's score is the
number of heavy atoms. Known molecules and library share no generic Murcko framework; the library is thinned to 10 %
hits; half of the known molecules are hits, since a team picks what it measures rather than drawing it at random.

full      every row; inactives come mostly from other collections than the hits, which flatters any 2D method
matched   inactives resampled so that their propensity from bulk properties is that of the hits
potency   only rows with a measured activity: a hit from 7 on, no hit up to 6
"""

import csv
import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hetero2.chem.count_features import CountFeatures, features_of_molecules
from hetero2.chem.graph_spectra.operators import NAMES, operator_descriptors
from hetero2.chem.properties import bulk_property_matrix
from hetero2.chem.scaffold import generic_framework

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
    operators: Array
    features: CountFeatures


class Draw(NamedTuple):
    """A library and known molecules, as rows of the target."""

    library: Array
    known: Array


def _operators(mol: Chem.Mol) -> Array:
    values = operator_descriptors(mol).values
    return np.full(len(NAMES), np.nan) if values is None else values


def _target(name: str, smiles: list[str], columns: dict[str, list[float]]) -> Target:
    """A target of SMILES and columns (hit, today, value); rows that cannot be read are left out."""
    mols = [Chem.MolFromSmiles(text) for text in smiles]
    rows = [row for row, mol in enumerate(mols) if mol is not None]
    mols = [mols[row] for row in rows]
    canonical = [Chem.MolToSmiles(mol) for mol in mols]
    _, framework = np.unique([generic_framework(mol) for mol in mols], return_inverse=True)
    hit, today, value = (np.array(columns[key], float)[rows] for key in ("hit", "today", "value"))
    return Target(
        name,
        canonical,
        hit == 1,
        today,
        value,
        framework,
        np.array([mol.GetNumHeavyAtoms() for mol in mols], float),
        bulk_property_matrix(canonical),
        np.array([_operators(mol) for mol in mols]),
        features_of_molecules(mols),
    )


def _of_docking(path: Path) -> Target:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    columns = {
        "hit": [float(row["hit"]) for row in rows],
        "today": [-float(row["docking"] or "nan") for row in rows],
        "value": [float(row["pactivity"] or "nan") for row in rows],
    }
    return _target(path.name.split(".")[0], [row["smiles"] for row in rows], columns)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _of_scores(path: Path) -> Target:
    rows, model = _rows(path.parent / "input.csv"), path.stem.removeprefix("scores_")
    hits = {row["molecule_id"]: float(row["expensive_label"] == "PASS") for row in _rows(path.parent / "truth.csv")}
    scores = {row["molecule_id"]: float(row["score"]) for row in _rows(path)}
    columns = {
        "hit": [hits[row["id"]] for row in rows],
        "today": [scores.get(row["id"], float("nan")) for row in rows],
        "value": [float("nan")] * len(rows),
    }
    return _target(f"{path.parent.name} {model}", [row["smiles"] for row in rows], columns)


def _of_molecule_ace(wheel: Path, member: str) -> Target:
    with zipfile.ZipFile(wheel) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read(member).decode())))
    value = np.array([float(row["y"]) for row in rows])
    smiles = [row["smiles"] for row in rows]
    columns = {"hit": (value >= np.quantile(value, 0.9)).tolist(), "today": [0.0] * len(rows), "value": value.tolist()}
    target = _target(Path(member).stem, smiles, columns)
    return target._replace(today=target.heavy_atoms)


Source = tuple[Path, str]


def sources(path: Path, models: tuple[str, ...] = ("rf",)) -> list[Source]:
    """(file, member) of each target of a folder, or of the wheel of MoleculeACE."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            names = sorted(name for name in archive.namelist() if re.search(r"benchmark_data/CHEMBL[^/]*\.csv$", name))
        return [(path, name) for name in names]
    scores = [name for model in models for name in sorted(path.glob(f"*/scores_{model}.csv"))]
    return [(name, "") for name in sorted(path.glob("*.csv.gz")) or scores]


def read_target(source: Source) -> Target:
    """A target of a source."""
    path, member = source
    if member:
        return _of_molecule_ace(path, member)
    return _of_docking(path) if path.name.endswith(".csv.gz") else _of_scores(path)


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
