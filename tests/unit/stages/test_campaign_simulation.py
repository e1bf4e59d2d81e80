"""Simulated campaigns: the counts are those of the loop, and the page and the pack hold them."""

import json
import zipfile

import numpy as np
import pytest

from hetero2 import cli
from hetero2.campaign.actions import read_state
from hetero2.campaign.choosing.simulation import drawn, simulate
from hetero2.campaign.evidence.pack import NAME, verify_pack
from hetero2.campaign.evidence.simulation_page import answer
from hetero2.io.contracts import first_problem
from tests.campaigns import IDS, SMILES, VALUES, start, write
from tests.unit.campaign.choosing.test_simulation import truth_of


def simulated(folder, *words, code=0):
    measured = write(folder / "measured.csv", "id,smiles,value", zip(IDS, SMILES, VALUES, strict=True))
    usual = {"--measured": measured, "--hit-at": 7, "--library": 40, "--batch": 5, "--rounds": 3, "--seeds": 3}
    usual = {key: value for key, value in usual.items() if key not in words}
    options = [word for pair in usual.items() for word in pair]
    out = folder / "out"
    assert cli.main(["campaign-simulation", *map(str, (*options, "--known", 0, 12, "--out", out, *words))]) == code
    return out


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    out = simulated(tmp_path_factory.mktemp("simulated"))
    return out, json.loads((out / "campaign_simulation.json").read_text())


def test_a_campaign_is_one_on_the_drawn_library(result, tmp_path):
    """A real campaign on a file that holds the drawn molecules alone buys the same."""
    _, document = result
    campaign = start(tmp_path, "--today-order", "size", known=None)
    state = drawn(read_state(campaign), truth_of(read_state(campaign)), 40, 12, 1)
    in_library = [row for row in range(60) if state.library.status[row] == "OK"]
    known = [measurement.id for measurement in state.ledger.entries[0].measurements]
    assert (len(in_library), len(known)) == (40, 12)
    assert not {IDS[row] for row in in_library} & set(known)
    (tmp_path / "alone").mkdir()
    alone = start(
        tmp_path / "alone",
        *("--today-order", "size", "--batch", 5, "--control-share", 0, "--seed", 1),
        known=[(name, SMILES[IDS.index(name)], VALUES[IDS.index(name)]) for name in known],
        library=[(IDS[row], SMILES[row]) for row in in_library],
    )
    real = read_state(alone)
    places = {name: row for row, name in enumerate(IDS)}
    truth = {name: truth_of(read_state(campaign))[name] for name in IDS}
    assert [places[real.library.ids[row]] for row in real.library.distinct()] == in_library
    curve = simulate(real, truth, 0.0, 3, alone / "features.parquet", 1)
    seen = document["scenarios"][1]["campaigns"][1]
    assert (seen["seed"], seen["new"], seen["bought"]) == (1, curve.hits[-1], curve.bought[-1])


def test_means_and_counts_follow_from_the_campaigns(result):
    _, document = result
    assert first_problem(document, "campaign_simulation.v1") is None
    assert document["data"]["hits"] == sum(value >= 7 for value in VALUES)
    for scenario in document["scenarios"]:
        campaigns, last = scenario["campaigns"], scenario["by_batch"][-1]
        for name in ("today", "new", "chance", "bought"):
            assert last[name] == pytest.approx(np.mean([campaign[name] for campaign in campaigns]), abs=1e-4)
        gains = [campaign["new"] - campaign["today"] for campaign in campaigns]
        counts = (sum(gain > 0 for gain in gains), gains.count(0), sum(gain < 0 for gain in gains))
        assert (scenario["better"], scenario["equal"], scenario["worse"]) == counts
        assert [row["bought"] for row in scenario["by_batch"]] == [5, 10, 15]
        for campaign in campaigns:
            assert campaign["chance"] == pytest.approx(15 * campaign["hits_in_library"] / 40)
            assert sum(campaign["new_hits_by_framework"].values()) == campaign["new"]
            assert campaign["low"] is None  # so small a library has too few frameworks
    cold, warm = document["scenarios"]
    assert [c["hits_in_library"] for c in cold["campaigns"]] == [c["hits_in_library"] for c in warm["campaigns"]]
    assert cold["by_batch"][0]["new"] == cold["by_batch"][0]["today"]  # nothing known: both go by size
    assert warm["by_batch"][-1]["new"] > warm["by_batch"][-1]["chance"]


def test_page_and_pack_hold_the_result(result):
    out, document = result
    page = (out / "report.html").read_text()
    assert answer(document)[1:].replace("'", "&#39;") in page
    assert "a stand-in for a size-biased score" in page
    assert page.count("<svg") == 3
    assert verify_pack(out / NAME) == []
    with zipfile.ZipFile(out / NAME) as opened:
        assert sorted(opened.namelist()) == ["campaign_simulation.json", "manifest.json", "report.html"]
        assert json.loads(opened.read("campaign_simulation.json")) == document


def test_workers_change_no_byte(result, tmp_path):
    out, _ = result
    again = simulated(tmp_path, "--workers", 2)
    assert json.loads((again / "campaign_simulation.json").read_text()) == json.loads(
        (out / "campaign_simulation.json").read_text()
    )


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("--library", 55), 2, "there are 60 molecules, fewer than 55 for the library and 12 known ones"),
        (("--measured", "nothing.csv"), 1, "nothing.csv: no such file"),
    ],
)
def test_what_cannot_be_simulated_is_one_error_and_writes_nothing(tmp_path, capsys, words, code, problem):
    out = simulated(tmp_path, *words, code=code)
    printed = capsys.readouterr().err
    assert problem in printed
    assert printed.count("error: ") == 1
    assert not out.exists()


def test_the_default_data_are_measured_compounds(tmp_path, capsys):
    """One campaign on the real data: learning from results finds more than size, and size more than chance."""
    out = tmp_path / "out"
    words = ("--hit-at", 8, "--seeds", 1, "--known", 30, "--rounds", 5, "--out", out)
    assert cli.main(["campaign-simulation", *map(str, words)]) == 0
    document = json.loads((out / "campaign_simulation.json").read_text())
    assert (document["data"]["name"], document["data"]["molecules"]) == ("rdkit-freewilson", 1017)
    assert 0.10 < document["data"]["hits"] / 1017 < 0.14
    (campaign,) = document["scenarios"][0]["campaigns"]
    assert campaign["new"] > campaign["today"] > campaign["chance"]
    assert campaign["low"] > 0
    assert capsys.readouterr().out.startswith("buying 50 of 500, with 30 known before the new order finds")
