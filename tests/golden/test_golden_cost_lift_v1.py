"""`cost_lift.v1` against the stored reports, every field that they have, exactly."""

import csv
import json
from pathlib import Path

import pytest

from hetero2.legacy import cost_lift_v1

DATA = Path(__file__).parent / "data"
CASES = [
    ("summary_utility_proxy_strict.csv", "truth_proxy_rule_v1.csv", "cost_lift_utility_proxy_strict.json"),
    ("summary_utility_proxy_strict.csv", "truth_external_1403593f.csv", "cost_lift_realtruth_r1_strict.json"),
    ("summary_realtruth_chain_12scores.csv", "truth_external_1403593f.csv", "cost_lift_realtruth_chain_12scores.json"),
    ("summary_realtruth_chain_44scores.csv", "truth_external_1403593f.csv", "cost_lift_realtruth_chain_44scores.json"),
]


def rows_of(summary: str, truth: str) -> list[cost_lift_v1.Row]:
    with (DATA / truth).open(newline="") as handle:
        hits = {row["molecule_id"]: row["expensive_label"] == "PASS" for row in csv.DictReader(handle)}
    with (DATA / summary).open(newline="") as handle:
        return [
            cost_lift_v1.Row(
                id=row["id"],
                status=row["status"],
                verdict=row["verdict"],
                gate=float(row["gate"]) if row["gate"] else None,
                slack=float(row["slack"]) if row["slack"] else None,
                auc=None,
                n_decoys_generated=int(row["n_decoys"]),
                n_decoys_scored=int(row.get("n_decoys_scored", row["n_decoys"])),
                hit=hits.get(row["id"]),
            )
            for row in csv.DictReader(handle)
        ]


@pytest.mark.parametrize(("summary", "truth", "report"), CASES)
def test_every_stored_field_comes_out_again(summary, truth, report):
    stored = json.loads((DATA / report).read_text())
    report_made = cost_lift_v1.cost_lift(rows_of(summary, truth), 10000, 0, stored["summary_csv"], stored["truth_csv"])
    assert {key: report_made[key] for key in stored} == stored
