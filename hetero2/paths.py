"""Folders and files of the project that code reads: of a checkout, or as the wheel carries them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # where the package is
_CARRIED = ROOT / "hetero2" / "workflow_files"  # see setup.py
IS_INSTALLED = _CARRIED.is_dir()
WORKFLOW = _CARRIED if IS_INSTALLED else ROOT
SNAKEFILE = WORKFLOW / "Snakefile"
SCHEMAS = WORKFLOW / "schemas"
CONFIG = WORKFLOW / "config"
LOCK = WORKFLOW / "requirements.lock"


def name_of(path: Path) -> str:
    """The name of a file of the project, as in a checkout: the same wherever the package is installed."""
    return path.relative_to(WORKFLOW if path.is_relative_to(WORKFLOW) else ROOT).as_posix()
