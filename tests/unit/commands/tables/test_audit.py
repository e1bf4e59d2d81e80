"""An audit of a function: what truth says, in the words and figures of a report; what a notebook shows."""

import json
import re
import subprocess
import sys

import pandas as pd
import pytest

from hetero2 import api
from hetero2.errors import ConfigError
from hetero2.inputs.summary_rows import as_read, read_summary
from hetero2.stages import diagnosis, utility
from tests.campaigns import IDS, SMILES, VALUES
from tests.conftest import DATA, ROOT

HITS = [value >= 6.5 for value in VALUES]


def by_length(batch):
    return [float(len(smiles)) for smiles in batch]


@pytest.fixture(scope="module")
def sets():
    return api.decoys({"id": IDS, "smiles": SMILES}, k=2)


@pytest.fixture(scope="module")
def audited(sets):
    return api.audit(sets, by_length, truth=HITS, select=20)


def test_a_function_gives_what_a_table_of_its_scores_gives(sets, audited):
    request = api.score_request(sets)
    scores = {"id": request["id"], "score": by_length(request["smiles"].to_pylist())}
    from_table = api.audit(sets, scores, truth=dict(zip(IDS, HITS, strict=True)), select=20)
    assert from_table == audited
    from_smiles = api.audit(SMILES, by_length, truth=pd.Series(HITS), k=2, select=20)
    assert from_smiles.diagnosis["ranking"] == audited.diagnosis["ranking"]
    assert from_smiles.score_metrics == audited.score_metrics  # the decoys differ, since their seeds follow from ids
    assert from_smiles.summary["id"].to_pylist()[:2] == ["m1", "m2"]


def test_trust_and_worth_are_those_of_a_run(stored_run):
    sets = api.decoys(pd.read_csv(DATA / "library.csv", dtype=str, keep_default_na=False)[["id", "smiles"]], k=4)
    result = api.audit(sets, stored_run / "pack/scores.csv", truth=DATA / "truth.csv", select=3)
    assert result.summary.equals(api.read_result(stored_run).summary)
    assert result.diagnosis == json.loads((stored_run / "diagnosis.json").read_text())
    report = json.loads((stored_run / "utility_report.json").read_text())
    assert result.utility["utility"] == report["utility"]
    assert result.utility["truth_coverage"] == report["truth_coverage"]
    assert result.score_metrics == report["utility"]["score_metrics"]
    for names in (diagnosis.COLUMNS, utility.COLUMNS):
        assert as_read(result.summary, names).equals(read_summary(stored_run / "summary.csv", names))


def test_the_answer_is_in_words_and_the_first_sentence_is_of_trust(audited, sets):
    trust, measured, worth, isomers = audited.answer
    assert trust.startswith("Can this score be trusted? Not shown: ")
    assert measured.startswith("Measured: 25 of 60 molecules are hits")
    assert worth.startswith("Is the list better than chance? ")
    assert isomers.startswith("Does it tell molecules from their isomers? ")
    without = api.audit(sets, by_length)
    assert without.utility is None
    assert without.score_metrics is None
    assert without.answer[-1] == "No truth was given, so nothing is said of hits and money."
    assert without.diagnosis["labels"]["source"] == "none"


def test_a_tenth_is_bought_where_nobody_said_how_many(sets):
    assert api.audit(sets, by_length, truth=HITS).utility["utility"]["k"] == 10
    few = api.audit(sets, by_length, truth=dict(zip(IDS[:4], [True, False, True, False], strict=True)))
    assert few.utility["utility"]["k"] == 4
    assert "Is the list better than chance? Not shown: " in " ".join(few.answer)
    one_class = api.audit(sets, by_length, truth=[True] * 60)
    assert "truth has one class" in one_class.answer[-1]
    assert one_class.figure().key == "hardness"


def test_figures_are_those_of_the_report(audited, sets):
    assert audited.figure().key == "cumulative_hits"
    for name in ("hit_rate", "hardness", "score_against_decoys"):
        figure = audited.figure(name)
        assert figure.svg.startswith("<svg")
        assert figure.title in figure._repr_html_().replace("&#x27;", "'")
    with pytest.raises(ConfigError, match="there is no figure 'hits' of this audit"):
        audited.figure("hits")
    with pytest.raises(ConfigError, match="there is no figure 'hit_rate'"):
        api.audit(sets, by_length).figure("hit_rate")


def test_a_notebook_shows_the_answer_a_figure_and_the_first_rows(audited, sets):
    shown = audited._repr_html_()
    assert shown.startswith("<p><strong>Can this score be trusted? Not shown")
    assert shown.count("<svg") == 1
    assert shown.count("<tr>") == 11
    assert "The first 10 of 60 rows." in shown
    assert "60 molecules, " in sets._repr_html_()
    odd = api.decoys({"id": ["<b>", "x"], "smiles": ["CCOC(=O)c1ccc(N)cc1", "no"]}, k=1)
    assert "<b>" not in odd._repr_html_()
    assert "&lt;b&gt;" in odd._repr_html_()
    assert "1 invalid_smiles" in odd._repr_html_()


def test_pandas_goes_out(audited, sets):
    frame = audited.to_pandas()
    assert list(frame["id"]) == IDS
    decoys = sets.to_pandas()
    assert len(decoys) == len(sets.decoys)
    assert dict(zip(decoys["id"], decoys["smiles"], strict=True)).items() <= dict(zip(IDS, SMILES, strict=True)).items()


def test_without_pandas_it_is_said_what_to_do():
    code = """import sys
class NoPandas:
    def find_spec(self, name, *_):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoPandas())
from hetero2 import api
sets = api.decoys(["CCOC(=O)c1ccc(N)cc1"], k=1)
sets._repr_html_()
try:
    sets.to_pandas()
except api.ConfigError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.match(r"pandas is not installed.*\nhint: pip install pandas", done.stdout)
