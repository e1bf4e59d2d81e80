"""A real HTTPS server on loopback with a certificate authority of its own, for tests of downloads."""

import contextlib
import http.server
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import trustme

BODY = b"id,score\n"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path: `files` of the server, or one of the odd ways of a server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer, then close the connection."""
        self.server.seen.append((self.path, dict(self.headers)))
        name = self.path.partition("?")[0]
        if name in self.server.files:
            self._send(self.server.files[name])
        else:
            odd = getattr(self, "odd_" + name[1:].split("/")[0].replace("-", "_"), None)
            with contextlib.suppress(OSError):
                odd() if odd else self._answer(404, {"Content-Length": "0"})
        self.close_connection = True

    def odd_hops(self) -> None:
        """So many redirects, then the file."""
        number = int(self.path.rsplit("/", 1)[1])
        self._move(f"/hops/{number - 1}" if number else "/file.csv")

    def odd_to(self) -> None:
        """A redirect to what stands behind the question mark."""
        self._move(self.path.partition("?")[2])

    def odd_nowhere(self) -> None:
        """A redirect without an address."""
        self._answer(302, {"Content-Length": "0"})

    def odd_endless(self) -> None:
        """A body without end."""
        self._answer(200, {})
        while not self.server.stopping:
            self.wfile.write(b"x" * 65536)

    def odd_slow(self) -> None:
        """A body that trickles."""
        self._answer(200, {"Content-Length": "1000"})
        self._trickle(b"x")

    def odd_slow_header(self) -> None:
        """A header that trickles."""
        self._trickle(b"H")

    def odd_huge(self) -> None:
        """A body that says it is a terabyte."""
        self._answer(200, {"Content-Length": str(1 << 40)})

    def odd_many_digits(self) -> None:
        """A body whose length is a number of 5000 digits."""
        self._answer(200, {"Content-Length": "9" * 5000})

    def odd_slow_open(self) -> None:
        """A body that trickles and says no length."""
        self._answer(200, {"Connection": "close"})
        self._trickle(b"x")

    def odd_short(self) -> None:
        """A body that ends too early."""
        self._answer(200, {"Content-Length": "100", "Connection": "close"})
        self.wfile.write(b"x" * 10)

    def odd_packed(self) -> None:
        """A body that is packed."""
        self._send(b"\x1f\x8b", {"Content-Encoding": "gzip"})

    def _trickle(self, letter: bytes) -> None:
        while not self.server.stopping:
            self.wfile.write(letter)
            self.wfile.flush()
            time.sleep(0.05)

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def _send(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._answer(200, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _move(self, where: str) -> None:
        self._answer(302, {"Location": where, "Content-Length": "0"})

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(http.server.ThreadingHTTPServer):
    """The server; `seen` are the (path, headers) asked for."""

    daemon_threads = True

    def __init__(
        self,
        folder: Path,
        address: str = "127.0.0.1",
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        handler: type[http.server.BaseHTTPRequestHandler] = Handler,
    ):
        super().__init__((address, 0), handler)
        self.files: dict[str, bytes] = {"/file.csv": BODY}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.stopping = False
        authority = trustme.CA()
        self.ca_file = folder / f"ca-{self.server_port}.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = f"https://{address}:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error here."""


@contextlib.contextmanager
def serving(folder: Path, made: Server | None = None, **options: object) -> Iterator[Server]:
    """A running server, or the one that is given."""
    server = made or Server(folder, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping = True
        server.shutdown()
        server.server_close()
