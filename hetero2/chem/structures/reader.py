"""The one reader of structures that users bring: SMILES, or SMILES and a CXSMILES block.

What it reads is a defined structure: one molecule or salt whose atoms and bonds are all said. A query, an R group, a
repeat unit of a polymer stand for many of them. Work for a worker with limits (`hetero2.runtime.isolated`): the size
is known before RDKit sees the text, but no text can be trusted to end.
"""

import re
from dataclasses import dataclass

from rdkit import Chem, rdBase

MISSING, INVALID, UNDEFINED, TOO_LARGE = "missing_smiles", "invalid_smiles", "undefined_structure", "too_many_atoms"
MAPS_CLEARED = "atom_maps_cleared"
MOST_ATOMS = 5000  # RDKit's time and stack grow with their number; no guardrail admits even a fifth of it
_MOST_LETTERS = 1_000_000
_TEXT = re.compile(r"(\S+)(?:\s+(\|[^|]*\|))?")
_ATOM = re.compile(r"\[[^\[\]]*\]|Cl|Br|[BCNOPSFIbcnops*]")
# What in a SMILES needs a closer look: `*`, `~`, dative and aromatic bonds, atom maps, and in brackets `#6`.
_ODD = re.compile(r"[*~<>:]|\[[^\[\]#]*#")
_BY_NUMBER = re.compile(r"\[[^\[\]#]*#")  # SMARTS; RDKit reads [#6] as an atom without hydrogen
# RDKit keeps these in 16 and 8 bits and truncates silently.
_WRAPS = re.compile(r"\[\d{4}|\[[^\[\]:]*[H+-]\d{3}")
_QUERY = re.compile(r"\[[^\[\]]*[,;!&$]|\[\d*(?:[AQXM]H?|a|R\d*|R#|AP\d*|Pol|Mod)[\]:+-]")
_LABEL = re.compile(r"_?(?:R[#\d']*|AP\d*|[AQXM]H?_[ep]|star_e|Pol_p|Mod_p|Pol|Mod)")
# Bonds that SMILES can write and RDKit reads back unchanged. Zero-order and hydrogen bonds become `~`, any bond.
_BONDS = {
    Chem.BondType.SINGLE,
    Chem.BondType.DOUBLE,
    Chem.BondType.TRIPLE,
    Chem.BondType.QUADRUPLE,
    Chem.BondType.AROMATIC,
    Chem.BondType.DATIVE,
}
_WITHOUT_PAIR, _NONMETALS = {1, 6}, {1, 6, 7, 8, 9, 15, 16, 17, 34, 35, 53}
_END_POINTS, _LINK_NODES, _MAP = "_MolFileBondEndPts", "_molLinkNodes", "molAtomMapNumber"
_ATTACHED = ("molAttchpt", "_MolFileRLabel", "_fromAttchpt")
# Substance groups that add no meaning: data, abbreviations, brackets, multiple groups (all of their atoms are there).
_HARMLESS = {"DAT", "SUP", "GEN", "MUL"}
_GROUPS = {Chem.StereoGroupType.STEREO_AND: "and", Chem.StereoGroupType.STEREO_OR: "or"}
_ATROPISOMER = {Chem.BondStereo.STEREOATROPCW, Chem.BondStereo.STEREOATROPCCW}


@dataclass(frozen=True)
class Reading:
    """What a text means: a molecule without atom maps and stereo groups, or the reason why there is none."""

    mol: Chem.Mol | None
    reason: str | None
    warnings: tuple[str, ...] = ()


def read(text: str) -> Reading:
    """Read `SMILES` or `SMILES |extensions|`; white space around it does not count.

    Warnings say what the molecule has lost: `atom_maps_cleared`; `stereo_dropped:and`, `:or` (configuration of centres
    that the text says to be mixed, or one of two) and `:atropisomer`, since canonical SMILES cannot keep them.
    """
    text = text.strip()
    if not text:
        return Reading(None, MISSING)
    reason = _too_large(text)
    parts = _TEXT.fullmatch(text) if reason is None else None
    if parts is None or _WRAPS.search(parts[1]):
        return Reading(None, reason or INVALID)
    smiles, block = parts.groups()
    mol = _parse(text if block is None else f"{smiles} {block}")
    if mol is None:
        return Reading(None, UNDEFINED if _QUERY.search(smiles) else INVALID)
    if mol.GetNumAtoms() == 0:
        return Reading(None, INVALID)
    if block is None and not _ODD.search(smiles):
        return Reading(mol, None)
    if _BY_NUMBER.search(smiles) or not is_defined(mol, smiles, marked=True):
        return Reading(None, UNDEFINED)
    return Reading(mol, None, (*_clear_maps(mol), *_drop_stereo(mol)))


def _too_large(text: str) -> str | None:
    if len(text) <= MOST_ATOMS:
        return None
    if len(_ATOM.findall(text.partition("|")[0])) > MOST_ATOMS:
        return TOO_LARGE
    return INVALID if len(text) > _MOST_LETTERS else None


def _parse(text: str) -> Chem.Mol | None:
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text)


def is_defined(mol: Chem.Mol, smiles: str, marked: bool) -> bool:
    """Whether every atom and bond of a molecule is given, so that it is one structure only. O(atoms + bonds).

    `smiles` is how it is written, `marked` whether atoms or bonds may carry more than that: labels, attachment
    points, several ends. Where it is plain they are not looked at one by one, which would take as long as parsing.
    """
    groups = Chem.GetMolSubstanceGroups(mol)
    if mol.HasQuery() or mol.HasProp(_LINK_NODES) or any(group.GetProp("TYPE") not in _HARMLESS for group in groups):
        return False
    if not marked and not _ODD.search(smiles):
        return True
    return all(map(_is_element, mol.GetAtoms())) and all(map(_is_bond, mol.GetBonds()))


def _is_element(atom: Chem.Atom) -> bool:
    if atom.GetAtomicNum() == 0 or any(atom.HasProp(name) for name in _ATTACHED):
        return False
    return not (atom.HasProp("atomLabel") and _LABEL.fullmatch(atom.GetProp("atomLabel")))


def _is_bond(bond: Chem.Bond) -> bool:
    if bond.GetBondType() not in _BONDS or bond.HasProp(_END_POINTS):
        return False
    begin, end = bond.GetBeginAtom(), bond.GetEndAtom()
    if bond.GetBondType() == Chem.BondType.AROMATIC:  # between other atoms it has no order
        return begin.GetIsAromatic() and end.GetIsAromatic()
    # Carbon gives a pair of electrons to a metal; to a nonmetal it has none to give.
    return bond.GetBondType() != Chem.BondType.DATIVE or not (
        begin.GetAtomicNum() in _WITHOUT_PAIR and end.GetAtomicNum() in _NONMETALS
    )


def _clear_maps(mol: Chem.Mol) -> tuple[str, ...]:
    mapped = [atom for atom in mol.GetAtoms() if atom.HasProp(_MAP)]
    for atom in mapped:
        atom.ClearProp(_MAP)
    return (MAPS_CLEARED,) if mapped else ()


def _is_open(mol: Chem.Mol, group: Chem.StereoGroup) -> bool:
    """Whether the two configurations of a stereo group are two structures."""
    other_hand = Chem.Mol(mol)
    for atom in group.GetAtoms():
        other_hand.GetAtomWithIdx(atom.GetIdx()).InvertChirality()
    return bool(group.GetBonds()) or Chem.MolToSmiles(other_hand) != Chem.MolToSmiles(mol)


def _drop_stereo(mol: Chem.Mol) -> tuple[str, ...]:
    """Take the configuration off centres in groups that say "both" (AND) or "one of the two" (OR).

    If it were kept, a racemate would become one of its enantiomers, depending on how it was drawn. Where both are
    the same (a meso compound, cis and trans on a ring) there is nothing to drop.
    """
    groups = [group for group in mol.GetStereoGroups() if group.GetGroupType() in _GROUPS and _is_open(mol, group)]
    lost = {_GROUPS[group.GetGroupType()] for group in groups}
    lost |= {"atropisomer" for bond in mol.GetBonds() if bond.GetStereo() in _ATROPISOMER}
    for group in groups:
        for atom in group.GetAtoms():
            atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    if groups:
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return tuple(f"stereo_dropped:{kind}" for kind in sorted(lost))
