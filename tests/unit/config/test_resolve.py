import pytest

from hetero2.config.resolve import resolve, run_configuration
from hetero2.errors import ConfigError

TARGET = "value_utility_realtruth"
MINE = {"run_name": "mine", "input": {"path": "my.csv"}, "scores": {"source": "external"}, "truth": {"source": "none"}}


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ({"decoy": {"k": 3}}, "unknown key decoy; did you mean 'decoys'"),
        ({"decoys": {"kk": 3}}, "unknown key decoys.kk"),
        ({"execution": {"cores": 3}}, "unknown key execution.cores"),
        ({"decoys": {"k": "ten"}}, 'decoys.k: found "ten"; expected integer'),
        ({"decoys": {"k": 0}}, "decoys.k: found 0"),
        ({"decoys": {"k": True}}, "decoys.k: found true; expected integer"),
        ({"decoys": [1]}, "decoys: found"),
        ({"decoys": {"quotas": {"easy": 0.5}}}, "decoys.quotas: the shares of easy, medium and hard must add up to 1"),
        ({"decoys": {"quotas": {"soft": 1}}}, "decoys.quotas"),
        ({"decoys": {"strategy": "v9"}}, "allowed are decoy_strategy.v2"),
        ({"selection": {"k": 0}}, "selection.k: found 0"),
        ({"truth": {"sha256": 12}}, "truth.sha256: found 12; expected string or null"),
        ({"truth": {"sha256": "12"}}, "truth.sha256"),
        ({"run_name": "../x"}, "run_name"),
        ({"run_name": ""}, "run_name"),
        ({"input": {"path": "a.csv", "dataset": "rdkit-freewilson"}, "run_name": "x"}, "exactly one"),
        (
            {"input": {"path": "a.csv"}, "truth": {"source": "none"}, "scores": {"source": "external"}},
            "run_name is not set",
        ),
        (MINE | {"truth": {"source": "external"}}, "truth.path or truth.url is needed"),
        (MINE | {"scores": {"source": "reference:morgan_rf"}}, "scores.train is needed"),
        (MINE | {"scores": {"source": "command"}}, "scores.command goes with"),
        ({"decoys": {"k": 3.5}}, "decoys.k: found 3.5"),
        ({"dataset": {"activity_threshold": float("nan")}}, "dataset.activity_threshold: found nan"),
        ({"execution": {"command_minutes": float("inf")}}, "command_minutes: found Infinity"),
        ({"run_name": "x\n"}, "run_name"),
        ({"execution": {"results_dir": "{x}"}}, "execution.results_dir"),
        ({"input": {"sha256": "0" * 64}}, "input.sha256 goes with input.path"),
        (MINE | {"truth": {"source": "none", "sha256": "0" * 64}}, "truth.sha256 goes with"),
        (MINE | {"scores": {"source": "external", "sha256": "0" * 64}}, "scores.sha256 goes with scores.path"),
        (MINE | {"scores": {"source": "external", "command": "x {request} {scores}"}}, "scores.command goes with"),
        (MINE | {"scores": {"source": "command", "command": "x {scores}"}}, "lacks {request}"),
        (MINE | {"scores": {"source": "command", "command": "x 'y"}}, "cannot be read"),
        (MINE | {"scores": {"source": "reference:morgan_rf", "path": "a"}}, "scores.path goes with"),
        ({"truth": {"url": "https://h.org/t.csv"}}, "truth.url needs truth.sha256: nothing is trusted by its name"),
        ({"scores": {"source": "external", "url": "https://h.org/s.csv"}}, "scores.url needs scores.sha256"),
        (
            MINE | {"truth": {"source": "external", "sha256": "0" * 64}},
            "truth.sha256 goes with truth.path or truth.url, which is not set",
        ),
        (
            MINE | {"scores": {"source": "external", "sha256": "0" * 64}},
            "scores.sha256 goes with scores.path or scores.url, which is not set",
        ),
        (MINE | {"input": {"path": "my.csv", "sha256": "0" * 63}}, "input.sha256"),
        ({"truth": {"url": "http://h.org/t", "sha256": "0" * 64}}, "truth.url: http://h.org/t: the scheme is http"),
        ({"truth": {"url": "https://u:p@h.org/t", "sha256": "0" * 64}}, "truth.url: https://h.org/t: it holds a user"),
        ({"truth": {"url": "t.csv", "sha256": "0" * 64}}, "the scheme is missing"),
        ({"truth": {"path": "a", "url": "https://h.org/t", "sha256": "0" * 64}}, "truth: give at most one of path and"),
        (
            {"truth": {"source": "none", "url": "https://h.org/t", "sha256": "0" * 64}},
            "truth.sha256 is set, but truth.source is none",
        ),
        ({"scores": {"source": "mock", "url": "https://h.org/s.csv", "sha256": "0" * 64}}, "scores.url goes with"),
        ({"scores": {"source": "external", "url": "https://h.org/1", "sha256": "0" * 64}}, "no suffix that we read"),
        ({"scores": {"source": "external", "path": "a", "format": "csv"}}, "scores.format goes with scores.url"),
        ({"audit": {"sample": {"top": 5}}}, "audit.sample.top goes with audit.sample.score_column"),
        ({"audit": {"sample": {"top": 5, "score_column": "x"}}}, "names a column of input.path"),
        ({"audit": {"sample": {"random": 2.5}}}, "audit.sample.random: found 2.5"),
        ({"audit": {"sample": {"random": -1}}}, "audit.sample.random: found -1"),
        (MINE | {"input": {"path": "my.smi", "structures": False}}, "input.path must be a table of ids"),
        (
            MINE | {"input": {"path": "my.csv", "structures": False}, "scores": {"source": "mock"}},
            "scores.source is mock",
        ),
        (
            MINE
            | {"input": {"path": "my.csv", "structures": False}, "scores": {"source": "external", "path": "s.json"}},
            "one hetero_scores.v1 file cannot serve all molecules",
        ),
        (
            MINE
            | {"input": {"path": "my.csv", "structures": False}, "scores": {"source": "external", "train": "t.csv"}},
            "scores.train has nothing to work on",
        ),
        ({"execution": {"download": {"allow_addresses": ["10.0.0.1/8"]}}}, "allow_addresses: 10.0.0.1/8 has host bits"),
        ({"truth": {"url": "https://h.org:444/t.csv", "sha256": "0" * 64}}, "port 444, allowed are 443"),
        ({"truth": {"url": "https://h.org/t.csv.gz", "sha256": "0" * 64}}, "truth is read as a plain .csv"),
        (
            {
                "truth": {"url": "https://h.org/t.csv", "sha256": "0" * 64},
                "execution": {"download": {"token_variable": "T", "token_host": "x.org"}},
            },
            "token_host: 'x.org' is the host of no url (h.org)",
        ),
        ({"execution": {"download": {"token_variable": "T"}}}, "token_variable goes with"),
        ({"execution": {"download": {"ports": [0]}}}, "execution.download.ports.0: found 0"),
        ({"acceptance": {"max_fail_rate": 2}}, "acceptance.max_fail_rate: found 2"),
        ({"decoys": {"k": 5.0}}, "decoys.k: found 5.0; expected integer"),
        ({"decoys": {"k": "5.0"}}, "decoys.k: found 5.0; expected integer"),
        ({"decoys": {"k": "010"}}, "decoys.k: 010 is not the same number in every version of YAML"),
        ({"selection": {"k_list": ["5", "1:10"]}}, "selection.k_list.1: 1:10 is not the same number"),
        (
            {"selection": {"baseline_higher_is_better": False}},
            "baseline_higher_is_better goes with selection.baseline or baseline_column",
        ),
        (
            {"scores": {"higher_is_better": False}, "selection": {"baseline": "today.csv"}},
            "selection.baseline: today.csv: scores.higher_is_better is false; is it so for this file too?",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(user, message):
    with pytest.raises(ConfigError) as caught:
        resolve(TARGET, user)
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 2


def test_an_unknown_target_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"value_utility_realtruth"):
        resolve("value", {})


def test_the_users_origin_replaces_the_targets_pins():
    found = resolve(TARGET, MINE | {"truth": {"path": "t.csv"}})
    assert found["input"] == {"path": "my.csv", "dataset": None, "sha256": None, "structures": True}
    assert found["truth"] == {"source": "external", "path": "t.csv", "url": None, "sha256": None}
    assert found["scores"]["source"] == "external"


def test_other_keys_of_a_section_keep_the_targets_values():
    found = resolve(TARGET, {"scores": {"higher_is_better": False}, "truth": {"sha256": None}})
    assert found["scores"]["source"] == "reference:morgan_rf"
    assert not found["scores"]["higher_is_better"]


def test_where_a_file_came_from_is_recorded_without_what_may_be_secret():
    pin = {"sha256": "0" * 64}
    user = {"truth": {"url": "https://h.org/a/t.csv?sig=secret#x", **pin}}
    user["scores"] = {"source": "external", "url": "file:///folder/s.csv", **pin}
    found = run_configuration(resolve(TARGET, user))
    assert (found["truth"]["url"], found["scores"]["url"]) == ("https://h.org/a/t.csv", "file:s.csv")


def test_a_number_as_sample_is_what_controls_look_at():
    for number in (50, "50"):
        found = resolve(TARGET, {"audit": {"sample": number, "refits": 0}})
        assert (found["audit"]["control_sample"], found["audit"]["sample"]["top"], found["audit"]["refits"]) == (
            50,
            0,
            0,
        )


def test_words_of_the_command_line_are_read_as_what_they_mean():
    words = {
        "decoys": {"k": "7", "hard_mode": "true"},
        "execution": {"shard_rows": "null"},
        "scores": {"higher_is_better": "no"},
    }
    found = resolve(TARGET, words)
    assert (found["decoys"]["k"], found["decoys"]["hard_mode"], found["execution"]["shard_rows"]) == (7, True, None)
    assert found["scores"]["higher_is_better"] is False


def test_paths_never_identify_a_run():
    scores = {"source": "command", "command": f"python {__file__} {{request}} {{scores}}"}
    one = run_configuration(resolve(TARGET, MINE | {"input": {"path": "/a/my.csv"}, "scores": scores}))
    two = run_configuration(resolve(TARGET, MINE | {"input": {"path": "b/my.csv"}, "scores": scores}))
    assert one == two
    assert one["scores"]["command"] == "python test_resolve.py '{request}' '{scores}'"
    assert "execution" not in one
