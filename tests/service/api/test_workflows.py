"""Workflows on tiny inputs: scores that come later, scores without structures."""

import pytest

from tests.service.serving import LIBRARY, problem

pytestmark = pytest.mark.service
SMALL = "\n".join(LIBRARY.splitlines()[:13]) + "\n"


def test_a_run_waits_for_its_scores_and_goes_on(working):
    body = {"workflow": "audit_later", "name": "later", "parameters": {"top_k": 3}}
    library = SMALL + "x1,no structure\nx2,C(\nx3,CCO.CCN\n"
    asked = working.ask({**body, "inputs": {"library": working.put("library.csv", library)}})
    paused = working.wait(asked["id"], "PAUSED")
    assert paused["progress"]["counts"] == {"OK": 12, "SKIP": 3, "ERROR": 0}
    assert paused["progress"]["top_reasons"] == [["invalid_smiles", 2], ["disconnected", 1]]
    assert (paused["code"], paused["ended_at"]) == ("waits_for_scores", None)
    assert "score_request.csv" in paused["reason"]
    (artifact,) = working.client.get(f"/runs/{asked['id']}/artifacts").json()
    assert (artifact["name"], artifact["kind"]) == ("score_request.csv", "score_request")
    lines = working.file(asked["id"], "score_request.csv").text.splitlines()
    header, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    assert {row[header.index("role")] for row in rows} == {"original", "decoy"}
    table = "id,score\n" + "".join(f"{row[0]},{len(row[1]) % 7 + int(row[0][:4], 16) / 70_000}\n" for row in rows)
    waiting = f"/runs/{asked['id']}/scores"
    nobody = "00000000-0000-0000-0000-000000000000"
    problem(working.client.post(waiting, json={"upload_id": nobody}), "not_found")
    problem(working.client.post(waiting, json={"upload_id": working.put("scores.exe", table)}), "invalid")
    scores = {"upload_id": working.put("scores.csv", table)}
    assert working.client.post(waiting, json=scores).json()["state"] in ("QUEUED", "INITIALIZING")
    problem(working.client.post(waiting, json=scores), "conflict")
    done = working.wait(asked["id"])
    assert (done["state"], done["attempt"], done["code"]) == ("COMPLETE", 2, None), done["reason"]
    assert done["facts"]["counts"]["OK"] > 5
    assert done["facts"]["top_reasons"] == done["progress"]["top_reasons"] == paused["progress"]["top_reasons"]
    names = {entry["name"] for entry in working.client.get(f"/runs/{asked['id']}/artifacts").json()}
    assert {"score_request.csv", "later_evidence_pack.zip", "log.txt"} <= names
    again = working.client.post("/runs:rerun", json={"run_id": asked["id"]}).json()
    assert set(again["inputs"]) == {"library", "scores"}
    working.client.post(f"/runs/{again['id']}:cancel")


def test_a_paused_run_can_be_canceled(working):
    body = {"workflow": "audit_later", "inputs": {"library": working.put("library.csv", SMALL)}}
    asked = working.ask({**body, "parameters": {}})
    working.wait(asked["id"], "PAUSED")
    assert working.client.post(f"/runs/{asked['id']}:cancel").json()["state"] == "CANCELED"
    scores = {"upload_id": working.put("scores.csv", "id,score\na,1\n")}
    problem(working.client.post(f"/runs/{asked['id']}/scores", json=scores), "conflict")


def test_other_workflows_wait_for_nothing(idle):
    asked = idle.ask({"workflow": "demo"})
    answer = idle.client.post(f"/runs/{asked['id']}/scores", json={"upload_id": idle.put("scores.csv", "id,score\n")})
    problem(answer, "conflict")


def test_scores_without_structures_are_audited(working):
    lines = ["id,decoy,score"]
    for number in range(12):
        lines += [f"secret-{number},,{number + 0.5}", *(f"secret-{number},d{k},{k + number % 3}" for k in range(10))]
    inputs = {"library": working.put("table.csv", "\n".join(lines) + "\n")}
    body = {"workflow": "scores_only", "inputs": inputs, "parameters": {"top_k": 3, "settings": {"audit": {"seed": 1}}}}
    done = working.complete(body)
    assert done["facts"]["counts"] == {"OK": 12, "SKIP": 0, "ERROR": 0}
    manifest = working.file(done["id"], "manifest.json").json()
    assert manifest["payload_sha256"] == done["facts"]["payload_sha256"]
    assert (manifest["job_id"], manifest["service_run"]) == (
        done["job_id"],
        {
            "run_id": done["id"], "workflow": "scores_only", "workflow_version": "1",
            "workflow_digest": done["workflow_digest"],
        },
    )  # fmt: skip
