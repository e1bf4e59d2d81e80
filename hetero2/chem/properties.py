"""Descriptors of molecules: DUD-E properties, synthetic accessibility, fragment frequency; reference molecules."""

import importlib.util
import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DataStructs, RDConfig
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors, rdqueries

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


def accessibility_and_fragments(mols: Sequence[Chem.Mol]) -> Floats:
    """(n, 3): SA score; mean log frequency of a molecule's Morgan fragments in its reference; share that is not in it.

    The score goes from 1, easy, to 10, hard (doi 10.1186/1758-2946-1-8). Fragments are counted once for all three.
    """
    log_frequencies = _sascorer()._fscores
    rows = []
    for mol in mols:
        counts = _MORGAN.GetSparseCountFingerprint(mol).GetNonzeroElements()
        total = sum(counts.values())
        parts = [log_frequencies.get(bit, _UNKNOWN) * count for bit, count in counts.items()]
        unknown = sum(count for bit, count in counts.items() if bit not in log_frequencies)
        rows.append((_accessibility(mol, parts, total), sum(parts) / total, unknown / total))
    return np.array(rows, float).reshape(-1, 3)


def _accessibility(mol: Chem.Mol, parts: Sequence[float], total: int) -> float:
    """SA score from the frequencies of `total` fragments, `parts` of their sum for each sort; digit by digit RDKit's.

    RDKit's contribution looks at every atom in Python to count stereocentres, which takes longer than all the rest.
    """
    score = 0.0
    for part in parts:  # not `sum`, which rounds in another way from Python 3.12 on
        score += part
    n = mol.GetNumAtoms()
    large_ring = any(len(ring) > 8 for ring in mol.GetRingInfo().AtomRings())
    complexity = 0.0 - (n**1.005 - n) - math.log10(_stereocentres(mol) + 1)
    complexity -= math.log10(rdMolDescriptors.CalcNumSpiroAtoms(mol) + 1)
    complexity -= math.log10(rdMolDescriptors.CalcNumBridgeheadAtoms(mol) + 1)
    complexity -= math.log10(2) if large_ring else 0.0
    symmetry = math.log(float(n) / len(parts)) * 0.5 if n > len(parts) else 0.0
    value: float = 11.0 - (score / total + complexity + symmetry + 4.0 + 1) / (2.5 + 4.0) * 9.0
    if value > 8.0:
        value = 8.0 + math.log(value + 1.0 - 9.0)
    return min(10.0, max(1.0, value))


def _stereocentres(mol: Chem.Mol) -> int:
    """Number of stereocentres, also of those that are not assigned; as `Chem.FindMolChiralCenters`."""
    if not Chem.GetUseLegacyStereoPerception():
        return len(Chem.FindMolChiralCenters(mol, includeUnassigned=True))  # type: ignore[no-untyped-call]
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True, flagPossibleStereoCenters=True)
    return len(mol.GetAtomsMatchingQuery(_stereocentre()))


@cache
def _stereocentre() -> Chem.QueryAtom:
    atom = rdqueries.HasPropQueryAtom("_CIPCode")
    atom.ExpandQuery(rdqueries.HasPropQueryAtom("_ChiralityPossible"), how=Chem.CompositeQueryType.COMPOSITE_OR)
    return atom


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
