"""Lines of the log: each request has one, and all lines of a request or an attempt say what they are about."""

import shutil
import time

import httpx
import pytest
from sqlalchemy import select

from hetero2.service.db import runs
from hetero2.service.db.people import AuditEvent
from hetero2.service.worker.worker import Worker
from tests.service import sites
from tests.service.screens import ask_for_screen

pytestmark = pytest.mark.service
RUN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def site(tmp_path):
    with sites.served(tmp_path) as served:
        yield served


@pytest.fixture
def client(site):
    headers = {"Authorization": f"Bearer {site.token}"}
    with httpx.Client(base_url=site.url, headers=headers, trust_env=False) as opened:
        yield opened


def access(lines, number=1):
    """The access lines, once there are so many: one is written when the answer has gone."""
    deadline = time.monotonic() + 20
    while len(shown := [line for line in lines() if line["event"] == "request"]) < number:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(shown) == number
    return shown


def test_a_request_has_one_line_with_the_template_of_its_route(client, lines, site):
    client.get(f"/api/v1/runs/{RUN}?secret_of_mine=1")
    client.get("/no/such/place?a=b")
    client.request("BREW", "/api/v1/me")
    client.get("/static/style.css")
    client.post("/api/v1/runs", content=b"x" * 1_100_000)  # refused before the application sees it
    shown = [(line["method"], line["route"], line["status"]) for line in access(lines, 5)]
    assert sorted(shown) == [
        ("GET", "/api/v1/runs/{run_id}", 404),
        ("GET", "/static", 200),
        ("GET", "other", 404),
        ("POST", "other", 413),
        ("other", "/api/v1/me", 405),
    ]
    first = next(line for line in access(lines, 5) if "run_id" in line)
    assert isinstance(first["ms"], float)
    assert (first["org_id"], first["project_id"]) == (str(site.scope.org_id), str(site.scope.project_id))
    assert first["run_id"] == RUN
    text = str(lines())
    assert "secret_of_mine" not in text
    assert "/no/such" not in text


def test_a_request_id_is_ours_and_sent_back_and_audited(client, lines, site):
    answer = client.post("/api/v1/runs", json={"workflow": "demo"}, headers={"X-Request-Id": "theirs"})
    request_id = answer.headers["x-request-id"]
    assert len(request_id) == 32
    (line,) = access(lines)
    assert (line["request_id"], line["run_id"], line["job_id"]) == (
        request_id, answer.json()["id"], answer.json()["job_id"],
    )  # fmt: skip
    with site.service.reading(site.scope) as session:
        created = select(AuditEvent).where(AuditEvent.act == "run.create")
        assert session.scalars(created).one().request_id == request_id
    assert "theirs" not in str(lines())
    assert client.get("/healthz").headers["x-request-id"] != request_id


def test_lines_of_the_thread_pool_and_of_handlers_say_which_request_they_are_of(client, lines, site):
    shutil.rmtree(site.service.settings.folder / "files")
    answer = client.put("/api/v1/uploads?name=a.csv", content=b"a")
    assert answer.status_code == 503
    (fault,) = [line for line in lines() if line["level"] == "error"]
    assert fault["request_id"] == answer.headers["x-request-id"]
    assert fault["org_id"] == str(site.scope.org_id)


def test_a_defect_is_one_of_its_request(client, lines, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("broken")

    monkeypatch.setattr(runs, "page", broken)
    answer = client.get("/api/v1/runs")
    assert answer.status_code == 500
    faults = [line for line in lines() if line["level"] == "error"]
    assert any("broken" in line["exception"] for line in faults)
    assert {line["request_id"] for line in faults} == {answer.headers["x-request-id"]}
    assert access(lines)[0]["status"] == 500


def test_two_requests_on_one_connection_share_nothing(client, lines):
    client.get("/api/v1/me")
    client.get("/login")
    mine, nobodys = access(lines, 2)
    assert "org_id" in mine
    assert "org_id" not in nobodys


@pytest.mark.usefixtures("quick")
def test_lines_of_an_attempt_say_which_run_it_is_and_who_asked(tmp_path, lines):
    with sites.served(tmp_path, lease=1.5) as site:
        headers = {"Authorization": f"Bearer {site.token}"}
        key = ask_for_screen(site.service)
        httpx.post(f"{site.url}/api/v1/runs/{key.run_id}:cancel", headers=headers, trust_env=False)
        retry = httpx.post(f"{site.url}/api/v1/runs/{key.run_id}:retry", headers=headers, trust_env=False)
        shown = retry.json()
        # A heartbeat that fails is a line of the lease's own thread.
        held = runs.heartbeat

        def refused(session, lease, now, duration, progress=None):
            from sqlalchemy.exc import OperationalError

            if progress is None:
                raise OperationalError("", {}, Exception("away"))
            return held(session, lease, now, duration, progress)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runs, "heartbeat", refused)
            assert Worker(site.service).work_once()
    worker = [line for line in lines() if line["logger"].startswith("hetero2.service.worker")]
    assert any("lease could not be renewed" in line["event"] for line in worker)
    for line in worker:
        assert line["run_id"] == shown["id"], line
        assert line["org_id"] == str(site.scope.org_id)
        assert line["project_id"] == str(site.scope.project_id)
        assert line["attempt"] == "1"
    of_job = [line for line in worker if "attempt 1 by" not in line["event"]]
    assert of_job
    assert {line["job_id"] for line in of_job} == {shown["job_id"]}
    assert {line["request_id"] for line in of_job} == {retry.headers["x-request-id"]}
