"""A campaign in a notebook makes the files of a campaign on the command line, byte for byte."""

import re

import pandas as pd
import pytest

from hetero2 import api
from tests import campaigns
from tests.campaigns import IDS, KNOWN, SMILES, TODAY, VALUES

LIBRARY = pd.DataFrame({"id": IDS, "smiles": SMILES})
MEASURED = pd.DataFrame(KNOWN, columns=["id", "smiles", "value"])
SCORES = pd.DataFrame({"id": IDS, "score": TODAY})
MEASURE = dict(zip(IDS, VALUES, strict=True))


def started(folder, **options):
    usual = {"batch": 8, "today": SCORES, "today_lower_is_better": True, "known": MEASURED, "hit_at": 7}
    return api.Campaign.start(folder, LIBRARY, **usual | options)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_verb_and_function_make_the_same_files(tmp_path, capsys):
    (tmp_path / "verb").mkdir()
    by_verb = campaigns.start(tmp_path / "verb", "--control-share", "0.25", "--seed", "5")
    campaign = started(tmp_path / "c", control_share=0.25, seed=5)
    for number in (1, 2):
        campaigns.call("next", by_verb, "--workers", "1")
        batch = campaign.next()
        assert batch["id"].tolist() == [row["id"] for row in campaigns.batch(by_verb, number)]
        assert files(campaign.folder) == files(by_verb)
        campaigns.tell(by_verb, campaigns.results(by_verb, number))
        capsys.readouterr()
        lines = campaign.tell(batch.assign(value=batch["id"].map(MEASURE))[["id", "value"]].rename_axis("row"))
        assert lines[-1] == "every pick has a result"
        assert lines[0].startswith("recorded: 8 new results, 0 changed: ")
    report = campaign.report()
    campaigns.call("report", by_verb)
    printed = capsys.readouterr().out
    assert all(sentence in printed for sentence in report.answer)
    assert files(campaign.folder) == files(by_verb)
    campaigns.call("status", by_verb)
    assert capsys.readouterr().out.splitlines() == campaign.status()


def test_a_batch_stands_until_results_are_told(tmp_path):
    campaign = started(tmp_path / "c")
    first = campaign.next()
    assert campaign.next().equals(first)
    assert api.Campaign(str(tmp_path / "c")).next().equals(first)
    with pytest.raises(
        api.ConfigError, match=r"round 1 stands, .* without this batch\n.*with without_new_measurements"
    ):
        campaign.next(5)
    another = campaign.next(5, without_new_measurements=True)
    assert len(another) == 5
    assert not set(another["id"]) & set(first["id"])
    path = tmp_path / "c/rounds/02/batch.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{header},value", *(f"{row},1" for row in reversed(rows))]) + "\n")
    assert campaign.next().equals(another)


def test_results_may_be_a_mapping_of_values_or_of_labels(tmp_path):
    campaign = started(tmp_path / "c")
    first, second, third, *_ = campaign.next()["id"]
    assert campaign.tell({first: 7.5, second: None})[0].startswith("recorded: 1 new results")
    assert campaign.tell({second: True, third: False})[0].startswith("recorded: 2 new results")
    assert campaign.tell({first: 7.5})[0] == "nothing new: all 1 results were told before"
    assert campaign.tell({first: 6.5})[1] == f"changed: {first}: was value 7.5, is now value 6.5"
    failed = {"id": [first], "status": ["failed"], "value": [None]}
    assert campaign.tell(failed)[1] == f"changed: {first}: was value 6.5, is now failed"
    with pytest.raises(api.InputError, match=r"results\.csv: line 2: the id 'nobody' is not in the library"):
        campaign.tell({"nobody": 1.0})


def test_an_order_of_ones_own_drafts_the_new_half(tmp_path):
    campaign = started(tmp_path / "c", known=None)
    batch = campaign.next(scores={"id": IDS, "mine": VALUES}, scores_column="mine")
    assert set(batch.query("arm == 'new'")["score"]) <= set(VALUES)
    assert batch.query("arm == 'new'")["score"].max() == max(VALUES)


def test_a_notebook_shows_status_and_report(tmp_path):
    campaign = started(tmp_path / "c")
    assert repr(campaign) == f"Campaign({str(tmp_path / 'c')!r})"
    campaign.tell(dict.fromkeys(campaign.next()["id"], 7.0))
    assert "round 1: today 4 picks, 4 measured, 4 hits" in campaign._repr_html_()
    report = campaign.report(tmp_path / "out")
    assert sorted(path.name for path in report.files) == ["campaign_evidence_pack.zip", "report.html", "report.json"]
    assert report._repr_html_().startswith("<p><strong>Is the new order better than today&#x27;s? Not shown: ")
    assert report.figures()[0].key == "hits_by_measurements"
    assert report._repr_html_().count("<svg") >= 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"control_share": 2}, "control_share: '2' is not a share from 0 to 1"),
        ({"batch": 0}, "batch: found 0; expected a whole number of at least 1"),
        ({"today": None, "today_lower_is_better": None}, "one of the arguments today today_order is required"),
        ({"today_order": "size"}, "not allowed with argument today"),
        ({"today": None, "today_order": "size"}, "today_lower_is_better is about the scores of today"),
        ({"base_rate": 0.1}, "a plan needs base_rate, expected_rate and planned_rounds"),
        ({"standardise": "all"}, "standardise: "),
        ({"today_lower_is_better": None}, "today_lower_is_better=False"),
    ],
)
def test_a_start_is_refused_in_the_words_of_python(tmp_path, options, message):
    with pytest.raises(api.ConfigError, match=re.escape(message)):
        started(tmp_path / "c", **options)
    assert not (tmp_path / "c").exists()


def test_what_is_no_campaign_is_said_at_once(tmp_path):
    with pytest.raises(api.InputError, match=r"is no campaign: there is no campaign\.json"):
        api.Campaign(tmp_path)
    with pytest.raises(api.ConfigError, match="folder: found 3; expected a path or a string"):
        api.Campaign(3)
    started(tmp_path / "c")
    with pytest.raises(api.ConfigError, match="already exists"):
        started(tmp_path / "c")


def test_smiles_and_an_order_are_enough_to_start(tmp_path):
    campaign = api.Campaign.start(tmp_path / "c", SMILES, batch=4, today_order="size", require_connected=False)
    assert campaign.next()["id"].str.startswith("m").all()
