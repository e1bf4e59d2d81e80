"""Listens to the doorbell of PostgreSQL, and passes it on to the workers of this process."""

import logging
import threading

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from hetero2.service.db.engine import CHANNEL

log = logging.getLogger(__name__)
WORKER = "hetero2 worker"  # by which an operator sees in the database that a process with workers is there
_TURN = 1.0  # seconds after which it looks whether it is to stop
_AGAIN = 5.0  # seconds between two tries to connect; workers look for runs themselves meanwhile


class Listener:
    """A thread with a connection of its own."""

    def __init__(self, engine: Engine, bell: threading.Event) -> None:
        """bell: set whenever a run was queued."""
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._address, self._bell = address, bell
        self._stopped = threading.Event()
        self.is_listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="doorbell", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; wait until that is done."""
        self._stopped.set()
        self._thread.join(2 * _TURN + 1)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                self._until_lost()
            except psycopg.Error as error:
                log.warning("the doorbell is not heard, runs start some seconds later: %s", type(error).__name__)
                self._stopped.wait(_AGAIN)
            finally:
                self.is_listening.clear()

    def _until_lost(self) -> None:
        # Keepalives find a peer that is gone without a word, such as a host that was switched off.
        with psycopg.connect(
            self._address, autocommit=True, connect_timeout=10, keepalives_idle=30, keepalives_interval=10,
            keepalives_count=3, application_name=WORKER,
        ) as connection:  # fmt: skip
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            self.is_listening.set()
            self._bell.set()  # what was queued while nobody listened
            while not self._stopped.is_set():
                for _ in connection.notifies(timeout=_TURN, stop_after=1):
                    self._bell.set()
