"""proxy_rule_v1: the stored labels, byte for byte, from the library and nothing else."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from hetero2 import cli
from hetero2.inputs.truth import read_truth
from hetero2.paths import ROOT
from hetero2.runtime.provenance import module_sources

GOLDEN = Path(__file__).parents[2] / "golden" / "data"


def labels(folder, text, name="library.csv"):
    (folder / name).write_text(text)
    assert cli.main(["proxy-truth", "--library", str(folder / name), "--out", str(folder / "truth.csv")]) == 0
    return (folder / "truth.csv").read_bytes()


def test_the_suite_has_the_stored_labels(tmp_path):
    written = labels(tmp_path, (GOLDEN / "suite_input.csv").read_text())
    assert written == (GOLDEN / "truth_proxy_rule_v1.csv").read_bytes()
    assert sum(read_truth(tmp_path / "truth.csv", "proxy_rule_v1").values()) == 20


def test_what_reads_it_cannot_see_decoys_scores_or_audit():
    """All code of ours that the stage can run: none of it knows decoys, scores, statistics or an audit."""
    seen = {path.relative_to(ROOT / "hetero2").as_posix() for path in module_sources("hetero2.stages.proxy_truth")}
    assert {"stages/proxy_truth.py", "inputs/library.py"} <= seen
    for name in seen:
        assert not name.startswith(("chem/", "scoring/", "stats/", "report/"))
        assert not any(word in name for word in ("audit", "score", "decoy", "summary", "calls", "controls"))


def test_it_hashes_canonical_smiles_where_the_library_has_them_and_strips_blanks(tmp_path):
    plain = labels(tmp_path, "id,smiles\na,CCO\n")
    assert labels(tmp_path, "id,smiles,canonical_smiles\na,OCC, CCO \n") == plain
    assert labels(tmp_path, "CCO a\n", "library.smi") == plain
    table = pa.table({"id": ["a"], "smiles": ["OCC"], "canonical_smiles": ["CCO"]})
    parquet.write_table(table, tmp_path / "library.parquet")
    words = ["--library", str(tmp_path / "library.parquet"), "--out", str(tmp_path / "p.csv")]
    assert cli.main(["proxy-truth", *words]) == 0
    assert (tmp_path / "p.csv").read_bytes() == plain


def test_every_id_is_labelled_once_and_rows_without_one_are_not(tmp_path):
    labels(tmp_path, "id,smiles\na,CCO\n,CC\na,CCC\nb,\n")
    with (tmp_path / "truth.csv").open(newline="") as handle:
        assert [row["molecule_id"] for row in csv.DictReader(handle)] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("id,smiles\n,CC\n", "no row has an id"), ("id\na\n", "no column 'smiles'"), ("", "the file is empty")],
)
def test_what_cannot_be_labelled_is_said(tmp_path, text, message, capsys):
    (tmp_path / "library.csv").write_text(text)
    words = ["--library", str(tmp_path / "library.csv"), "--out", str(tmp_path / "truth.csv")]
    assert cli.main(["proxy-truth", *words]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "truth.csv").exists()
