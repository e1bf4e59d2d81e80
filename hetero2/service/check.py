"""What the pipeline understands of files, before a run starts: its own dry run, in the sandbox."""

import shutil
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from hetero2.service import submission
from hetero2.service.core import Service
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope
from hetero2.service.worker import process, sandbox, stage_in
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch.log import last_words
from hetero2.service.workflows.parameters import Parameters
from hetero2.service.workflows.registry import Workflow

_SECONDS = 120.0
_LOG = "log.txt"


def understood(
    service: Service, scope: Scope, asked: Workflow, parameters: Mapping[str, Any], inputs: Mapping[str, UUID]
) -> list[str]:
    """The lines that a dry run prints, none where there is none.

    Raises what a request for the run would, and invalid with the words of the pipeline.
    """
    service.limits.spend(scope, "checks")
    checked = submission.checked_parameters(asked, parameters)
    files = submission.checked_inputs(service, scope, asked, checked, inputs)
    with service.limits.slot("checks", scope.org_id):
        return _dry_run(service, scope, asked, checked, files)


def _dry_run(
    service: Service, scope: Scope, asked: Workflow, checked: Parameters, files: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    place = service.runs / f"check-{uuid4()}"
    folder, log = place / "run", place / _LOG
    folder.mkdir(parents=True)
    try:
        paths = stage_in.bring(folder, service.store, scope, files, checked)
        commands = asked.commands(checked, paths, "check")
        if not commands or commands[0][0] != "run":
            return []
        limits = Limits(memory=service.settings.memory, wall_clock=_SECONDS)
        sandbox.hand_over(folder)
        command = sandbox.command(
            folder, ["python", "-m", "hetero2", *commands[0], "--dry-run"], limits, {}, service.cache()
        )
        outcome = process.run(command, folder, limits, log, lambda: False)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = last_words(log, most_lines=3, longest=2000)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if outcome.kind is process.Kind.COMPLETE:
        return [line for line in lines if not line.startswith("dry run")]
    is_ours = outcome.kind is process.Kind.FAILED and said
    raise ServiceError("invalid", said.removeprefix("error: ") if is_ours else outcome.reason)
