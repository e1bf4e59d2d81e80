"""From measurements to labels: thresholds, replicates, contradictions."""

import math

import pytest

from hetero2.campaign.choosing.labels import Threshold, better_half, labels_of, threshold
from hetero2.campaign.measurements import Measurement


def measured(*outcomes, name=None):
    return [
        Measurement(f"m{row}", "C", name or f"{row:064d}", value, label, status)
        for row, (value, label, status) in enumerate(outcomes)
    ]


def values(*numbers):
    return measured(*((number, None, "ok") for number in numbers))


@pytest.mark.parametrize(
    ("numbers", "least"),
    [
        ([1, 2, 3, 4], 3),
        ([1, 2, 3, 4, 5], 4),
        ([0, 0, 0, 0, 5, 6], 5),
        ([5, 5, 5, 5, 0, 1], 5),
        ([2, 2], None),
        ([2], None),
        ([], None),
    ],
)
def test_the_better_half(numbers, least):
    assert better_half(numbers) == least


def test_a_threshold_that_was_set_counts():
    rows = values(1, 2, 3)
    assert threshold(7.5, False, rows, rows) == Threshold(7.5)


def test_without_one_the_better_half_of_what_was_known_at_the_start_counts_and_is_said():
    rows = values(1, 2, 3, 4, 5, 100, 200)
    limit = threshold(None, False, rows[:5], rows)
    assert (limit.hit_at, limit.is_fixed) == (4, True)
    assert limit.note == "no --hit-at: the better half of the values known at the start counts as hits (at least 4)"
    limit = threshold(None, True, rows[:5], rows)
    assert (limit.hit_at, limit.note[-11:]) == (2, "(at most 2)")
    few = threshold(None, False, rows[:4], rows)
    assert (few.hit_at, "so far" in few.note, few.is_fixed) == (5, True, False)


def test_equal_values_say_nothing():
    rows = values(5, 5, 5, 5, 5, 5)
    limit = threshold(None, False, rows, rows)
    assert limit.hit_at is None
    assert limit.note.startswith("all 6 values known at the start are equal")
    assert labels_of(rows, limit, False).n == 0


def test_labels_alone_need_no_threshold():
    rows = measured((None, 1, "ok"), (None, 0, "ok"))
    limit = threshold(None, False, rows, rows)
    assert limit == Threshold(None)
    assert labels_of(rows, limit, False).measured.is_hit.tolist() == [True, False]


def test_failures_and_molecules_without_a_structure_are_not_learned_from():
    rows = [*measured((None, None, "failed"), (9.0, None, "ok")), Measurement("x", None, None, 9.0, None, "ok")]
    labels = labels_of(rows, Threshold(7), False)
    assert labels.ids == ["m1"]


def test_values_where_lower_is_better():
    labels = labels_of(values(10, 500), Threshold(100), True)
    assert labels.measured.is_hit.tolist() == [True, False]
    assert labels.measured.values.tolist() == [-10, -500]


def test_replicates_are_averaged_before_the_threshold():
    rows = measured((6.8, None, "ok"), (7.4, None, "ok"), name="a" * 64)
    labels = labels_of(rows, Threshold(7), False)
    assert labels.measured.is_hit.tolist() == [True]
    assert labels.measured.values.tolist() == pytest.approx([7.1])
    assert "1 structures have several values: their mean counts" in labels.notes


def test_contradicting_labels_are_left_out_and_said():
    rows = measured((None, 1, "ok"), (None, 0, "ok"), name="a" * 64)
    labels = labels_of([*rows, *measured(*[(None, 1, "ok")] * 12)[2:]], Threshold(None), False)
    assert labels.ids == [f"m{row}" for row in range(2, 12)]
    assert labels.notes[0] == "1 structures have contradicting labels, and are not learned from: m0"


@pytest.mark.parametrize(
    ("n_hits", "n_misses", "note"),
    [
        (12, 0, "all 12 labels are hits"),
        (0, 12, "no hit among the 12 labels"),
        (1, 3, "4 labels: fewer than 5"),
        (1, 0, "1 label: fewer than 5"),
        (2, 4, "6 labels: below 10 a strong score may do better alone"),
        (6, 6, None),
        (0, 0, None),
    ],
)
def test_what_is_said_of_labels(n_hits, n_misses, note):
    rows = measured(*[(None, 1, "ok")] * n_hits, *[(None, 0, "ok")] * n_misses)
    notes = labels_of(rows, Threshold(None), False).notes
    assert len(notes) == (note is not None)
    assert note is None or notes[0].startswith(note)


def test_a_label_outweighs_the_value():
    labels = labels_of(measured((9.0, 0, "ok"), (None, 1, "ok")), Threshold(7), False)
    assert labels.measured.is_hit.tolist() == [False, True]
    assert math.isnan(labels.measured.values[1])


def test_what_follows_from_few_labels_is_for_the_caller_to_say():
    rows = measured((None, 1, "ok"), (None, 0, "ok"))
    assert labels_of(rows, Threshold(None), False).notes == ["2 labels: fewer than 5"]
    notes = labels_of(rows, Threshold(None), False, ", so the order is today's").notes
    assert notes == ["2 labels: fewer than 5, so the order is today's"]


@pytest.mark.parametrize("number", [1e308, -1.7e308])
def test_the_mean_of_the_largest_numbers_is_one(number):
    rows = measured((number, None, "ok"), (number, None, "ok"), name="a" * 64)
    assert labels_of(rows, Threshold(7), False).measured.values.tolist() == [number]


@pytest.mark.parametrize(("lower_is_better", "n"), [(False, 2), (True, 1)])
def test_values_against_their_own_labels_are_counted(lower_is_better, n):
    rows = measured((9.0, 0, "ok"), (5.0, 1, "ok"), (7.0, 1, "ok"), (5.0, None, "ok"), (None, 1, "ok"))
    rows[0], rows[1] = (rows[0], rows[1]) if not lower_is_better else (rows[4], rows[1]._replace(label=0))
    notes = labels_of(rows, Threshold(7), lower_is_better).notes
    assert f"measurements whose value contradicts their label by --hit-at: {n}; the label counts" in notes
    derived = Threshold(7, "no --hit-at")
    assert not any("contradicts" in note for note in labels_of(rows, derived, lower_is_better).notes)
