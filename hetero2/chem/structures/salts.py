"""Which fragment of a salt or solvate is the molecule that is meant."""

import functools

from rdkit import Chem, rdBase
from rdkit.Chem.MolStandardize import rdMolStandardize

# Counter-ions and solvents of organic salts, as neutral molecules where there is one; stereo and charge do not count.
# Anything without carbon (halides, metals, water, sulfate, PF6) counts as one without being listed.
_LISTED = """
CC(=O)O OC(=O)C(F)(F)F OC(=O)C(Cl)(Cl)Cl OC=O CCC(=O)O CCCCCC(=O)O CCCCCCCC(=O)O CCCCCCCCCCCC(=O)O
CCCCCCCCCCCCCCCC(=O)O CCCCCCCCCCCCCCCCCC(=O)O CCCCCCCCC=CCCCCCCCC(=O)O C=CCCCCCCCCC(=O)O OC(=O)C(=O)O OC(=O)CC(=O)O
OC(=O)CCC(=O)O OC(=O)CCCC(=O)O OC(=O)CCCCC(=O)O OC(=O)CCCCCCCCC(=O)O OC(=O)C=CC(=O)O OC(=O)CC(O)C(=O)O
OC(=O)C(O)C(O)C(=O)O OC(=O)CC(O)(CC(=O)O)C(=O)O CC(O)C(=O)O OCC(=O)O OCC(O)C(O)C(O)C(O)C(=O)O
OCC(O)C(O)C(O)C(O)C(O)C(=O)O OC(=O)C(O)C(O)C(O)C(O)C(=O)O OC1OC(C(O)C(O)C1O)C(=O)O
OC(=O)C(C(C(C(CO)O)OC1C(C(C(C(CO)O1)O)O)O)O)O OCC(O)C1OC(=O)C(O)=C1O OC(=O)c1ccccc1 OC(=O)c1ccccc1O OC(=O)c1cc(O)ccc1O
OC(=O)c1cc2ccccc2cc1O OC(=O)c1cc2ccccc2c(Cc2c(O)c(cc3ccccc23)C(=O)O)c1O OC(=O)c1ccc2ccccc2c1O OC(=O)CNC(=O)c1ccccc1
OC(=O)C(O)c1ccccc1 OC(=O)c1cccnc1 OC(=O)c1cc(=O)[nH]c(=O)[nH]1 OC(=O)C1CCC(=O)N1 OC(=O)CCC(N)C(=O)O OC(=O)CC(N)C(=O)O
OC(=O)C=Cc1ccccc1 OC(=O)CN(CCN(CC(=O)O)CC(=O)O)CC(=O)O OC(=O)CCC(=O)C OC(=O)C(=O)CCC(=O)O OC(=O)CNCC(=O)O OC(=O)O
CS(=O)(=O)O CCS(=O)(=O)O OCCS(=O)(=O)O OS(=O)(=O)CCS(=O)(=O)O OS(=O)(=O)c1ccccc1 Cc1ccc(cc1)S(=O)(=O)O
Clc1ccc(cc1)S(=O)(=O)O OS(=O)(=O)c1ccc2ccccc2c1 OS(=O)(=O)c1cccc2ccccc12 OS(=O)(=O)c1cccc2c(cccc12)S(=O)(=O)O
CC1(C)C2CCC1(CS(=O)(=O)O)C(=O)C2 OS(=O)(=O)C(F)(F)F FC(F)(F)S(=O)(=O)NS(=O)(=O)C(F)(F)F COS(=O)(=O)O CCOS(=O)(=O)O
CCCCCCCCCCCCOS(=O)(=O)O OS(=O)(=O)NC1CCCCC1 O=C1NS(=O)(=O)c2ccccc12 CC1=CC(=O)NS(=O)(=O)O1 OS(=O)(=O)c1cc(ccc1O)C(=O)O
CCCCC(CC)COC(=O)CC(C(=O)OCC(CC)CCCC)S(=O)(=O)O Oc1c(cc(cc1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-] SC#N C#N
Cn1c2nc(Cl)[nH]c2c(=O)n(C)c1=O OCC(O)COP(=O)(O)O c1ccc(cc1)[B-](c1ccccc1)(c1ccccc1)c1ccccc1
Fc1c(F)c(F)c(c(F)c1F)[B-](c1c(F)c(F)c(F)c(F)c1F)(c1c(F)c(F)c(F)c(F)c1F)c1c(F)c(F)c(F)c(F)c1F
FC(F)(F)c1cc(cc(c1)C(F)(F)F)[B-](c1cc(cc(c1)C(F)(F)F)C(F)(F)F)(c1cc(cc(c1)C(F)(F)F)C(F)(F)F)c1cc(cc(c1)C(F)(F)F)C(F)(F)F
CNCC(O)C(O)C(O)C(O)CO CCN(CC)CC CCNCC CNC CN(C)C CN CCN CC(C)N CC(C)(C)N CCCCN CC(C)NC(C)C CCN(C(C)C)C(C)C NC1CCCCC1
C1CCC(CC1)NC1CCCCC1 NCc1ccccc1 NC(CO)(CO)CO NCCO OCCNCCO OCCN(CCO)CCO CN(C)CCO CCN(CC)CCO OCCN1CCCC1 OCCN1CCOCC1
C[N+](C)(C)CCO C[N+](C)(C)CC(=O)O C[N+](C)(C)C CC[N+](CC)(CC)CC CCC[N+](CCC)(CCC)CCC CCCC[N+](CCCC)(CCCC)CCCC
C[N+](C)(C)Cc1ccccc1 CC[N+](CC)(CC)Cc1ccccc1 CCCCCCCCCCCCCCCC[N+](C)(C)C c1ccc(cc1)[P+](c1ccccc1)(c1ccccc1)c1ccccc1
C[P+](c1ccccc1)(c1ccccc1)c1ccccc1 CCCC[P+](CCCC)(CCCC)CCCC CCCCn1cc[n+](C)c1 CCn1cc[n+](C)c1 NCCN C1CNCCN1 C1COCCN1
C1CCNCC1 C1CCNC1 c1c[nH]cn1 c1ccncc1 Cc1ccccn1 c1ccc2ncccc2c1 C1CCC2=NCCCN2CC1 C1CN2CCN1CC2 NC(N)=N NC(N)=O CN1CCOCC1
C(CNCc1ccccc1)NCc1ccccc1 C(Cc1ccccc1)NCc1ccccc1
CC(C)c1ccc2c(CCC3C(C)(CNCCNCC4(C)CCCC5(C)c6ccc(cc6CCC45)C(C)C)CCCC23C)c1 NCCCCC(N)C(=O)O NC(=N)NCCCC(N)C(=O)O
NC(Cc1cnc[nH]1)C(=O)O NCC(=O)O CC(N)C(=O)O OC(=O)C1CCCN1 NCCCC(N)C(=O)O CO CCO CCCO CC(C)O CCCCO CC(C)CO CC(C)(C)O
CCC(C)O OCCO CC(O)CO OCC(O)CO COCCO COCCOC CCOCC COC(C)(C)C CC(C)OC(C)C CC(C)=O CCC(C)=O CC(=O)CC(C)C O=C1CCCCC1
COC(C)=O CCOC(C)=O CCCOC(C)=O CC(C)OC(C)=O CCCCOC(C)=O CCOC=O CC#N CS(C)=O CN(C)C=O CN(C)C(C)=O CN1CCCC1=O NC=O CNC=O
C1CCOC1 CC1CCCO1 C1COCCO1 ClCCl ClC(Cl)Cl ClC(Cl)(Cl)Cl ClCCCl Clc1ccccc1 c1ccccc1 Cc1ccccc1 Cc1ccccc1C Cc1cccc(C)c1
Cc1ccc(C)cc1 CCc1ccccc1 COc1ccccc1 CCCCC CCCCCC CCCCCCC CCCCCCCC C1CCCCC1 CC1CCCCC1 CC(C)CC(C)(C)C C[N+](=O)[O-] O=C=O
S=C=S OCC(F)(F)F O=S1(=O)CCCC1 CN(C)P(=O)(N(C)C)N(C)C
"""


@functools.cache
def _listed() -> frozenset[str]:
    return frozenset(_key(Chem.MolFromSmiles(smiles)) for smiles in _LISTED.split())


def _key(mol: Chem.Mol) -> str:
    """What identifies a counter-ion or solvent: its constitution, neutralised where moving hydrogens is enough."""
    with rdBase.BlockLogs():
        neutral = rdMolStandardize.Uncharger().uncharge(mol)
    return Chem.MolToSmiles(neutral, isomericSmiles=False)


def largest_fragment(mol: Chem.Mol) -> Chem.Mol:
    """The fragment with most heavy atoms, then most atoms, then the first canonical SMILES.

    Counter-ions and solvents are left out unless there is nothing else; then those without carbon are.
    """
    fragments = {Chem.MolToSmiles(part): part for part in Chem.GetMolFrags(mol, asMols=True)}
    organic = {smiles: part for smiles, part in fragments.items() if _has_carbon(part)}
    meant = {smiles: part for smiles, part in organic.items() if _key(part) not in _listed()} or organic or fragments
    chosen: Chem.Mol = meant[min(meant, key=lambda smiles: (*_size(meant[smiles]), smiles))]
    return chosen


def _has_carbon(mol: Chem.Mol) -> bool:
    return any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms())


def _size(mol: Chem.Mol) -> tuple[int, int]:
    hydrogens = sum(atom.GetTotalNumHs() for atom in mol.GetAtoms())
    return -mol.GetNumHeavyAtoms(), -mol.GetNumAtoms() - hydrogens
