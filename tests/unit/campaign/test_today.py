"""Today's score as it comes: which way is better, failures, ids that match nothing."""

import pytest

from hetero2.campaign.today import coverage, read_new_order, read_scores, read_today
from hetero2.errors import ConfigError, InputError
from tests.campaigns import write

ENERGIES = [(f"m{row}", -5.0 - row / 10) for row in range(20)]


def test_lower_is_better_turns_the_sign_around(tmp_path):
    path = write(tmp_path / "today.csv", "id,score", [("a", 1), ("b", -2.5), ("c", "")])
    assert read_today(path, "score", False)[0].by_id == {"a": 1.0, "b": -2.5}
    assert read_today(path, "score", True)[0].by_id == {"a": -1.0, "b": 2.5}


def test_nobody_said_which_way_energies_are_better(tmp_path):
    path = write(tmp_path / "today.csv", "id,score", [*ENERGIES, ("x", 3.0)])
    with pytest.raises(ConfigError, match="20 of 21 scores are negative, as energies are, where lower is better") as e:
        read_today(path, "score", None)
    assert e.value.hint == "say --today-lower-is-better, or --no-today-lower-is-better"
    assert read_today(path, "score", False)[0].by_id["x"] == 3.0  # log probabilities, say
    positive = write(tmp_path / "p.csv", "id,score", [("a", 1), ("b", 2)])
    assert read_today(positive, "score", None)[1] is False


def test_lower_is_better_of_scores_without_a_negative_one_is_doubted(tmp_path):
    path = write(tmp_path / "today.csv", "id,score", [("a", 1), ("b", 2)])
    scores, _ = read_today(path, "score", True)
    assert scores.notes == ["today.csv: no score is negative, although lower is said to be better: is it so?"]


@pytest.mark.parametrize("failure", [0, 999])
def test_failed_docking_is_no_score(tmp_path, failure):
    path = write(tmp_path / "today.csv", "id,score", [*ENERGIES, *((f"f{row}", failure) for row in range(4))])
    scores, lower = read_today(path, "score", True)
    assert lower
    assert scores.by_id == {name: -value for name, value in ENERGIES}
    assert scores.notes == [f"today.csv: 4 scores are not negative: failures, left out: {failure} (4)"]


@pytest.mark.parametrize("failure", [0, 999])
def test_energies_are_recognised_however_many_failed(tmp_path, failure):
    rows = [*ENERGIES, *((f"f{row}", failure) for row in range(12)), ("x", 3.0)]
    path = write(tmp_path / "today.csv", "id,score", rows)
    with pytest.raises(ConfigError, match="20 of 33 scores are negative, as energies are"):
        read_today(path, "score", None)
    scores, _ = read_today(path, "score", True)
    assert scores.by_id == {name: -value for name, value in ENERGIES}
    assert scores.notes == [f"today.csv: 13 scores are not negative: failures, left out: {failure} (12), 3 (1)"]


@pytest.mark.parametrize("numbers", [[0] * 9, [0, 1, 2, 3, -1, -2] * 6, [row / 7 - 2 for row in range(29)]])
def test_what_does_not_look_like_energies(tmp_path, numbers):
    path = write(tmp_path / "today.csv", "id,score", [(f"m{row}", number) for row, number in enumerate(numbers)])
    assert len(read_today(path, "score", None)[0].by_id) == len(numbers)


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_a_shared_score_far_from_all_others_is_left_out_where_the_sign_is_given(tmp_path, lower_is_better):
    rows = [(f"m{row}", 0.5 + row / 100) for row in range(20)]
    path = write(tmp_path / "today.csv", "id,score", [*rows, *((f"f{row}", 999) for row in range(5))])
    scores, _ = read_today(path, "score", lower_is_better)
    assert sorted(scores.by_id) == sorted(name for name, _ in rows)
    assert scores.notes[-1] == "today.csv: 5 molecules share the score 999, far from all others: failures, left out"


def test_an_order_in_place_of_the_screen_must_not_look_like_energies(tmp_path):
    failures = [(f"f{row}", 0) for row in range(12)]
    path = write(tmp_path / "new.csv", "id,score", [*ENERGIES, *failures])
    with pytest.raises(ConfigError, match="20 of 32 scores are negative, as energies are, but larger must be better"):
        read_new_order(path, "score")
    turned = [(name, -value) for name, value in ENERGIES]
    scores = read_new_order(write(tmp_path / "new.csv", "id,score", [*turned, *failures]), "score")
    assert scores.by_id == dict(turned)
    assert scores.notes == ["new.csv: 12 molecules share the score 0, far from all others: failures, left out"]


def test_many_molecules_with_a_score_far_from_all_others_are_a_warning(tmp_path):
    rows = [(f"m{row}", 0.5 + row / 100) for row in range(20)]
    path = write(tmp_path / "today.csv", "id,score", [*rows, *((f"f{row}", 999) for row in range(5))])
    scores, _ = read_today(path, "score", None)
    assert len(scores.by_id) == 25, "possible, so it is a score"
    assert len(scores.notes) == 1
    assert scores.notes[0].startswith("today.csv: 5 molecules share the score 999, far from all others")
    four = write(tmp_path / "four.csv", "id,score", [*rows, *((f"f{row}", 999) for row in range(4))])
    assert read_today(four, "score", None)[0].notes == []


def test_equal_scores_give_no_order(tmp_path):
    path = write(tmp_path / "today.csv", "id,score", [("a", 2), ("b", 2)])
    assert read_today(path, "score", None)[0].notes == ["today.csv: all 2 scores are equal: they give no order"]


def test_a_line_may_be_there_twice_but_not_with_another_score(tmp_path):
    path = write(tmp_path / "s.csv", "id,score", [("a", 2), ("b", 1), ("a", "2.0")])
    assert read_scores(path).by_id == {"a": 2.0, "b": 1.0}
    assert read_scores(path).notes == ["s.csv: 1 lines repeat an id with the same score"]
    path = write(tmp_path / "s.csv", "id,score", [("a", 2), ("b", 1), ("a", 3)])
    with pytest.raises(InputError, match="line 4: 'a' has another score than in line 2"):
        read_scores(path)


def test_what_is_no_table_of_scores(tmp_path):
    path = write(tmp_path / "s.csv", "id,score", [("a", "n/a")])
    with pytest.raises(InputError, match="line 2: column 'score': found 'n/a', expected a finite number"):
        read_scores(path)
    path = write(tmp_path / "s.csv", "id,score", [("a", "")])
    with pytest.raises(InputError, match="no row has a score in the column 'score'"):
        read_scores(path)
    with pytest.raises(InputError, match="there is no column 'docking'; found 'id', 'score'"):
        read_scores(path, "docking")


def test_ids_that_match_nothing(tmp_path):
    with pytest.raises(InputError, match="none of its 1 ids is an id of the library") as caught:
        coverage({"x": 1.0}, ["a", "b"], tmp_path / "s.csv")
    assert caught.value.hint == "the first is 'x', that of the library 'a'"
    assert coverage({"x": 1.0, "a": 2.0}, ["a", "b"], tmp_path / "s.csv").startswith("s.csv: 1 of 2 molecules")
