import json

import pytest

from hetero2.errors import InputError
from hetero2.scoring import hetero_scores

GOOD = {
    "schema_version": "hetero_scores.v1",
    "original": {"score": 1, "weight": 1.0, "note": "ignored"},
    "decoys": {"ab": {"score": -2.5, "weight": 2}},
    "extra": [1],
}


def test_unknown_keys_are_ignored_at_every_level():
    scores = hetero_scores.parse(GOOD, "x")
    assert (scores.molecule, scores.decoys["ab"], scores.score_key) == ((1.0, 1.0), (-2.5, 2.0), None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": "hetero_scores.v2"}, "schema_version is 'hetero_scores.v2'"),
        ({"schema_version": None}, "there is no schema_version"),
        ({"original": None}, "'original' is missing"),
        ({"decoys": []}, "'decoys' is missing or not an object"),
        ({"original": {"weight": 1}}, "original: 'score' is missing"),
        ({"original": {"score": 1}}, "original: 'weight' is missing"),
        ({"original": {"score": "1", "weight": 1}}, "score is '1', expected a number"),
        ({"original": {"score": True, "weight": 1}}, "score is True"),
        ({"original": {"score": 10**400, "weight": 1}}, "too large"),
        ({"original": {"score": 1, "weight": 0}}, "weight is 0.0"),
        ({"original": {"score": 1, "weight": -1}}, "weight is -1.0"),
        ({"decoys": {"ab": 3}}, "decoys.ab: expected an object"),
        ({"decoys": {"ab": {"score": None, "weight": 1}}}, "decoys.ab: score is None"),
    ],
)
def test_what_is_missing_or_no_number_is_an_error_that_names_it(change, message):
    with pytest.raises(InputError) as caught:
        hetero_scores.parse(GOOD | change, "my.json")
    assert message in str(caught.value)
    assert str(caught.value).startswith("my.json")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(tmp_path, text):
    path = tmp_path / "s.json"
    path.write_text(json.dumps(GOOD).replace("-2.5", text))
    with pytest.raises(InputError, match=r"s\.json"):
        hetero_scores.read(path)


def test_anything_but_an_object_is_refused():
    with pytest.raises(InputError, match="expected a JSON object"):
        hetero_scores.parse([GOOD], "x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps(GOOD)[:-20], "not valid JSON"),
        (json.dumps(GOOD).replace('"decoys"', '"original"'), "the key 'original' occurs twice"),
        (json.dumps(GOOD).replace('"ab": {', '"ab": {"score": 1, "weight": 1}, "ab": {'), "the key 'ab' occurs twice"),
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        (json.dumps(GOOD).replace("-2.5", "1" * 5000), "not valid JSON"),
    ],
    ids=["truncated", "doubled", "doubled inside", "empty", "deep", "5000 digits"],
)
def test_what_is_no_whole_json_is_refused(tmp_path, text, message):
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        hetero_scores.read(path)
    assert str(path) in caught.value.message


def test_200_mb_of_json_are_refused_unread(tmp_path):
    path = tmp_path / "s.json"
    with path.open("wb") as handle:
        handle.truncate(200 << 20)
    with pytest.raises(InputError, match=r"s\.json: 200 MB of JSON, but at most 100 MB are read") as caught:
        hetero_scores.read(path)
    assert "hetero_score_table.v1" in caught.value.hint
