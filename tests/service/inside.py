"""A network of its own, in which every address of the world is this machine and every contact is seen; and in it a
service that is asked to fetch. Run by test_fetch.py, below `unshare`: `python -m tests.service.inside FOLDER` writes
what happened to FOLDER/answers.json.
"""

import contextlib
import hashlib
import ipaddress
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import trustme

from hetero2 import cli
from hetero2.service.db import orgs, runs
from hetero2.service.db.access import audit
from tests.service import sites
from tests.service.fetches import BODY, HOSTS, LARGE, LISTED, MARKER, PORTS, PUBLIC, URLS

SHA256 = hashlib.sha256(BODY).hexdigest()


class Names(threading.Thread):
    """A DNS server on 127.0.0.1: HOSTS has for each name its addresses, or a list of them, one for each question."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.asked: Counter[str] = Counter()

    def run(self) -> None:
        """Answer."""
        while True:
            question, client = self.socket.recvfrom(4096)
            labels, at = [], 12
            while length := question[at]:
                labels.append(question[at + 1 : at + 1 + length].decode("latin-1"))
                at += length + 1
            name, (kind,) = ".".join(labels).lower(), struct.unpack("!H", question[at + 1 : at + 3])
            addresses = [ip for ip in self._addresses(name, kind) if (ip.version == 4) == (kind == 1)]
            flags = 0x8180 if name in HOSTS else 0x8183
            head = question[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0) + question[12 : at + 5]
            records = [b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(ip.packed)) + ip.packed for ip in addresses]
            self.socket.sendto(head + b"".join(records), client)

    def _addresses(self, name: str, kind: int) -> list[Any]:
        turns = HOSTS.get(name, [[]])
        addresses = turns[min(self.asked[name], len(turns) - 1)]
        self.asked[name] += kind == 1
        return [ipaddress.ip_address(text) for text in addresses]


class Listener(threading.Thread):
    """An HTTPS server at a port of all addresses; `contacts` are those at which somebody came, whatever they spoke."""

    contacts: list[list[Any]] = []  # noqa: RUF012 - of all listeners
    requests: list[str] = []  # noqa: RUF012

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        self.context = context

    def run(self) -> None:
        """Take connections."""
        while True:
            connection, _ = self.socket.accept()
            address, port = connection.getsockname()[:2]
            self.contacts.append([address.removeprefix("::ffff:"), port])
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), self.context.wrap_socket(plain, server_side=True) as connection:
            request = b""
            while b"\r\n\r\n" not in request:
                if not (piece := connection.recv(65536)):
                    return
                request += piece
            self.requests.append(request.decode("latin-1"))
            self._answer(connection, request.split(b" ")[1])

    def _answer(self, connection: ssl.SSLSocket, path: bytes) -> None:
        secret = b"X-Secret: " + MARKER.encode() + b"\r\nConnection: close\r\n"
        if path.startswith(b"/to?"):
            connection.sendall(b"HTTP/1.1 302 Moved\r\nLocation: " + path[4:] + b"\r\nContent-Length: 0\r\n" + secret)
            connection.sendall(b"\r\n")
        elif path.startswith(b"/large"):
            length = b"" if path.endswith(b"open") else b"Content-Length: %d\r\n" % len(LARGE)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + length + secret + b"\r\n" + LARGE)
        elif path.startswith(b"/slow"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n" + secret + b"\r\n")
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)
        elif path.startswith(b"/file.csv"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(BODY) + secret + b"\r\n" + BODY)
        else:
            body = MARKER.encode()
            connection.sendall(b"HTTP/1.1 500 " + body + b"\r\nContent-Length: %d\r\n" % len(body) + secret + b"\r\n")
            connection.sendall(body)


def prepare(folder: Path) -> None:
    """Make every address local, names ours, and put in the way what a client could be led by."""
    for words in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
        subprocess.run(["ip", *words.split()], check=True)
    texts = {
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n", "nsswitch.conf": "hosts: files dns\n",
        "hosts": "127.0.0.1 localhost\n",
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text)
        subprocess.run(["mount", "--bind", folder / name, Path("/etc", name)], check=True)
    (folder / ".netrc").write_text(f"machine public.example login {MARKER} password {MARKER}\n")
    (folder / ".netrc").chmod(0o600)
    os.environ |= {"HOME": str(folder), "NETRC": str(folder / ".netrc"), "SSL_CERT_FILE": str(folder / "ca.pem")}
    os.environ |= {f"AWS_{name}": MARKER for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")}
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ |= {name: "http://10.9.9.9:80", name.upper(): "http://10.9.9.9:80"}
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    addresses = [turn for turns in HOSTS.values() for addresses in turns for turn in addresses]
    authority.issue_cert(*HOSTS, "*.example", *dict.fromkeys(addresses)).configure_cert(context)
    Names().start()
    for port in PORTS:
        Listener(port, context).start()


def events(site: sites.Site) -> list[dict[str, Any]]:
    """The audit log, the oldest first."""
    with site.service.reading(site.scope) as session:
        rows = audit.page(session, site.scope.org_id, 1000)
        return [{"act": row.act, "detail": row.detail} for row in reversed(rows)]


def ask(site: sites.Site, **body: Any) -> dict[str, Any]:
    """What was answered to a request to fetch, who was contacted, and what is left in the folder of uploads."""
    Listener.contacts.clear()
    Listener.requests.clear()
    before = events(site)
    url, headers = f"{site.url}/api/v1/uploads:fetch", {"Authorization": f"Bearer {site.token}"}
    answer = httpx.post(url, headers=headers, json=body, timeout=60, trust_env=False, verify=False)
    return {
        "status": answer.status_code, "text": answer.text, "headers": dict(answer.headers),
        "contacts": list(Listener.contacts), "requests": list(Listener.requests),
        "events": events(site)[len(before) :],
        "arriving": sorted(path.name for path in site.service.arriving.iterdir()),
    }  # fmt: skip


def by_remote(site: sites.Site, text: str) -> dict[str, Any]:
    """What `hetero2 remote submit` did that was given a file by URL."""
    os.environ |= {"HETERO2_URL": site.url, "HETERO2_TOKEN": site.token, "NO_PROXY": "127.0.0.1"}
    Listener.contacts.clear()
    code = cli.main(["remote", "submit", "screen", "--input", f"library={text}", "--input", f"known={text}"])
    with site.service.reading(site.scope) as session:
        ((_, job),) = runs.page(session, site.scope, 2)
        return {"code": code, "contacts": list(Listener.contacts), "inputs": job.inputs}


def main(folder: Path) -> None:
    """Ask for everything in the table."""
    prepare(folder)
    answers: dict[str, Any] = {}
    with sites.served(folder, fetch_seconds=1.5, max_upload=len(LARGE) - 1, rate_token=10**6) as site:
        answers["before hosts are listed"] = ask(site, url=f"https://{PUBLIC}/file.csv", sha256=SHA256)
        with site.service.writing(site.scope) as session:
            orgs.set_fetch_hosts(session, site.scope.org_id, LISTED)
        for name, url in URLS.items():
            answers[name] = ask(site, url=url, sha256=SHA256, name="file.csv")
        good = f"https://{PUBLIC}/file.csv"
        answers["no sha256"] = ask(site, url=good)
        answers["no name"] = ask(site, url="https://[::1", sha256=SHA256)
        answers["another sha256"] = ask(site, url=good, sha256="0" * 64)
        for path in ("/large", "/large-open"):
            answers[path] = ask(site, url=f"https://{PUBLIC}{path}", sha256=hashlib.sha256(LARGE).hexdigest())
        answers["stored before"] = {"keys": sorted(site.service.store.keys(str(site.scope.org_id)))}
        answers["good"] = ask(site, url=good + "?key=1#part", sha256=SHA256)
        answers["good, named"] = ask(site, url=good, sha256=SHA256, name="library.csv")
        answers["rebound once"] = ask(site, url="https://rebind.example/file.csv", sha256=SHA256)
        answers["rebound twice"] = ask(site, url="https://rebind.example/file.csv", sha256=SHA256)
        slow = {"url": f"https://{PUBLIC}/slow", "sha256": SHA256}
        with ThreadPoolExecutor(3) as threads:
            at_once = list(threads.map(lambda _: ask(site, **slow), range(3)))
        answers["at once"] = {"statuses": sorted(one["status"] for one in at_once)}
        answers["by remote"] = by_remote(site, f"{good}#sha256={SHA256}")
        answers["after"] = ask(site, url=good, sha256=SHA256)
        answers["stored"] = {"keys": sorted(site.service.store.keys(str(site.scope.org_id)))}
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
