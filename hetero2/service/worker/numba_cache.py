"""A warm cache of numba, else each run would compile the loops of decoys and screen anew: a minute of CPU time.

It is filled in a sandbox by a call of ours, with no data of anybody, and no run can write it: see `sandbox`.
"""

import contextlib
import hashlib
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from hetero2.service.worker import process, sandbox
from hetero2.service.worker.limits import Limits
from hetero2.service.workflows import package

_FILL = (
    "from hetero2 import api; "
    "api.decoys(['CCOC(=O)c1ccccc1N'], k=20); "
    "known = {'id': ['a', 'b', 'c'], 'smiles': ['CCOC(=O)c1ccccc1N', 'CCO', 'CCN'], 'label': [1, 0, 1]}; "
    "api.screen(['CCOC(=O)c1ccccc1CN', 'CCCO', 'CCCN'], known)"
)
_LONGEST = 1800.0  # seconds


def warm(parent: Path) -> Path:
    """A cache below this folder for this machine, Python, numba and code; made where there is none.

    Raises RuntimeError, with what was printed last, where it cannot be made: runs work without, and take longer.
    """
    parent.mkdir(parents=True, exist_ok=True)
    path = place(parent)
    if path.is_dir():
        return path
    with tempfile.TemporaryDirectory(dir=parent, prefix=".warming-") as name:
        folder, log, limits = Path(name, "run"), Path(name, "log.txt"), Limits(wall_clock=_LONGEST)
        folder.mkdir()
        sandbox.hand_over(folder)
        command = sandbox.command(folder, ["python", "-c", _FILL], limits, {})
        outcome = process.run(command, folder, limits, log, lambda: False)
        if outcome.kind is not process.Kind.COMPLETE:
            raise RuntimeError(f"numba's cache: {outcome.reason}\n{log.read_text(errors='replace')[-2000:]}")
        filled = folder / ".home/numba"
        for entry in (filled, *filled.rglob("*")):  # every run must be able to read it, whatever our umask is
            entry.chmod(0o755 if entry.is_dir() else 0o644)
        with contextlib.suppress(OSError):  # another worker was faster
            filled.rename(path)
    if not path.is_dir():
        raise RuntimeError(f"numba's cache: {path} cannot be made")
    return path


def place(parent: Path) -> Path:
    """Where that of this machine, Python, numba and code is, or would be."""
    return parent / f"numba-{_key()}"


def _key() -> str:
    """Of all that makes numba compile anew: it looks at when a source was written, too."""
    sources = sorted(package.folder().rglob("*.py"))
    written = [f"{source}:{source.stat().st_mtime_ns}" for source in sources if "service" not in source.parts]
    facts = [platform.node(), platform.python_version(), version("numba"), *written]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
