"""What verify computes in plain Python is what the stages compute; what it says of itself is kept in step."""

import csv
import json
from random import Random

import numpy as np
import pytest
import yaml

from hetero2 import cli
from hetero2.pack.verification.arithmetic.molecules import Molecules
from hetero2.pack.verification.audit_evidence import trust
from hetero2.pack.verification.audit_evidence.decoys import _sampled
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.contracts import schema_sets
from hetero2.pack.verification.form.tables import read_rows
from hetero2.pack.verification.layout import ROLES
from hetero2.pack.verification.limits import BASE
from hetero2.pack.verification.provenance.yaml_text import is_same, read_yaml
from hetero2.pack.verification.recompute.calls import SharesDecided
from hetero2.pack.verification.recompute.population import population_of
from hetero2.pack.verification.recompute.registry import SUBJECTS
from hetero2.pack.verification.recompute.subject import DIGEST_ONLY, RECOMPUTED
from hetero2.pack.verification.recompute.summary_rows import gate_of, n_at_or_above
from hetero2.stages.summary import population
from hetero2.stats.audit.ranking import audit
from hetero2.stats.audit.target_decoy_competition import share_is_decided
from hetero2.stats.benefit.enrichment import roc_auc
from hetero2.stats.diagnosis.competitors import turned
from tests.conftest import OWN_PACK
from tests.packs import edit, own_folder, relist
from tools import verification

TEXTS = [
    *("a", "b c", "python model.py '{request}' '{scores}'", "null", "yes", "1.5", "1e5", "é", "日本", "\n", "\t", "\a"),
    *("'", '"', "\\", ": ", "# x", "- ", "x" * 90, " ", "a: b", "{}", "[]", "0x1F", "12:30", "2020-01-01", "%", "@"),
    *("&a", "*a", "!", "|", ">", "~", "=", "🧪", "_1", "on"),
]
NUMBERS = [None, True, False, 0, -3, 10**20, 0.1, 1e-5, 1e300, -2.5, 1.0, 123456.789]


def value(random, depth=0):
    kind = random.random()
    if depth < 3 and kind < 0.25:
        return {f"key{n}": value(random, depth + 1) for n in range(random.randint(0, 4))}
    if depth < 3 and kind < 0.4:
        return [value(random, depth + 1) for _ in range(random.randint(0, 3))]
    if kind < 0.7:
        return "".join(random.choice(TEXTS) for _ in range(random.randint(0, 12)))
    return random.choice(NUMBERS)


def test_a_configuration_is_read_as_it_was_written():
    random = Random(0)
    for _ in range(2000):
        document = {f"section_{n}": value(random) for n in range(3)}
        node = read_yaml(yaml.safe_dump(document, allow_unicode=True))
        assert is_same(node, document), document
        assert not is_same(node, document | {"section_1": [document["section_1"]]})


def test_tables_read_side_by_side_leave_longer_cells_to_others():
    table = b"id,more\n1,x\n2,y\n"
    pack = Pack({"a.csv": len(table)}, lambda _: iter([table]), BASE)
    limit = csv.field_size_limit(16 << 20)
    try:
        assert len(list(zip(read_rows(pack, "a.csv"), read_rows(pack, "a.csv"), strict=True))) == 3
        assert csv.field_size_limit() == 16 << 20
    finally:
        csv.field_size_limit(limit)


@pytest.mark.parametrize(("text", "other"), [("a: 1\n", "1"), ("a: '1'\n", 1), ("a: null\n", "null")])
def test_a_text_is_no_number(text, other):
    assert not is_same(read_yaml(text), {"a": other})


@pytest.mark.parametrize(
    "text", ["a: 1", "a\n", "a: 1\na: 2\n", "a: &b 1\n", "a: {b: 1}\n", "# x\na: 1\n", "a:\n" * 60]
)
def test_what_is_not_written_so_is_no_configuration(text):
    with pytest.raises(ValueError, match=r".+"):
        read_yaml(text)


def test_gates_and_counts_are_those_of_the_audit():
    random = np.random.default_rng(0)
    for n in range(1, 120):
        decoys = random.integers(0, 5, n).astype(float)
        result = audit(2.0, 1.0, decoys, np.ones(n))
        assert gate_of(n) == result.gate
        assert n_at_or_above(result.p_value, n) == int((decoys >= 2.0).sum())
    assert n_at_or_above(0.123, 19) is None


@pytest.mark.parametrize(("hit", "other"), [("C", "CCC"), ("CCC", "C"), ("CC", "CO")])  # AUC 0, 1, 0.5
def test_a_competitor_is_turned_as_in_the_diagnosis(hit, other):
    molecules = Molecules({"scaffold": ["", ""], "score": [1.0, 2.0], "canonical_smiles": [hit, other]}, [True, False])
    by_verify = trust._of_truth(molecules, [0, 1], 0)["ranking"]["heavy_atoms"]
    values, direction = turned(np.array([len(hit), len(other)], float), np.array([True, False]))
    area, _ = roc_auc(values, np.array([1, 0]))
    assert (by_verify["direction"], by_verify["auc"]) == (direction, area)


def test_shares_are_decided_as_by_the_calls():
    shares = SharesDecided()
    for m in [*range(1, 60), 200, 1000, 9999]:
        for x in {0, 1, m // 40, m // 20, m // 20 + 1, m // 10, m // 2, m}:
            if (x, m) != (1, 1):  # its bound is 0.05 itself
                assert shares.get(x, m) == bool(share_is_decided(x, m)), (x, m)
    assert shares.get(1, 1) is None
    assert shares.get(5, 10**9) is None


@pytest.mark.parametrize("n_top", [0, 20])
def test_the_population_of_a_sample_is_that_of_the_summary(n_top):
    random = np.random.default_rng(1)
    part = np.array(["top"] * n_top + ["random"] * 60)
    weight = np.where(part == "top", 1.0, 7.5)
    measures = np.column_stack([random.integers(0, 2, (len(part), 2)).astype(float), random.random(len(part))])
    measures[::9] = np.nan
    rows = [
        (name, w, None if np.isnan(row[0]) else tuple(row))
        for name, w, row in zip(part.tolist(), weight.tolist(), measures.tolist(), strict=True)
    ]
    said = population(part, weight, measures)
    assert list(population_of(rows, said)) == []
    said["mean_auc"]["library"]["ci_low"] += 1e-6
    assert [text.split(" is ")[0] for text in population_of(rows, said)] == ["mean_auc.library.ci_low"]


def test_the_schemas_of_this_checkout_are_recorded():
    """Where one was changed, `make docs` records all of them, so that verify knows packs that carry them."""
    assert verification.present_set() in schema_sets.KNOWN_SETS


def test_the_table_of_what_is_checked_is_that_of_the_page_and_of_explain(capsys):
    for path, text in verification.files():
        assert path.read_text() == text, f"{path} is not current: make docs"
    assert cli.main(["verify", "--explain"]) == 0
    printed = capsys.readouterr().out
    for what, level, source, *_ in SUBJECTS:
        assert f"{level:<12}  {what}\n{'':<12}    from: {source}\n" in printed


def test_every_file_is_spoken_of():
    """A file that no subject names would be checked by nothing and nobody would know."""
    text = " ".join(subject.what for subject in SUBJECTS)
    in_other_words = {"scores": "scores file", "page of a molecule": "molecules/"}
    for name, role in ROLES.items():
        assert name in text or in_other_words.get(role, "-") in text, name


def test_what_is_by_its_digest_alone_is_computed_by_nothing():
    assert all(subject.check is None for subject in SUBJECTS if subject.level == DIGEST_ONLY)
    assert sum(subject.level == RECOMPUTED for subject in SUBJECTS) > len(SUBJECTS) / 2


def test_quick_looks_at_digests_and_form_alone(tmp_path, capsys):
    folder = own_folder(tmp_path / "pack")
    edit(folder / "metrics.json", lambda metrics: metrics | {"mean_slack": 0.5})
    relist(folder)
    assert cli.main(["verify", str(folder), "--quick"]) == 0
    assert cli.main(["verify", str(folder)]) == 1
    assert "metrics.json: mean_slack is 0.5" in capsys.readouterr().out
    (folder / "metrics.json").write_text(json.dumps({}))
    assert cli.main(["verify", str(folder), "--quick"]) == 1
    assert verify(OWN_PACK) == []


def test_loosened_or_missing_schemas_are_seen(tmp_path):
    folder = own_folder(tmp_path / "pack")
    (folder / "workflow/schemas/metrics.v1.schema.json").write_text("{}\n")
    relist(folder)
    assert any(problem.startswith("workflow/schemas: ") for problem in verify(folder))
    (folder / "workflow/schemas/controls.v1.schema.json").unlink()
    (folder / "controls.json").unlink()
    relist(folder)
    assert any("of no known version" in problem for problem in verify(folder))


def test_what_an_older_schema_does_not_restrict_is_no_limit():
    """`decoys_per_molecule` of a pack with the schema of before it existed may be anything."""
    alerts = {"molecules": 5, "molecules_with_alert": 0, "decoys": 20, "decoys_with_new_alert": 0}
    quality = {"sample": {"molecules": 5, "decoys_per_molecule": "six"}, "molecules": 9, "decoys": 20, "alerts": alerts}
    assert list(_sampled(quality, {"decoys": {}})) == []
    quality["sample"]["decoys_per_molecule"] = 3
    assert [problem.split(": ")[1] for problem in _sampled(quality, {"decoys": {}})] == ["alerts.decoys is 20, of 15"]
