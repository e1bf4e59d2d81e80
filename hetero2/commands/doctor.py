"""doctor: whether this machine and this installation can do what a run needs, line by line."""

import argparse
import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from hetero2 import __version__, paths
from hetero2.runtime import provenance
from hetero2.runtime.cli_types import cores
from hetero2.workflow import command

EXAMPLE = "hetero2 doctor"
_FREE_GB, _MEMORY_GB = 1.0, 2.0  # less of it is worth a warning: what a run of a few thousand rows may need
Check = tuple[str, bool, str]  # what, whether it is in order, details or advice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the folder that runs would be started in."""
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="folder in which you start runs (default: this one)"
    )


def versions() -> list[str]:
    """What a report of a defect should say: versions of the tool, of Python, of the machine and of the packages."""
    names = ("rdkit", "snakemake", "numpy", "pyarrow", "scikit-learn", "numba")
    installed = ", ".join(f"{name} {_version(name)}" for name in names)
    where = "installed" if paths.IS_INSTALLED else "a checkout"
    return [
        f"hetero2 {__version__} ({where})",
        f"Python {platform.python_version()} ({platform.python_implementation()}), {platform.platform()}",
        installed,
    ]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _packages() -> Check:
    differences = provenance.lock_differences(provenance.locked_packages())
    if not differences:
        return "packages", True, "the versions of the lock"
    more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
    return (
        "packages",
        False,
        f"{', '.join(differences[:3])}{more}; runs work, but bytes may differ from those of another machine",
    )


def _imports() -> Check:
    broken = []
    for name in ("rdkit.Chem", "rdkit.Chem.Draw", "numba", "pyarrow", "sklearn", "snakemake", "matplotlib"):
        try:
            importlib.import_module(name)
        except ImportError as error:  # also a library of the system that is not there
            broken.append(f"{name} ({error})")
    advice = "; RDKit draws with libexpat1, libxext6 and libxrender1"
    return "imports", not broken, f"cannot import {', '.join(broken)}{advice}" if broken else "all packages load"


def _workflow() -> Check:
    wanted = (paths.SNAKEFILE, paths.SCHEMAS, paths.CONFIG / "default.yaml", paths.LOCK)
    missing = [str(path) for path in wanted if not path.exists()]
    return "workflow", not missing, f"not there: {', '.join(missing)}" if missing else str(paths.SNAKEFILE)


def _progress() -> Check:
    there = command.shows_progress()
    return (
        "progress",
        there,
        "its plugin is installed"
        if there
        else "Snakemake's own log will be shown instead; to see progress, install hetero2 again",
    )


def _folder(folder: Path) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free / 2**30
    except OSError as error:
        return "folder", False, f"{folder.absolute()}: {error.strerror}"
    return "folder", free >= _FREE_GB, f"{folder.absolute()}: writable, {free:,.1f} GB left"


def _machine() -> Check:
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return "machine", pages >= _MEMORY_GB, f"{cores()} cores, {pages:,.1f} GB of memory"


def _python() -> Check:
    return "python", sys.version_info >= (3, 11), f"{platform.python_version()}, 3.11 or newer is needed"


def _schedulers() -> Check:
    there = [name for name in ("sbatch", "kubectl", "bwrap") if shutil.which(name)]
    return "cluster", True, f"found {', '.join(there)}" if there else "no scheduler found: runs stay on this machine"


def checks(folder: Path) -> Iterator[Check]:
    """Every check, in order; one that fails itself is a finding too."""
    every: list[Callable[[], Check]] = [_python, _machine, _workflow, _imports, _packages, _progress, _schedulers]
    for check in every:
        try:
            yield check()
        except Exception as error:  # whatever is broken here is what is asked for
            yield check.__name__.strip("_"), False, f"{type(error).__name__}: {error}"
    yield _folder(folder)


def run(args: argparse.Namespace) -> int:
    """Print every check; 1 where one is not in order."""
    print("\n".join(versions()))
    wrong = 0
    for what, is_fine, text in checks(args.folder):
        wrong += not is_fine
        print(f"{'ok  ' if is_fine else 'LOOK'}  {what:<9} {text}")
    print("everything is in order" if not wrong else f"{wrong} of these need a look")
    return 1 if wrong else 0
