"""Morgan fingerprints and Tanimoto similarity."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from hetero2.chem.mol import parse_known

N_BITS = 2048
_MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=N_BITS)


def fingerprint(mol: Chem.Mol) -> DataStructs.ExplicitBitVect:
    """Morgan fingerprint, radius 2, 2048 bits (doi 10.1021/ci100050t)."""
    found: DataStructs.ExplicitBitVect = _MORGAN.GetFingerprint(mol)
    return found


def tanimoto(one: DataStructs.ExplicitBitVect, many: Sequence[DataStructs.ExplicitBitVect]) -> list[float]:
    """Tanimoto similarity in [0, 1] of `one` to each of `many`."""
    return DataStructs.BulkTanimotoSimilarity(one, list(many))


def fingerprint_matrix(smiles: Sequence[str]) -> NDArray[np.uint8]:
    """(n, 2048): fingerprints of valid SMILES as 0 and 1."""
    rows = [_MORGAN.GetFingerprintAsNumPy(parse_known(text)) for text in smiles]
    return np.stack(rows) if rows else np.zeros((0, N_BITS), dtype=np.uint8)
