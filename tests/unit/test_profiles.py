"""Profiles of clusters: what is the same in all of them, and that what they name is there."""

import os

import pytest
import yaml

from hetero2.paths import ROOT
from hetero2.resources import NEEDS

CLUSTERS = ("slurm", "cluster-generic", "kubernetes")


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_groups_small_steps_and_tries_a_killed_job_again(name):
    found = profile(name)
    groups = dict(word.split("=") for word in found["groups"])
    assert set(groups) <= set(NEEDS)
    assert found["groups"] == profile("slurm")["groups"]
    assert groups["pack"] == groups["registry"]  # on Kubernetes one finds the folder of the other only there
    own = {"decoys", "blocks", "score_source", "refit", "cross_validation"}  # these take long
    assert not own & set(groups)
    assert (found["cores"], found["restart-times"], found["rerun-incomplete"]) == (1, 1, True)


def test_scripts_of_profiles_can_be_run():
    found = profile("cluster-generic")
    for path in (
        ROOT / "profiles/cluster-generic" / found["cluster-generic-status-cmd"],
        ROOT / "profiles/slurm/cancel.sh",
    ):
        assert os.access(path, os.X_OK), path
