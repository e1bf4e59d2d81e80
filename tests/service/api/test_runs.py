"""Runs over HTTP: lists, events, the end of a run by request, again in three ways, and what they publish."""

import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from io import BytesIO
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from hetero2 import api
from tests.conftest import run as command
from tests.service.serving import KNOWN, LIBRARY, problem

pytestmark = pytest.mark.service
TRAIN = "id,smiles,label\n" + "".join(f"t{n},{'C' * (n % 5 + 1)}{'NOS'[n % 3]}c1ccccc1,{n % 2}\n" for n in range(30))
SMALL = "\n".join(LIBRARY.splitlines()[:16]) + "\n"


@pytest.fixture(scope="module")
def screened(working):
    """A screen that is complete."""
    return working.complete(working.screen(name="screened"))


@pytest.fixture(scope="module")
def audited(working):
    """The cheapest audit with a pack, complete."""
    inputs = {"library": working.put("small.csv", SMALL), "train": working.put("train.csv", TRAIN)}
    return working.complete(
        {"workflow": "reference_scorer", "inputs": inputs, "parameters": {"scorer": "nearest_hit", "top_k": 3}}
    )


def test_a_list_over_pages_while_runs_arrive(idle):
    asked = [idle.ask({"workflow": "demo"})["id"] for _ in range(7)]
    seen, cursor, pages = [], None, 0
    while cursor or not pages:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = idle.client.get("/runs", params=query).json()
        seen += [run["id"] for run in page["runs"]]
        cursor, pages = page["next_cursor"], pages + 1
        idle.ask({"workflow": "demo"})  # newer than all that is still to come: it shifts nothing
    assert pages > 3
    assert len(seen) == len(set(seen))
    assert [run_id for run_id in seen if run_id in asked] == asked[::-1]
    for run_id in asked[:2]:
        idle.client.post(f"/runs/{run_id}:cancel")
    canceled = idle.client.get("/runs", params={"state": ["CANCELED", "COMPLETE"]}).json()["runs"]
    assert set(asked[:2]) <= {run["id"] for run in canceled}
    assert {run["state"] for run in canceled} == {"CANCELED"}
    screen = idle.ask(idle.screen())
    assert [run["id"] for run in idle.client.get("/runs?workflow=screen&state=QUEUED&limit=1").json()["runs"]] == [
        screen["id"]
    ]


def sent(server, run_id, **headers):
    """(id, kind, data) of the events of a stream, which must end by itself."""
    answer = server.client.get(f"/runs/{run_id}/events", headers={"Accept": "text/event-stream", **headers})
    assert answer.headers["content-type"].startswith("text/event-stream")
    pattern = re.compile(r"id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n")
    return [(int(number), kind, json.loads(data)) for number, kind, data in pattern.findall(answer.text)]


def test_events_are_resumed_where_they_were_left(working, screened):
    every = sent(working, screened["id"])
    assert [number for number, _, _ in every] == list(range(1, len(every) + 1))
    states = [data["data"]["state"] for _, kind, data in every if kind == "state"]
    assert states == ["QUEUED", "INITIALIZING", "RUNNING", "COMPLETE"]
    assert sent(working, screened["id"], **{"Last-Event-ID": "2"}) == every[2:]
    assert sent(working, screened["id"], **{"Last-Event-ID": "9999"}) == []
    as_json = working.client.get(f"/runs/{screened['id']}/events")
    assert as_json.headers["content-type"] == "application/json"
    assert as_json.json() == [data for _, _, data in every]
    assert working.client.get(f"/runs/{screened['id']}/events?after=3").json() == as_json.json()[3:]


def mentioning(text):
    """Processes whose command line has a text; not this one."""
    found = subprocess.run(["pgrep", "-af", text], capture_output=True, text=True, check=False).stdout
    return [line for line in found.splitlines() if "pgrep" not in line and "pytest" not in line]


@pytest.mark.parametrize("state", ["INITIALIZING", "RUNNING"])
def test_a_run_that_is_canceled_is_gone_within_seconds(working, audited, state):
    inputs = {
        role: working.put(file["name"], (SMALL, TRAIN)[role == "train"]) for role, file in audited["inputs"].items()
    }
    name = f"canceled-{state.lower()}"
    asked = working.ask({"workflow": "reference_scorer", "name": name, "inputs": inputs, "parameters": {}})
    if state == "RUNNING":
        working.wait(asked["id"], "RUNNING")
        deadline = time.monotonic() + 60
        while not mentioning(f"name={name}"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    began = time.monotonic()
    first = working.client.post(f"/runs/{asked['id']}:cancel").json()["state"]
    assert first in ("CANCELED", "CANCELING")
    ended = working.wait(asked["id"])
    assert time.monotonic() - began < 7  # 5 s, and a look a second
    assert (ended["state"], ended["code"], ended["reason"]) == ("CANCELED", "canceled", "canceled by request")
    assert not mentioning(f"name={name}")
    assert not (working.folder / "runs" / asked["id"]).exists()
    assert working.client.get(f"/runs/{asked['id']}/artifacts").json() == []
    problem(working.client.post(f"/runs/{asked['id']}:cancel"), "conflict")


def test_a_run_that_fails_says_why_and_can_be_tried_again(working):
    inputs = {"library": working.put("empty.csv", "id,smiles\n"), "known": working.put("known.csv", KNOWN)}
    failed = working.wait(working.ask({"workflow": "screen", "inputs": inputs})["id"])
    assert (failed["state"], failed["code"]) == ("EXECUTOR_ERROR", "failed")
    assert "error: " in failed["reason"]
    assert "Traceback" not in failed["reason"]
    assert str(working.folder) not in failed["reason"]
    assert failed["reason"].splitlines()[0] in working.client.get(f"/runs/{failed['id']}/log").text
    again = working.client.post(f"/runs/{failed['id']}:retry")
    assert (again.status_code, again.json()["number"], again.json()["job_id"]) == (201, 2, failed["job_id"])
    assert working.wait(again.json()["id"])["state"] == "EXECUTOR_ERROR"


def test_a_complete_run_is_not_tried_again(working, screened):
    told = problem(working.client.post(f"/runs/{screened['id']}:retry"), "conflict")
    assert "rerun" in told["hint"]


def test_what_a_run_publishes(working, audited):
    artifacts = {entry["name"]: entry for entry in working.client.get(f"/runs/{audited['id']}/artifacts").json()}
    assert {"small_evidence_pack.zip", "report.html", "run_record.json", "log.txt", "manifest.json"} <= set(artifacts)
    manifest = working.file(audited["id"], "manifest.json").json()
    assert manifest["payload_sha256"] == audited["facts"]["payload_sha256"]
    assert audited["facts"]["counts"] == manifest_counts(working, audited)
    record = working.file(audited["id"], "run_record.json").json()
    assert (record["run_id"], record["job_id"]) == (audited["id"], audited["job_id"])
    assert record["inputs"]["library"]["sha256"] == audited["inputs"]["library"]["sha256"]
    log = working.client.get(f"/runs/{audited['id']}/log")
    assert log.headers["content-type"].startswith("text/plain")
    assert str(working.folder) not in log.text
    assert working.token not in log.text


def manifest_counts(server, run):
    return server.file(run["id"], "metrics.json").json()["counts"]


def test_a_file_in_whole_and_in_ranges(working, screened):
    run_id = screened["id"]
    whole = working.file(run_id, "ranked.csv")
    content, size = whole.content, len(whole.content)
    assert (whole.status_code, whole.headers["content-length"]) == (200, str(size))
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "attachment" in whole.headers["content-disposition"]
    for asked, start, stop in (
        ("bytes=0-9", 0, 10), ("bytes=10-", 10, size), ("bytes=-5", size - 5, size),
        (f"bytes=5-{size * 2}", 5, size), (f"bytes=-{size * 2}", 0, size), ("bytes=0-0", 0, 1),
    ):  # fmt: skip
        answer = working.file(run_id, "ranked.csv", Range=asked)
        assert (answer.status_code, answer.content) == (206, content[start:stop]), asked
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{size}"
    for beyond in (f"bytes={size}-", "bytes=-0", f"bytes={size}-{size + 1}"):
        assert problem(working.file(run_id, "ranked.csv", Range=beyond), "range_not_satisfiable")["size"] == size
    for ignored in ("bytes=a-b", "lines=1-2", "bytes=1-2,4-5", "bytes=-", "bytes=5-3"):  # as RFC 9110 wants it
        answer = working.file(run_id, "ranked.csv", Range=ignored)
        assert (answer.status_code, answer.content) == (200, content), ignored


def test_a_signed_address_gives_one_file_for_a_time(working, screened):
    answer = working.client.post(f"/runs/{screened['id']}/artifacts/ranked.csv:sign").json()
    plain = httpx.Client(base_url=working.url, trust_env=False)
    with plain:
        got = plain.get(answer["url"])
        assert got.content == working.file(screened["id"], "ranked.csv").content
        assert plain.get(answer["url"], headers={"Range": "bytes=0-3"}).status_code == 206
        assert plain.head(answer["url"]).status_code in (200, 403)
        path, query = urlsplit(answer["url"]).path, parse_qs(urlsplit(answer["url"]).query)
        given = {name: values[0] for name, values in query.items()}
        expired = {**given, "expires": int(time.time()) - 1}
        later = {**given, "expires": int(given["expires"]) + 60}
        forged = {**given, "signature": "0" * 64}
        strange = {**given, "signature": "é"}
        for changed in (expired, later, forged, strange):
            problem(plain.get(f"{path}?{urlencode(changed)}"), "forbidden")
        other = path.replace("ranked.csv", "log.txt")
        problem(plain.get(f"{other}?{urlencode(given)}"), "forbidden")
        for missing in ("expires", "signature"):
            problem(plain.get(f"{path}?{urlencode({k: v for k, v in given.items() if k != missing})}"), "invalid")
        problem(plain.get(f"/api/v1/files/..%2Fsecret?{urlencode(given)}"), "not_found")
    problem(working.client.post(f"/runs/{screened['id']}/artifacts/none.csv:sign"), "not_found")


@pytest.mark.nightly
def test_the_same_asked_for_again_gives_the_same_pack(working, audited, tmp_path):
    """By the run, by the pack, its manifest, its record, and on the command line: one digest."""
    expected = audited["facts"]["payload_sha256"]
    pack = next(e for e in working.client.get(f"/runs/{audited['id']}/artifacts").json() if e["kind"] == "pack")
    record = working.file(audited["id"], "run_record.json").json()
    manifest = working.file(audited["id"], "manifest.json").json()
    named = {"run_id": audited["id"]}, {"pack_sha256": pack["sha256"]}, {"manifest": manifest}, {"record": record}
    asked = [working.client.post("/runs:rerun", json=body) for body in named]
    assert [answer.status_code for answer in asked] == [201] * 4
    for number, answer in enumerate(asked):
        new = working.wait(answer.json()["id"])
        assert (new["state"], new["facts"]["payload_sha256"]) == ("COMPLETE", expected)
        assert new["job_id"] != audited["job_id"]
        assert new["parent_run_id"] == (audited["id"] if number < 3 else None)
    for name, text in (("small.csv", SMALL), ("train.csv", TRAIN)):
        (tmp_path / name).write_text(text)
    words = "run small.csv --model=reference:nearest_hit --train=train.csv --top-k=3 --out=results --cores=2".split()
    command("python", "-m", "hetero2", *words, cwd=tmp_path, env={"PYTHONPATH": sys.path[0]})
    by_hand = next((tmp_path / "results").rglob("*_evidence_pack.zip"))
    assert api.verify(by_hand) == []
    content = working.file(audited["id"], pack["name"]).content
    assert api.read_result(by_hand).manifest["payload_sha256"] == expected, differing(BytesIO(content), by_hand)


def differing(one, other):
    """Names of the files in which two packs differ; the manifest is among them, for it has a time of its own."""
    with zipfile.ZipFile(one) as a, zipfile.ZipFile(other) as b:
        names = sorted(set(a.namelist()) ^ set(b.namelist()))
        return names + [name for name in set(a.namelist()) & set(b.namelist()) if a.read(name) != b.read(name)]


def test_a_rerun_of_what_is_not_here(working, audited):
    record = working.file(audited["id"], "run_record.json").json()
    lost = {**record, "inputs": {**record["inputs"], "train": {"name": "t.csv", "sha256": "0" * 64, "size": 1}}}
    manifest = working.file(audited["id"], "manifest.json").json()
    manifests = [
        {}, {"service_run": 1}, {"service_run": {"run_id": "x"}}, {**manifest, "payload_sha256": "0" * 64},
        {**manifest, "service_run": {"run_id": "00000000-0000-0000-0000-000000000000"}},
    ]  # fmt: skip
    records = ({}, lost, {**record, "name": "../a"})
    bodies = [*({"manifest": each} for each in manifests), *({"record": each} for each in records)]
    for body in (*bodies, {"pack_sha256": "f" * 64}):
        problem(working.client.post("/runs:rerun", json=body), "invalid_pack")
    for body in (
        {},
        {"run_id": audited["id"], "pack_sha256": "f" * 64},
        {"record": {**record, "parameters": {"a": 1}}},
    ):
        problem(working.client.post("/runs:rerun", json=body), "invalid")
    problem(working.client.post("/runs:rerun", json={"record": {**record, "version": "0"}}), "unknown_workflow")
    problem(working.client.post("/runs:rerun", json={"run_id": "00000000-0000-0000-0000-000000000000"}), "not_found")


def test_a_pack_from_the_service_verifies(working, audited, tmp_path):
    pack = tmp_path / "pack.zip"
    pack.write_bytes(working.file(audited["id"], "small_evidence_pack.zip").content)
    assert api.verify(pack) == []
    assert shutil.which("unzip") is None or zipfile.is_zipfile(pack)
