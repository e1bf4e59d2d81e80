"""Molecules that tests of the screen share."""

SMILES = (
    "CCO",
    "CCCCO",
    "c1ccccc1C(=O)NC1CCCCC1",
    "c1ccccc1C(=O)NC1CCCC1",
    "CC(C)(C)c1ccc(O)cc1",
    "O=C(O)c1ccccc1O",
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1CCC[C@H]1c1cccnc1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
    "OCC1OC(O)C(O)C(O)C1O",
    "c1ccc2[nH]ccc2c1",
)
