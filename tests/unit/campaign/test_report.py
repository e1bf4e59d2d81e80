"""The comparison of the arms of a campaign, beside a twin that counts by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from hetero2.campaign.actions import read_state
from hetero2.campaign.evidence.text import lines
from hetero2.campaign.layout import Settings
from hetero2.campaign.ledger import Entry, Ledger
from hetero2.campaign.library import Library
from hetero2.campaign.measurements import Measurement
from hetero2.campaign.report import hits_by_framework, report
from hetero2.campaign.rounds import Outcome, Round, State
from hetero2.io.contracts import first_problem
from hetero2.stats.sequential import comparison
from tests.campaigns import IDS, KNOWN, VALUES, batch, call, results, start, tell


def campaign_of(tmp_path, n_rounds, *words):
    campaign = start(tmp_path, *words)
    for number in range(1, n_rounds + 1):
        call("next", campaign)
        tell(campaign, results(campaign, number))
    return campaign


def test_counts_are_those_of_the_batches(tmp_path):
    campaign = campaign_of(tmp_path, 3, "--price-per-measurement", 10)
    document = report(read_state(campaign))
    rounds = []
    rows = [(number, row) for number in (1, 2, 3) for row in batch(campaign, number)]
    for arm in ("today", "new"):
        bought = [row for _, row in rows if row["arm"] == arm or row["in_both"] == "true"]
        n_hits = sum(VALUES[IDS.index(row["id"])] >= 7 for row in bought)
        assert document["arms"][arm]["bought"] == len(bought)
        assert document["arms"][arm]["hits"] == n_hits
        assert document["arms"][arm]["hit_rate"] == pytest.approx(n_hits / len(bought), abs=1e-6)
    for number in (1, 2, 3):
        counts = []
        for arm in ("today", "new"):
            alone = [row for n, row in rows if n == number and row["arm"] == arm and row["in_both"] == "false"]
            counts += [len(alone), sum(VALUES[IDS.index(row["id"])] >= 7 for row in alone)]
        rounds.append(comparison.Round(*counts))
    last = comparison.looks(rounds)[-1]
    assert document["looks"][-1]["low"] == pytest.approx(last.low, abs=1e-6)
    assert document["looks"][-1]["high"] == pytest.approx(last.high, abs=1e-6)
    assert len(document["looks"]) == 3
    today, new = (document["arms"][arm] for arm in ("today", "new"))
    if today["hits"]:
        needed = new["hits"] / today["hit_rate"]
        assert document["measurements_at_todays_rate"]["for_equal_hits"] == pytest.approx(needed, abs=0.1)
    assert document["known_at_start"] == len(KNOWN)
    assert document["new_with_known_counted"]["bought"] == new["bought"] + len(KNOWN)
    assert first_problem(document, "campaign_report.v1") is None


def test_it_is_printed_and_written(tmp_path, capsys):
    campaign = campaign_of(tmp_path, 1)
    capsys.readouterr()
    call("report", campaign)
    printed = capsys.readouterr().out
    assert printed.startswith("Is the new order better than today's? Not shown: the interval includes 0.\n")
    document = json.loads((campaign / "report/report.json").read_text())
    assert document == report(read_state(campaign))
    call("status", campaign)  # a report in the folder disturbs nothing


def test_before_the_first_round_and_where_a_hit_is_not_fixed_nothing_is_shown(tmp_path):
    (tmp_path / "a").mkdir()
    document = report(read_state(campaign_of(tmp_path / "a", 0)))
    assert (document["verdict"], document["reason"], document["arms"]["new"]["hit_rate"]) == (
        "not_shown",
        "no_rounds",
        None,
    )
    assert "there is no round yet" in lines(document)[0]
    campaign = start(tmp_path, known=None)
    record = json.loads((campaign / "campaign.json").read_text())
    record["settings"]["hit_at"] = None
    (campaign / "campaign.json").write_text(json.dumps(record))
    call("next", campaign)
    tell(campaign, results(campaign))
    document = report(read_state(campaign))
    assert (document["verdict"], document["reason"], document["looks"]) == ("not_shown", "hits_are_not_fixed", [])


def state_of(hits_today, hits_new, n_rounds=4, per_arm=20):
    """A campaign without files: in each round each arm buys `per_arm`, the first of them hits."""
    n = 2 * n_rounds * per_arm
    ids, hashes = [f"m{row}" for row in range(n)], [f"{row:064d}" for row in range(n)]
    blank = [""] * n
    library = Library(ids, blank, ["OK"] * n, blank, blank, hashes, blank, np.zeros(n), np.zeros(n))
    settings = Settings(40, 0.5, 2, 0, 7.0, False, None, "score", False, 0.2, "none")
    rounds, measurements = [], []
    for number in range(n_rounds):
        picks = []
        for place in range(2 * per_arm):
            row, arm = 2 * number * per_arm + place, ("today", "new")[place // per_arm]
            picks.append({"id": ids[row], "arm": arm, "in_both": False})
            value = 8.0 if place % per_arm < (hits_today, hits_new)[place // per_arm] else 5.0
            measurements.append(Measurement(ids[row], "C", hashes[row], value, None, "ok"))
        rounds.append(Round(Path(), {"round": number + 1, "picks": picks}, False))
    return State(settings, library, Ledger([Entry(Path(), {"kind": "measured"}, measurements)]), rounds, {})


@pytest.mark.parametrize(
    ("hits_today", "hits_new", "call"), [(1, 12, "new_better"), (12, 1, "today_better"), (5, 6, "not_shown")]
)
def test_a_clear_difference_is_shown_in_its_direction(hits_today, hits_new, call):
    document = report(state_of(hits_today, hits_new))
    assert document["verdict"] == call
    text = lines(document)
    said = {"new_better": "Yes: it buys", "today_better": "No: today's order buys", "not_shown": "Not shown: "}
    assert text[0].startswith(f"Is the new order better than today's? {said[call]}")
    assert any("today's order would need 960 measurements" in line for line in text) == (call == "new_better")


def test_hits_are_counted_by_what_was_known_of_their_framework_before_their_round():
    outcomes = [
        Outcome(1, "a", "new", False, "hit", "x"),
        Outcome(1, "b", "new", False, "hit", "x"),  # of the same round: not known before
        Outcome(1, "c", "today", False, "miss", "y"),
        Outcome(1, "d", "today", True, "hit", "at start"),
        Outcome(1, "e", "today", False, "pending", "z"),
        Outcome(2, "f", "new", False, "hit", "x"),
        Outcome(2, "g", "today", False, "hit", "y"),
        Outcome(2, "h", "new", False, "hit", "z"),  # its framework was picked, but has no result
        Outcome(2, "i", "new", False, "hit", "hit at start"),
    ]
    assert hits_by_framework(outcomes, {"at start": False, "hit at start": True}) == {
        "today": {"hit_before": 0, "measured_before": 2, "new": 0},
        "new": {"hit_before": 2, "measured_before": 1, "new": 3},
    }


def test_the_counts_of_a_campaign_by_round_and_framework_add_up(tmp_path):
    document = report(read_state(campaign_of(tmp_path, 3)))
    last = document["by_round"][-1]
    for arm in ("today", "new"):
        assert last[arm] == {name: document["arms"][arm][name] for name in ("bought", "hits")}
        assert sum(document["hits_by_framework"][arm].values()) == document["arms"][arm]["hits"]
    assert [counts["round"] for counts in document["by_round"]] == [1, 2, 3]
    assert document["labels"] == len(KNOWN) + 3 * 8
