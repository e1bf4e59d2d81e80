"""Golden decoys of decoy_strategy.v2: the contract."""

import csv

from hetero2.chem.decoys_v2.engine import generate
from tests.conftest import ROOT


def test_the_contract_of_v2_stands():
    """Golden decoys of the default data set: SMILES, moves and Tanimoto, in order."""
    path = ROOT / "tests/golden/data/decoys_v2.csv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    blocks = {}
    for row in rows:
        blocks.setdefault((row["parent"], int(row["seed"])), []).append(row)
    assert len(blocks) >= 50
    for (parent, seed), expected in blocks.items():
        decoys = generate(parent, 20, seed).decoys
        written = [(d.smiles, d.move, f"{d.tanimoto:.6f}") for d in decoys]
        assert written == [(row["decoy"], row["move"], row["tanimoto"]) for row in expected], parent
