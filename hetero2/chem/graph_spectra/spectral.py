"""Spectrum of the heavy-atom graph."""

import math
from typing import NamedTuple

import numpy as np
from rdkit import Chem

_ZERO, _DECIMALS = 1e-9, 8


class Spectrum(NamedTuple):
    """Facts of the Laplacian eigenvalues; None where all of them are zero."""

    gap: float | None
    entropy: float | None
    entropy_norm: float | None


def spectrum(mol: Chem.Mol) -> Spectrum:
    """Gap and entropy (nats) of the unweighted graph Laplacian, rounded to 8 decimals.

    Eigenvalues λ > 1e-9 are kept: gap = min λ; with p = λ/Σλ, entropy = -Σ p ln p; entropy_norm = entropy/ln(count),
    0 for one eigenvalue. Costs O(n³) for n heavy atoms.
    """
    adjacency = Chem.GetAdjacencyMatrix(mol).astype(float)
    eigenvalues = np.linalg.eigvalsh(np.diag(adjacency.sum(axis=1)) - adjacency)
    kept = eigenvalues[eigenvalues > _ZERO]
    if kept.size == 0:
        return Spectrum(None, None, None)
    p = kept / kept.sum()
    entropy = float(-(p * np.log(p)).sum())
    norm = entropy / math.log(kept.size) if kept.size > 1 else 0.0
    return Spectrum(round(float(kept.min()), _DECIMALS), abs(round(entropy, _DECIMALS)), abs(round(norm, _DECIMALS)))
