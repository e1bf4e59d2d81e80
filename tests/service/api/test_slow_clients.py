"""Clients that keep the service waiting: others are answered meanwhile, and their connections do not last."""

import contextlib
import hashlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.service import sites

pytestmark = pytest.mark.service
PATIENCE = 6
MANY = 50
LARGE = b"0123456789abcdef" * 2_000_000  # more than what the system buffers between two ends of a connection


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    limits = {"patience": PATIENCE, "max_connections": 4 * MANY, "max_uploads_of_org": 4 * MANY}
    with sites.served(tmp_path_factory.mktemp("slow"), **limits) as served:
        yield served


@pytest.fixture(scope="module")
def large(site):
    """The address of a file that takes long to read slowly."""
    return f"/runs/{site.complete({'large.csv': LARGE})}/artifacts/large.csv"


@pytest.fixture
def client(site):
    headers = {"Authorization": f"Bearer {site.token}"}
    with httpx.Client(base_url=f"{site.url}/api/v1", headers=headers, timeout=60, trust_env=False) as opened:
        yield opened


def connected(site, buffer=None):
    address = urlsplit(site.url)
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.connect((address.hostname, address.port))
    return connection


def header(site, method, path, **more):
    lines = [f"{method} /api/v1{path} HTTP/1.1", "Host: a", f"Authorization: Bearer {site.token}"]
    return "\r\n".join([*lines, *(f"{name.replace('_', '-')}: {value}" for name, value in more.items())]).encode()


def announced(client, content):
    body = {"name": "slow.csv", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return client.post("/uploads", json=body).json()["id"]


def begin(kind, site, large):
    """(a connection on which a request of this kind has begun, what it sends every second)."""
    if kind == "header":
        connection = connected(site)
        connection.sendall(header(site, "GET", "/me", X_Slow=""))
        return connection, b"x"
    if kind == "second header":
        connection = connected(site)
        connection.sendall(header(site, "GET", "/me") + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(header(site, "GET", "/me", X_Slow=""))
        return connection, b"x"
    if kind == "file":
        connection = connected(site)
        connection.sendall(header(site, "PUT", "/uploads?name=slow.csv", Content_Length=1_000_000) + b"\r\n\r\n")
        return connection, b"x"
    if kind == "chunks":
        connection = connected(site)
        connection.sendall(header(site, "PUT", "/uploads?name=slow.csv", Transfer_Encoding="chunked") + b"\r\n\r\n")
        return connection, b"1\r\nx\r\n"
    if kind == "JSON":
        connection = connected(site)
        words = {"Content_Type": "application/json", "Content_Length": 1000}
        connection.sendall(header(site, "POST", "/runs", **words) + b"\r\n\r\n")
        return connection, b" "
    connection = connected(site, buffer=4096)
    connection.sendall(header(site, "GET", large) + b"\r\n\r\n")
    return connection, None


def nudge(connection, sends):
    """Send a little, or read a byte where nothing is to be sent."""
    with contextlib.suppress(OSError):  # the other end may have closed it
        if sends is None:
            connection.recv(1, socket.MSG_DONTWAIT)
        else:
            connection.sendall(sends)


def held(connections):
    """Those of which the server, which is in this process, still has its end."""
    there = {
        end.raddr.port for end in psutil.Process().net_connections("tcp") if end.raddr and end.status == "ESTABLISHED"
    }
    return [connection for connection in connections if connection.getsockname()[1] in there]


@pytest.mark.parametrize("kind", ["header", "second header", "file", "chunks", "JSON", "reader"])
def test_slow_clients_hinder_nobody_and_are_cut_off(site, client, large, kind):
    uploads = client.get("/uploads", params={"limit": 200}).json()
    with contextlib.ExitStack() as opened:
        slow = []
        for _ in range(MANY):
            connection, sends = begin(kind, site, large)
            opened.enter_context(connection)
            slow.append(connection)
        with ThreadPoolExecutor(8) as threads:
            answers = [threads.submit(client.get, "/me") for _ in range(MANY)]
            answers.append(threads.submit(client.put, "/uploads", params={"name": "quick.csv"}, content=kind.encode()))
            assert {answer.result().status_code for answer in answers} == {200, 201}
        assert held(slow)
        for _ in range(10 * PATIENCE):
            if not held(slow):
                break
            for connection in slow:
                nudge(connection, sends)
            time.sleep(1)
        assert not held(slow)
    names = [upload["name"] for upload in client.get("/uploads", params={"limit": 200}).json()]
    assert len(names) == len(uploads) + 1
    assert "slow.csv" not in names
    assert not list(site.service.arriving.iterdir())


def test_a_part_that_came_slowly_is_kept(site, client):
    content = b"part" * 1000
    upload_id = announced(client, content)
    with connected(site) as connection:
        more = {"Upload_Offset": 0, "Content_Length": len(content)}
        connection.sendall(header(site, "PATCH", f"/uploads/{upload_id}", **more) + b"\r\n\r\n" + content[:1500])
        while held([connection]):
            time.sleep(0.5)
    while not (received := client.get(f"/uploads/{upload_id}").json()["received"]):
        time.sleep(0.1)
    assert received == 1500
    rest = client.patch(f"/uploads/{upload_id}", headers={"Upload-Offset": "1500"}, content=content[1500:])
    assert rest.json()["is_complete"]


@pytest.mark.nightly
def test_who_is_slow_but_not_too_slow_is_served(site, client, large):
    """A file at kilobytes a second, an answer at hundreds, and a stream of events in which nothing happens."""
    run_id, seen, end = site.queued(), [], threading.Event()

    def listen():
        with client.stream("GET", f"/runs/{run_id}/events", headers={"Accept": "text/event-stream"}) as answer:
            seen.extend(line for line in answer.iter_lines() if line.startswith("data: "))
        end.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()

    def slowly():
        for _ in range(3 * PATIENCE * 4):
            yield b"a" * 1000
            time.sleep(0.25)

    answer = client.put("/uploads", params={"name": "not-too-slow.csv"}, content=slowly())
    assert answer.status_code == 201, answer.text
    assert answer.json()["size"] == 1000 * 3 * PATIENCE * 4
    came, size = 0, 20_000_000 // (3 * PATIENCE * 4)
    with connected(site, buffer=65536) as reader:
        reader.sendall(header(site, "GET", large, Range="bytes=0-19999999", Connection="close") + b"\r\n\r\n")
        while part := reader.recv(size, socket.MSG_WAITALL):
            came += len(part)
            time.sleep(0.25)
    assert came > 20_000_000
    assert not end.is_set()
    client.post(f"/runs/{run_id}:cancel")
    assert end.wait(60)
    assert len(seen) == 2


def test_one_connection_too_many_is_closed_and_the_next_is_served(tmp_path):
    with sites.served(tmp_path, max_connections=5) as site:
        headers = {"Authorization": f"Bearer {site.token}"}
        with contextlib.ExitStack() as opened:
            for _ in range(5):
                connection = opened.enter_context(connected(site))
                connection.sendall(header(site, "GET", "/me") + b"\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{site.url}/api/v1/me", headers=headers, trust_env=False)
        deadline = time.monotonic() + 30
        while True:  # until the server has seen that they are closed
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{site.url}/api/v1/me", headers=headers, trust_env=False)
                break
            assert time.monotonic() < deadline
        assert answer.status_code == 200
