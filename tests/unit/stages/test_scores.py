"""What the keys of a score table mean, against a slow and obvious twin that looks at every key and every structure."""

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hetero2.errors import InputError
from hetero2.inputs.decoys import EXCLUDED
from hetero2.io.tables import arrow_schema
from hetero2.scoring import score_index, score_table
from hetero2.scoring.library_ids import LibraryIds
from hetero2.scoring.score_lookup import open_lookup
from hetero2.stages.scores import attach

HASHES = ["a" * 64, "b" * 64, "c" * 64, "d" * 64]
IDS = ["mol-1", "mol-2", "7", *HASHES[:2]]


def library_ids(ids):
    return LibraryIds(pa.chunked_array([list(ids)], pa.string()))


def molecule_table(molecules):
    columns = {
        "row": range(len(molecules)),
        "id": [m[0] for m in molecules],
        "structure_hash": [m[1] for m in molecules],
    }
    kinds = {"row": pa.int64(), "id": pa.string(), "structure_hash": pa.string()}
    return pa.table({name: pa.chunked_array([pa.array(values, kinds[name])]) for name, values in columns.items()})


def decoy_table(molecules):
    pairs = [(row, place, key) for row, (_, _, decoys) in enumerate(molecules) for place, key in enumerate(decoys)]
    kinds = {"row": pa.int64(), "decoy_index": pa.int64(), "decoy_hash": pa.string()}
    columns = zip(kinds.items(), zip(*pairs, strict=True) if pairs else [[], [], []], strict=True)
    return pa.table({name: pa.chunked_array([pa.array(values, kind)]) for (name, kind), values in columns})


def attached(folder, lines, molecules, excluded=()):
    """What the stages make of a table: the scores of the molecules, then of their decoys."""
    path = folder / "s.csv"
    path.write_text("molecule_id,score\n" + "".join(f"{key},{score}\n" for key, score in lines))
    table = score_table.index(path, library_ids(molecule[0] for molecule in molecules))
    score_index.write_index(folder / "s.npy", table)
    rows = [{"decoy_hash": key, "excluded": "library"} for key in excluded]
    left_out = pa.Table.from_pylist(rows, arrow_schema(EXCLUDED))
    lookup = open_lookup(path, folder / "s.npy", set())
    return attach(molecule_table(molecules), decoy_table(molecules), lookup, 1, left_out)["score"].to_pylist()


def twin(lines, molecules):
    """The same from the words of the contract: scores, or the set of what is wrong."""
    wrong = set()
    for (key, score), (other_key, another) in itertools.combinations(lines, 2):
        if key == other_key and score != another:
            wrong.add("but the score")
    scores = dict(lines)
    structures = [(molecule_id, key, "molecule") for molecule_id, key, _ in molecules]
    structures += [(molecule_id, key, "decoy") for molecule_id, _, decoys in molecules for key in decoys]
    for molecule_id, structure, role in structures:
        for other_id, _, _ in molecules:
            is_own = role == "molecule" and other_id == molecule_id
            if structure == other_id and structure in scores and not is_own:
                wrong.add("two meanings")
    for molecule_id, structure, _ in molecules:
        if len({scores[key] for key in (molecule_id, structure) if key in scores}) > 1:
            wrong.add("they differ")
    if wrong:
        return wrong
    of_molecules = [scores.get(structure, scores.get(molecule_id)) for molecule_id, structure, _ in molecules]
    return of_molecules + [scores.get(key) for _, _, decoys in molecules for key in decoys]


@st.composite
def libraries(draw):
    """Molecules with different ids, structures that may repeat, and decoys that may be molecules."""
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, min_size=1, max_size=3))
    structure = st.sampled_from(HASHES)
    return [(molecule_id, draw(structure), draw(st.lists(structure, max_size=2, unique=True))) for molecule_id in ids]


@given(
    lines=st.lists(st.tuples(st.sampled_from([*IDS, *HASHES, "unknown"]), st.sampled_from([1.0, 2.0])), max_size=4),
    molecules=libraries(),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_key_means_what_the_contract_says(tmp_path, lines, molecules):
    expected = twin(lines, molecules)
    if isinstance(expected, list):
        assert attached(tmp_path, lines, molecules) == expected
        return
    with pytest.raises(InputError, match=r"s\.csv: (line|data row) \d+") as caught:
        attached(tmp_path, lines, molecules)
    assert any(words in caught.value.message for words in expected)


def test_a_molecule_with_one_score_by_id_and_another_by_hash_names_both_lines(tmp_path):
    lines = [("x", 0), ("mol-1", 1), (HASHES[0], 2)]
    message = rf"line 3 scores the molecule 'mol-1' by its id, line 4 scores it by its structure hash {HASHES[0]}, and"
    with pytest.raises(InputError, match=message):
        attached(tmp_path, lines, [("mol-1", HASHES[0], [])])
    assert attached(tmp_path, [("mol-1", 2), (HASHES[0], 2)], [("mol-1", HASHES[0], [])]) == [2]


@pytest.mark.parametrize(
    ("molecules", "message"),
    [
        ([(HASHES[0], HASHES[1], []), ("mol-2", HASHES[0], [])], "the structure hash of another, whose id is 'mol-2'"),
        ([(HASHES[0], HASHES[1], []), ("mol-2", HASHES[2], [HASHES[0]])], "the structure hash of a decoy of 'mol-2'"),
        ([(HASHES[0], HASHES[1], [HASHES[0]])], f"the structure hash of a decoy of '{HASHES[0]}'"),
    ],
)
def test_a_key_with_two_meanings_is_named_with_its_line(tmp_path, molecules, message):
    lines = [("mol-1", 1), (HASHES[0], 2)]
    with pytest.raises(InputError, match=f"line 3: the key {HASHES[0]} has two meanings: .*{message}"):
        attached(tmp_path, lines, molecules)
    assert attached(tmp_path, lines[:1], molecules) == [None] * len(attached(tmp_path, lines[:1], molecules))


def test_ids_that_are_the_structure_hashes_of_their_rows_are_no_contradiction(tmp_path):
    """A decoy that is a molecule of the library takes no part, so its hash is not asked for."""
    molecules = [(HASHES[0], HASHES[0], [HASHES[1], HASHES[2]]), (HASHES[1], HASHES[1], [])]
    lines = [(key, score) for score, key in enumerate(HASHES)]
    assert attached(tmp_path, lines, molecules, excluded=[HASHES[1]]) == [0, 1, None, 2]


def test_rows_of_one_structure_have_each_its_own_score_by_id(tmp_path):
    molecules = [("mol-1", HASHES[0], []), ("mol-2", HASHES[0], []), ("7", HASHES[0], [])]
    assert attached(tmp_path, [("mol-1", 1), ("mol-2", 2)], molecules) == [1, 2, None]


def test_ids_and_hashes_never_meet_in_an_index():
    ids, hashes = score_index.id_keys(HASHES), score_index.hash_keys(HASHES)
    assert (ids[0] >> np.uint64(63) == 1).all()
    assert (hashes[0] >> np.uint64(63) == 0).all()
    assert [len(half) for half in score_index.id_keys([])] == [0, 0]
