"""Requests that are wrong, each with the problem that it gets; nothing of what is sent makes the service fail."""

import json
import resource
import shutil
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from hetero2.service.domain.errors import CODES
from tests.service import serving
from tests.service.serving import problem

pytestmark = pytest.mark.service
JSON = {"Content-Type": "application/json"}
NOBODY = str(uuid.UUID(int=0))
# A defect is what no test may know.
NOT_GIVEN = {"internal"}
# Tested elsewhere, or below by itself.
BY_THEMSELVES = set(
    "conflict upload_incomplete range_not_satisfiable digest_mismatch unavailable storage_full forbidden rate_limited "
    "not_fetched".split()
)


def post(server, text, path="/runs", **headers):
    return server.client.post(path, content=text, headers={**JSON, **headers})


CASES = {
    "malformed": lambda server: post(server, "{"),
    "unauthenticated": lambda server: httpx.get(f"{server.url}/api/v1/me", trust_env=False),
    "not_found": lambda server: server.client.get(f"/runs/{NOBODY}"),
    "method_not_allowed": lambda server: server.client.delete("/runs"),
    "too_large": lambda server: post(server, b" " * 1_500_000),
    "unsupported_media_type": lambda server: server.client.post(
        "/runs", content='{"workflow": "demo"}', headers={"Content-Type": "text/plain"}
    ),
    "invalid": lambda server: post(server, '{"workflow": "screen", "colour": 1}'),
    "key_reused": lambda server: _same_key(server)[1],
    "unknown_workflow": lambda server: post(server, '{"workflow": "demo", "version": "0"}'),
    "invalid_pack": lambda server: post(server, json.dumps({"pack_sha256": "0" * 64}), "/runs:rerun"),
}


def _same_key(server):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    return [post(server, json.dumps(body), **key) for body in ({"workflow": "demo"}, server.screen())]


def test_every_code_is_caused_somewhere():
    assert sorted(CODES) == sorted({*CASES, *BY_THEMSELVES, *NOT_GIVEN})


@pytest.mark.parametrize("code", CASES)
def test_a_wrong_request_gets_its_problem(idle, code):
    answer = CASES[code](idle)
    told = problem(answer, code)
    assert idle.token not in answer.text
    if code in ("unknown_workflow", "unauthenticated", "invalid_pack", "not_found"):
        assert told["hint"]


def test_fifty_equal_requests_at_once_give_one_run(idle):
    body, key = json.dumps(idle.screen()), uuid.uuid4().hex
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: post(idle, body, **{"Idempotency-Key": key}), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert {answer.headers["location"] for answer in answers} == {f"/api/v1/runs/{answers[0].json()['id']}"}
    other = json.dumps(idle.screen(name="other"))
    problem(post(idle, other, **{"Idempotency-Key": key}), "key_reused")


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 201])
def test_a_key_that_is_none_is_refused(idle, key):
    answer = post(idle, '{"workflow": "demo"}', **{"Idempotency-Key": key.encode()})
    problem(answer, "invalid")


def settings(section, **values):
    return json.dumps({"workflow": "audit_scores", "parameters": {"settings": {section: values}}})


DEEP = '{"workflow": "demo", "parameters": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}"
BODIES = {
    "nothing": ("", "invalid"),
    "no object": ("[]", "invalid"),
    "null": ("null", "invalid"),
    "deep": (DEEP, "malformed"),
    "deep lists": ("[" * 100_000, "malformed"),
    "NaN": ('{"workflow": "screen", "parameters": {"trust": NaN}}', "malformed"),
    "infinite": ('{"workflow": "screen", "parameters": {"trust": -Infinity}}', "malformed"),
    "a number beyond all": ('{"workflow": "screen", "parameters": {"trust": 1e999}}', "malformed"),
    "a long number": ('{"workflow": "screen", "parameters": {"seed": ' + "9" * 10_000 + "}}", "malformed"),
    "a name twice": ('{"workflow": "demo", "workflow": "screen"}', "malformed"),
    "no UTF-8": (b'{"workflow": "demo\xff"}', "malformed"),
    "half a character": ('{"workflow": "demo", "name": "\\ud800"}', "malformed"),
    "half a character in a setting": (
        '{"workflow": "screen", "parameters": {"\\ud800": 1}}', "malformed"),
    "a null character": ('{"workflow": "demo", "name": "a\\u0000"}', "malformed"),
    "an unknown field": ('{"workflow": "demo", "command": "id"}', "invalid"),
    "a name that is a path": ('{"workflow": "demo", "name": "../../etc"}', "invalid"),
    "inputs that are no ids": ('{"workflow": "screen", "inputs": {"library": "/etc/passwd"}}', "invalid"),
    "inputs of others": ('{"workflow": "screen", "inputs": {"library": "' + NOBODY + '"}}', "not_found"),
    "a role that is none": ('{"workflow": "demo", "inputs": {"train": null}}', "invalid"),
    "a scorer's command": (settings("scores", command="id"), "invalid"),
    "a file's path": (settings("screen", known="/etc/passwd"), "invalid"),
    "an unknown setting": (settings("audit", colour=1), "invalid"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_none(idle, name):
    text, code = BODIES[name]
    problem(post(idle, text), code)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_kind_of_content(idle, kind):
    answer = idle.client.post("/runs", content='{"workflow": "demo"}', headers={"Content-Type": kind})
    problem(answer, "unsupported_media_type")


def test_a_large_body_without_a_length(idle):
    def chunks():
        yield b'{"workflow": "demo", "name": "'
        for _ in range(15):
            yield b"a" * 100_000

    problem(idle.client.post("/runs", content=chunks(), headers=JSON), "too_large")
    problem(post(idle, b'"' + b"a" * 1_500_000 + b'"'), "too_large")


def raw(server, request):
    """The answer to bytes."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(request)
        return connection.recv(65536).decode()


def test_more_headers_than_anybody_needs(idle):
    many = "".join(f"X-Header-{number}: {number}\r\n" for number in range(10_000))
    for request in (
        f"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n{many}\r\n",
        f"GET /api/v1/runs/{'a' * 200_000} HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET /api/v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "nonsense\r\n\r\n",
    ):
        answer = raw(idle, request.encode())
        assert answer.startswith("HTTP/1.1 4"), answer[:200]
    problem(idle.client.get("/runs/" + "a" * 30_000), "invalid")
    assert idle.client.get("/me").status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Basic YTpi", "Bearer h2_wrong", "Bearer ü", "bearer  x y"])
def test_a_token_that_is_none(idle, given):
    answer = httpx.get(f"{idle.url}/api/v1/me", headers={"Authorization": given.encode()}, trust_env=False)
    problem(answer, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/runs/x", "/runs?limit=0", "/runs?limit=201", "/runs?limit=a", "/runs?state=DONE",
                                  "/runs?cursor=x", "/runs?cursor=W10=", "/runs?cursor=é", "/uploads?limit=-1",
                                  f"/runs/{NOBODY}/events?after=-1"])  # fmt: skip
def test_a_query_that_is_wrong(idle, path):
    problem(idle.client.get(path), "invalid")


ELSEWHERE = ["/artifacts", "/log", "/events", "/artifacts/..%2f..%2fsecret"]


NOWHERE = ["/nothing", f"/uploads/{NOBODY}", "/workflows/none", *(f"/runs/{NOBODY}{end}" for end in ELSEWHERE)]


@pytest.mark.parametrize("path", NOWHERE)
def test_what_is_not_there(idle, path):
    problem(idle.client.get(path), "not_found")


def test_more_runs_than_may_wait(tmp_path):
    with serving.served(tmp_path / "service", "--workers=0", max_queued=2) as server:
        body = {"workflow": "demo"}
        assert [server.client.post("/runs", json=body).status_code for _ in range(2)] == [201, 201]
        problem(server.client.post("/runs", json=body), "unavailable")
        assert len(server.client.get("/runs").json()["runs"]) == 2


def test_a_request_that_answers_for_a_state_that_is_over(idle):
    run = idle.ask({"workflow": "demo"})
    problem(idle.client.post(f"/runs/{run['id']}:retry"), "conflict")
    assert idle.client.post(f"/runs/{run['id']}:cancel").json()["state"] == "CANCELED"
    problem(idle.client.post(f"/runs/{run['id']}:cancel"), "conflict")
    new = idle.client.post(f"/runs/{run['id']}:retry").json()
    assert (new["state"], new["number"], new["job_id"]) == ("QUEUED", 2, run["job_id"])


def test_a_full_disk_is_said(tmp_path):
    with serving.served(tmp_path / "service", "--workers=0") as server:
        resource.prlimit(server.process, resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))  # as good as a full disk
        for content in (b"a" * 2_000_000, b"a"):
            answer = server.client.put("/uploads", params={"name": "a.csv"}, content=content)
            assert answer.status_code == 201 if content == b"a" else problem(answer, "storage_full")
        assert list((server.folder / "arriving").iterdir()) == []


def test_readiness_says_what_is_wrong(tmp_path):
    with serving.served(tmp_path / "service", "--workers=0") as server:
        ready = f"{server.url}/readyz"
        assert httpx.get(ready, trust_env=False).json() == {"status": "ok"}
        assert httpx.get(f"{server.url}/healthz", trust_env=False).json() == {"status": "ok"}
        shutil.rmtree(server.folder / "files")
        answer = httpx.get(ready, trust_env=False)
        assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
        problem(server.client.put("/uploads", params={"name": "a.csv"}, content=b"a"), "unavailable")
