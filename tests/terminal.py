"""Snakemake on a terminal of its own."""

import os
import pty
import signal
import sys
import time
from pathlib import Path

from tests.conftest import ROOT


def on_terminal(folder: Path, *words: str, interrupt_at: str = "") -> tuple[int, str]:
    """(exit code, what a terminal got), with Ctrl-C once a text has come."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored where a shell started us with &
        program = str(Path(sys.executable).with_name("snakemake"))
        os.execv(program, [program, "--snakefile", str(ROOT / "Snakefile"), *words])
    received, deadline, is_interrupted = b"", time.monotonic() + 300, False
    while time.monotonic() < deadline:
        try:
            block = os.read(terminal, 65536)
        except OSError:  # Linux says so at the end
            break
        received += block
        if not block:
            break
        if interrupt_at and interrupt_at in received.decode(errors="replace") and not is_interrupted:
            is_interrupted = True
            os.write(terminal, b"\x03")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), received.decode()
