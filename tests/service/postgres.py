"""A PostgreSQL server of a test's own: on a free port of loopback, in a folder of its own, never as root."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


def programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps them out of the path."""
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        Path("/usr/local/bin"),
        Path("/usr/bin"),
    ]
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_nobody(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody")
    shutil.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Its URL, without a database: f"{url}/postgres"."""
    bin_folder = programs()
    assert bin_folder is not None
    folder.mkdir(parents=True)
    for above in folder.parents:  # folders of pytest are for their owner alone
        if above.stat().st_uid == os.getuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    user = _as_nobody(folder)
    port, data = free_port(), folder / "data"
    words = [
        bin_folder / "initdb",
        "-D",
        data,
        "-U",
        "owner",
        "-A",
        "trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    subprocess.run([str(word) for word in words], check=True, capture_output=True, cwd=folder, **user)  # type: ignore[call-overload]
    options = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "max_connections": "80",
    }
    started = [str(bin_folder / "postgres"), "-D", str(data), "-p", str(port)]
    started += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(started, stdout=log, stderr=log, cwd=folder, **user)  # type: ignore[call-overload]
    url = f"postgresql://owner@127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # its fast way: it does not wait for clients
        process.wait(20)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "PostgreSQL has ended"
        try:
            psycopg.connect(f"{url}/postgres", connect_timeout=1).close()
        except psycopg.OperationalError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise AssertionError("PostgreSQL does not answer")


def new_database(url: str, name: str) -> str:
    """The URL of a new empty database, for a role that owns it and is no superuser: row level security holds for it."""
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'plain'").fetchone() is None:
            connection.execute("CREATE ROLE plain LOGIN")
        connection.execute(f'CREATE DATABASE "{name}" OWNER plain')
    return f"{url.replace('owner@', 'plain@')}/{name}"
