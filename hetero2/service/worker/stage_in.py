"""The folder of an attempt: its files brought in from the store, each checked, and its settings."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.service.domain.scope import Scope
from hetero2.service.store.base import MissingError, Store, upload_key
from hetero2.service.workflows.parameters import Parameters, Settings
from hetero2.service.workflows.registry import SETTINGS


class StageInError(Exception):
    """A file is not in the store any more, or not what it was."""


def bring(
    folder: Path, store: Store, scope: Scope, inputs: Mapping[str, Any], parameters: Parameters
) -> dict[str, str]:
    """Write the files of a run below its folder; where each is, relative to that, by role."""
    paths: dict[str, str] = {}
    for role, file in inputs.items():
        path = folder / "files" / role / _safe(str(file["name"]))
        path.parent.mkdir(parents=True, exist_ok=True)
        _copy(store, upload_key(scope, str(file["sha256"])), path, str(file["sha256"]))
        paths[role] = path.relative_to(folder).as_posix()
    if isinstance(parameters, Settings):
        (folder / SETTINGS).write_text(json.dumps(parameters.layer(), sort_keys=True), encoding="utf-8")
    return paths


def _copy(store: Store, key: str, path: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    try:
        with path.open("xb") as handle:
            for chunk in store.read(key):
                handle.write(chunk)
                digest.update(chunk)
    except MissingError:
        raise StageInError(f"{path.name}: its content is not in the store any more") from None
    if digest.hexdigest() != sha256:
        raise StageInError(f"{path.name}: its content in the store has changed")


def _safe(name: str) -> str:
    """A file name that no program takes for an option or a pattern; what it ends in stays."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip("-.")
    return plain[-100:].lstrip("-.") or "file"
