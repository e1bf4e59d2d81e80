"""A time limit for everything that a connection does: urllib3 and the socket have one for each step only."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import urllib3
import urllib3.connection


class Deadline:
    """Shuts the connections that it watches when the time is over, whatever they are waiting for."""

    def __init__(self, seconds: float) -> None:
        self.end, self.over = time.monotonic() + seconds, False
        self._sockets: list[socket.socket] = []

    def left(self) -> float:
        """Seconds that are left; 0 or less when the time is over."""
        return self.end - time.monotonic()

    def watch(self, connected: socket.socket) -> None:
        """Shut this connection, too, when the time is over; raises TimeoutError, and closes it, where it is already."""
        if self.left() <= 0:
            connected.close()
            raise TimeoutError("connected too late")
        self._sockets.append(connected.dup())  # still ours when TLS takes the socket over

    def _shut(self) -> None:
        self.over = True
        for watched in list(self._sockets):
            with contextlib.suppress(OSError):
                watched.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def enforced(self) -> Iterator[None]:
        """Watch connections until this context ends."""
        timer = threading.Timer(max(0.0, self.left()), self._shut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            while self._sockets:
                self._sockets.pop().close()


class _WatchedConnection(urllib3.connection.HTTPSConnection):
    """A connection that a deadline can shut."""

    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._deadline.watch(connected)
        return connected


class WatchedPool(urllib3.HTTPSConnectionPool):
    """A pool whose connections a deadline can shut, given as the option `deadline`."""

    ConnectionCls = _WatchedConnection
