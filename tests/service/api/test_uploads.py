"""Files that are brought: whole, in parts, cut off, too large, under odd names."""

import hashlib
import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.service.serving import problem

pytestmark = pytest.mark.service
MEGABYTE = 1_000_000


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def announced(server, content, name="a.csv", **more):
    body = {"name": name, "size": len(content), "sha256": sha256(content), **more}
    return server.client.post("/uploads", json=body)


def part(server, upload_id, offset, content):
    return server.client.patch(f"/uploads/{upload_id}", headers={"Upload-Offset": str(offset)}, content=content)


def arriving(server):
    return list((server.folder / "arriving").iterdir())


def connected(server):
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def test_a_file_is_brought_whole(idle):
    content = b"id,smiles\nwhole,CCO\n"
    answer = idle.client.put("/uploads", params={"name": "a.csv", "sha256": sha256(content)}, content=content)
    told = answer.json()
    assert (answer.status_code, told["size"], told["received"], told["is_complete"]) == (201, 20, 20, True)
    assert told["sha256"] == sha256(content)
    assert idle.client.get(f"/uploads/{told['id']}").json() == told
    assert told in idle.client.get("/uploads").json()


def test_a_file_is_brought_in_parts_and_resumed(idle):
    content = b"parts," * 1000
    upload = announced(idle, content).json()
    assert (upload["received"], upload["is_complete"]) == (0, False)
    assert part(idle, upload["id"], 0, content[:1500]).json()["received"] == 1500
    assert problem(part(idle, upload["id"], 0, content[:1500]), "conflict")["received"] == 1500
    assert problem(part(idle, upload["id"], 2000, content[2000:]), "conflict")["received"] == 1500
    problem(idle.client.post("/runs", json={"workflow": "screen", "inputs": {"library": upload["id"]}}),
            "upload_incomplete")  # fmt: skip
    seen = idle.client.get(f"/uploads/{upload['id']}").json()["received"]
    assert part(idle, upload["id"], seen, content[seen:]).json()["is_complete"]
    problem(part(idle, upload["id"], len(content), b""), "conflict")
    again = announced(idle, content, "b.csv")
    assert (again.json()["is_complete"], again.headers["location"]) == (True, f"/api/v1/uploads/{again.json()['id']}")


def test_content_other_than_announced_is_not_kept(idle):
    upload = announced(idle, b"announced")
    told = problem(part(idle, upload.json()["id"], 0, b"different"), "digest_mismatch")
    assert sha256(b"different") in told["detail"]
    problem(idle.client.get(f"/uploads/{upload.json()['id']}"), "not_found")
    wrong = idle.client.put("/uploads", params={"name": "a.csv", "sha256": "0" * 64}, content=b"whole")
    problem(wrong, "digest_mismatch")
    assert arriving(idle) == []


def test_a_file_of_no_bytes(idle):
    assert idle.client.put("/uploads", params={"name": "empty.csv"}, content=b"").json()["is_complete"]
    upload = announced(idle, b"", "none.csv").json()
    assert upload["is_complete"]


def test_too_large_announced_and_streamed(idle):
    problem(announced(idle, b"", size=MEGABYTE + 1), "too_large")
    problem(idle.client.put("/uploads", params={"name": "a.csv"}, content=b"a" * (MEGABYTE + 1)), "too_large")
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    line = f"PUT /api/v1/uploads?name=a.csv HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {idle.token}\r\n".encode()
    with connected(idle) as connection:  # the answer comes while the file is still coming
        connection.sendall(line + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 20)
        assert b"413" in connection.recv(100)
    upload = announced(idle, b"little").json()
    problem(part(idle, upload["id"], 0, b"more than little"), "too_large")
    assert idle.client.get(f"/uploads/{upload['id']}").json()["received"] == 0
    assert arriving(idle) == []


def cut(server, request):
    """Send bytes, then close the connection."""
    with connected(server) as connection:
        connection.sendall(request)
        time.sleep(0.3)


def test_a_connection_that_is_cut_keeps_nothing_or_what_came(idle):
    before = len(idle.client.get("/uploads", params={"limit": 200}).json())
    common = f"Host: a\r\nAuthorization: Bearer {idle.token}\r\nContent-Length: 5000\r\n".encode()
    cut(idle, b"PUT /api/v1/uploads?name=cut.csv HTTP/1.1\r\n" + common + b"\r\n" + b"a" * 1000)
    assert len(idle.client.get("/uploads", params={"limit": 200}).json()) == before
    content = b"c" * 5000
    upload = announced(idle, content).json()
    line = f"PATCH /api/v1/uploads/{upload['id']} HTTP/1.1\r\n".encode()
    cut(idle, line + common + b"Upload-Offset: 0\r\n\r\n" + content[:1000])
    deadline = time.monotonic() + 10
    while not (received := idle.client.get(f"/uploads/{upload['id']}").json()["received"]):
        assert time.monotonic() < deadline
    assert received == 1000
    assert part(idle, upload["id"], 1000, content[1000:]).json()["is_complete"]
    assert arriving(idle) == []


def test_chunks_without_a_length(idle):
    address = urlsplit(idle.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    headers = {"Authorization": f"Bearer {idle.token}", "Transfer-Encoding": "chunked"}
    content = iter([b"id,", b"smiles", b"\n"])
    connection.request("PUT", "/api/v1/uploads?name=chunks.csv", content, headers, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, sha256(b"id,smiles\n") in answer.read().decode()) == (201, True)
    connection.close()


def test_the_same_content_twice_is_stored_once(idle):
    content = b"twice" * 10
    first, second = idle.put("first.csv", content), idle.put("second.csv", content)
    assert first != second
    assert len(list((idle.folder / "files").rglob(sha256(content)))) == 1


@pytest.mark.parametrize("name", ["ü und ß.csv", "-rf.csv", "..csv", "a b;c&d.csv", "=1+1.csv", "x" * 196 + ".csv"])
def test_an_odd_name_is_kept(idle, name):
    upload_id = idle.put(name, b"odd")
    assert idle.client.get(f"/uploads/{upload_id}").json()["name"] == name


@pytest.mark.parametrize("name", ["", "../a.csv", "a/b.csv", "a\\b.csv", "a\x00.csv", "a\nb.csv", "x" * 201])
def test_a_name_that_leads_elsewhere_is_refused(idle, name):
    code = "malformed" if "\x00" in name else "invalid"  # no database keeps that
    problem(idle.client.put("/uploads", params={"name": name}, content=b"odd"), code)
    problem(announced(idle, b"odd", name), code)


def test_memory_does_not_grow_with_a_file(working, capsys):
    """300 MB come whole, and again in one part; what the server has in memory grows by a tenth of that at most."""
    block = bytes(range(256)) * 4096
    working.put("first.csv", b"what the first request imports")
    before, most = working.resident(), 0
    digest = hashlib.sha256()
    for number in range(300):
        digest.update(block + str(number).encode())

    def content():
        nonlocal most
        for number in range(300):
            most = max(most, working.resident()) if number % 10 == 0 else most
            yield block + str(number).encode()

    size = sum(len(block) + len(str(number)) for number in range(300))
    body = {"name": "large.csv", "size": size, "sha256": digest.hexdigest()}
    upload = working.client.post("/uploads", json=body).json()
    assert part(working, upload["id"], 0, content()).json()["is_complete"]
    answer = working.client.put("/uploads", params={"name": "large.csv"}, content=content())
    assert answer.json()["sha256"] == digest.hexdigest()
    with capsys.disabled():
        print(f"\n{size / 1e6:.0f} MB twice: {before / 1e6:.0f} MB in memory before, at most {most / 1e6:.0f} MB")
    assert most - before < 30 * MEGABYTE
