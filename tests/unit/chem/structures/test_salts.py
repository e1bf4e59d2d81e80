"""Which fragment of a salt is audited: the compound, not what it is crystallised with."""

import pytest
from rdkit import Chem

from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.chem.structures.salts import largest_fragment

PARTNERS = [
    "CNC[C@H](O)[C@@H](O)[C@H](O)[C@H](O)CO",
    "CC[NH+](CC)CC",
    "CCCC[N+](CCCC)(CCCC)CCCC",
    "c1ccc(cc1)[B-](c1ccccc1)(c1ccccc1)c1ccccc1",
    "F[P-](F)(F)(F)(F)F",
    "CCCCCCCCCCCCCCCCCC(=O)[O-]",
    "OC(=O)c1cc2ccccc2c(Cc2c(O)c(C(=O)[O-])cc3ccccc23)c1O",
    "Cc1ccc(cc1)S(=O)(=O)[O-]",
    "OS(=O)(=O)c1cccc2ccccc12",
    "OC(=O)/C=C\\C(=O)[O-]",
    "OC[C@@H](O)[C@@H](O)[C@H](O)[C@@H](O)C(=O)[O-]",
    "C1CCC(CC1)[NH2+]C1CCCCC1",
    "C(C[NH2+]Cc1ccccc1)[NH2+]Cc1ccccc1",
    "CCCCCCCCCCCCOS(=O)(=O)[O-]",
    "NC(CO)(CO)CO",
    "[Na+]",
    "O",
    "OCC(C)O",
    "[2H]C([2H])([2H])S(=O)C([2H])([2H])[2H]",
    "CCCCCCC",
    "O=[W](=O)([O-])[O-]",
]
COMPOUNDS = ["NCCc1ccc(O)cc1", "OC(=O)c1ccc(Cl)cc1F", "C[n+]1cccc(C)c1", "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1"]
LARGEST = Guardrails(standardise="largest_fragment")


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("compound", COMPOUNDS)
def test_the_compound_stays_whatever_it_is_crystallised_with(partner, compound):
    plain = prepare(compound, LARGEST)
    assert plain.warnings == ()
    for salt in (f"{partner}.{compound}", f"{compound}.{partner}", f"{partner}.{compound}.{partner}.O"):
        kept = prepare(salt, LARGEST)
        assert (kept.reason, kept.canonical_smiles) == (None, plain.canonical_smiles), salt
        assert kept.warnings == ("standardised_to_largest_fragment",)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("CCCN.CCCC", "CCCC"),  # as many heavy atoms: most atoms
        ("CCCC.CCCN", "CCCC"),
        ("CCNCF.CCNCCl", "CCNCCl"),  # as many atoms: the first of the letters
        ("FC1CCC1.C1CC1CF", "FC1CCC1"),
        ("CCCCCCC#CC.CCCCCCCCC", "CCCCCCCCC"),
        ("[Na+].[Cl-]", "[Cl-]"),  # nothing but counter-ions
        ("CC(=O)[O-].[Na+]", "CC(=O)[O-]"),
        ("[NH4+].[O-]S(=O)(=O)[O-]", "O=S(=O)([O-])[O-]"),
        ("CC[NH3+].F[P-](F)(F)(F)(F)F", "CC[NH3+]"),
        ("OC(=O)c1ccccc1O.C[N+](C)(C)CCO", "O=C(O)c1ccccc1O"),
        ("NCCc1ccc(O)cc1.NCCc1ccc(O)cc1.OC(=O)C=CC(=O)O", "NCCc1ccc(O)cc1"),
        ("CC.C1CCNCC1CCO |&1:5|", "OCCC1CCCNC1"),
    ],
)
def test_the_rule_of_size(text, kept):
    assert prepare(text, LARGEST).canonical_smiles == prepare(kept, Guardrails()).canonical_smiles


def test_the_order_of_fragments_and_atoms_changes_nothing():
    mol = Chem.MolFromSmiles("CCCN.CCCC.CC(C)C.[Cl-].CCO.OC(=O)C(F)(F)F")
    fragments = {
        Chem.MolToSmiles(largest_fragment(Chem.MolFromSmiles(Chem.MolToSmiles(mol, doRandom=True)))) for _ in range(50)
    }
    assert fragments == {"CC(C)C"}


def test_a_salt_is_as_large_as_what_is_kept_of_it():
    drug, large = "NCCc1ccc(O)cc1", "CCCCCCCCCCCCCCCCCC(=O)O"
    small = Guardrails(max_atoms=12, standardise="largest_fragment")
    assert prepare(f"{large}.{drug}", small).reason is None
    assert prepare(f"{large}.{drug}", Guardrails(max_atoms=12)).reason == "too_many_atoms"
