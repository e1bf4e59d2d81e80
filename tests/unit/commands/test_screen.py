"""hetero2 screen, as a person types it."""

import csv
from pathlib import Path

import pytest

from hetero2.cli import main

LIBRARY = "id,smiles\na,CC(=O)NCC\nb,CCCCO\nc,O=C(NC)c1ccccc1\nd,C1CC\n"
KNOWN = "id,smiles,value\nk1,CC(=O)NC,7.5\nk2,O=C(NCC)c1ccccc1,8\nk3,CCO,4\nk4,CCCO,3.5\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "library.csv").write_text(LIBRARY)
    (tmp_path / "known.csv").write_text(KNOWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _screen(*words: str) -> int:
    return main(["screen", "--input", "library.csv", "--known", "known.csv", "--workers", "1", *words])


def test_the_list_and_what_is_said_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _screen("--out", "ranked.csv") == 0
    rows = list(csv.DictReader((folder / "ranked.csv").read_text().splitlines()))
    assert [row["id"] for row in rows[2:]] == ["b", "d"]
    printed = capsys.readouterr().out
    assert "screen on 4 labels, 2 of them hits" in printed
    assert "4 molecules: 3 ranked, 1 left out" in printed
    assert "the better half of the values" in printed
    assert sorted(path.name for path in folder.iterdir()) == ["known.csv", "library.csv", "ranked.csv"]


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["--out", "ranked.txt"], "unknown suffix", 2),
        (["--out", "nowhere/ranked.csv"], "there is no folder", 2),
        (["--out", "library.csv"], "is itself an input", 2),
        (["--out", "ranked.csv", "--today", "none.csv"], "none.csv", 1),
    ],
)
def test_wrong_options_are_one_error(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str, code: int
) -> None:
    assert _screen(*words) == code
    assert message in capsys.readouterr().err
    assert not (folder / "ranked.csv").exists()
    assert (folder / "library.csv").read_text() == LIBRARY


def test_a_docking_score_must_say_its_sign(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "docking.csv").write_text("id,score\na,-7\nb,-9\nc,-8\nk1,-7.5\nk3,-6\n")
    assert _screen("--out", "ranked.csv", "--today", "docking.csv") == 2
    assert "lower is better" in capsys.readouterr().err
    assert _screen("--out", "ranked.csv", "--today", "docking.csv", "--today-lower-is-better") == 0
    assert "your score: 2 labels have one" in capsys.readouterr().out


def test_a_library_without_structures_is_one_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "library.csv").write_text("id,smiles\na,CC.CC\nb,C1CC\n")
    assert _screen("--out", "ranked.csv") == 1
    assert "none of the 2 rows has a usable structure: 1 disconnected, 1 invalid_smiles" in capsys.readouterr().err
    assert not (folder / "ranked.csv").exists()


def test_files_in_other_forms_are_recognised_and_rank_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _screen("--out", "plain.csv") == 0
    (folder / "library.csv").write_text("Name;Canonical SMILES\n" + LIBRARY.partition("\n")[2].replace(",", ";"))
    (folder / "known.csv").write_text("Compound\tSmiles\tpIC50\n" + KNOWN.partition("\n")[2].replace(",", "\t"))
    capsys.readouterr()
    assert _screen("--out", "ranked.csv") == 0
    assert (folder / "ranked.csv").read_bytes() == (folder / "plain.csv").read_bytes()
    said = capsys.readouterr().err
    assert "library.csv: 4 molecules; id = 'Name', smiles = 'Canonical SMILES'; separated by semicolon" in said
    assert "known.csv: 4 rows; id = 'Compound', smiles = 'Smiles'; value = 'pIC50'; separated by tab" in said


def test_of_two_columns_the_one_that_is_named_is_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "library.csv").write_text("cid,zinc_id,smiles\n1,a,CC(=O)NCC\n2,b,CCCCO\n")
    assert _screen("--out", "ranked.csv") == 2
    assert "which column is the id" in capsys.readouterr().err
    assert _screen("--out", "ranked.csv", "--id-column", "zinc_id") == 0
