"""What the pipeline understands of files, before a run starts: its own dry run, in the sandbox."""

import shutil
import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from hetero2.service.core import Service
from hetero2.service.db import uploads
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope
from hetero2.service.worker import process, sandbox, stage_in
from hetero2.service.worker.limits import Limits
from hetero2.service.workflows.registry import Workflow

_SECONDS = 120.0
_LOG = "log.txt"


def understood(
    service: Service, scope: Scope, asked: Workflow, parameters: Mapping[str, Any], inputs: Mapping[str, UUID]
) -> list[str]:
    """The lines that a dry run prints; none where there is no dry run. Raises invalid with the words of the pipeline."""
    with service.reading() as session:
        rows = {role: uploads.get(session, scope, upload_id) for role, upload_id in inputs.items()}
    files = {role: {"name": row.name, "sha256": row.sha256, "size": row.size} for role, row in rows.items()}
    checked = asked.parameters.model_validate(dict(parameters))
    folder = service.runs / f"check-{uuid4()}"
    folder.mkdir()
    try:
        paths = stage_in.bring(folder, service.store, scope, files, checked)
        commands = asked.commands(checked, paths, "check")
        if not commands or commands[0][0] != "run":
            return []
        limits = Limits(memory=service.settings.memory, wall_clock=_SECONDS)
        argv = [sys.executable, "-m", "hetero2", *commands[0], "--dry-run"]
        outcome = process.run(
            sandbox.command(folder, argv, limits, {}), folder, limits, folder / _LOG, lambda: False, lambda: None
        )
        lines = (folder / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if outcome.code == 0:
        return [line for line in lines if not line.startswith("dry run")]
    begins = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    said = "\n".join(lines[begins[-1] :] if begins else lines[-3:])[:2000]
    raise ServiceError("invalid", outcome.reason or said.removeprefix("error: "))
