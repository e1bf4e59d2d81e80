"""Profiles of clusters: what is the same in all of them, and that what they name is there."""

import os

import pytest
import yaml

from hetero2.paths import ROOT
from hetero2.workflow.resources import NEEDS
from tools import rule_graph

CLUSTERS = ("slurm", "cluster-generic")


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text())


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_cluster_groups_small_steps_and_tries_a_killed_job_again(name):
    found = profile(name)
    groups = dict(word.split("=") for word in found["groups"])
    assert set(groups) <= set(NEEDS)
    assert found["groups"] == profile("slurm")["groups"]
    assert groups["pack"] == groups["registry_row"]
    own = {"decoys_shard", "score_only_input", "score_source", "refit", "cross_validation"}  # these take long
    assert not own & set(groups)
    assert (found["cores"], found["restart-times"], found["rerun-incomplete"]) == (1, 1, True)


def test_no_group_waits_for_a_job_outside_it_that_waits_for_the_group():
    """Else Snakemake refuses the run on a cluster, and there alone; pages are drawn in full packs only."""
    drawn = (ROOT / "docs/flow.md").read_text().rsplit("```mermaid\n", 1)[1].split("```", 1)[0]  # the rules
    needs = rule_graph.edges(drawn) | {("calls", "pages"), ("decoys_shard", "pages"), ("pages", "pack")}
    after = {name: {b for a, b in needs if a == name} for edge in needs for name in edge}

    def reached(name):
        return after[name].union(*(reached(one) for one in after[name]))

    groups = dict(word.split("=") for word in profile("slurm")["groups"])
    for outside in set(after) - set(groups):
        for group in set(groups.values()):
            members = {name for name in after if groups.get(name) == group}
            waits_for = any(outside in reached(name) for name in members)
            assert not (waits_for and reached(outside) & members), (outside, group)


def test_scripts_of_profiles_can_be_run():
    found = profile("cluster-generic")
    for path in (
        ROOT / "profiles/cluster-generic" / found["cluster-generic-status-cmd"],
        ROOT / "profiles/slurm/cancel.sh",
    ):
        assert os.access(path, os.X_OK), path
