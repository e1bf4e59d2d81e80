"""Canaries in place of secrets: nobody finds them in logs, database, files of a run, errors, metrics or traces."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.service import postgres, serving
from tests.service.browsing import Browser
from tests.service.observe.otlp import collector
from tools.service_process import ROOT, started

pytestmark = pytest.mark.service
ONCE = httpx.Limits(max_keepalive_connections=0)  # the server ends a connection after a defect
CANARIES = {
    "database password": "canary-of-the-database",
    "S3 secret": "canary/of+S3/0123456789abcdefghijklmnop",
    "session cookie": "canary-of-a-session-0123456789",
    "password in a form": "canary of a form",
    "token in a form": "canary-token-in-a-form",
}


@contextlib.contextmanager
def worker(folder, environment, options):
    unmasked = str(folder / "worker-unmasked.log")
    words = [
        sys.executable,
        "-m",
        "tests.service.observe.careless",
        unmasked,
        "worker",
        "--folder",
        str(folder),
        *options,
    ]
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def metrics(port):
    return httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text


def planted(tmp_path, postgres_url):
    """Use a careless service with canaries; (canaries by name, all that can be seen by place)."""
    name = f"canaries{time.monotonic_ns()}"
    plain = postgres.new_database(postgres_url, name)
    database = plain.replace("plain@", f"plain:{CANARIES['database password']}@")
    ports, folder = [postgres.free_port(), postgres.free_port()], tmp_path / "service"
    with collector() as traces:
        environment = {
            "AWS_SECRET_ACCESS_KEY": CANARIES["S3 secret"],
            "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
            "HETERO2_DATABASE": database,
            "HETERO2_METRICS_PORT": str(ports[0]),
        }
        program = ("tests.service.observe.careless", str(tmp_path / "server-unmasked.log"))
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(
                started(folder, "--workers=0", environment=environment, program=program)
            )  # fmt: skip
            for_worker = {**os.environ, **environment, "PYTHONPATH": str(ROOT), "HETERO2_METRICS_PORT": str(ports[1])}
            stack.enter_context(worker(folder, for_worker, ["--cores=1"]))
            signature, answers = used(server)
            shown = {
                f"metrics of the {of}": metrics(port) for of, port in zip(("server", "worker"), ports, strict=True)
            }
    dump = [postgres.programs() / "pg_dump", f"{postgres_url}/{name}"]  # as who sees the rows of all
    shown |= {
        "answers": "\n".join(answers),
        "log": (folder / "server.log").read_text(),
        "worker's log": (folder / "worker.log").read_text(),
        "log, unmasked": (tmp_path / "server-unmasked.log").read_text(),
        "worker's log, unmasked": (folder / "worker-unmasked.log").read_text(),
        "database": subprocess.run(list(map(str, dump)), check=True, capture_output=True, text=True).stdout,
        "files": "\n".join(
            path.read_text(errors="replace") for path in (folder / "files").rglob("*") if path.is_file()
        ),
        "traces": b"\n".join(traces.bodies).decode("latin1"),
    }
    return {**CANARIES, "token": server.token, "signature": signature}, shown


def used(server):
    """Use the service with all of them: (the signature of an address, answers to what was wrong)."""
    form = {"email": "a@b.example", "password": CANARIES["password in a form"], "token": CANARIES["token in a form"]}
    cookies = dict.fromkeys(("hetero2_session", "hetero2_token"), CANARIES["session cookie"])
    options = {"trust_env": False, "timeout": 20, "limits": ONCE}
    headers = {"Authorization": f"Bearer {server.token}"}
    with (
        Browser(base_url=server.url, cookies=cookies, **options) as site,
        httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, **options) as client,
    ):
        site.get("/login")
        answers = [
            site.form("/login", form),
            site.form("/login", form, headers={"x-fail": "1"}),
            site.get("/"),
        ]
        seen = serving.Served(server.url, server.token, server.pid, None, client)
        run = seen.wait(seen.ask(seen.screen(name="small"))["id"], seconds=60)
        assert run["state"] == "COMPLETE", run["reason"]
        address = client.post(f"/runs/{run['id']}/artifacts/ranked.csv:sign").json()["url"]
        signed = urlsplit(address)
        assert httpx.get(f"{server.url}{signed.path}?{signed.query}", trust_env=False).status_code == 200
        path = signed.path.removeprefix("/api/v1")
        answers += [
            client.get(f"{path}?{signed.query}x"),
            client.get("/me", headers={"x-fail": "1"}),
            client.post("/runs", json={"workflow": "no", "parameters": {}}),
            client.get("/runs/none"),
        ]
    assert [answer.status_code for answer in answers[:2]] == [401, 500]
    assert answers[-3].status_code == 500
    return re.search("signature=([0-9a-f]+)", signed.query)[1], [answer.text for answer in answers]


def found(canaries, shown):
    """(name of a canary, place) of all that are found."""
    spelled = {
        name: {canary, canary.replace(" ", "+"), canary.replace(" ", "%20")} for name, canary in canaries.items()
    }
    return {
        (name, place)
        for name, spellings in spelled.items()
        for place, text in shown.items()
        if any(spelling in text for spelling in spellings)
    }


def test_nobody_finds_a_canary(tmp_path, postgres_url):
    canaries, shown = planted(tmp_path, postgres_url)
    assert all(shown.values()), "there is something to look at"
    assert "hetero2_workers 1.0" in shown["metrics of the worker"]
    assert 'hetero2_run_seconds_count{state="COMPLETE",workflow="screen"} 1.0' in shown["metrics of the worker"]
    assert "hetero2_queued_runs 0.0" in shown["metrics of the worker"]
    assert "hetero2_workers 0.0" in shown["metrics of the server"]
    assert "POST /login" in shown["traces"]
    assert "works with" in shown["worker's log"]
    assert shown["files"].count("\n") > 20
    logs = {"log, unmasked", "worker's log, unmasked"}
    everywhere = found(canaries, shown)
    # That each of them is there without masking shows that it could be found, and that masking keeps it out.
    unmasked = {(name, "log, unmasked") for name in canaries}
    unmasked |= {(name, "worker's log, unmasked") for name in ("database password", "S3 secret")}
    assert {(name, place) for name, place in everywhere if place in logs} >= unmasked
    assert {(name, place) for name, place in everywhere if place not in logs} == set()
