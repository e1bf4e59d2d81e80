"""Paths are local paths, whatever letters they have; `~` is the home folder, as in a shell."""

import csv
import re
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from hetero2.config import resolve as configuration
from hetero2.errors import ConfigError
from hetero2.io.tables import read_parquet, to_table, write_parquet
from hetero2.workflow.targets import DEFAULT_TARGET
from tests.conftest import DATA, ROOT, build, run

ODD = "li:b 1#%'41 é.parquet"


@pytest.mark.nightly
def test_a_run_with_odd_paths_and_home(tmp_path):
    home = tmp_path / "the home"
    home.mkdir()
    with (DATA / "library.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))[:6]
    pq.write_table(pa.table({name: [row[name] for row in rows] for name in ("id", "smiles")}), tmp_path / ODD)
    shutil.copyfile(DATA / "truth.csv", home / "t:ruth.csv")
    shutil.copyfile(DATA / "model.py", home / "mo del.py")
    layer = {
        "run_name": "odd",
        "input": {"path": ODD},
        "decoys": {"k": 4, "quality_sample": 10},
        "audit": {"control_sample": 10},
        "report": {"cards": 1},
        "scores": {"source": "command", "command": f"{sys.executable} '~/mo del.py' {{request}} {{scores}}"},
        "truth": {"path": "~/t:ruth.csv"},
        "execution": {"results_dir": 'a:b/"r" (1)/'},
    }
    (tmp_path / "my.yaml").write_text(yaml.safe_dump(layer, allow_unicode=True))
    build(tmp_path, env={"HOME": str(home)})
    assert (tmp_path / 'a:b/"r" (1)/odd/odd_evidence_pack.zip').is_file()
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == sorted(
        [ODD, "a:b", "my.yaml", "the home"]
    )


def test_a_table_is_written_and_read_where_the_path_has_a_colon(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    path = Path("a:b/x:1.parquet")
    write_parquet(
        path, to_table([{"decoy_hash": "0" * 64, "excluded": "library"}], "excluded_decoy.v1"), "excluded_decoy.v1"
    )
    assert len(read_parquet(path, "excluded_decoy.v1")) == 1


MINE = {"run_name": "mine", "input": {"path": "my.csv"}, "scores": {"source": "mock"}, "truth": {"source": "none"}}
KEYS = {
    "input": {"path": "~/x.csv"},
    "scores": {"source": "external", "path": "~/x.csv", "train": "~/x.csv"},
    "truth": {"source": "external", "path": "~/x.csv"},
    "selection": {"baseline": "~/x.csv"},
    "execution": {"results_dir": "~/x.csv", "download": {"ca_file": "~/x.csv"}},
}


def test_home_is_expanded_in_every_key_that_names_a_path(monkeypatch):
    monkeypatch.setenv("HOME", "/a/folder")
    config = configuration.resolve("value_utility_realtruth", MINE | KEYS)
    assert str(config).count("/a/folder/x.csv") == 7
    assert "~" not in str(config)


def test_home_is_expanded_in_the_words_of_a_command(monkeypatch):
    monkeypatch.setenv("HOME", "/a/folder")
    command = "~/bin/model --weights=~/w.pt 'a~b' {request} {scores}"
    config = configuration.resolve(
        "value_utility_realtruth", MINE | {"scores": {"source": "command", "command": command}}
    )
    assert config["scores"]["command"] == "/a/folder/bin/model --weights=/a/folder/w.pt 'a~b' '{request}' '{scores}'"


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            {"input": {"path": "~no-such-user/x.csv"}},
            "input.path: ~no-such-user/x.csv: there is no user 'no-such-user'",
        ),
        ({"input": {"path": "a\nb.csv"}}, "input.path: 'a\\nb.csv': a path with control characters"),
        (
            {"input": {"path": "https://h.org/x.csv"}},
            "input.path: https://h.org/x.csv: expected a path of this machine",
        ),
        (
            {"execution": {"results_dir": "s3://b/r"}},
            "execution.results_dir: s3://b/r: expected a path of this machine",
        ),
        ({"execution": {"results_dir": "-r"}}, "execution.results_dir: -r: starts with a dash"),
    ],
)
def test_what_cannot_be_a_path_is_refused(layer, message):
    with pytest.raises(ConfigError) as caught:
        configuration.resolve("value_utility_realtruth", MINE | layer)
    assert message in caught.value.message
    assert caught.value.hint


def test_the_place_where_workflows_are_looked_for_is_the_same_workflow(tmp_path):
    """workflow/Snakefile, by which the catalogue and `module:` know a workflow, plans what Snakefile plans."""
    planned = {}
    for place in (".", "workflow"):
        done = run(
            Path(sys.executable).with_name("snakemake"), "--snakefile", ROOT / place / "Snakefile", "--cores", 2, "-n",
            cwd=tmp_path,
        )  # fmt: skip
        jobs = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE))
        planned[place] = {name: count for name, count in jobs.items() if name not in ("default", DEFAULT_TARGET)}
    assert planned["."] == planned["workflow"]
    assert planned["."]["pack"] == "1"
