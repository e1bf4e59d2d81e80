"""Every value target, built for real: the published facts, the stored files, and what goes wrong."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT, run, snakemake

GOLDEN = ROOT / "tests/golden/data"
VARIANTS = ("BAD-constant", "BAD-random", "GOOD-synthetic")


@pytest.fixture(scope="module")
def strict(all_targets) -> Path:
    return all_targets[0] / "results"


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    words = ("value_ring_suite", "value_known_bad_good", "--cores", 2, "--config", "suite_strategy=chain")
    snakemake(folder, *words)
    return folder / "results"


def metrics(results: Path, name: str) -> dict:
    return json.loads((results / name / "pack/metrics.json").read_text())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def agree(path: Path, stored: str) -> None:
    """All columns of the stored summary but the one that counted another program's messages."""
    actual, expected = rows(path), rows(GOLDEN / stored)
    names = [name for name in expected[0] if name != "warnings_count"]
    assert [[row[name] for name in names] for row in actual] == [[row[name] for name in names] for row in expected]


def test_targets_on_twenty_rows_as_far_as_their_summary(tmp_path):
    """What stands by day for the run of all targets, which is nightly."""
    targets = ("value_known_bad_good", "stress")
    snakemake(tmp_path, *targets, "--until", "summary", "--cores", 2, "--config", "dataset={rows: 20}")
    summaries = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.glob("results/*/metrics.json")}
    outcome = {name: (summary["counts"]["OK"], summary["median_slack"]) for name, summary in summaries.items()}
    assert outcome == {
        "value_known_bad_good_BAD-constant": (6, -0.5),
        "value_known_bad_good_BAD-random": (6, 0.0),
        "value_known_bad_good_GOOD-synthetic": (6, 0.0),
        "stress": (9, 0.0),
    }
    assert all(sum(summary["counts"].values()) == 20 for summary in summaries.values())


def test_every_pack_of_all_verifies(strict):
    packs = sorted(strict.glob("*/*_evidence_pack.zip"))
    names = {path.name.removesuffix("_evidence_pack.zip") for path in packs}
    assert names == {
        "pilot",
        "stress",
        "value_customer_proxy",
        "value_ring_suite",
        "value_utility_proxy",
        "value_utility_realtruth",
        "campaign",
        *(f"value_known_bad_good_{variant}" for variant in VARIANTS),
    }
    for path in packs:
        verb = ("campaign", "verify", "--pack") if path.name.startswith("campaign") else ("verify",)
        run("python", "-m", "hetero2", *verb, path, cwd=ROOT)


def test_ring_suite_strict(strict):
    summary = metrics(strict, "value_ring_suite")
    assert summary["counts"] == {"OK": 60, "SKIP": 140, "ERROR": 0}
    assert summary["top_reasons"] == [["no_decoys_generated", 140]]
    assert summary["share_rows_with_n_decoys_gt_0"] == pytest.approx(0.3)


@pytest.mark.nightly
def test_ring_suite_chain(chain):
    summary = metrics(chain, "value_ring_suite_chain")
    assert summary["counts"] == {"OK": 200, "SKIP": 0, "ERROR": 0}
    used = Counter(row["decoy_strategy_used"] for row in rows(chain / "value_ring_suite_chain/summary.csv"))
    assert used == {
        "rewire_fallback_aromatic_as_single_v1": 100,
        "rewire_strict_v1": 60,
        "rewire_relax_a_v1": 40,
    }
    agree(chain / "value_ring_suite_chain/summary.csv", "summary_ring_suite_chain.csv")


def test_known_bad_good_strict(strict):
    separation = json.loads((strict / "value_known_bad_good/separation.json").read_text())
    facts = {
        name: (statistics["median_slack"], statistics["pass_rate"])
        for name, statistics in separation["variants"].items()
    }
    assert facts["BAD-constant"] == (-0.5, 0)
    assert facts["BAD-random"] == (0.0, pytest.approx(0.666667, abs=5e-7))
    assert facts["GOOD-synthetic"] == (0.0, 1.0)
    deltas = {
        name: (statistics["median_slack"]["delta"], statistics["pass_rate"]["delta"])
        for name, statistics in separation["deltas"].items()
    }
    assert deltas["GOOD-synthetic - BAD-constant"] == (0.5, 1.0)
    assert deltas["GOOD-synthetic - BAD-random"] == (0.0, pytest.approx(0.333333, abs=5e-7))
    assert separation["separated"]
    for variant in VARIANTS:
        name = f"value_known_bad_good_{variant}"
        beside = strict / f"value_known_bad_good/{name}_evidence_pack.zip"
        assert beside.read_bytes() == (strict / name / beside.name).read_bytes()
        row = json.loads((strict / name / "registry_row.json").read_text())
        assert row["assets"][0]["variant"] == variant
        assert row["assets"][0]["sha256"] == separation["variants"][variant]["sha256"]
        assert row["milestone"] is None  # set by a release


@pytest.mark.nightly
def test_known_bad_good_chain(chain):
    summary = metrics(chain, "value_known_bad_good_chain_BAD-random")
    assert summary["pass_rate"] == pytest.approx(0.6)
    assert summary["mean_slack"] == pytest.approx(-0.311111, abs=5e-7)
    for variant in VARIANTS:
        agree(chain / f"value_known_bad_good_chain_{variant}/summary.csv", f"summary_{variant}_chain.csv")
    row = json.loads((chain / "value_known_bad_good_chain_BAD-random/registry_row.json").read_text())
    assert row["command"] == "snakemake --cores 2 value_known_bad_good --config suite_strategy=chain"


def test_customer_proxy_strict(strict):
    summary = metrics(strict, "value_customer_proxy")
    assert summary["median_slack"] == 0.0
    assert summary["pass_rate"] == pytest.approx(0.666667, abs=5e-7)
    assert summary["scores_coverage"]["rows_missing_scores_input"] == 0
    scores = json.loads((strict / "value_customer_proxy/pack/scores.json").read_text())
    assert scores == json.loads((GOLDEN / "scores_proxy_strict.json").read_text())


def test_utility_proxy_strict(strict):
    pack = strict / "value_utility_proxy/pack"
    report = json.loads((pack / "cost_lift_report.json").read_text())
    stored = json.loads((GOLDEN / "cost_lift_utility_proxy_strict.json").read_text())
    assert {name: report[name] for name in stored} == stored
    assert (pack / "truth.csv").read_bytes() == (GOLDEN / "truth_proxy_rule_v1.csv").read_bytes()
    agree(pack / "summary.csv", "summary_utility_proxy_strict.csv")


def test_stress_loses_no_row(strict):
    summary = metrics(strict, "stress")
    reasons = dict(summary["top_reasons"])
    no_decoys = reasons.pop("no_decoys_generated")
    assert reasons == {"too_many_atoms": 500, "disconnected": 250, "invalid_smiles": 208, "missing_smiles": 42}
    assert summary["counts"] == {"OK": 9000 - no_decoys, "SKIP": 1000 + no_decoys, "ERROR": 0}
    assert len(rows(strict / "stress/summary.csv")) == 10000


def test_pilot_is_a_thousand_rows_with_external_scores(strict):
    summary = metrics(strict, "pilot")
    assert sum(summary["counts"].values()) == 1000
    assert summary["counts"]["ERROR"] == 0
    assert summary["scores_coverage"]["rows_missing_scores_input"] == 0
    manifest = json.loads((strict / "pilot/pack/manifest.json").read_text())
    assert (manifest["scores"]["source"], manifest["config"]["decoys"]["k"]) == ("external", 2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stress", "`mock`: made up to test the plumbing, and evidence of nothing"),
        ("value_customer_proxy", "`random`: made up to test the audit, and evidence of nothing else"),
        (
            "value_utility_proxy",
            "proxy_rule_v1 is a hash of the SMILES: it tests the arithmetic and says nothing",
        ),
    ],
)
def test_packs_say_what_is_made_up(strict, name, text):
    assert text in (strict / name / "pack/index.md").read_text()


def test_the_result_of_known_bad_and_good_is_told(all_targets):
    printed = all_targets[1]
    for line in (
        "HETERO-2 value_known_bad_good: separated",
        "  BAD-random                    60 audited, median slack 0, above all decoys 0.666667",
        "  GOOD-synthetic - BAD-random   median slack 0, above all decoys 0.333333",
    ):
        assert line in printed


def test_nothing_is_left_to_do(all_targets):
    done = snakemake(all_targets[0], "all", "--dry-run", *all_targets[2])
    assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("value_ring_suite", "--config", "suite_strategy=loose"), 'suite_strategy: found "loose"'),
        (("stress", "--config", "dataset={rows: 0}"), "dataset.rows: found 0"),
        (("pilot", "--config", "decoys={k: 0}"), "decoys.k: found 0"),
        (("pilot", "stress", "--config", "run_name=mine"), "would both write to the folder 'mine'"),
        (("pilot", "--config", "execution={results_dir: /dev/null}"), "cannot be written"),
    ],
)
def test_what_is_wrong_is_said_before_any_job(tmp_path, words, message):
    done = snakemake(tmp_path, *words, "--cores", 1, check=False)
    assert done.returncode == 2
    errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "results").exists()
