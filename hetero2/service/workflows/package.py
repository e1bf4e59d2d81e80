"""Where this package lies, and the workflow that comes with it."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def folder() -> Path:
    """The folder of this package."""
    spec = find_spec("hetero2")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("hetero2")
    return Path(spec.submodule_search_locations[0]).resolve()


def workflow_folder() -> Path:
    """Where Snakefile, rules, schemas and profiles are: within an installed package, else beside that of a checkout."""
    within = folder() / "workflow_files"
    return within if within.is_dir() else folder().parent
