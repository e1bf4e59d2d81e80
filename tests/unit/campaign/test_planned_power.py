"""The plan that is kept at the start."""

import json

import pytest

from hetero2.stats.sequential.planning import power_by_round
from tests.campaigns import call, start, write


def test_it_is_that_of_the_simulation_for_the_smaller_arm(tmp_path, capsys):
    words = ("--base-rate", 0.1, "--expected-rate", 0.5, "--planned-rounds", 5, "--control-share", 0.25)
    campaign = start(tmp_path, *words)
    plan = json.loads((campaign / "campaign.json").read_text())["settings"]["planned"]
    expected = power_by_round(0.1, 0.5, 2, 5)[-1]
    assert plan == {
        "base_rate": 0.1,
        "expected_rate": 0.5,
        "rounds": 5,
        "per_arm": 2,
        "power": pytest.approx(expected, abs=5e-4),
    }
    call("report", campaign)
    printed = capsys.readouterr().out
    assert f"its planned power was {100 * plan['power']:.1f} %, below 80 %" in printed
    assert "planned: 5 rounds of 2 molecules per order, to tell 10.0 % from 50.0 %" in printed


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--base-rate", 0.1), "a plan needs --base-rate, --expected-rate and --planned-rounds"),
        (("--base-rate", 0.1, "--expected-rate", 0.1, "--planned-rounds", 3), "are both 0.1"),
        (
            ("--base-rate", 0.1, "--expected-rate", 0.2, "--planned-rounds", 3, "--control-share", 0),
            "one order buys nothing",
        ),
    ],
)
def test_what_is_no_plan_is_one_error_and_there_is_no_campaign(tmp_path, capsys, words, problem):
    write(tmp_path / "library.csv", "id,smiles", [("a", "CCO")])
    write(tmp_path / "today.csv", "id,score", [("a", -1)])
    call("start", tmp_path / "c", "--batch", 8, *words, folder=tmp_path, code=2)
    printed = capsys.readouterr().err
    assert problem in printed
    assert printed.count("error: ") == 1
    assert not (tmp_path / "c").exists()
