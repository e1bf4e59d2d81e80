"""Numbers and pictures in the documents come from the product."""

import csv
import json
import re

import pytest

from tests.conftest import ROOT
from tools import rule_graph

NAME = "value_utility_realtruth"


def test_the_pictures_of_the_flow_are_the_rule_graph():
    graph = rule_graph.rule_graph()
    stages = rule_graph.stages(graph)
    drawn = [fence.split("```", 1)[0] for fence in (ROOT / "docs/flow.md").read_text().split("```mermaid\n")[1:]]
    assert list(map(rule_graph.edges, drawn)) == [rule_graph.reduced(stages), graph]
    assert rule_graph.PICTURE.read_text() == rule_graph.picture(stages)
    shown = re.findall(r"<text [^>]*>(\w+)</text>", rule_graph.PICTURE.read_text())
    assert sorted(shown) == sorted({name for edge in stages for name in edge})


def test_the_picture_leaves_out_only_what_a_longer_way_tells():
    graph = {("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d"), ("x", "d")}
    assert rule_graph.reduced(graph) == {("a", "b"), ("b", "c"), ("c", "d"), ("x", "d")}
    assert rule_graph.layers(graph) == {"a": 0, "b": 1, "c": 2, "d": 3, "x": 0}


@pytest.fixture(scope="module")
def default_run(all_targets):
    folder, printed, _ = all_targets
    return folder / "results" / NAME, printed[printed.index(f"HETERO-2 {NAME}\n") :]


@pytest.fixture(scope="module")
def said():
    """What the page of targets says of the default run, on one line."""
    page = (ROOT / "docs/targets.md").read_text()
    return " ".join(page.split(f"## `{NAME}`\n", 1)[1].split("\n## ", 1)[0].split())


def test_the_readme_shows_what_the_default_run_prints(default_run):
    _, printed = default_run
    shown = re.search(rf"HETERO-2 {NAME}\n.*?(?=  sha256)", (ROOT / "README.md").read_text(), re.DOTALL)[0]
    assert shown in printed


def test_the_page_of_targets_counts_the_passes_of_the_default_run(default_run, said):
    folder, _ = default_run
    metrics = json.loads((folder / "metrics.json").read_text())
    library = json.loads((folder / "pack/utility_report.json").read_text())["library"]
    n_pass = metrics["verdict_counts"]["PASS"]
    assert f"All {n_pass} PASS molecules have an AUC of 1" in said
    assert f"Among the {n_pass} the hit rate is {100 * library['PASS']['hit_rate']:.0f} %" in said
    assert f"{metrics['pass_expected_by_chance']:.0f} PASS would be expected" in said
    assert f"{metrics['scores_coverage']['decoys_excluded']} times a decoy turned out" in said
    assert f"top 50 hold {library['score_topk']['expected_hits']:.0f} hits" in said


def test_the_quality_panel_found_what_the_page_of_targets_says(default_run):
    folder, _ = default_run
    quality = json.loads((folder / "pack/decoy_quality.json").read_text())
    assert quality["coverage"]["met"]
    assert quality["connected"]["met"]
    targets = quality["targets"]
    assert targets["synthetic_accessibility"]["met"]
    assert targets["fragment_popularity"]["met"]
    assert targets["doe"]["met"]
    assert not targets["topology_auc"]["met"]
    assert all(leak["seen"] for leak in quality["planted_leak"].values())


def test_ties_of_the_default_run_are_broken_as_the_page_of_targets_says(default_run):
    """Every PASS has an AUC of 1, and the highest slack is that of molecules with 19 decoys."""
    folder, _ = default_run
    with (folder / "summary.csv").open(newline="") as handle:
        passed = [row for row in csv.DictReader(handle) if row["verdict"] == "PASS"]
    assert {float(row["auc_tie_aware"]) for row in passed} == {1.0}
    highest = max(float(row["slack"]) for row in passed)
    first = [row for row in passed if float(row["slack"]) == highest]
    assert 0 < len(first) < 10
    assert {row["n_decoys_scored"] for row in first} == {"19"}


def test_no_decoy_of_the_default_run_is_in_pieces(default_run):
    folder, _ = default_run
    with (folder / "score_request.csv").open(newline="") as handle:
        decoys = [row["smiles"] for row in csv.DictReader(handle) if row["role"] == "decoy"]
    assert len(decoys) > 10000
    assert not any("." in smiles for smiles in decoys)


def test_no_molecule_of_the_library_was_trained_on(default_run):
    folder, _ = default_run
    ids = []
    for name in ("input", "train"):
        with (folder / f"dataset/{name}.csv").open(newline="") as handle:
            ids.append({row["id"] for row in csv.DictReader(handle)})
    assert not ids[0] & ids[1]


def test_the_page_of_targets_says_what_calls_controls_and_utility_found(default_run, said):
    folder, _ = default_run
    metrics = json.loads((folder / "metrics.json").read_text())
    controls = json.loads((folder / "pack/controls.json").read_text())
    utility = json.loads((folder / "pack/utility_report.json").read_text())["utility"]
    assert f"{metrics['call_counts']['SIGNAL']} molecules are called SIGNAL" in said
    assert controls["audit"]["status"] == "OK"
    inference = controls["inference"]
    assert (inference["verdict"], inference["explanation"]) == ("NOT_SHOWN", "EXPLAINED_BY_NOVELTY")
    assert f"({inference['verdict']}, p = {inference['p_value']:.2f})" in said
    assert inference["quick_look"]
    assert f"{inference['refits']} refits on shuffled labels" in said
    assert controls["library"]["interpretation"] == "SIGNAL_ON_HARD"
    assert utility["uplift"]["discordant"]["lists_coincide"]
