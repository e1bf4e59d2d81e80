"""A screen in memory has the numbers of `hetero2 screen`, and its errors."""

import csv
import re

import pandas as pd
import pytest

from hetero2 import api, cli
from hetero2.io.in_memory import from_cells
from tests.campaigns import IDS, KNOWN, SMILES, TODAY, write

LIBRARY = pd.DataFrame({"id": IDS, "smiles": SMILES})
MEASURED = pd.DataFrame(KNOWN, columns=["id", "smiles", "value"])
SCORES = pd.DataFrame({"id": IDS, "score": TODAY})


@pytest.fixture
def ranked(tmp_path, capsys):
    """(the list of the verb, what it prints) with options."""
    write(tmp_path / "library.csv", "id,smiles", [*zip(IDS, SMILES, strict=True), ("odd", "C1CC")])
    write(tmp_path / "known.csv", "id,smiles,value", KNOWN)
    write(tmp_path / "today.csv", "id,score", zip(IDS, TODAY, strict=True))

    def run(*words):
        inputs = ["--input", tmp_path / "library.csv", "--known", tmp_path / "known.csv", "--out", tmp_path / "out.csv"]
        assert cli.main(["screen", *map(str, inputs), "--workers", "1", *words]) == 0
        with (tmp_path / "out.csv").open(newline="") as handle:
            return from_cells(csv.reader(handle), "screen.v1", "out.csv"), capsys.readouterr().out

    return run


def test_tables_and_files_give_the_numbers_of_the_verb(ranked, tmp_path):
    table, printed = ranked()
    library = pd.concat([LIBRARY, pd.DataFrame({"id": ["odd"], "smiles": ["C1CC"]})], ignore_index=True)
    screened = api.screen(library, MEASURED)
    assert screened.table.equals(table)
    assert api.screen(tmp_path / "library.csv", str(tmp_path / "known.csv"), workers=2).table.equals(table)
    assert screened.to_pandas()["rank"].tolist()[:3] == [1, 2, 3]
    said = printed.splitlines()
    assert [said[0].partition(": ")[0], *said[1:]] == screened.answer


def test_today_and_options_change_the_numbers_as_on_the_command_line(ranked, tmp_path):
    words = ["--today", str(tmp_path / "today.csv"), "--today-lower-is-better", "--hit-at", "7", "--trust-score", "0.5"]
    table, _ = ranked(*words, "--representative", "--seed", "3")
    library = pd.concat([LIBRARY, pd.DataFrame({"id": ["odd"], "smiles": ["C1CC"]})], ignore_index=True)
    options = {"today": SCORES, "today_lower_is_better": True, "hit_at": 7, "trust_score": 0.5}
    screened = api.screen(library, MEASURED, **options, representative=True, seed=3)
    assert screened.table.equals(table)
    turned = SCORES.assign(score=-SCORES["score"])
    same = api.screen(library, MEASURED, **options | {"today": turned, "today_lower_is_better": False})
    assert same.facts["today_slope"] == pytest.approx(screened.facts["today_slope"], abs=0.2)


def test_labels_may_be_true_and_false_and_missing():
    labels = MEASURED["value"] >= 6.5
    expected = api.screen(LIBRARY, MEASURED.drop(columns="value").assign(label=labels.astype(int))).table
    for column in (labels, labels.astype(float)):
        known = MEASURED.drop(columns="value").assign(label=column)
        assert api.screen(LIBRARY, known).table.equals(expected)
    assert api.screen(SMILES, MEASURED).table["id"].to_pylist()[0].startswith("m")


def test_a_notebook_shows_the_labels_and_the_top():
    shown = api.screen(LIBRARY, MEASURED)._repr_html_()
    assert shown.startswith("<p><strong>screen on 6 labels, ")
    assert shown.count("<tr>") == 11


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"today": SCORES}, api.ConfigError, "hint: say today_lower_is_better, or today_lower_is_better=False"),
        ({"today_lower_is_better": True}, api.ConfigError, "today_lower_is_better is about the scores of today"),
        ({"known": {"id": ["k"], "smiles": ["C"]}}, api.InputError, "known.csv: there is neither a column 'value'"),
        ({"known": {"id": ["k"], "value": [1.0]}}, api.InputError, "known.csv: line 2: 'k' has no structure"),
        ({"known": {"smiles": ["C"]}}, api.InputError, "known: there is no column 'id'"),
        ({"known": None}, api.ConfigError, "the following arguments are required: known"),
        ({"library": ["C1CC"]}, api.InputError, "library: none of the 1 rows has a usable structure"),
        ({"library": {"id": ["a--b"]}}, api.InputError, "library: there is no column 'smiles'"),
        ({"library": "no.csv"}, api.InputError, "no.csv: no such file"),
        ({"trust_score": 2}, api.ConfigError, "trust_score: screen.trust: found 2"),
        ({"today": {"id": ["nobody"], "score": [1.0]}}, api.InputError, "today.csv: none of its 1 ids is an id"),
    ],
)
def test_errors_are_those_of_the_verb_and_speak_python(change, kind, message):
    with pytest.raises(kind, match=re.escape(message)) as caught:
        api.screen(**{"library": LIBRARY, "known": MEASURED} | change)
    assert "/tmp" not in str(caught.value)
