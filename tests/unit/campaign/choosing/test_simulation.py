"""The loop on known truth is the loop of a campaign."""

import pytest

from hetero2 import cli
from hetero2.campaign.actions import read_state
from hetero2.campaign.choosing.simulation import Curve, check_truth, for_equal_hits, simulate, table
from hetero2.campaign.measurements import Measurement
from hetero2.errors import ConfigError, InputError
from tests.campaigns import IDS, KNOWN, SMILES, TODAY, VALUES, batch, call, results, start, tell, write


def truth_of(state):
    rows = zip(IDS, state.library.canonical_smiles, state.library.hashes, VALUES, strict=True)
    return {name: Measurement(name, smiles, key, value, None, "ok") for name, smiles, key, value in rows}


def test_a_simulated_campaign_buys_what_a_real_one_buys(tmp_path):
    campaign = start(tmp_path, "--control-share", 0)
    state = read_state(campaign)
    curve = simulate(state, truth_of(state), 0.0, 3, campaign / "features.parquet", 1)
    hits = 0
    for number in (1, 2, 3):
        call("next", campaign)
        assert {row["arm"] for row in batch(campaign, number)} == {"new"}
        hits += sum(value >= 7 for _, value in results(campaign, number))
        tell(campaign, results(campaign, number))
        assert (curve.bought[number - 1], curve.hits[number - 1]) == (8 * number, hits)


def test_it_ends_where_nothing_is_left(tmp_path):
    campaign = start(tmp_path, "--batch", 40)
    state = read_state(campaign)
    curve = simulate(state, truth_of(state), 1.0, 9, campaign / "features.parquet", 1)
    assert curve.bought == [40, 60]
    assert curve.hits[-1] == sum(value >= 7 for value in VALUES)


def test_measurements_for_equal_hits():
    assert for_equal_hits(Curve([10, 20], [3, 7]), 4) == 20
    assert for_equal_hits(Curve([10, 20], [3, 7]), 8) is None
    lines = table(Curve([10, 20], [1, 2]), Curve([10, 20], [3, 7]), 10, 100)
    assert lines[-1] == "today's order finds 2 hits with 20 measurements; the new order has them after 10"
    assert lines[2].split() == ["10", "1.0", "1", "3"]


def test_the_verb(tmp_path, capsys):
    start(tmp_path)
    usual = ["campaign", "simulate", "--input", tmp_path / "library.csv", "--today", tmp_path / "today.csv"]
    usual += ["--today-lower-is-better", "--batch", 8, "--rounds", 2, "--known", tmp_path / "known.csv"]
    truth = write(tmp_path / "truth.csv", "id,value", zip(IDS, VALUES, strict=True))
    capsys.readouterr()
    assert cli.main([*map(str, usual), "--truth", str(truth), "--hit-at", "7"]) == 0
    assert f"{sum(value >= 7 for value in VALUES)} hits among 60 molecules" in capsys.readouterr().out
    write(tmp_path / "truth.csv", "id,value", list(zip(IDS, VALUES, strict=True))[:59])
    assert cli.main([*map(str, usual), "--truth", str(truth), "--hit-at", "7"]) == 1
    assert "1 molecules of the library have no result, the first is 'm59'" in capsys.readouterr().err
    write(tmp_path / "truth.csv", "id,value", zip(IDS, VALUES, strict=True))
    usual = usual[:-2]
    assert cli.main([*map(str, usual), "--truth", str(truth)]) == 2
    assert "a simulation must know what a hit is" in capsys.readouterr().err


def test_a_truth_without_a_hit_is_an_error(tmp_path):
    state, path = read_state(start(tmp_path)), tmp_path / "truth.csv"
    truth = {name: m._replace(value=6.0) for name, m in truth_of(state).items()}
    with pytest.raises(InputError, match="no molecule is a hit, of the 60 that may be bought"):
        check_truth(state, truth, path)
    check_truth(state, truth | {"m7": truth["m7"]._replace(value=7.0)}, path)


def test_hits_of_a_simulation_are_those_of_labels_or_of_a_fixed_threshold(tmp_path):
    (tmp_path / "few").mkdir()
    write(tmp_path / "few/library.csv", "id,smiles", zip(IDS, SMILES, strict=True))
    write(tmp_path / "few/today.csv", "id,score", zip(IDS, TODAY, strict=True))
    path = write(tmp_path / "few/known.csv", "id,smiles,value", KNOWN[:2])
    call("start", tmp_path / "few/c", "--known", path, "--batch", 8, folder=tmp_path / "few")
    state = read_state(tmp_path / "few/c")
    with pytest.raises(ConfigError, match="a simulation must know what a hit is"):
        check_truth(state, truth_of(state), path)
    check_truth(state, {name: m._replace(label=int(m.value >= 7)) for name, m in truth_of(state).items()}, path)
