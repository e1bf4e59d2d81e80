"""`hetero_audit.v2` against the stored verdicts, gates and slacks of the suite."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from hetero2.scoring import hetero_scores
from hetero2.stats.audit.ranking import audit

DATA = Path(__file__).parent / "data"
DECOYS = [json.loads(line) for line in (DATA / "decoys_v1_suite.jsonl").read_text().splitlines()]
CASES = [
    ("suite_scores_chain.json", "summary_ring_suite_chain.csv"),
    ("scores_BAD-random.json", "summary_BAD-random_chain.csv"),
    ("scores_external_19f08f23.json", "summary_realtruth_chain_12scores.csv"),
    ("scores_external_e3a00b22.json", "summary_realtruth_chain_44scores.csv"),
]


@pytest.mark.parametrize(("scores_file", "summary"), CASES)
def test_verdict_gate_and_slack_are_the_stored_ones(scores_file, summary):
    scores = hetero_scores.read(DATA / scores_file)
    with (DATA / summary).open(newline="") as handle:
        stored = {row["id"]: row for row in csv.DictReader(handle)}
    for row in DECOYS:
        scored = [scores.decoys[key] for key, _ in row["decoys"] if key in scores.decoys]
        expected = stored[row["id"]]
        assert len(scored) == int(expected["n_decoys_scored"])
        if not scored:
            assert (expected["verdict"], expected["gate"]) == ("SKIP", "")
            continue
        values, weights = np.array([s.score for s in scored]), np.array([s.weight for s in scored])
        result = audit(scores.molecule.score, scores.molecule.weight, values, weights)
        assert (result.verdict, result.gate) == (expected["verdict"], float(expected["gate"])), row["id"]
        assert result.slack == float(expected["slack"]), row["id"]
