"""Files that were written anew, put into the results folder of a run once nothing is known to be wrong with them.

Until then they are in a temporary folder: a dry run, or a call that ends in an error, changes nothing that a run in the
same folder, which may be at work, reads.
"""

import filecmp
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.inputs.recognised.in_form import InForm
from hetero2.io.files import atomic_path
from hetero2.workflow.results_folder.results_lock import ResultsLock

Layer = dict[str, Any]


def settle(layer: Layer, files: InForm, folder: Path, is_dry: bool) -> Layer:
    """The layer with the places of its files in the results folder of the run; they are put there, unless `is_dry`.

    In a dry run those that are there already, with the same content, have that place, so that it is seen that nothing
    is to be done. Raises HeteroError where another run is at work in the results folder.
    """
    if not is_dry:
        _check_free(folder.parent)
    places: dict[str, str] = {}
    for file in files.brought.values():
        if not file.was_converted:
            continue
        target = folder / "brought" / file.path.name
        is_there = target.is_file() and filecmp.cmp(file.path, target, shallow=False)
        if not is_there and not is_dry:  # what is there stays as it is, its time of change too
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(target) as temporary:
                shutil.copyfile(file.path, temporary)
        if is_there or not is_dry:
            places[str(file.path)] = str(target)
    return dict(_replaced(layer, places))


def _check_free(results: Path) -> None:
    if results.is_dir():
        lock = ResultsLock(results)
        lock.take()
        lock.release()


def _replaced(value: Any, places: Mapping[str, str]) -> Any:
    """A value with every text that is a place replaced by the other place."""
    if isinstance(value, dict):
        return {key: _replaced(part, places) for key, part in value.items()}
    return places.get(value, value) if isinstance(value, str) else value
