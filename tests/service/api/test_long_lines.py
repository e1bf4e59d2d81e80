"""A table that is one endless line: taken as a file, and refused by the pipeline in its own words."""

import hashlib

import pytest

from tests.service import serving
from tests.service.serving import KNOWN, problem

pytestmark = pytest.mark.service
MEGABYTE = 1_000_000
MOST_GROWTH = 100 * MEGABYTE
SIZES = [pytest.param(50, id="50 MB"), pytest.param(1000, id="1 GB", marks=pytest.mark.nightly)]


@pytest.fixture(scope="module")
def server(tmp_path_factory, caches):
    """With one worker."""
    folder = tmp_path_factory.mktemp("service") / "long"
    with serving.served(folder, "--workers=1", "--cores=1", caches=caches) as served:
        served.put("first.csv", b"what the first request imports")
        yield served


def line(megabytes):
    """One line of so many megabytes, that names no column and never ends."""
    for _ in range(megabytes):
        yield b"CCO," * (MEGABYTE // 4)


def brought(server, megabytes):
    """(the id of the upload, the most that the server had in memory meanwhile)."""
    most = 0

    def content():
        nonlocal most
        for number, block in enumerate(line(megabytes)):
            most = max(most, server.resident()) if number % 10 == 0 else most
            yield block

    answer = server.client.put("/uploads", params={"name": "line.csv"}, content=content())
    assert answer.status_code == 201, answer.text
    assert answer.json()["size"] == megabytes * MEGABYTE
    digest = hashlib.sha256()
    for block in line(megabytes):
        digest.update(block)
    assert answer.json()["sha256"] == digest.hexdigest()
    return answer.json()["id"], max(most, server.resident())


@pytest.mark.parametrize("megabytes", SIZES)
def test_a_table_of_one_line_is_refused_and_nothing_of_it_is_left(server, megabytes):
    before = server.resident()
    upload_id, most = brought(server, megabytes)
    assert most - before < MOST_GROWTH
    bodies = {
        "screen": {"library": upload_id, "known": server.put("known.csv", KNOWN)},
        "audit_scores": {"library": upload_id, "scores": server.put("scores.csv", "id,score\nm1,1\n")},
        "audit_later": {"library": upload_id},
    }
    for workflow, inputs in bodies.items():
        ended = server.wait(server.ask({"workflow": workflow, "inputs": inputs, "parameters": {}})["id"], seconds=900)
        assert (ended["state"], ended["code"]) == ("EXECUTOR_ERROR", "failed"), ended
        assert ended["reason"].startswith("error: "), ended
        assert "line.csv" in ended["reason"]
        assert len(ended["reason"]) < 2000
        names = {entry["name"] for entry in server.client.get(f"/runs/{ended['id']}/artifacts").json()}
        assert names <= {"log.txt"}
    checked = {"workflow": "audit_scores", "inputs": bodies["audit_scores"]}
    told = problem(server.client.post("/runs:check", json=checked, timeout=600), "invalid")
    assert "line.csv" in told["detail"]
    assert server.resident() - before < MOST_GROWTH
    assert not list((server.folder / "runs").iterdir())
    assert not list((server.folder / "arriving").iterdir())
    assert not list((server.folder / "files/.arriving").iterdir())
    server.complete(server.screen())
