import pytest

from hetero2.chem.structures.guardrails import Guardrails, prepare


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("", "missing_smiles"),
        ("  ", "missing_smiles"),
        ("C1", "invalid_smiles"),
        ("CCO ethanol", "invalid_smiles"),
        ("C(C)(C)(C)(C)C", "invalid_smiles"),
        ("=1+1", "invalid_smiles"),
        ("C" * 300, "too_many_atoms"),
        ("C" * 30_000, "too_many_atoms"),
        ("C" * 200, None),
        ("CC.CC", "disconnected"),
        ("CC(=O)[O-].[Na+]", "disconnected"),
        ("CCO", None),
    ],
)
def test_the_first_limit_that_is_broken_is_the_reason(smiles, reason):
    assert prepare(smiles, Guardrails()).reason == reason


def test_a_salt_becomes_its_largest_fragment_only_where_asked_and_says_so():
    prepared = prepare("[Na+].CC(=O)[O-]", Guardrails(standardise="largest_fragment"))
    assert (prepared.reason, prepared.canonical_smiles) == (None, "CC(=O)[O-]")
    assert prepared.warnings == ("standardised_to_largest_fragment",)
    assert prepare("CCO", Guardrails(standardise="largest_fragment")).warnings == ()


def test_fragments_may_be_allowed():
    assert prepare("CC.CC", Guardrails(require_connected=False)).reason is None


def test_the_outcome_does_not_depend_on_how_the_smiles_is_written():
    assert prepare("OCC", Guardrails()) == prepare("CCO", Guardrails())
