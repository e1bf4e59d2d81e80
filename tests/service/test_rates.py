"""Limits on how often, and how much at once, a client may ask: each is reached over HTTP, by real requests."""

import asyncio
import http.server
import re
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from hetero2.errors import HeteroError
from hetero2.service.client.connection import Connection
from hetero2.service.db import orgs
from hetero2.service.db.access import tokens
from hetero2.service.domain.errors import ServiceError
from hetero2.service.limiter import Limiter
from hetero2.service.rates import Rates
from hetero2.service.settings import Settings
from tests.service import postgres, sites
from tests.service.browsing import Browser
from tests.service.serving import problem

pytestmark = pytest.mark.service
HOUR = {"rate_window": 3600}  # so that no window ends while a test counts
# Lists of structured fields (RFC 9651) whose items are strings with parameters that are integers.
_ITEM = r'"[\x20-\x21\x23-\x5b\x5d-\x7e]+"'
POLICY = re.compile(rf"{_ITEM};q=(\d{{1,15}});w=(\d{{1,15}})(, {_ITEM};q=\d{{1,15}};w=\d{{1,15}})*")
RATE = re.compile(rf"{_ITEM};r=(\d{{1,15}});t=(\d{{1,15}})(, {_ITEM};r=\d{{1,15}};t=\d{{1,15}})*")


@pytest.fixture
def site(tmp_path):
    """Serves with these settings."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(sites.served(tmp_path, **settings))


def client(site, token=None, **headers):
    headers |= {} if token == "" else {"Authorization": f"Bearer {token or site.token}"}
    return httpx.Client(base_url=f"{site.url}/api/v1", headers=headers, trust_env=False, timeout=60)


def statuses(asking, n, path="/me"):
    return [asking.get(path).status_code for _ in range(n)]


def refused(answer, name, code="rate_limited"):
    told = problem(answer, code)
    assert told["detail"].startswith(f"{name}: "), told
    assert re.fullmatch("[1-9][0-9]*", answer.headers["retry-after"])
    return int(answer.headers["retry-after"])


def test_a_token_is_refused_after_its_requests_and_told_when_to_come_back(site):
    served = site(rate_token=3, **HOUR)
    with client(served) as asking:
        for left in (2, 1, 0):
            answer = asking.get("/me")
            assert answer.status_code == 200
            assert POLICY.fullmatch(answer.headers["ratelimit-policy"])
            assert RATE.fullmatch(answer.headers["ratelimit"])
            assert '"token";q=3;w=3600' in answer.headers["ratelimit-policy"].split(", ")
            assert re.match(rf'"token";r={left};t=\d+, "org";r=\d+;t=\d+$', answer.headers["ratelimit"])
        answer = asking.get("/me")
    assert refused(answer, "token") > 3500
    assert RATE.fullmatch(answer.headers["ratelimit"])
    assert answer.headers["ratelimit"].startswith('"token";r=0;t=')
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_when_the_window_has_passed_one_may_ask_again(site):
    with client(site(rate_token=3, rate_window=3)) as asking:
        answers = iter(lambda: asking.get("/me"), None)
        seconds = refused(next(answer for answer in answers if answer.status_code != 200), "token")
        assert seconds <= 3
        time.sleep(seconds)
        assert asking.get("/me").status_code == 200


def test_two_tokens_do_not_share_but_their_organisation_does(site):
    served = site(rate_token=4, rate_org=6, **HOUR)
    with served.service.writing(served.scope) as session:
        owner = tokens.principal(session, served.token, served.service.now())
        other = tokens.add(session, served.scope, owner.user_id, "other", served.service.now())[1]
    with client(served) as one, client(served, other) as two:
        assert statuses(one, 5) == [200] * 4 + [429]
        assert statuses(two, 2) == [200] * 2
        refused(two.get("/me"), "org")


def test_two_organisations_do_not_share(tmp_path, postgres_url):
    database = postgres.new_database(postgres_url, "rates")
    with sites.served(tmp_path, database=database, rate_org=3, **HOUR) as served:
        with served.service.writing(None) as session:
            scope, owner = orgs.create(session, "second", "default", "o@second.example", served.service.now())
            token = tokens.add(session, scope, owner.id, "second", served.service.now())[1]
        with client(served) as one, client(served, token) as two:
            assert statuses(one, 4) == [200] * 3 + [429]
            assert statuses(two, 4) == [200] * 3 + [429]


def test_who_is_nobody_is_counted_by_address_and_hinders_no_token(site):
    served = site(rate_address=3, public_url="https://service.example", **HOUR)
    with client(served, "") as nobody, client(served) as somebody, client(served, "h2_wrong") as wrong:
        assert statuses(nobody, 2, "/workflows") == [200] * 2
        elsewhere = nobody.get("/workflows", headers={"X-Forwarded-For": "192.0.2.9"})
        assert elsewhere.headers["ratelimit"].startswith('"address";r=2;')
        assert statuses(wrong, 1) == [401]
        for asking, path in ((nobody, "/workflows"), (wrong, "/me"), (wrong, "/workflows"), (nobody, "/no-such")):
            refused(asking.get(path), "address")
        assert statuses(somebody, 2) == [200] * 2
        page = httpx.get(f"{served.url}/login", trust_env=False)
        assert (page.status_code, page.headers["retry-after"] > "0") == (429, True)
        assert "asked for too often" in page.text
        for path in ("/healthz", "/static/style.css"):
            for _ in range(5):
                answer = httpx.get(served.url + path, trust_env=False)
                assert answer.status_code == 200, path
                assert "ratelimit" not in answer.headers


def test_a_stranger_is_refused_before_anything_is_done(tmp_path):
    app, acts = FastAPI(), []
    app.add_api_route("/act", lambda: acts.append(1), methods=["POST"])
    app.add_middleware(Rates, limiter=Limiter(Settings(folder=tmp_path, rate_address=1, **HOUR)))

    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as nobody:
            return [(await nobody.post("/act")).status_code for _ in range(3)]

    assert asyncio.run(asked()) == [200, 429, 429]
    assert acts == [1]


def test_addresses_do_not_share_but_a_network_of_ipv6_does(site):
    with client(site(rate_address=1, public_url="https://service.example", **HOUR), "") as nobody:
        for address, status in {
            "192.0.2.1": 200, "192.0.2.2": 200, "2001:db8::1": 200, "2001:db8::ffff:2": 429, "2001:db8:0:1::1": 200,
            "::ffff:192.0.2.1": 429,
        }.items():  # fmt: skip
            assert nobody.get("/workflows", headers={"X-Forwarded-For": address}).status_code == status, address


def test_attempts_at_the_page_for_signing_in_are_counted(site):
    with Browser(base_url=site(rate_sign_in=3, rate_account=2, **HOUR).url, trust_env=False) as browser:
        by_password = [browser.sign_in(email="a@b.example", password="x" * 12).status_code for _ in range(3)]
        assert by_password == [401, 401, 429]
        assert browser.sign_in(token="h2_wrong").status_code == 429


def test_attempts_for_an_account_count_however_it_is_written(site):
    with Browser(base_url=site(rate_account=2, **HOUR).url, trust_env=False) as browser:
        written = [("", "a@b.example"), ("", " A@B.example "), ("", "\ta@b.example"), ("another", "a@b.example")]
        answers = [browser.sign_in(org=org, email=email, password="x" * 12).status_code for org, email in written]
        assert answers == [401, 401, 429, 429]


def test_pages_count_as_the_token_by_which_one_signed_in(site):
    served = site(rate_token=3, **HOUR)
    with Browser(base_url=served.url, trust_env=False) as browser:
        browser.sign_in(token=served.token)  # and one page
        assert [browser.get("/new").status_code for _ in range(3)] == [200, 200, 429]
        assert "asked for too often" in browser.get("/new").text
    with client(served) as asking:
        refused(asking.get("/me"), "token")


def test_runs_are_counted_however_they_are_asked_for(site):
    served = site(rate_runs=3, **HOUR)
    with client(served) as asking:
        run_id = asking.post("/runs", json={"workflow": "demo"}).json()["id"]
        assert asking.post("/runs:rerun", json={"run_id": run_id}).status_code == 201
        assert asking.post(f"/runs/{run_id}:cancel").status_code == 200
        assert asking.post(f"/runs/{run_id}:retry").status_code == 201
        for path, body in (("/runs", {"workflow": "demo"}), ("/runs:rerun", {"run_id": run_id})):
            answer = asking.post(path, json=body)
            refused(answer, "runs")
            assert '"runs";r=0;' in answer.headers["ratelimit"]
            assert RATE.fullmatch(answer.headers["ratelimit"])
            assert POLICY.fullmatch(answer.headers["ratelimit-policy"])
        refused(asking.post(f"/runs/{run_id}:retry"), "runs")
        assert len(asking.get("/runs").json()["runs"]) == 3


def screen(asking):
    ids = {
        role: asking.put("/uploads", params={"name": f"{role}.csv"}, content=text).json()["id"]
        for role, text in (("library", "id,smiles\na,CCO\nb,CCN\n"), ("known", "id,smiles,label\nk,CCO,1\nl,CCC,0\n"))
    }
    return {"workflow": "screen", "inputs": ids}


@pytest.mark.parametrize(
    ("settings", "code"), [({"max_checks_of_org": 1}, "rate_limited"), ({"max_checks": 1}, "unavailable")]
)
def test_so_many_checks_at_once(site, settings, code):
    with client(site(**settings)) as asking:
        body = screen(asking)
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda _: asking.post("/runs:check", json=body), range(4)))
        done = [answer for answer in answers if answer.status_code == 200]
        assert done
        for answer in answers:
            if answer not in done:
                refused(answer, "checks", code)
        assert len(done) < 4
        assert asking.post("/runs:check", json=body).status_code == 200, "what ended is still counted"


def test_checks_are_counted(site):
    with client(site(rate_checks=2, **HOUR)) as asking:
        body = {"workflow": "demo"}
        assert [asking.post("/runs:check", json=body).status_code for _ in range(2)] == [200] * 2
        refused(asking.post("/runs:check", json=body), "checks")


def test_so_many_uploads_at_once(site):
    served = site(max_uploads_of_org=1)
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as slow, client(served) as asking:
        head = f"PUT /api/v1/uploads?name=a.csv HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {served.token}\r\n"
        slow.sendall(f"{head}Content-Length: 4\r\n\r\nab".encode())
        while not list(served.service.arriving.iterdir()):
            time.sleep(0.02)
        refused(asking.put("/uploads", params={"name": "b.csv"}, content=b"b"), "uploads")
        row = asking.post("/uploads", json={"name": "c.csv", "size": 1, "sha256": "0" * 64}).json()
        refused(asking.patch(f"/uploads/{row['id']}", content=b"c", headers={"Upload-Offset": "0"}), "uploads")
        form = {"file-known": ("known.csv", b"x")}
        with Browser(base_url=served.url, trust_env=False, timeout=30) as browser:
            browser.sign_in(token=served.token)
            page = browser.form("/new/screen", files=form)
        assert page.status_code == 429
        ga4gh = f"{served.url}/default/default/ga4gh/wes/v1/runs"
        assert asking.post(ga4gh, files={"workflow_attachment": ("a.csv", b"x")}).status_code == 429
        slow.sendall(b"cd")
        assert slow.recv(65536).startswith(b"HTTP/1.1 201")
        assert asking.put("/uploads", params={"name": "b.csv"}, content=b"b").status_code == 201


def test_a_full_queue_is_said_with_when_to_come_back(site):
    with client(site(max_queued=1)) as asking:
        canceled = asking.post("/runs", json={"workflow": "demo"}).json()["id"]
        asking.post(f"/runs/{canceled}:cancel")
        assert asking.post("/runs", json={"workflow": "demo"}).status_code == 201
        for path, body in (("", {"workflow": "demo"}), (":rerun", {"run_id": canceled}), (f"/{canceled}:retry", None)):
            answer = asking.post(f"/runs{path}", json=body)
            problem(answer, "unavailable")
            assert answer.headers["retry-after"] == "30"
        assert len(asking.get("/runs").json()["runs"]) == 2


def test_attempts_to_sign_in_are_counted_by_address_and_by_account(tmp_path):
    limiter = Limiter(Settings(folder=tmp_path, rate_sign_in=4, rate_account=2, **HOUR))
    limiter.sign_in("192.0.2.1", "a@example.org")
    limiter.sign_in("192.0.2.2", " A@example.org")
    with pytest.raises(ServiceError, match="account: at most 2"):
        limiter.sign_in("192.0.2.3", "a@example.org")
    for account in "bcd":
        limiter.sign_in("192.0.2.1", account)
    with pytest.raises(ServiceError, match="sign-in: at most 4") as caught:
        limiter.sign_in("192.0.2.1", "e")
    assert caught.value.headers.keys() == {"Retry-After"}
    limiter.sign_in("192.0.2.9", "e")


def test_addresses_that_are_silent_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr("hetero2.service.limiter._MANY_CLIENTS", 100)
    limiter = Limiter(Settings(folder=tmp_path, rate_window=1))
    for number in range(200):
        limiter.stranger(f"192.0.2.{number}")
    deadline = time.monotonic() + 30
    while len(limiter._storage.events) > 100 and time.monotonic() < deadline:
        time.sleep(0.2)
        limiter.stranger("198.51.100.1")
    assert len(limiter._storage.events) <= 100


def test_remote_comes_back_when_it_is_told_to(site):
    served = site(rate_token=3, rate_window=2)
    with Connection(served.url, served.token) as connection:
        assert [connection.ask("GET", "/me")["role"] for _ in range(8)] == ["owner"] * 8


class Busy(http.server.BaseHTTPRequestHandler):
    """Answers with the status and the Retry-After that the path names: /api/v1/503/0."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked[self.path] += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, seconds = self.path.split("/")[3:5]
        body = b'{"code": "unavailable", "detail": "busy"}'
        self.send_response(int(status))
        self.send_header("Retry-After", seconds)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as the class is called by its server

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("method", "path", "headers", "n_asked"),
    [
        ("GET", "/503/0", {}, 9),
        ("GET", "/429/0", {}, 9),
        ("GET", "/503/100000", {}, 1),
        ("GET", "/503/soon", {}, 1),
        ("GET", "/500/0", {}, 1),
        ("POST", "/429/0", {}, 9),
        ("POST", "/503/0", {}, 1),
        ("POST", "/503/0", {"Idempotency-Key": "k"}, 9),
    ],
)
def test_remote_asks_again_so_often_and_never_twice_for_what_may_be_done(method, path, headers, n_asked):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    server.asked = Counter()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        with Connection(f"http://127.0.0.1:{server.server_port}", "h2_x") as connection:
            with pytest.raises(HeteroError, match="busy"):
                connection.ask(method, path, headers=headers)
            assert server.asked.total() == n_asked
            if method == "GET":
                with pytest.raises(HeteroError, match="busy"):
                    list(connection.stream(path, {}))
                assert server.asked.total() == 2 * n_asked
    finally:
        server.shutdown()
        server.server_close()
