"""Descriptors of molecules: DUD-E properties, synthetic accessibility, fragment frequency; reference molecules."""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs, RDConfig
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors

from hetero2.chem.molecules import parse, parse_known

Floats = NDArray[np.float64]


def molecular_weight(mol: Chem.Mol) -> float:
    """Exact molecular weight in Da, to 6 decimals, so that isomers have the same."""
    return round(float(rdMolDescriptors.CalcExactMolWt(mol)), 6)


def logp(mol: Chem.Mol) -> float:
    """LogP after Wildman and Crippen (doi 10.1021/ci990307l)."""
    value: float = rdMolDescriptors.CalcCrippenDescriptors(mol)[0]
    return value


PROPERTIES: dict[str, Callable[[Chem.Mol], float]] = {
    "molecular_weight": rdMolDescriptors.CalcExactMolWt,
    "logp": logp,
    "rotatable_bonds": rdMolDescriptors.CalcNumRotatableBonds,
    "hbond_acceptors": rdMolDescriptors.CalcNumHBA,
    "hbond_donors": rdMolDescriptors.CalcNumHBD,
    "net_charge": Chem.GetFormalCharge,
}
_MORGAN = rdFingerprintGenerator.GetMorganGenerator(radius=2)
_FEATURES = rdFingerprintGenerator.GetMorganGenerator(
    radius=3, fpSize=2048, atomInvariantsGenerator=rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
)
_UNKNOWN = -4.0


def dude_properties(mols: Sequence[Chem.Mol]) -> Floats:
    """(n, 6): molecular weight (Da), logP, rotatable bonds, H-bond acceptors and donors, net charge.

    The properties that DUD-E matches (doi 10.1021/jm300687e); logP after Wildman and Crippen (doi 10.1021/ci990307l).
    """
    rows = [[round(read(mol), 6) for read in PROPERTIES.values()] for mol in mols]
    return np.array(rows, float).reshape(-1, len(PROPERTIES))


_BULK: tuple[Callable[[Chem.Mol], float], ...] = (
    rdMolDescriptors.CalcExactMolWt,
    logp,
    rdMolDescriptors.CalcTPSA,
    rdMolDescriptors.CalcNumHBA,
    rdMolDescriptors.CalcNumHBD,
    rdMolDescriptors.CalcNumRotatableBonds,
    Chem.GetFormalCharge,
    Chem.Mol.GetNumHeavyAtoms,
)


def bulk_property_matrix(smiles: Sequence[str]) -> Floats:
    """(n, 8): molecular weight (Da), logP, TPSA (Å²), acceptors, donors, rotatable bonds, charge, heavy atoms.

    The SMILES must be valid. Rounded to 6 decimals, so that isomers have the same weight.
    """
    mols = (parse_known(text) for text in smiles)
    return np.array([[round(read(mol), 6) for read in _BULK] for mol in mols], float).reshape(-1, len(_BULK))


def formula(mol: Chem.Mol) -> str:
    """Molecular formula, Hill order, with charge."""
    text: str = rdMolDescriptors.CalcMolFormula(mol)
    return text


@cache
def _sascorer() -> Any:
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "sascorer.py"
    spec = importlib.util.spec_from_file_location("rdkit_contrib_sascorer", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.readFragmentScores()
    return module


def synthetic_accessibility(mols: Sequence[Chem.Mol]) -> Floats:
    """(n,): SA score from 1, easy, to 10, hard (doi 10.1186/1758-2946-1-8), as RDKit's contribution computes it."""
    return np.array([_sascorer().calculateScore(mol) for mol in mols], float)


def fragment_frequency(mols: Sequence[Chem.Mol]) -> Floats:
    """(n, 2): mean log frequency of a molecule's Morgan fragments in the SA score's reference; share not in it."""
    log_frequencies = _sascorer()._fscores
    rows = []
    for mol in mols:
        counts = _MORGAN.GetSparseCountFingerprint(mol).GetNonzeroElements()
        total = sum(counts.values())
        mean = sum(log_frequencies.get(bit, _UNKNOWN) * count for bit, count in counts.items()) / total
        rows.append((mean, sum(count for bit, count in counts.items() if bit not in log_frequencies) / total))
    return np.array(rows, float).reshape(-1, 2)


def feature_fingerprints(mols: Sequence[Chem.Mol]) -> list[DataStructs.ExplicitBitVect]:
    """FCFP6 fingerprints, 2048 bits."""
    return [_FEATURES.GetFingerprint(mol) for mol in mols]


def nearest(
    fingerprints: Sequence[DataStructs.ExplicitBitVect],
    others: Sequence[DataStructs.ExplicitBitVect],
    leave_out: Sequence[int] | None = None,
) -> Floats:
    """(n,): largest Tanimoto similarity of each to the others except the one at `leave_out`; 0 without others."""
    largest, others = np.zeros(len(fingerprints)), list(others)
    for position, query in enumerate(fingerprints):
        similar = DataStructs.BulkTanimotoSimilarity(query, others)
        if leave_out is not None:
            similar[leave_out[position]] = 0.0
        largest[position] = max(similar, default=0.0)
    return largest


@cache
def reference_molecules(n: int = 1000) -> tuple[Chem.Mol, ...]:
    """The first `n` drug-sized molecules of the NCI file in the RDKit wheel: a public reference."""
    path = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    mols: list[Chem.Mol] = []
    for line in path.read_text().splitlines():
        mol = parse(line.split()[0]) if line.strip() else None
        if mol is not None and mol.GetNumHeavyAtoms() >= 10:
            mols.append(mol)
        if len(mols) == n:
            break
    return tuple(mols)
