"""Morgan fingerprints and Tanimoto similarity."""

import bisect
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

N_BITS = 2048
_MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=N_BITS)


def fingerprint(mol: Chem.Mol) -> DataStructs.ExplicitBitVect:
    """Morgan fingerprint, radius 2, 2048 bits (doi 10.1021/ci100050t)."""
    bits: DataStructs.ExplicitBitVect = _MORGAN.GetFingerprint(mol)
    return bits


def tanimoto(query: DataStructs.ExplicitBitVect, many: Sequence[DataStructs.ExplicitBitVect]) -> list[float]:
    """Tanimoto similarity in [0, 1] of `query` to each of `many`."""
    return DataStructs.BulkTanimotoSimilarity(query, list(many))


class Neighbours:
    """Fingerprints among which the most similar one is looked for."""

    def __init__(self, fingerprints: Sequence[DataStructs.ExplicitBitVect]) -> None:
        self._order = sorted(range(len(fingerprints)), key=lambda place: fingerprints[place].GetNumOnBits())
        self._sorted = [fingerprints[place] for place in self._order]
        self._bits = [bits.GetNumOnBits() for bits in self._sorted]

    def nearest(self, query: DataStructs.ExplicitBitVect, least: float) -> tuple[int | None, float]:
        """(place of the most similar, its Tanimoto), or (None, 0) where none reaches `least`; ties by place.

        Only those are compared whose number of bits allows it: |A ∩ B| / |A ∪ B| <= min / max of the two
        (doi 10.1021/ci600358f).
        """
        n_bits = query.GetNumOnBits()
        start = bisect.bisect_left(self._bits, math.ceil(least * n_bits - 1e-9))
        end = bisect.bisect_right(self._bits, math.floor(n_bits / least + 1e-9))
        if start >= end:
            return None, 0.0
        similar = DataStructs.BulkTanimotoSimilarity(query, self._sorted[start:end])
        best = max(similar)
        if best < least:
            return None, 0.0
        return min(self._order[start + n] for n, value in enumerate(similar) if value == best), best


def fingerprint_matrix(mols: Iterable[Chem.Mol]) -> NDArray[np.uint8]:
    """(n, 2048): fingerprints as 0 and 1."""
    rows = [_MORGAN.GetFingerprintAsNumPy(mol) for mol in mols]
    return np.stack(rows) if rows else np.zeros((0, N_BITS), dtype=np.uint8)
