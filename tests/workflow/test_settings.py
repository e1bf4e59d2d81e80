"""Each rule hands its verb the keys of the configuration that the verb takes: all of them, and no others."""

import argparse
import hashlib
import importlib
import json
import re
import shlex

import pytest

from hetero2.cli import VERBS
from hetero2.runtime.settings import Settings, by_key
from tests.conftest import snakemake

# A run that has all there is: a sample by a score, refits, today's filter, a truth by URL, all artefacts.
EVERYTHING = {
    "run_name": "everything",
    "input": {"path": "library.csv"},
    "scores": {"source": "reference:nearest_hit", "train": "train.csv"},
    "audit": {"sample": {"top": 2, "random": 2, "score_column": "today"}},
    "selection": {"baseline_column": "today", "k": 2},
    "pack": {"artifacts": "full"},
}
SMILES = ("CCOC(=O)c1ccccc1N", "CC(=O)Nc1ccc(O)cc1", "CC(C)NCC(O)COc1cccc2ccccc12", "NCCc1ccc(O)cc1")


def taken_by(verb: str) -> list[str]:
    """The keys that a verb takes."""
    parser = argparse.ArgumentParser()
    importlib.import_module(VERBS[verb][0]).add_arguments(parser)
    return [key for action in parser._actions if isinstance(action, Settings) for key in action.names.values()]


def handed(folder, *words):
    """Verb and keys of every command of a dry run."""
    done = snakemake(folder, *words, "--dry-run", "--printshellcmds", "--cores", 1)
    for command in set(re.findall(r"python -m hetero2 (.*)", done.stdout + done.stderr)):
        verb, *options = shlex.split(command)
        known = taken_by(verb)
        if known:
            yield verb, {key for key, _ in by_key(json.loads(options[options.index("--config") + 1]), (), known)}


@pytest.fixture
def folder(tmp_path):
    rows = "".join(f"m{number},{smiles},{number}\n" for number, smiles in enumerate(SMILES))
    (tmp_path / "library.csv").write_text("id,smiles,today\n" + rows)
    (tmp_path / "train.csv").write_text("id,smiles,label\na,CCO,1\nb,CCN,0\n")
    truth = "molecule_id,expensive_label,truth_source,truth_version\nm1,PASS,external,customer_truth.v1\n"
    (tmp_path / "truth.csv").write_text(truth)
    pin = {"url": (tmp_path / "truth.csv").as_uri(), "sha256": hashlib.sha256(truth.encode()).hexdigest()}
    (tmp_path / "my.json").write_text(json.dumps({**EVERYTHING, "truth": pin}))
    return tmp_path


def test_rules_hand_verbs_all_their_keys(folder):
    pairs = [*handed(folder, "value_utility_realtruth", "--configfile", "my.json"), *handed(folder, "all")]
    with_settings = {verb for verb, (module, _) in VERBS.items() if ".stages." in module and taken_by(verb)}
    assert {verb for verb, _ in pairs} == with_settings - {"score-only-input"}
    for verb in {verb for verb, _ in pairs}:
        assert set().union(*(keys for name, keys in pairs if name == verb)) == set(taken_by(verb)), verb
