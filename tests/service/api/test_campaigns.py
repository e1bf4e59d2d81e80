"""A campaign, round by round, each round a run: what it chooses is what the command line chooses."""

import csv
import io

import pytest

from tests import campaigns
from tests.service.serving import problem

pytestmark = pytest.mark.service
PARAMETERS = {"batch": 8, "hit_at": 7, "today_lower_is_better": True}


def table(header, rows):
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerows([header.split(","), *rows])
    return handle.getvalue()


@pytest.fixture(scope="module")
def inputs(working):
    library = zip(campaigns.IDS, campaigns.SMILES, strict=True)
    today = zip(campaigns.IDS, campaigns.TODAY, strict=True)
    return {
        "library": working.put("library.csv", table("id,smiles", library)),
        "today": working.put("today.csv", table("id,score", today)),
        "known": working.put("known.csv", table("id,smiles,value", campaigns.KNOWN)),
    }


@pytest.fixture(scope="module")
def first(working, inputs):
    return working.complete({"workflow": "campaign_start", "name": "c", "parameters": PARAMETERS, "inputs": inputs})


def measured(working, run):
    batch = csv.DictReader(io.StringIO(working.file(run["id"], "next_batch.csv").text))
    return [(row["id"], campaigns.VALUES[campaigns.IDS.index(row["id"])]) for row in batch]


def used(working, run):
    answer = working.client.post(f"/runs/{run['id']}/artifacts/campaign.zip:use")
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_rounds_are_those_of_the_command_line(working, first, tmp_path):
    results = measured(working, first)
    assert first["facts"]["is_verified"]
    inputs = {"campaign": used(working, first), "results": working.put("results.csv", table("id,value", results))}
    second = working.complete({"workflow": "campaign_round", "name": "c", "inputs": inputs})
    assert {entry["name"] for entry in working.client.get(f"/runs/{second['id']}/artifacts").json()} == {
        "campaign.zip", "campaign_evidence_pack.zip", "log.txt", "next_batch.csv", "report.html", "report.json",
        "run_record.json",
    }  # fmt: skip
    folder = campaigns.start(tmp_path)
    campaigns.call("next", folder)
    assert campaigns.results(folder) == results
    campaigns.tell(folder, results)
    campaigns.call("next", folder)
    assert campaigns.results(folder, 2) == measured(working, second)
    campaigns.call("report", folder)
    for name in ("report.json", "report.html", "campaign_evidence_pack.zip"):
        assert working.file(second["id"], name).content == (folder / "report" / name).read_bytes(), name


def test_a_round_that_is_asked_for_again_gives_the_same_files(working, first):
    again = working.client.post("/runs:rerun", json={"run_id": first["id"]}).json()
    working.wait(again["id"], "COMPLETE")
    for name in ("campaign.zip", "campaign_evidence_pack.zip", "next_batch.csv"):
        assert working.file(again["id"], name).content == working.file(first["id"], name).content, name


def test_what_is_no_campaign_ends_with_the_words_of_the_pipeline(working, first):
    pack = working.file(first["id"], "campaign_evidence_pack.zip").content
    results = working.put("results.csv", table("id,value", [("m1", 5)]))
    inputs = {"campaign": working.put("campaign.zip", pack), "results": results}
    ended = working.wait(working.ask({"workflow": "campaign_round", "inputs": inputs})["id"], "EXECUTOR_ERROR")
    assert "campaign.zip: is no saved campaign: it has the file 'manifest.json'" in ended["reason"]


@pytest.mark.parametrize(
    ("roles", "more", "said"),
    [
        ({"library"}, {}, "today's order is missing"),
        ({"library", "today"}, {"today_order": "size"}, "today's order is said twice"),
        ({"today"}, {}, "needs library"),
        ({"library", "today"}, {"batch": 0}, "parameters.batch"),
    ],
)
def test_what_cannot_be_asked_for(working, inputs, roles, more, said):
    body = {"workflow": "campaign_start", "parameters": {"batch": 8, **more}}
    answer = working.client.post("/runs", json=body | {"inputs": {role: inputs[role] for role in roles}})
    assert said in problem(answer, "invalid")["detail"]


def test_a_campaign_is_a_zip_and_nothing_else_is_one(working, inputs):
    results = working.put("results.csv", table("id,value", [("m1", 5)]))
    body = {"workflow": "campaign_round", "inputs": {"campaign": inputs["library"], "results": results}}
    assert "does not end in .zip" in problem(working.client.post("/runs", json=body), "invalid")["detail"]
    body = {"workflow": "screen", "inputs": {"library": working.put("a.zip", b"PK"), "known": inputs["known"]}}
    assert "the file a.zip does not end in" in problem(working.client.post("/runs", json=body), "invalid")["detail"]


def test_a_file_that_no_run_published_is_not_used(working, first):
    problem(working.client.post(f"/runs/{first['id']}/artifacts/other.zip:use"), "not_found")
    nobody = "00000000-0000-0000-0000-000000000000"
    problem(working.client.post(f"/runs/{nobody}/artifacts/campaign.zip:use"), "not_found")
