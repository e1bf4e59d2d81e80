"""Connections of clients: how many there may be, and how long one may keep the service waiting.

uvicorn waits without end for the header of a request, for its body, and for a client that does not read its answer.
None of them holds a thread, but each holds a file descriptor and, where a file is brought, the part of it that came.
"""

import logging
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

LEAST_RATE = 1000  # bytes a second of a body, while the service waits for it
log = logging.getLogger(__name__)


class BoundedConnection(H11Protocol):
    """A connection that is looked at every `patience` seconds, and ended where its client was too slow since.

    Too slow is: a header not complete; a body of which less than LEAST_RATE came; an answer of which so little was read
    that the buffers stayed full. An answer that the service itself is still at, as a stream of events, may be silent.
    """

    def __init__(self, *args: Any, patience: float, max_connections: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self._patience, self._max_connections = patience, max_connections
        self._n_came = self._n_drained = 0  # bytes since the last look; how often the buffer of answers became free
        self._waited_for: tuple[str, object] | None = None  # at the last look
        self._next_look: Any = None

    def connection_made(self, transport: Any) -> None:
        """Begin; one connection too many is ended at once."""
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            log.warning("more than %d connections: one is refused", self._max_connections)
            transport.abort()
            return
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what came."""
        self._n_came += len(data)
        super().data_received(data)

    def resume_writing(self) -> None:
        """Note that the client has read."""
        self._n_drained += 1
        super().resume_writing()

    def _look_later(self) -> None:
        self._waited_for, self._n_came = self._waits_for(), 0
        self._next_look = self.loop.call_later(self._patience, self._look)

    def _look(self) -> None:
        waits_for = self._waits_for()
        is_same = waits_for is not None and waits_for == self._waited_for
        if is_same and not (waits_for[0] == "body" and self._n_came >= LEAST_RATE * self._patience):  # type: ignore[index]
            log.info("a connection was ended: its client was too slow (%s)", waits_for[0])  # type: ignore[index]
            self.transport.abort()
            return
        self._look_later()

    def _waits_for(self) -> tuple[str, object] | None:
        """What the client owes, None where that is nothing. Equal at two looks: it is still the same that is owed."""
        cycle = self.cycle
        has_answered = cycle is None or cycle.response_complete
        is_unread = self.transport.get_write_buffer_size() > 0
        if is_unread and (self.flow.write_paused or has_answered):
            return "answer", self._n_drained
        if has_answered:  # between two requests uvicorn itself ends a connection that is silent
            return None if self.timeout_keep_alive_task is not None else ("header", cycle)
        return ("body", cycle) if cycle.more_body and not self.flow.read_paused else None
