"""hetero2.api gives what the verbs and a run give for the same input, and raises our errors."""

import contextlib
import csv
import doctest
import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from hetero2 import api, cli
from hetero2.config.resolve import resolve
from hetero2.errors import ConfigError, ContractError, GateError, HeteroError, InputError
from hetero2.io.in_memory import from_cells
from hetero2.io.tables import columns, read_parquet
from hetero2.workflow import targets
from tests.conftest import DATA, MODEL, OWN_PACK, ROOT
from tests.packs import own_folder

PUBLIC = [
    "Audit",
    "Campaign",
    "CampaignReport",
    "ConfigError",
    "ContractError",
    "DecoySets",
    "GateError",
    "HeteroError",
    "InputError",
    "Result",
    "Screened",
    "accept",
    "audit",
    "decoys",
    "read_result",
    "resolve_configuration",
    "run_command",
    "score_request",
    "screen",
    "spreadsheet_cell",
    "targets",
    "verify",
]
HEAVY = {"pyarrow", "numpy", "pandas", "rdkit", "yaml", "jsonschema", "snakemake", "scipy", "sklearn"}
HEAVY |= {"matplotlib", "tqdm", "threadpoolctl"}


def library():
    with (DATA / "library.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return {"id": [row["id"] for row in rows], "smiles": [row["smiles"] for row in rows]}


@pytest.fixture(scope="module")
def sets():
    """The decoys of the stored run: the library of the tests, four decoys per molecule."""
    return api.decoys(library(), k=4)


@pytest.fixture(scope="module")
def scores(sets, tmp_path_factory):
    """The scores of the model of the stored run."""
    folder = tmp_path_factory.mktemp("scores")
    request = api.score_request(sets)
    with (folder / "request.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([("id", "smiles"), *((row["id"], row["smiles"]) for row in request.to_pylist())])
    subprocess.run([sys.executable, MODEL, folder / "request.csv", folder / "scores.csv"], check=True)
    with (folder / "scores.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    return pa.table({"id": [row["id"] for row in rows], "score": [float(row["score"]) for row in rows]})


@pytest.fixture(scope="module")
def audited(sets, scores):
    return api.audit(sets, scores)


def test_the_public_names_are_these():
    assert api.__all__ == PUBLIC
    assert all(inspect.getdoc(getattr(api, name)) for name in PUBLIC)
    own_names = {name for name, value in vars(api).items() if getattr(value, "__module__", "") == "hetero2.api"}
    mine = {name for name in own_names if not name.startswith("_")}
    assert mine <= {*PUBLIC, "fetch"}  # which is for the service


def test_the_defaults_are_those_of_the_configuration():
    config = resolve(targets.DEFAULT_TARGET, {})
    sections_of = {
        api.decoys: ("decoys", "guardrails"),
        api.audit: ("audit", "scores"),
        api.screen: ("screen", "guardrails"),
    }
    for function, sections in sections_of.items():
        defaults = {key: value for section in sections for key, value in config[section].items()}
        for name, parameter in inspect.signature(function).parameters.items():
            if name in defaults and name not in ("quotas", "known"):
                assert parameter.default == defaults[name], name
    assert inspect.signature(api.run_command).parameters["target"].default == targets.DEFAULT_TARGET


def test_the_import_is_cheap_and_no_function_needs_pandas():
    code = "import sys, hetero2.api; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not HEAVY & set(loaded.stdout.split())
    code = """import sys
class NoPandas:
    def find_spec(self, name, *_):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoPandas())
from hetero2 import api
sets = api.decoys({"id": ["a"], "smiles": ["CCOC(=O)c1ccc(N)cc1"]}, k=2)
request = api.score_request(sets)
audit = api.audit(sets, {"id": request["id"], "score": [1.0] * len(request)})
assert audit.summary["verdict"].to_pylist() == ["FAIL"]
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_decoys_are_those_that_the_verb_writes(sets, tmp_path):
    out = tmp_path / "decoys.parquet"
    assert cli.main(["decoys", "--input", str(DATA / "library.csv"), "--out", str(out), "--k", "4"]) == 0
    written = pq.read_table(out)
    names = written.column_names[1:]
    assert sets.decoys.select(names).to_pylist() == written.select(names).to_pylist()
    assert len(sets.decoys) == 44
    by_row = dict(zip(sets.molecules["row"].to_pylist(), sets.molecules["id"].to_pylist(), strict=True))
    assert [by_row[row] for row in sets.decoys["row"].to_pylist()] == written["id"].to_pylist()


def test_options_change_the_decoys_as_they_do_on_the_command_line(tmp_path):
    out, small = tmp_path / "decoys.csv", {"id": ["a"], "smiles": ["CC(C)NCC(O)COc1cccc2ccccc12"]}
    (tmp_path / "small.csv").write_text("id,smiles\na,CC(C)NCC(O)COc1cccc2ccccc12\n")
    words = ["--strategy", "rewire_strict_v1", "--k", "6", "--seed", "7", "--seed-strategy", "global"]
    assert cli.main(["decoys", "--input", str(tmp_path / "small.csv"), "--out", str(out), *words]) == 0
    with out.open(newline="") as handle:
        smiles = [row["decoy_smiles"] for row in csv.DictReader(handle)]
    options = {"strategy": "rewire_strict_v1", "k": 6, "seed": 7, "seed_strategy": "global"}
    assert api.decoys(small, **options, workers=2).decoys["decoy_smiles"].to_pylist() == smiles


def read_csv(path, contract):
    with path.open(newline="", encoding="utf-8") as handle:
        return from_cells(csv.reader(handle), contract, str(path))


def test_decoys_request_and_audit_are_those_of_a_run(sets, audited, stored_run):
    assert sets.molecules.equals(read_parquet(stored_run / "molecules/0000.parquet", "molecule.v1"))
    assert sets.decoys.equals(read_parquet(stored_run / "decoys/0000.parquet", "decoy.v1"))
    requested = read_csv(stored_run / "score_request.csv", "score_request.v1")
    assert api.score_request(sets).to_pylist() == requested.to_pylist()
    assert audited.summary.equals(read_csv(stored_run / "summary.csv", "summary.v1"))
    assert audited.metrics == json.loads((stored_run / "metrics.json").read_text())
    assert audited.library == json.loads((stored_run / "calls/library.json").read_text())
    assert audited.leakage.equals(read_parquet(stored_run / "leakage/leaks.parquet", "leakage.v1"))
    assert audited.hardness_curve.equals(read_csv(stored_run / "calls/hardness_curve.csv", "hardness_curve.v1"))


def test_pandas_comes_in_and_arrow_goes_out(sets, scores, audited):
    from_pandas = api.decoys(pd.DataFrame(library()), k=4)
    assert from_pandas.molecules.equals(sets.molecules)
    assert from_pandas.decoys.equals(sets.decoys)
    frames = api.DecoySets(sets.molecules.to_pandas(), sets.decoys.to_pandas(), sets.settings)
    again = api.audit(frames, scores.to_pandas())
    assert again.summary.equals(audited.summary)
    assert again.metrics == audited.metrics


def test_scores_may_come_as_a_file_and_point_down(sets, scores, audited, tmp_path):
    path = tmp_path / "scores.parquet"
    negated = pa.table({"structure_hash": scores["id"], "score": [-value for value in scores["score"].to_pylist()]})
    pq.write_table(negated, path)
    assert api.audit(sets, path, higher_is_better=False).summary.equals(audited.summary)


def test_decoys_of_the_training_set_take_no_part(sets, scores, tmp_path):
    first = sets.decoys.slice(0, 1).to_pylist()[0]
    (tmp_path / "train.csv").write_text(f"id,smiles\nknown,{first['decoy_smiles']}\n")
    audit = api.audit(sets, scores, training=tmp_path / "train.csv")
    assert audit.summary["n_decoys_excluded"].to_pylist()[0] == 1
    assert "decoy_in_training" in audit.leakage["kind"].to_pylist()
    request = api.score_request(sets, training=tmp_path / "train.csv")
    assert first["decoy_hash"] not in request["id"].to_pylist()


def test_a_pack_is_verified_and_accepted_as_by_the_verbs(tmp_path, capsys):
    assert api.verify(OWN_PACK) == []
    assert cli.main(["accept", str(OWN_PACK), "--json"]) == 1
    assert api.accept(OWN_PACK) == json.loads(capsys.readouterr().out)
    folder = own_folder(tmp_path / "pack", small=True)
    (folder / "metrics.json").write_text("{}\n")
    problems = api.verify(folder)
    assert cli.main(["verify", str(folder)]) == 1
    assert [line[8:] for line in capsys.readouterr().out.splitlines() if line.startswith("PROBLEM ")] == problems
    assert api.accept(folder)["outcome"] == "STOP"


def test_a_result_is_read_from_results_folder_zip_and_folder(stored_run, audited):
    result = api.read_result(stored_run)
    assert result.summary.equals(audited.summary)
    assert result.metrics == audited.metrics
    assert result.manifest["config"]["run_name"] == "small"
    acceptance = json.loads((stored_run / "registry_row.json").read_text())["acceptance"]
    not_met = [criterion["name"] for criterion in result.acceptance["criteria"] if not criterion["met"]]
    assert {"outcome": result.acceptance["outcome"], "not_met": not_met} == acceptance
    for path in (stored_run / "pack", str(stored_run / "small_evidence_pack.zip")):
        same = api.read_result(path)
        assert same.summary.equals(result.summary)
        assert same[:2] == result[:2]
        assert same.acceptance == result.acceptance


def test_an_old_pack_is_read_and_a_damaged_one_is_not_refused_but_stopped(tmp_path):
    result = api.read_result(OWN_PACK)
    assert result.summary.column_names == list(columns("summary.v1"))
    assert result.summary["n_decoys_excluded"].null_count == len(result.summary) == 20
    assert "new\nline" in result.summary["id"].to_pylist()
    folder = own_folder(tmp_path / "pack")
    shutil.rmtree(folder / "workflow")
    assert api.read_result(folder).acceptance["outcome"] == "STOP"
    text = (folder / "summary.csv").read_text()
    (folder / "summary.csv").write_text(text.replace("3416760201", "many"))
    with pytest.raises(InputError, match=r"summary\.csv: does not meet summary\.v1: .*many"):
        api.read_result(folder)
    (folder / "summary.csv").unlink()
    with pytest.raises(InputError, match=r"cannot be read as a pack: summary\.csv is not there"):
        api.read_result(folder)


def test_a_configuration_is_resolved_as_by_the_verb(tmp_path, capsys):
    (tmp_path / "my.yaml").write_text("decoys: {k: 30}\n")
    assert cli.main(["config", "pilot", "--configfile", str(tmp_path / "my.yaml")]) == 0
    printed = yaml.safe_load(capsys.readouterr().out)
    assert api.resolve_configuration("pilot", tmp_path / "my.yaml") == printed
    assert api.resolve_configuration("pilot", {"decoys": {"k": 30}}) == printed
    assert api.targets() == sorted(path.stem for path in (ROOT / "config/runs").glob("*.yaml"))


def test_the_words_of_a_run_are_those_that_snakemake_takes(tmp_path):
    from snakemake.cli import get_argument_parser

    (tmp_path / "my.yaml").write_text("decoys: {k: 30}\n")
    words = api.run_command("pilot", tmp_path / "my.yaml", cores=3, directory=tmp_path)
    assert words[1:3] == ["-m", "snakemake"]
    options = get_argument_parser().parse_args(words[3:])
    assert list(options.targets) == ["pilot"]
    assert [Path(path) for path in options.configfile] == [tmp_path / "my.yaml"]
    assert (Path(options.snakefile), Path(options.directory)) == (ROOT / "Snakefile", tmp_path)
    assert targets.requested(words, {}) == ["pilot"]


def test_what_is_wrong_with_decoys_is_said():
    wrong = [
        ([1], InputError, "molecules: entry 1 is 1, expected a SMILES"),
        ("CCO", InputError, "molecules: expected a table, found str"),
        ([], InputError, "molecules: no row"),
        ({"id": ["a"]}, InputError, "molecules: there is no column 'smiles'"),
        ({"id": [1.5], "smiles": ["C"]}, InputError, "the column 'id' is of type double"),
        ({"id": [], "smiles": []}, InputError, "molecules: no row"),
        ({"id": [None], "smiles": ["C"]}, InputError, "molecules: 1 of 1 rows have no id"),
        ({"id": ["a", "b"], "smiles": ["C"]}, InputError, "molecules: not a table"),
        ({"id": ["a\0"], "smiles": ["C"]}, InputError, "NUL"),
    ]
    for table, kind, message in wrong:
        with pytest.raises(kind, match=re.escape(message)):
            api.decoys(table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "decoys.k: found 0"),
        ({"strategy": "v9"}, "decoys.strategy: found"),
        ({"quotas": {"easy": 1}}, "add up to 1"),
        ({"max_atoms": -1}, "guardrails.max_atoms: found -1"),
        ({"workers": 0}, "workers: found 0"),
    ],
)
def test_an_option_out_of_its_range_is_an_error_of_the_configuration(options, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        api.decoys({"id": ["a"], "smiles": ["CCOC(=O)c1ccccc1N"]}, **options)


def test_what_is_wrong_with_an_audit_is_said(sets, scores):
    wrong = [
        ({"id": ["nobody"], "score": [1.0]}, InputError, "scores: none of its 1 keys is an id of the library"),
        ({"id": ["aspirin"], "score": [float("nan")]}, InputError, "scores: data row 1: score is missing"),
        ({"id": ["aspirin"]}, InputError, "scores: there is no column 'score'"),
        ("no.csv", InputError, "no.csv: no such file"),
        (3, InputError, "scores: expected a table, found int"),
    ]
    for table, kind, message in wrong:
        with pytest.raises(kind, match=re.escape(message)):
            api.audit(sets, table)
    with pytest.raises(ConfigError, match=re.escape("audit.fdr: found 2")):
        api.audit(sets, scores, fdr=2)
    lacking = sets._replace(molecules=sets.molecules.drop_columns(["row"]))
    with pytest.raises(ContractError, match=re.escape("molecules: there is no column 'row'")):
        api.audit(lacking, scores)
    none_ok = api.decoys({"id": ["a"], "smiles": ["C1CC"]})
    with pytest.raises(InputError, match="none of the 1 rows can be audited: 1 invalid_smiles"):
        api.score_request(none_ok)


def test_what_is_wrong_with_a_pack_or_a_configuration_is_said(tmp_path):
    for function in (api.verify, api.accept, api.read_result):
        with pytest.raises(InputError, match=r"nothing\.zip: no such file or folder"):
            function("nothing.zip")
    with pytest.raises(InputError, match="cannot be read as a pack"):
        api.read_result(tmp_path)
    with pytest.raises(InputError, match="cannot be read as a pack"):
        api.read_result(MODEL)
    with pytest.raises(GateError, match="has sha256"):
        api.verify(OWN_PACK, sha256="0" * 64)
    with pytest.raises(InputError, match="is a folder"):
        api.verify(tmp_path, sha256="0" * 64)
    with pytest.raises(ConfigError, match="unknown target 'nope'"):
        api.resolve_configuration("nope")
    with pytest.raises(ConfigError, match="did you mean 'decoys'"):
        api.resolve_configuration("pilot", {"decoy": {}})
    with pytest.raises(ConfigError, match="no such configuration file"):
        api.run_command("pilot", tmp_path / "no.yaml")
    with pytest.raises(ConfigError, match="cores: found 0"):
        api.run_command("pilot", cores=0)


def test_the_page_shows_what_the_functions_give(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/api.md").read_text()
    assert all(f"`{name}" in page for name in PUBLIC)
    examples = doctest.DocTestParser().get_doctest(page, {}, "docs/api.md", "docs/api.md", 0)
    failures, tried = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples)
    assert failures == 0
    assert tried >= 8


def test_a_table_is_no_decoy_sets():
    with pytest.raises(api.InputError, match="sets: expected what `decoys` gave, found dict"):
        api.score_request({"id": ["a"], "smiles": ["CCO"]})


def test_a_folder_without_a_pack_is_named_with_a_reason(tmp_path):
    with pytest.raises(api.InputError, match=r"cannot be read as a pack: \w"):
        api.read_result(tmp_path)


# Values of every kind that may come by mistake, and numbers, words and lists that break what takes them unseen.
MISTAKES = [
    *(None, True, 3, 1.5, -1, 0, 10**400, 10**5000, float("nan"), float("inf")),
    *("", "no", "3", "x" * 5000, "a\0b", "\ud800", b"bytes", Path("x" * 5000), Path("no")),
    *([1], {}, {1: 2}, {"k": object()}, MappingProxyType({"decoys": MappingProxyType({"k": "3"})}), object(), {1}),
]
MISTAKES.append([MISTAKES])
MOLECULES = {"id": ["a", "b"], "smiles": ["CCO", "CC(=O)Nc1ccccc1"]}
MEASURED = {"id": ["k1", "k2"], "smiles": ["CCCO", "CC(=O)Nc1ccccc1O"], "value": [2.0, 8.0]}
# What of them an argument may be: then it is used, or refused for its value.
TAKEN = {
    "max_unpacked": [None, 3],
    "sha256": [None],
    "training": [None],
    "pack": [""],
    "settings": [None, {}],
    "configfile": [None],
    "quotas": [None, {}],
    "truth": [None],
    "select": [None, 3],
    "today": [None],
    "today_column": [mistake for mistake in MISTAKES if isinstance(mistake, str)],
    "today_lower_is_better": [None],
    "hit_at": [None, 3, 1.5, -1, 0, 10**400],
    "trust_score": [0],
    "seed": [0, 3],
    "fdr": [],
    **{count: [3] for count in ("workers", "cores", "k", "max_atoms", "seconds_per_molecule", "min_decoys")},
    **{switch: [True] for switch in ("hard_mode", "require_connected", "higher_is_better", "lower_is_better")},
    "representative": [True],
    "text": [mistake for mistake in MISTAKES if isinstance(mistake, str)],
    "directory": [None, "", "no", "3", Path("no")],
}
CALLS = {
    "decoys": {"molecules": {"id": ["a"], "smiles": ["CCO"]}},
    "score_request": {"sets": None},
    "audit": {"sets": None, "scores": None},
    "screen": {"library": MOLECULES, "known": MEASURED},
    "verify": {"pack": OWN_PACK},
    "accept": {"pack": OWN_PACK},
    "read_result": {"path": OWN_PACK},
    "resolve_configuration": {"target": "pilot"},
    "run_command": {"target": "pilot"},
    "spreadsheet_cell": {"text": "=1"},
}


def test_every_public_function_is_called_with_mistakes():
    functions = {name for name in PUBLIC if inspect.isfunction(getattr(api, name)) and name != "targets"}
    assert set(CALLS) == functions
    assert not inspect.signature(api.targets).parameters


@pytest.mark.parametrize(
    ("function", "argument"),
    [(name, each) for name in CALLS for each in inspect.signature(getattr(api, name)).parameters],
)
def test_a_mistaken_argument_is_one_of_our_errors(function, argument, sets, scores, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    right = {name: {"sets": sets, "scores": scores}.get(name, value) for name, value in CALLS[function].items()}
    for mistake in MISTAKES:
        taken = any(type(mistake) is type(each) and mistake == each for each in TAKEN.get(argument, []))
        with contextlib.suppress(HeteroError) if taken else pytest.raises(HeteroError) as caught:
            getattr(api, function)(**{**right, argument: mistake})
        if not taken:
            assert "Error" not in str(caught.value)
            assert len(str(caught.value)) < 1000
            assert "object at 0x" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("field", api.DecoySets._fields)
def test_decoy_sets_of_a_mistaken_part_are_our_error(field, sets, scores):
    for mistake in [*MISTAKES, {"decoys": {}}, {**sets.settings, "audit": {}}, {**sets.settings, "decoys": 5}]:
        for call in (api.score_request, lambda changed: api.audit(changed, scores)):
            with pytest.raises(HeteroError):
                call(sets._replace(**{field: mistake}))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: api.verify(OWN_PACK, max_unpacked="x"),
            'max_unpacked: found "x"; expected a whole number of at least 1',
        ),
        (
            lambda: api.verify(OWN_PACK, max_unpacked=-1),
            "max_unpacked: found -1; expected a whole number of at least 1",
        ),
        (lambda: api.decoys({}, quotas=[1]), "quotas: found [1]; expected a mapping or None"),
        (lambda: api.decoys({}, quotas={1: 2}), "configuration: decoys.quotas: the key 1 is not text"),
        (lambda: api.decoys({}, k="3"), 'k: found "3"; expected a whole number'),
        (lambda: api.decoys({}, hard_mode=1), "hard_mode: found 1; expected True or False"),
        (lambda: api.read_result(None), "path: found null; expected a path or a string"),
        (lambda: api.read_result("a\0"), "no path has such characters"),
        (lambda: api.read_result("x" * 5000), "longer than a path can be"),
        (lambda: api.resolve_configuration("pilot", {"decoys": {"k": "3"}}), 'decoys.k: found "3"; expected integer'),
        (lambda: api.resolve_configuration("pilot", {1: 2}), "configuration: (top level): the key 1 is not text"),
        (lambda: api.resolve_configuration("pilot", {"input": {"path": Path("a.csv")}}), 'input.path: found "a.csv"'),
        (
            lambda: api.resolve_configuration("pilot", {"audit": {"fdr": 10**400}}),
            "is greater than or equal to the maximum of 1",
        ),
    ],
)
def test_a_mistake_is_named_with_what_is_expected(call, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        call()


def test_settings_may_be_mappings_of_any_kind():
    settings = MappingProxyType(
        {"decoys": MappingProxyType({"quotas": MappingProxyType({"easy": 0.2, "medium": 0.5})})}
    )
    expected = api.resolve_configuration("pilot", {"decoys": {"quotas": {"easy": 0.2, "medium": 0.5}}})
    assert api.resolve_configuration("pilot", settings) == expected
