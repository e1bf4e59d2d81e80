"""What a person reads of a pack, and what the registry says of it."""

import csv
import io
import json

import pytest

from hetero2.errors import ConfigError
from hetero2.report.index import judgement, rates, render
from hetero2.report.spreadsheet import neutral
from hetero2.stages.pack import _check_replaceable
from hetero2.stages.registry_row import registry_row


def first_page(pack):
    return render(pack, json.loads((pack / "manifest.json").read_text()), [])


def test_the_first_page_says_what_the_files_say(pack):
    text = first_page(pack)
    metrics = json.loads((pack / "metrics.json").read_text())
    report = json.loads((pack / "cost_lift_report.json").read_text())
    at = json.loads((pack / "utility_report.json").read_text())["utility"]["at"][0]
    counts, verdicts = metrics["counts"], metrics["verdict_counts"]
    assert f"Rows: {counts['OK']} audited, {counts['SKIP']} left out, {counts['ERROR']} failed." in text
    assert f"{verdicts['PASS']} are above all their decoys, {verdicts['FAIL']} are not" in text
    assert f"there by chance:\n{metrics['pass_expected_by_chance']:.1f}. " in text
    for name, label in (("random", "at random"), ("score_topk", "the best by score")):
        method = at["methods"][name]
        assert f"| {label} | {method['expected_hits']:.4g} of {at['k']} | {100 * method['hit_rate']:.1f} % (" in text
    for label, hits, rate in rates(report):
        assert f"| {label} | {hits} | {rate} |" in text.split("frozen report cost_lift.v1", 1)[1]
    for path in pack.iterdir():
        assert f"`{path.name}" in text or path.name == "index.md", path.name


@pytest.mark.parametrize("name", ["ranked_candidates", "selected_decoys", "card_decoys", "leakage", "summary"])
def test_what_people_open_in_a_spreadsheet_has_a_copy_with_nothing_to_run(pack, name):
    with (pack / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        exact = list(csv.reader(handle))
    data = (pack / f"{name}_spreadsheet.csv").read_bytes()
    copy = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert data.startswith(b"\xef\xbb\xbf")
    assert [[neutral(cell) for cell in row] for row in exact] == copy
    assert any("=1+1" in row for row in exact) or name in ("leakage", "selected_decoys")  # which need not hold that id
    assert not any(cell.startswith("=") for row in copy for cell in row)


def test_what_the_audit_says_is_told_in_words(pack):
    text, controls = first_page(pack), json.loads((pack / "controls.json").read_text())
    assert "- audit works: not shown: fewer than 20 molecules" in text
    assert "- isomers: not shown by Y-randomisation: the scorer cannot be fitted again" in text
    assert f"- look-alikes: not shown: {controls['library']['why']}" in text
    inference = {"verdict": "NOT_SHOWN", "quick_look": True, "refits": 19, "model_seeds": 3, "p_value": 0.1}
    inference |= {"explanation": "EXPLAINED_BY_NOVELTY", "explained_by": ["x"]}
    sentences = [words for _, words in judgement(controls | {"inference": inference})]
    assert sentences[2] == (
        "not shown by Y-randomisation, 19 refits on shuffled labels for each of 3 model seeds, a quick look (p = 0.1)"
    )
    assert sentences[3].startswith("no: x prefers")
    controls["audit"] = {"status": "FAILED", "reason": "not silent: formula"}
    (pack / "controls.json").write_text(json.dumps(controls))
    text = first_page(pack)
    assert "**The audit has failed on this library: do not rely on anything that rests on decoys.**" in text
    assert "- audit works: no: not silent: formula" in text


def test_the_first_page_says_where_the_environment_is_another(pack):
    facts = json.loads((pack / "manifest.json").read_text())
    text = render(pack, facts, ["rdkit 1 instead of 2"])
    assert "- **Caution** This environment is not the locked one: rdkit 1 instead of 2. (`environment.json`)" in text
    assert "not the locked one" not in render(pack, facts, [])
    text = render(pack, facts, ["certifi 2 instead of 1", "idna not installed"])
    assert "not the locked one" not in text


def test_the_chance_of_a_pass_is_that_of_the_rows(pack):
    metrics = json.loads((pack / "metrics.json").read_text())
    with (pack / "summary.csv").open(newline="") as handle:
        numbers = [int(row["n_decoys_scored"]) for row in csv.DictReader(handle) if row["slack"]]
    assert metrics["pass_expected_by_chance"] == pytest.approx(sum(1 / (n + 1) for n in numbers))
    assert metrics["rows_with_fewer_than_19_scored_decoys"] == sum(n < 19 for n in numbers)


def test_the_registry_row_says_what_the_pack_says(stored_run):
    pack, archive = stored_run / "pack", stored_run / "small_evidence_pack.zip"
    row, manifest = registry_row(pack, archive), json.loads((pack / "manifest.json").read_text())
    assert row == json.loads((stored_run / "registry_row.json").read_text())
    assert (row["run_id"], row["payload_sha256"]) == (manifest["run_id"], manifest["payload_sha256"])
    assert (
        archive.with_name(archive.name + ".sha256").read_text()
        == f"{row['assets'][0]['sha256'].lower()}  {archive.name}\n"
    )
    assert row["milestone"] is None
    assert row["outcome"]["truth"]["sha256"] == manifest["truth"]["sha256"]


def test_only_a_pack_is_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ConfigError, match="is not empty and not a pack"):
        _check_replaceable(tmp_path)
    (tmp_path / "index.md").write_text("x")
    _check_replaceable(tmp_path)
    _check_replaceable(tmp_path / "new")


def test_chance_is_never_the_one_draw_of_the_frozen_report(pack):
    report = json.loads((pack / "cost_lift_report.json").read_text())
    report["methods"]["baseline_random"] |= {"hits": 3, "hit_rate": 0.987}
    (pack / "cost_lift_report.json").write_text(json.dumps(report))
    text = first_page(pack)
    assert "98.7 %" not in text
    assert "| at random | 1.071 of 3 | 35.7 % (0.0 % to 100.0 %) |" in text  # 5 hits of 14, K = 3
