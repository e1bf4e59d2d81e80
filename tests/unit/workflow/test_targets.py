"""Which runs a call makes: targets, their variants, and the user's layer on those asked for."""

import shutil

import pytest

from hetero2.config import overlays
from hetero2.config.resolve import resolve
from hetero2.errors import ConfigError
from hetero2.workflow.targets import VARIABLE, requested, resolve_all

ALL = [
    "pilot",
    "stress",
    "value_customer_proxy",
    "value_known_bad_good",
    "value_ring_suite",
    "value_utility_proxy",
    "value_utility_realtruth",
]
MINE = {"run_name": "mine", "input": {"path": "my.csv"}, "scores": {"source": "external"}, "truth": {"source": "none"}}


def test_the_targets_are_the_named_ones():
    assert overlays.targets() == ALL


@pytest.mark.parametrize(
    ("words", "environment", "expected"),
    [
        (["snakemake", "--cores", "2", "stress"], {}, ["stress"]),
        (["snakemake", "all"], {}, ALL),
        (["snakemake", "stress", "--cores", "all"], {}, ["stress"]),
        (["snakemake", "-j", "all", "all"], {}, ALL),
        (["snakemake", "--target-jobs", "decoys:run=mine", "--cores", "all"], {VARIABLE: "pilot"}, ["pilot"]),
        (["snakemake", "score_requests"], {}, ["value_utility_realtruth"]),
        (["snakemake", "results/x/summary.csv"], {}, []),
        (["snakemake", "--target-jobs", "decoys:run=mine"], {VARIABLE: "pilot,stress"}, ["pilot", "stress"]),
        (["snakemake", "stress"], {VARIABLE: "pilot"}, ["stress"]),
    ],
)
def test_what_is_asked_for(words, environment, expected):
    assert requested(words, environment) == expected


def test_a_target_has_a_run_for_each_of_its_variants():
    names, runs = resolve_all({}, [])
    assert names["value_known_bad_good"] == [
        f"value_known_bad_good_{name}" for name in ("BAD-constant", "BAD-random", "GOOD-synthetic")
    ]
    sources = [runs[name][1]["scores"]["source"] for name in names["value_known_bad_good"]]
    assert sources == ["constant", "random", "synthetic_good"]
    assert all(names[target] == [target] for target in ALL if target != "value_known_bad_good")


def test_the_users_layer_goes_to_what_was_asked_for():
    names, runs = resolve_all(MINE, ["value_utility_realtruth"])
    assert names["value_utility_realtruth"] == ["mine"]
    assert runs["value_ring_suite"][1]["input"]["dataset"] == "suite"
    assert resolve_all(MINE, [])[0]["value_utility_realtruth"] == ["mine"]
    everywhere = resolve_all({"decoys": {"seed": 5}}, [])[1]
    assert {config["decoys"]["seed"] for _, config in everywhere.values()} == {5}
    elsewhere = resolve_all({"execution": {"results_dir": "x"}}, ["stress"])[1]
    assert {config["execution"]["results_dir"] for _, config in elsewhere.values()} == {"x"}


def test_two_runs_never_share_a_folder():
    for user, asked in [(MINE, ["value_utility_realtruth", "pilot"]), (MINE | {"run_name": "stress"}, [])]:
        with pytest.raises(ConfigError, match="would both write to the folder"):
            resolve_all(user, asked)


def test_a_chain_has_folders_and_decoys_of_its_own():
    strict, chain = resolve_all({}, [])[1], resolve_all({"suite_strategy": "chain"}, [])[1]
    assert strict["value_ring_suite"][1]["decoys"]["strategy"] == "rewire_strict_v1"
    assert chain["value_ring_suite_chain"][1]["decoys"]["strategy"] == "decoy_strategy.v1"
    assert "value_known_bad_good_chain_BAD-random" in chain
    for name in ("stress", "value_utility_realtruth"):  # not on the suite
        assert chain[name][1]["decoys"] == strict[name][1]["decoys"]


def test_an_overlay_that_is_wrong_is_named(tmp_path, monkeypatch):
    shutil.copytree(overlays.CONFIG, tmp_path / "config")
    (tmp_path / "config/runs/pilot.yaml").write_text("input: {dataset: suite}\nscore: {source: external}\n")
    monkeypatch.setattr(overlays, "CONFIG", tmp_path / "config")
    with pytest.raises(ConfigError, match=r"config/runs/pilot\.yaml: unknown key score; did you mean 'scores'"):
        resolve_all({}, ["stress"])


@pytest.mark.parametrize(
    ("target", "user", "message"),
    [
        ("value_ring_suite", {"suite_strategy": "loose"}, 'suite_strategy: found "loose"; allowed are strict, chain'),
        ("value_ring_suite", {"dataset": {"rows": 0}}, "dataset.rows: found 0"),
        ("value_ring_suite", {"decoys": {"k": 0}}, "decoys.k: found 0"),
        ("value_ring_suite", {"truth": {"source": "external"}}, "truth.path or truth.url is needed"),
        ("value_ring_suite", {"scores": {"source": "reference:morgan_rf"}}, "scores.train is needed"),
        ("stress", {"scores": {"source": "external"}}, "scores.path is needed: the data set stress comes without"),
        ("value_utility_proxy", {"truth": {"source": "proxy_rule_v2"}}, "truth.source: found"),
        ("value_utility_proxy", {"selection": {"k": 0}}, "selection.k: found 0"),
        ("value_known_bad_good", {"variants": {}}, "unknown key variants"),
        ("value_ring", {}, "unknown target 'value_ring'"),
    ],
)
def test_a_wrong_layer_is_said_in_one_line(target, user, message):
    with pytest.raises(ConfigError) as caught:
        resolve(target, user)
    assert message in caught.value.message
    assert "\n" not in caught.value.message
