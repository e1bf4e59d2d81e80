"""What is reported of changes that tests noticed or not; mutmut itself runs in `make mutation`."""

import json

import pytest
import yaml

from tests.conftest import ROOT
from tools import mutation

CODES = {
    "hetero2.io.files.x_a__mutmut_1": 1,
    "hetero2.io.files.x_a__mutmut_2": 0,
    "hetero2.io.files.x_b__mutmut_1": 33,  # no test reaches it
    "hetero2.io.files.x_b__mutmut_2": 24,  # it no longer ends
    "hetero2.io.files.x_b__mutmut_3": None,
    "hetero2.pack.accept.xǁGateǁtext__mutmut_1": -11,
}


@pytest.fixture
def tried(tmp_path, monkeypatch):
    """A folder of mutmut with what became of the changes; nothing is tried."""
    for module in {mutation.module_of(name) for name in CODES}:
        path = tmp_path / f"{module.replace('.', '/')}.py.meta"
        path.parent.mkdir(parents=True, exist_ok=True)
        codes = {name: code for name, code in CODES.items() if mutation.module_of(name) == module}
        path.write_text(json.dumps({"exit_code_by_key": codes}))
    monkeypatch.setattr(mutation, "FOLDER", tmp_path)
    monkeypatch.setattr(mutation, "EXCUSED", tmp_path / "mutants.yaml")
    (tmp_path / "mutants.yaml").write_text("{}")
    return tmp_path


def test_failures_crashes_and_what_never_ends_are_noticed(tried):
    modules, noticed = mutation.summary(mutation.results(tried), {})
    files = modules["hetero2.io.files"]
    assert files.killed == ["hetero2.io.files.x_a__mutmut_1", "hetero2.io.files.x_b__mutmut_2"]
    assert files.survived == ["hetero2.io.files.x_a__mutmut_2", "hetero2.io.files.x_b__mutmut_1"]
    assert (files.n_changes, files.share) == (5, 0.5)
    assert modules["hetero2.pack.accept"].share == 1.0
    assert noticed == []


@pytest.mark.usefixtures("tried")
def test_the_report_ends_with_the_share_and_says_whether_it_is_enough(capsys):
    assert mutation.main(["--only-report"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["hetero2.io.files", "2", "of", "4", "50.0%", "(5)"]
    assert lines[3:5] == ["survived: hetero2.io.files.x_a__mutmut_2", "survived: hetero2.io.files.x_b__mutmut_1"]
    assert lines[-1] == "noticed: 60.0% of 5; at least 90% is wanted"
    assert mutation.main(["--only-report", "--least", "0.6"]) == 0


def test_an_excused_change_does_not_count_unless_it_is_noticed_after_all(tried, capsys):
    (tried / "mutants.yaml").write_text(yaml.safe_dump({"means the same": ["hetero2.io.files.x_a__mutmut_2"]}))
    mutation.main(["--only-report"])
    assert "noticed: 75.0% of 4;" in capsys.readouterr().out
    (tried / "mutants.yaml").write_text(yaml.safe_dump({"means the same": ["hetero2.io.files.x_a__mutmut_1"]}))
    assert mutation.main(["--only-report", "--least", "0.5"]) == 1
    assert "noticed, and yet in mutants.yaml: hetero2.io.files.x_a__mutmut_1" in capsys.readouterr().out


def test_a_sample_is_of_every_module_and_the_same_every_time():
    names = [f"hetero2.{module}.x_f__mutmut_{number}" for module in "ab" for number in range(50)]
    chosen = mutation.sampled(names, 7)
    assert chosen == mutation.sampled(names[::-1], 7)
    assert [mutation.module_of(name) for name in chosen] == ["hetero2.a"] * 7 + ["hetero2.b"] * 7
    assert len(set(chosen)) == 14
    assert [name[9:] for name in chosen[:7]] != [name[9:] for name in chosen[7:]]
    assert mutation.sampled(names, 0) == sorted(names)
    assert set(chosen) < set(mutation.sampled(names, 20))


def test_every_excuse_is_of_a_module_that_is_there_and_has_a_reason():
    for reason, names in yaml.safe_load(mutation.EXCUSED.read_text()).items():
        assert reason
        for name in names:
            assert (ROOT / (mutation.module_of(name).replace(".", "/") + ".py")).is_file(), name
