import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hetero2.errors import InputError
from hetero2.scoring import score_index, score_table
from hetero2.scoring.library_ids import LibraryIds

A, B, C = "a" * 64, "b" * 64, "c" * 64
CAPITALS = "D" * 64
IDS = ["mol-1", "mol 2 ", "7", "é", A, CAPITALS]


def library(*ids):
    return LibraryIds(pa.chunked_array([list(ids)], pa.string()))


def read(tmp_path, text, *ids):
    path = tmp_path / "s.csv"
    path.write_text(text)
    return score_table.read(path, library(*ids) if ids else None)


@pytest.mark.parametrize("key", ["id", "molecule_id", "structure_hash"])
def test_the_key_column_may_have_three_names(tmp_path, key):
    assert read(tmp_path, f"{key},score,more\n{A},1.5,x\n{B},-2,y\n") == {A: (1.5, 1.0), B: (-2.0, 1.0)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"name,score\n{A},1\n", "no key column"),
        (f"id,scores\n{A},1\n", "no column 'score'"),
        ("id,score\naspirin,1\n", "line 2: 'aspirin' is not a structure hash"),
        (f"id,score\n{A.upper()},1\n", "is not a structure hash"),
        (f"id,score\n{A},high\n", "line 2: score is 'high'"),
        (f"id,score\n{A},{'9' * 3_000_000}x\n", "line 2: score is '9{75}.*, expected"),
        (f"id,score\n{'9' * 3_000_000},1\n", "line 2: '9{75}.* is not a structure hash"),
        (f"id,score\n{A},nan\n", "score is 'nan'"),
        (f"id,score\n{A},1_000\n", "score is '1_000'"),
        (f"id,score,score\n{A},1,2\n", "occurs twice"),
        (f"id,score,weight\n{A},1,1e308\n", "weight is 1e"),
        (f"id,score\n{A},1e999\n", "expected a finite number"),
        (f"id,score\n{A},\n", "score is ''"),
        (f"id,score,weight\n{A},1,0\n", "weight is 0.0"),
        (f"id,score,weight\n{A},1,x\n", "weight is 'x'"),
        (f"id,molecule_id,score\n{A},{A},1\n{B},,2\n", r"line 3: the key is empty \(column 'molecule_id'\)"),
        (f"id,score\n{A},1\n{B},2\n{A},3\n", f"line 4: '{A}' has the score 3, but the score 1 in line 2"),
        (f"id,score,weight\n{A},1,2\n{A},1,\n", r"line 3: .* has the score 1, but the score 1 \(weight 2\) in line 2"),
        ("id,score\n,1\n", "line 2: the key is empty"),
    ],
)
def test_a_bad_row_is_one_error_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)
    if "is not a structure hash" not in message:  # with a library that may be an id
        with pytest.raises(InputError, match=message):
            read(tmp_path, text, *IDS)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "line 3: the key is empty"),
        ("  \t", "line 3: the key is empty"),
        ("E" * 64, "line 3: 'E+' is a structure hash in capital letters, and not an id of the library"),
        ("mol-1", "line 3: 'mol-1' has the score 2, but the score 1 in line 2"),
    ],
)
def test_what_can_be_neither_id_nor_hash_is_one_error_with_its_line(tmp_path, key, message):
    for ask in (score_table.read, score_table.index):
        (tmp_path / "s.csv").write_text(f"molecule_id,score\nmol-1,1\n{key},2\n")
        with pytest.raises(InputError, match=message):
            ask(tmp_path / "s.csv", library(*IDS))


def test_keys_are_ids_of_the_library_or_structure_hashes_mixed_as_one_likes(tmp_path):
    text = f"molecule_id,score\nmol-1,1\n{B},2\nmol 2 ,3\nunknown,4\n{A},5\n{CAPITALS},6\n"
    assert read(tmp_path, text, *IDS) == {
        key: (score, 1.0) for score, key in enumerate(["mol-1", B, "mol 2 ", "unknown", A, CAPITALS], start=1)
    }
    table = score_table.index(tmp_path / "s.csv", library(*IDS))
    assert score_index.n_hashes(table) == 2
    assert looked_up(table, [A, B, C]) == {A: (5.0, 1.0), B: (2.0, 1.0)}
    ids = by_id(table, [*IDS, "mol 2", "unknown", B])
    assert ids == {"mol-1": (1, 1), "mol 2 ": (3, 1), "unknown": (4, 1), A: (5, 1), CAPITALS: (6, 1)}


@pytest.mark.parametrize(
    ("keys", "kind"),
    [([1, 20], pa.int64()), ([1, 20], pa.int16()), ([1, 2**63], pa.uint64()), (["a", "b"], pa.large_string())],
)
def test_ids_of_a_parquet_table_may_be_whole_numbers(tmp_path, keys, kind):
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"id": pa.array(keys, kind), "score": [0.5, 1.5]}), path)
    texts = [str(key) for key in keys]
    assert by_id(score_table.index(path, library(*texts)), texts) == {texts[0]: (0.5, 1.0), texts[1]: (1.5, 1.0)}


@pytest.mark.parametrize("key", [1.5, True])
def test_a_key_of_another_type_is_named(tmp_path, key):
    pq.write_table(pa.table({"id": [key], "score": [0.5]}), tmp_path / "s.parquet")
    with pytest.raises(InputError, match=r"the column 'id' is of type \w+, expected text or whole numbers"):
        score_table.index(tmp_path / "s.parquet", library("1"))


def test_the_first_key_that_nobody_knows_is_found(tmp_path):
    (tmp_path / "s.csv").write_text(f'id,score\nmol-1,1\n{C},1\n"mol ""3""",1\nmol-4,1\n')
    assert score_table.first_unknown_id(tmp_path / "s.csv", library(*IDS)) == ("line 4", 'mol "3"')
    assert score_table.first_unknown_id(tmp_path / "s.csv", library(*IDS, 'mol "3"', "mol-4")) is None


def test_the_same_row_twice_is_no_contradiction(tmp_path):
    assert read(tmp_path, f"id,score\n{A},1\n{A},1.0\n") == {A: (1.0, 1.0)}


def test_parquet_says_the_same(tmp_path):
    path = tmp_path / "s.parquet"
    pq.write_table(pa.table({"id": [A, B], "score": [1, 2], "weight": [None, 3.0]}), path)
    assert score_table.read(path) == {A: (1.0, 1.0), B: (2.0, 3.0)}
    pq.write_table(pa.table({"id": [A], "score": [float("nan")]}), path)
    with pytest.raises(InputError, match="data row 1: score is missing"):
        score_table.read(path)
    pq.write_table(pa.table({"id": [A], "score": [True]}), path)
    with pytest.raises(InputError, match="column 'score' is of type bool"):
        score_table.read(path)
    path.write_bytes(b"PAR1nonsense")
    with pytest.raises(InputError, match="not a readable Parquet file"):
        score_table.read(path)


CELLS = st.sampled_from(["1", "-2.5", " 3 ", "+4", ".5", "1e3", "", "nan", "inf", "1e999", "x", "1_0", '"7"', "0"])
KEYS = st.sampled_from([A, B, CAPITALS, "E" * 64, "aspirin", "mol-1", "mol-1 ", "", "\xa0", "c" * 63, f'"{A}"'])


def outcome(ask):
    """What a reader says of a file: its scores, or its message."""
    try:
        return ask()
    except InputError as error:
        return error.message


@given(
    rows=st.lists(st.tuples(KEYS, CELLS, CELLS), max_size=4),
    weighted=st.booleans(),
    newline=st.booleans(),
    keyed=st.sampled_from([None, ("mol-1", CAPITALS), ("mol-1", A)]),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whole_columns_and_single_cells_say_the_same(tmp_path, rows, weighted, newline, keyed):
    path, ids = tmp_path / "s.csv", None if keyed is None else library(*keyed)
    lines = [f"id,score{',weight' * weighted}", *(",".join(row[: 2 + weighted]) for row in rows)]
    path.write_text("\n".join(lines) + "\n" * newline)
    said = outcome(lambda: score_table.read(path, ids))
    by_column = outcome(lambda: score_table.index(path, ids))
    if isinstance(said, dict):
        names = [CAPITALS, "aspirin", "mol-1", "mol-1 ", "c" * 63]
        by_column = looked_up(by_column, [A, B, C]) | by_id(by_column, names)
    assert by_column == said


def by_key(table, keys, texts):
    scores, weights = score_index.find(table, keys)
    rows = zip(texts, scores.tolist(), weights.tolist(), strict=True)
    return {text: (score, weight) for text, score, weight in rows if score == score}


def looked_up(table, hashes):
    """What an index says of some structures."""
    return by_key(table, score_index.hash_keys(hashes), hashes)


def by_id(table, ids):
    """What an index says of some ids."""
    return by_key(table, score_index.id_keys(ids), ids)


def test_structures_whose_first_half_or_first_64_bits_agree_are_told_apart(tmp_path):
    keys = ["0" * 16 + f"{n:016x}" + "0" * 32 for n in (5, 1, 9, 2)] + ["f" * 64, "0" * 64]
    path = tmp_path / "s.csv"
    path.write_text("id,score\n" + "".join(f"{key},{n}\n" for n, key in enumerate(keys)))
    table = score_table.index(path)
    same_half = "0" * 16 + f"{7:016x}" + "0" * 32
    assert looked_up(table, [*keys, same_half, "e" * 64]) == {key: (n, 1.0) for n, key in enumerate(keys)}
    assert looked_up(table, []) == {}


def test_hashes_that_agree_in_their_first_half_are_none(tmp_path):
    (tmp_path / "s.csv").write_text(f"id,score\n{'a' * 63}b,1\n{A},2\n")
    with pytest.raises(InputError, match="does not happen with sha256"):
        score_table.index(tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f'id,score\n{A},"1"5\n'.encode(), "line 2: not a valid CSV"),
        (f"id,score,note\n{A},1,\xe9\n".encode("latin-1"), "not UTF-8"),
        (b"foo,bar\n", "no column 'score'"),
        (b"", "the file is empty"),
    ],
    ids=["quote inside", "latin-1", "other columns", "empty"],
)
def test_what_the_plain_reader_refuses_the_index_refuses(tmp_path, content, message):
    path = tmp_path / "s.csv"
    path.write_bytes(content)
    for read_it in (score_table.read, score_table.index):
        with pytest.raises(InputError, match=message):
            read_it(path)


def test_a_table_without_rows_has_no_scores(tmp_path):
    """As a model writes where nothing was asked for."""
    (tmp_path / "s.csv").write_text("id,score\n")
    assert looked_up(score_table.index(tmp_path / "s.csv"), [A]) == {}


def test_a_parquet_table_of_no_text_is_named(tmp_path):
    path = tmp_path / "s.parquet"
    bad = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"id": bad, "score": [1.0]}), path)
    with pytest.raises(InputError, match=r"s\.parquet"):
        score_table.index(path)
    pq.write_table(pa.table({"x": pa.array([], pa.string())}), path)
    with pytest.raises(InputError, match="no column 'score'"):
        score_table.index(path)
    data = bytearray(path.read_bytes())
    data[-40:-8] = b"\xff" * 32
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a readable Parquet file"):
        score_table.index(path)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hetero2.io.tables._LONGEST_LINE", 1 << 20)
    path = tmp_path / "s.csv.gz"
    path.write_bytes(gzip.compress(b"id,score\n" + b"a" * (2 << 20)))
    with pytest.raises(InputError, match="line 2: longer than 1 million characters"):
        score_table.index(path)


def test_an_index_is_looked_up_from_disk_and_a_bad_one_is_named(tmp_path):
    path = tmp_path / "s.npy"
    score_index.write_index(path, None)
    assert looked_up(score_index.open_index(path), [A]) == {}
    (tmp_path / "s.csv").write_text(f"id,score,weight\n{A},1.5,2\n")
    score_index.write_index(path, score_table.index(tmp_path / "s.csv"))
    assert looked_up(score_index.open_index(path), [B, A]) == {A: (1.5, 2.0)}
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"s\.npy: not a readable index"):
        score_index.open_index(path)


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz", "s.parquet"])
def test_a_long_table_is_counted_and_read_in_batches(tmp_path, name):
    path, n = tmp_path / name, 150_000
    keys = [f"{number:032x}{'0' * 32}" for number in range(n)]
    table = pa.table({"id": [*keys, keys[7]], "score": [*map(float, range(n)), 7.0]})
    if name.endswith("parquet"):
        pq.write_table(table, path, row_group_size=10_000)
    else:
        text = "id,score\n" + "".join(f"{key},{number}\n" for number, key in enumerate(keys)) + f"{keys[7]},7\n"
        path.write_bytes(gzip.compress(text.encode(), 1) if name.endswith("gz") else text.encode())
    table = score_table.index(path)
    assert table.shape == (4, n)
    assert looked_up(table, [keys[5], keys[-1], "f" * 64]) == {keys[5]: (5.0, 1.0), keys[-1]: (n - 1.0, 1.0)}
