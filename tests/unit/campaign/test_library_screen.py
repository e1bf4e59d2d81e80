"""The screen of a library: the same rows and values however it is cut, and a model that is what was saved."""

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hetero2.campaign import library_screen
from hetero2.chem.structures.guardrails import Guardrails
from hetero2.errors import InputError
from hetero2.io.tables import from_columns, write_parquet
from hetero2.runtime import isolated

LIMITS = Guardrails(), isolated.Limits()
ALCOHOLS = ["CCO", "CCCO", "CCCCO", "CC(C)O", "OCC1CCCCC1", "OC1CCCCC1"]
AMIDES = ["CC(=O)NC", "CC(=O)NCC", "O=C(NC)c1ccccc1", "O=C(NCC)c1ccccc1", "O=C(NC1CC1)c1ccccc1", "O=C1CCCN1"]
ODD = ["C1CC", "CC.Cl", ""]
KNOWN = "id,smiles,label\nk1,O=C(NCCC)c1ccccc1,1\nk2,CC(=O)NCCC,1\nk3,OCCCCC,0\nk4,CCCCCCCCO,0\nk5,CC(=O)NC,1\n"


@pytest.fixture
def rows() -> pa.Table:
    smiles = [*ALCOHOLS, *AMIDES, *ODD]
    n = len(smiles)
    values = {
        "row": list(range(n)),
        "id": [f"m{number}" for number in range(n)],
        "smiles": smiles,
        "status": [None] * (n - 1) + ["ERROR"],
        "reason": [None] * (n - 1) + ["missing_id"],
    }
    return from_columns("input_row.v1", n, values)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "known.csv"
    path.write_text(KNOWN)
    return path


def _fit(rows: pa.Table, known: Path, today: Path | None = None, **options: object) -> library_screen.Fitted:
    lower = True if today else None
    chosen = library_screen.Options(today_lower_is_better=lower, **options)  # type: ignore[arg-type]
    return library_screen.fit(rows, known, today, "score", chosen, LIMITS)


def _ranked(rows: pa.Table, fitted: library_screen.Fitted, tmp_path: Path, shards: int) -> pa.Table:
    paths, bounds = [], np.linspace(0, len(rows), shards + 1).astype(int)
    for number, (start, end) in enumerate(itertools.pairwise(bounds)):
        part = rows.slice(start, end - start).to_pylist()
        table = library_screen.screened(fitted.model, part, fitted.z[start:end], LIMITS)
        paths.append(tmp_path / f"{shards}-{number}.parquet")
        write_parquet(paths[-1], table, library_screen.SHARD)
    return library_screen.ranked(paths)


def test_relatives_of_hits_come_first_and_no_row_is_lost(rows: pa.Table, known: Path, tmp_path: Path) -> None:
    table = _ranked(rows, _fit(rows, known), tmp_path, 1)
    assert set(table["id"].to_pylist()[: len(AMIDES)]) == {f"m{number}" for number in range(6, 12)}
    assert table["rank"].to_pylist() == [*range(1, 13), None, None, None]
    assert table["reason"].to_pylist()[-3:] == ["invalid_smiles", "disconnected", "missing_id"]
    assert [row["id"] for row in table.to_pylist() if row["is_known"]] == ["m6"]


@pytest.mark.parametrize("shards", [2, 3, 7])
def test_shards_change_nothing(rows: pa.Table, known: Path, tmp_path: Path, shards: int) -> None:
    fitted = _fit(rows, known)
    assert _ranked(rows, fitted, tmp_path, shards).equals(_ranked(rows, fitted, tmp_path, 1))


def test_a_model_is_what_was_saved_to_the_byte(rows: pa.Table, known: Path, tmp_path: Path) -> None:
    today = tmp_path / "today.csv"
    today.write_text(
        "id,score\n" + "".join(f"m{number},{-number / 2 - 1}\n" for number in range(12)) + "k1,-9\nk3,-1\n"
    )
    fitted = _fit(rows, known, today)
    paths = [tmp_path / name for name in ("a.npz", "b.npz")]
    library_screen.save(fitted.model, paths[0])
    again = library_screen.load(paths[0])
    library_screen.save(again, paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    loaded = fitted._replace(model=again)
    assert _ranked(rows, loaded, tmp_path, 1).equals(_ranked(rows, fitted, tmp_path, 1))
    assert fitted.facts["labels_with_today"] == 2


def test_the_order_of_the_library_changes_no_value(rows: pa.Table, known: Path, tmp_path: Path) -> None:
    turned = rows.take(pa.array(range(len(rows))[::-1]))
    values = []
    for table in (rows, turned):
        fitted = _fit(table, known)
        by_id = {row["id"]: (row["mean"], row["sd"]) for row in _ranked(table, fitted, tmp_path, 1).to_pylist()}
        values.append(by_id)
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,smiles\nk1,CCO\n", "neither a column 'value' nor a column 'label'"),
        ("id,smiles,value\nk1,CCO,5\nk2,CCN,5\n", "all 2 values known"),
        ("id,smiles,label\nk1,,1\n", "has no structure"),
        ("id,smiles,label\nk1,CCO,2\n", "line 2: label is '2'"),
        ("id,smiles,label\nk1,CCO,1\nk1,CCO,0\n", "line 3: 'k1' has the label 0"),
        ("id,smiles,label\nk1,C1CC,1\n", "line 2: smiles is 'C1CC'"),
        ("id,smiles,label\nm3,CCCCCC,1\n", "'m3' is that of another structure in the library (CC(C)O)"),
        ("id,smiles,label\nk1,CCO,1\nk2,CCO,0\n", "contradicting labels"),
    ],
)
def test_what_cannot_be_learned_from_is_one_error(rows: pa.Table, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "known.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        _fit(rows, path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
