"""What a run needs of this system, to read: the system's own programs, Python, and this package with its workflow."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hetero2.service.workflows import package

_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = ("/etc/ld.so.cache", "/etc/alternatives")  # where libraries are, and which of several
# Of a checkout; never all of it, for an embedded service may have its own folder there.
_CHECKOUT = (
    "hetero2 snakemake_logger_plugin_hetero2 Snakefile rules profiles config schemas envs requirements.lock"
).split()


@dataclass(frozen=True)
class Mount:
    """A file or folder and its path in the sandbox."""

    source: Path
    target: Path
    is_writable: bool = False


def mounts() -> list[Mount]:
    """All of it, each at its own path, outer folders before inner ones."""
    paths = {Path("/usr"), Path(sys.prefix).absolute(), Path(sys.base_prefix).absolute()}
    paths.update(path for name in _SYSTEM if (path := Path("/", name)).is_dir() and not path.is_symlink())
    paths.update(path for path in map(Path, _ETC) if path.exists())
    paths.update(path for name in _CHECKOUT if (path := package.folder().parent / name).exists())
    outer = [path for path in paths if not any(parent in paths for parent in path.parents)]
    return [Mount(path, path) for path in sorted(outer)]


def links() -> Iterator[tuple[str, str]]:
    """(path, where it leads) of the system's folders that are links: /bin to usr/bin."""
    for name in _SYSTEM:
        path = f"/{name}"
        if Path(path).is_symlink():
            yield path, os.readlink(path)  # noqa: PTH115 - as it is written
