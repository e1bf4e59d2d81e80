"""`decoy_strategy.v1` against the stored decoys of the suite."""

import json
import statistics
from pathlib import Path

import pytest

from hetero2.chem import decoys_v1
from hetero2.chem.graph_spectra.spectral import spectrum
from hetero2.chem.molecules import parse_known, structure_hash
from hetero2.chem.similarity import fingerprint, tanimoto
from hetero2.runtime.seeds import row_seed

DATA = Path(__file__).parent / "data"
ROWS = [json.loads(line) for line in (DATA / "decoys_v1_suite.jsonl").read_text().splitlines()]


def test_the_suite_has_200_rows_and_880_decoys():
    assert len(ROWS) == 200
    assert sum(len(row["decoys"]) for row in ROWS) == 880


@pytest.mark.parametrize("row", ROWS[:20], ids=lambda row: row["id"])
def test_decoys_hashes_seed_and_strategy_are_the_stored_ones(row):
    decoys = decoys_v1.generate(row["smiles"], row["k"], row["seed"])
    assert [[structure_hash(smiles), smiles] for smiles in decoys.smiles] == row["decoys"]
    assert decoys.strategy == row["strategy"]
    assert row_seed(0, "per_row", row["id"]) == row["seed"]


@pytest.mark.parametrize("row", ROWS[:10], ids=lambda row: row["id"])
def test_spectrum_and_tanimoto_are_the_stored_ones(row):
    mol = parse_known(row["smiles"])
    of_molecule = spectrum(mol)
    stored = row["spectral"]
    assert (of_molecule.gap, of_molecule.entropy, of_molecule.entropy_norm) == (
        stored["spectral_gap"],
        stored["spectral_entropy"],
        stored["spectral_entropy_norm"],
    )
    decoys = decoys_v1.generate(row["smiles"], row["k"], row["seed"])
    similarities = tanimoto(fingerprint(mol), [fingerprint(decoy) for decoy in decoys.mols])
    assert (min(similarities), statistics.median(similarities)) == (row["tanimoto"]["min"], row["tanimoto"]["median"])


def test_all_rows():
    for row in ROWS:
        decoys = decoys_v1.generate(row["smiles"], row["k"], row["seed"])
        assert list(decoys.smiles) == [smiles for _, smiles in row["decoys"]], row["id"]
