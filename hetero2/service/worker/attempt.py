"""One attempt of a run: files in, commands in the sandbox, files out, verified and published, or the reason why not."""

import contextlib
import json
import logging
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from hetero2.service import submission
from hetero2.service.core import Service
from hetero2.service.db import runs
from hetero2.service.db.models import Artifact, Job, Run
from hetero2.service.domain.states import State
from hetero2.service.observe.attempts import Seen
from hetero2.service.observe.backlog import queued_at
from hetero2.service.store.base import ExistsError, FullError, StoreError, TooLargeError, artifact_key, chunks_of
from hetero2.service.worker import collect, process, progress, stage_in
from hetero2.service.worker.compute import choice
from hetero2.service.worker.lease import HeldLease
from hetero2.service.worker.limits import Limits
from hetero2.service.worker.watch.log import last_words
from hetero2.service.workflows import packs
from hetero2.service.workflows.registry import REQUESTED, Output, Workflow, workflow

log = logging.getLogger(__name__)
LOG = "log.txt"
RECORD = "run_record.json"
_JOB_VARIABLE = "HETERO2_JOB"  # from which the manifest of a pack has it
_SAID = 4000  # characters of the end of a log that a reason may have


class Ended(Exception):  # noqa: N818 - how an attempt ends, not that it is wrong
    """An attempt has ended: the state that the run gets, and why."""

    def __init__(self, state: State, code: str, reason: str) -> None:
        super().__init__(reason)
        self.state, self.code, self.reason = state, code, reason


def _lost() -> Ended:
    return Ended(State.QUEUED, "lease_lost", "another worker has the run")


class Attempt:
    """One attempt of a run, in a folder of its own."""

    def __init__(self, service: Service, held: HeldLease, draining: threading.Event) -> None:
        self._service, self._held, self._draining = service, held, draining
        with service.reading(held.lease.key.scope) as session:
            self._run: Run = runs.get(session, held.lease.key)
            self._job: Job = runs.job_of(session, self._run)
            self._seen = Seen(service, self._run, self._job.workflow, queued_at(session, held.lease.key))
        # Not shared with other attempts: a worker that was stopped for long and goes on would take away the next one's.
        self._place = service.runs / str(self._run.id) / f"a{held.lease.attempt}"
        self._folder = self._place / "run"
        self._log = self._place / LOG  # beside the folder of the run, which could otherwise write it
        self._limits = Limits(
            memory=service.settings.memory,
            wall_clock=service.settings.wall_clock,
            file=service.settings.max_artifact,
        )
        self._asked = workflow(self._job.workflow, self._job.workflow_version)
        self._compute = choice.of_attempt(service.settings, self._asked, self._folder, self._run.id, held.lease.attempt)
        self._collected = self._place / "collected"
        self._began = time.monotonic()
        self._keys: list[str] = []

    def execute(self) -> None:
        """Do it, and say how it ended; nothing is left of its folder."""
        with self._seen.attempt():
            self._executed()

    def _executed(self) -> None:
        try:
            self._ended_well()
        except Ended as end:
            self._end(end)
        except FullError:
            self._end(Ended(State.SYSTEM_ERROR, "storage_full", "the disk of the service is full"))
        except TooLargeError as error:
            self._end(Ended(State.EXECUTOR_ERROR, "limit", f"{error}: is larger than the store takes"))
        except StoreError:
            self._end(Ended(State.SYSTEM_ERROR, "store_unavailable", "the store of files does not answer"))
        except stage_in.StageInError as error:
            self._end(Ended(State.SYSTEM_ERROR, "input_lost", str(error)))
        finally:
            self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._place.parent.rmdir()  # not where another attempt has its own there

    def _ended_well(self) -> None:
        self._folder.mkdir(parents=True)
        asked = self._asked
        parameters = asked.parameters.model_validate(self._job.parameters)
        files = stage_in.bring(
            self._folder, self._service.store, self._held.lease.key.scope, self._job.inputs, parameters
        )
        for output in asked.outputs:  # not every command makes the folder of its results
            (self._folder / "results" / self._name(asked) / output.path).parent.mkdir(parents=True, exist_ok=True)
        self._compute.start()
        self._advance([State.INITIALIZING], State.RUNNING)
        for words in asked.commands(parameters, files, self._job.name):
            with self._seen.command():
                self._command(words)
        with self._seen.publishing():
            if asked.later is not None and asked.later not in files:
                self._pause(asked)
            else:
                self._publish(asked)

    def _command(self, words: list[str]) -> None:
        command = self._compute.command(words, self._limits, self._environment(), self._service.cache())
        try:
            outcome = process.run(command, self._folder, self._limits, self._log, self._should_stop, self._tick)
        finally:
            self._compute.end()
        self._tick()  # what the pipeline wrote at its end
        self._check_held()
        if self._held.is_lost:
            raise _lost()
        if outcome.kind is process.Kind.LIMIT:
            raise Ended(State.EXECUTOR_ERROR, "limit", outcome.reason)
        if outcome.kind is not process.Kind.COMPLETE:
            reason = self._compute.why_unusable()
            self._check_held()  # to find out may take a minute
            if reason:
                raise Ended(State.SYSTEM_ERROR, "cluster_unusable", reason)
            said = last_words(self._log, most_lines=5, longest=_SAID) or outcome.reason
            raise Ended(State.EXECUTOR_ERROR, "failed", said)

    def _environment(self) -> dict[str, str]:
        """Where progress is told, and what the manifest of a pack names."""
        job = {
            "job_id": str(self._job.id),
            "run_id": str(self._run.id),
            "workflow": self._job.workflow,
            "workflow_version": self._job.workflow_version,
            "workflow_digest": self._job.workflow_digest,
        }
        return {progress.VARIABLE: progress.FILE, _JOB_VARIABLE: json.dumps(job)}

    def _should_stop(self) -> bool:
        return self._held.is_lost or self._held.is_canceled or self._draining.is_set()

    def _tick(self) -> None:
        far = progress.read(self._folder, time.monotonic() - self._began)
        self._seen.progress(far)
        self._held.report(far)

    def _check_held(self) -> None:
        """Raise Ended where somebody wants this attempt to end."""
        if self._held.is_canceled:
            raise Ended(State.CANCELED, "canceled", "canceled by request")
        if self._draining.is_set() and not self._held.is_lost:
            raise Ended(State.PREEMPTED, "worker_drained", "its worker was stopped")

    def _advance(self, before: list[State], after: State, **values: Any) -> None:
        with self._service.writing(self._held.lease.key.scope) as session:
            done = runs.advance(session, self._held.lease, before, after, self._service.now(), **values)
        self._check_done(done)

    def _check_done(self, done: bool) -> None:
        """Raise Ended where a step of this attempt matched no row: it was canceled, or another worker has the run."""
        if not done:
            self._held.renew()
            self._check_held()
            raise _lost()

    def _end(self, end: Ended) -> None:
        """Write how it ended, where the run is still ours."""
        self._seen.ended(end.state)
        with contextlib.suppress(StoreError):
            for key in self._keys:  # of an attempt that is not published
                self._service.store.delete(key)
        if end.code == "lease_lost":
            log.warning("run %s: its lease was lost in attempt %d", self._run.id, self._held.lease.attempt)
            return
        before = [State.CANCELING] if end.state is State.CANCELED else [State.INITIALIZING, State.RUNNING]
        facts = self._facts()
        artifacts = []
        if end.state is State.EXECUTOR_ERROR:
            with contextlib.suppress(FullError, StoreError, Ended):  # how it ended is worth more than its log
                artifacts = list(self._store_log())
        self._remove()  # who reads that it ended finds nothing left of it
        with self._service.writing(self._held.lease.key.scope) as session:
            is_ours = runs.advance(
                session,
                self._held.lease,
                before,
                end.state,
                self._service.now(),
                code=end.code,
                reason=end.reason,
                facts=facts,
            )
            if is_ours:
                session.add_all(artifacts)
        log.info("run %s: %s (%s)%s", self._run.id, end.state, end.code, "" if is_ours else ", but its lease was lost")

    def _store_log(self) -> Iterator[Artifact]:
        path = self._log
        if path.is_file():
            yield self._stored(path, Output(LOG, "log", "text/plain"))

    def _publish(self, asked: Workflow) -> None:
        """Collect the declared files, verify the pack, store all, publish in one transaction."""
        brought = self._brought(asked, asked.outputs)
        facts = self._facts()
        if asked.pack is not None:
            pack = next(path for path, output in brought if output.kind == "pack")
            try:
                facts |= packs.verified(pack, asked.pack)
            except packs.PackInvalidError as error:
                raise Ended(State.SYSTEM_ERROR, "pack_invalid", str(error)) from None
        record = self._collected / RECORD
        record.write_text(json.dumps(submission.job_record(self._job, self._run) | {"facts": facts}, indent=2) + "\n")
        brought += [(record, Output(RECORD, "record", "application/json"))]
        artifacts = [self._stored(path, output) for path, output in brought]
        artifacts += self._store_log()
        self._end_well(artifacts, State.COMPLETE, facts=facts)

    def _pause(self, asked: Workflow) -> None:
        """Publish the request, and wait for what it asks for."""
        artifacts = [self._stored(path, output) for path, output in self._brought(asked, (REQUESTED,))]
        reason = f"waits for {asked.later}: {REQUESTED.path} lists the structures that need one"
        self._end_well(artifacts, State.PAUSED, facts=self._facts(), code="waits_for_scores", reason=reason)

    def _end_well(self, artifacts: list[Artifact], after: State, **values: Any) -> None:
        self._held.renew()
        self._check_held()
        with self._service.writing(self._held.lease.key.scope) as session:
            done = runs.publish(session, self._held.lease, artifacts, self._service.now(), after, **values)
        self._check_done(done)
        self._seen.ended(after)
        log.info("run %s: %s, %d files", self._run.id, after, len(artifacts))

    def _brought(self, asked: Workflow, outputs: Iterable[Output]) -> list[tuple[Path, Output]]:
        """Copies of declared files, out of the reach of whoever wrote them."""
        results = Path("results") / self._name(asked)
        self._collected.mkdir()
        brought: list[tuple[Path, Output]] = []
        for output in outputs:
            path = results / output.path.format(name=self._name(asked))
            try:
                target = self._collected / path.name
                self._collect(path, target)
                brought.append((target, output))
            except FileNotFoundError:
                if output.is_required:
                    raise Ended(State.EXECUTOR_ERROR, "no_output", f"the run made no {path.name}") from None
            except collect.RefusedError as error:
                raise Ended(State.EXECUTOR_ERROR, "output_refused", str(error)) from None
        return brought

    def _name(self, asked: Workflow) -> str:
        return asked.fixed_name or self._job.name

    def _collect(self, path: Path, target: Path) -> None:
        with target.open("xb") as handle:
            for chunk in collect.chunks(self._folder, path.as_posix(), self._service.settings.max_artifact):
                handle.write(chunk)

    def _facts(self) -> dict[str, Any]:
        return {
            "isolation": self._compute.isolation,
            "limits": self._limits.facts(),
            "seconds": round(time.monotonic() - self._began, 1),
        }

    def _stored(self, path: Path, output: Output) -> Artifact:
        lease = self._held.lease
        name = path.name
        key = artifact_key(lease.key, self._job.id, lease.attempt, name)
        self._keys.append(key)  # before: where the answer of a bucket is lost, the file may be there
        with path.open("rb") as handle:
            try:
                stored = self._service.store.put(key, chunks_of(handle))
            except ExistsError:
                self._keys.remove(key)
                raise Ended(State.SYSTEM_ERROR, "exists", f"{name}: was stored before in this attempt") from None
        scope = lease.key.scope
        return Artifact(
            org_id=scope.org_id, project_id=scope.project_id, id=uuid4(), run_id=self._run.id, attempt=lease.attempt,
            name=name, kind=output.kind, media_type=output.media_type, size=stored.size, sha256=stored.sha256, key=key,
            created_at=self._service.now(),
        )  # fmt: skip
