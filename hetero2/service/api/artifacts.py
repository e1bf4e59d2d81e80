"""What runs published, and what happened to them: files, events, logs."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hetero2.service.api import shown
from hetero2.service.api.access import Opened, ReadsRuns, SignsArtifacts, WritesRuns, service_of
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.schemas import ArtifactShown, EventShown, Signed, UploadShown
from hetero2.service.core import Service
from hetero2.service.db import runs, uploads
from hetero2.service.db.access import audit, tokens
from hetero2.service.db.models import Artifact
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.permissions import Action, Principal
from hetero2.service.domain.scope import RunKey, Scope
from hetero2.service.domain.states import TERMINAL, State
from hetero2.service.store.base import LONGEST_URL, ExistsError, MissingError, upload_key
from hetero2.service.store.local import LocalStore

router = APIRouter(route_class=StrictRoute, tags=["artifacts"])
files = APIRouter(route_class=StrictRoute, tags=["files"])  # by signed addresses: no token
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_PAUSE = 0.5  # seconds between two looks for new events
_KEPT_OPEN = 15.0  # seconds after which a silent stream says that it is there


@router.get("/runs/{run_id}/artifacts", operation_id="list_artifacts")
def every(run_id: UUID, service: Opened, scope: ReadsRuns) -> list[ArtifactShown]:
    """What a run has published; nothing before it ends."""
    with service.reading(scope) as session:
        runs.get(session, RunKey(scope, run_id))
        return [shown.artifact(row) for row in runs.artifacts(session, RunKey(scope, run_id))]


@router.get("/runs/{run_id}/artifacts/{name}", operation_id="download_artifact")
def download(
    run_id: UUID,
    name: str,
    service: Opened,
    scope: ReadsRuns,
    range_: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """A file, or a range of its bytes."""
    row = _artifact(service, scope, run_id, name)
    return _content(service, row.key, row.size, range_, row.media_type, row.name, row.sha256)


@router.post("/runs/{run_id}/artifacts/{name}:sign", operation_id="sign_artifact")
def sign(run_id: UUID, name: str, service: Opened, scope: SignsArtifacts) -> Signed:
    """An address of a file that needs no token, for five minutes."""
    row = _artifact(service, scope, run_id, name)
    return signed(service, scope, row.key, "artifact.sign", run_id, row.name)


@router.post("/runs/{run_id}/artifacts/{name}:use", status_code=201, operation_id="use_artifact")
def use(run_id: UUID, name: str, service: Opened, scope: WritesRuns) -> UploadShown:
    """Make an upload of a file that a run published, for another run to take, as the next round of a campaign does."""
    return as_upload(service, scope, _artifact(service, scope, run_id, name))


@router.get("/runs/{run_id}/log", operation_id="get_log")
def log(
    run_id: UUID, service: Opened, scope: ReadsRuns, range_: Annotated[str | None, Header(alias="Range")] = None
) -> Response:
    """What a run that has ended printed."""
    row = _artifact(service, scope, run_id, "log.txt")
    return _content(service, row.key, row.size, range_, "text/plain; charset=utf-8", row.name, row.sha256)


@router.get("/runs/{run_id}/events", operation_id="list_events")
async def events(
    run_id: UUID,
    request: Request,
    service: Opened,
    scope: ReadsRuns,
    after: Annotated[int, Query(ge=0, lt=2**63, description="number of the last event seen")] = 0,
    last_event_id: Annotated[int | None, Header(ge=0, lt=2**63)] = None,
    accept: Annotated[str, Header()] = "application/json",
) -> Response:
    """What happened to a run: as server-sent events where `Accept: text/event-stream` asks for them, else as JSON."""
    key, seen = RunKey(scope, run_id), last_event_id if last_event_id is not None else after
    first = await run_in_threadpool(_events, service, key, seen)
    if "text/event-stream" not in accept:
        return Response(json.dumps([row.model_dump(mode="json") for row in first[0]]), media_type="application/json")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(service, request, key, seen, first), headers=headers, media_type="text/event-stream"
    )


@files.get("/files/{key:path}", operation_id="get_signed_file")
@files.head("/files/{key:path}", operation_id="head_signed_file")
def signed_file(
    key: str,
    request: Request,
    expires: int,
    signature: Annotated[str, Query(max_length=64)],
    range_: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """The file of a signed address."""
    service = service_of(request)
    store = service.store
    try:
        if not isinstance(store, LocalStore) or not store.check_signature(key, request.method, expires, signature):
            raise ServiceError("forbidden", "the address is not signed for this, or has expired", "ask for a new one")
        size = store.size(key)
    except (ValueError, MissingError):
        raise ServiceError("not_found", "there is no such file") from None
    return _content(service, key, size, range_, "application/octet-stream", key.rpartition("/")[2], None)


def signed(service: Service, scope: Scope, key: str, act: str, object_id: UUID, name: str) -> Signed:
    """An address of a file in the store that needs no token, for five minutes; noted as this act."""
    with service.writing(scope) as session:
        audit.note(session, scope, act, object_id, name=name)
    url = service.store.signed_url(key, "GET", LONGEST_URL)
    return Signed(url=url, expires_at=service.now() + LONGEST_URL - timedelta(seconds=1))


def as_upload(service: Service, scope: Scope, row: Artifact) -> UploadShown:
    """An upload of a file that a run published."""
    with contextlib.suppress(ExistsError):  # the same content
        service.store.put(upload_key(scope, row.sha256), service.store.read(row.key))
    with service.writing(scope) as session:
        return shown.upload(
            uploads.add(session, scope, row.name, row.size, row.sha256, service.now(), is_complete=True)
        )


def _artifact(service: Service, scope: Scope, run_id: UUID, name: str) -> Artifact:
    with service.reading(scope) as session:
        runs.get(session, RunKey(scope, run_id))
        for row in runs.artifacts(session, RunKey(scope, run_id)):
            if row.name == name:
                return row
    raise ServiceError("not_found", f"run {run_id}: has published no {name[:200]}", "list its artifacts")


def _content(
    service: Service, key: str, size: int, range_: str | None, media_type: str, name: str, sha256: str | None
) -> Response:
    """A file or a part of it, streamed. A page of a run is never shown as one of ours: sandboxed by its header."""
    start, stop = 0, size
    headers = {"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff"}
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    headers["Content-Security-Policy"] = "sandbox allow-scripts; default-src 'unsafe-inline' data:"
    headers |= {} if sha256 is None else {"ETag": f'"{sha256}"'}
    if range_ is not None and (match := _RANGE.fullmatch(range_.strip())) and _is_range(*match.groups()):
        first, last = match.groups()
        start = int(first) if first else max(0, size - int(last))
        stop = min(size, int(last) + 1) if first and last else size
        if start >= size or start >= stop:
            raise ServiceError(
                "range_not_satisfiable", f"the file has {size} bytes", "ask for bytes below that", size=size
            )
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    status = 206 if "Content-Range" in headers else 200
    chunks: Iterator[bytes] = service.store.read(key, start, stop)
    return StreamingResponse(chunks, status, headers, media_type)


def _is_range(first: str, last: str) -> bool:
    """Whether there is one; what is none is ignored, as RFC 9110 has it."""
    return int(first) <= int(last) if first and last else bool(first or last)


def _events(service: Service, key: RunKey, after: int) -> tuple[list[EventShown], bool]:
    """(the events after a number, whether the run has ended); raises not_found."""
    with service.reading(key.scope) as session:
        has_ended = State(runs.get(session, key).state) in TERMINAL
        return [shown.event(row) for row in runs.events(session, key, after)], has_ended


async def _stream(
    service: Service, request: Request, key: RunKey, seen: int, first: tuple[list[EventShown], bool]
) -> AsyncIterator[str]:
    """Events as they come, from the `first` look on, until the run has ended or the reader has gone."""
    rows, has_ended = first
    spoke = time.monotonic()
    while not await request.is_disconnected():
        for row in rows:
            seen, spoke = row.number, time.monotonic()
            yield f"id: {row.number}\nevent: {row.kind}\ndata: {row.model_dump_json()}\n\n"
        if has_ended and not rows:
            return
        if time.monotonic() - spoke > _KEPT_OPEN:
            spoke = time.monotonic()
            yield ": still here\n\n"
        if not rows:
            await asyncio.sleep(_PAUSE)
        if not await run_in_threadpool(_may_still_read, service, key):
            return
        rows, has_ended = await run_in_threadpool(_events, service, key, seen)


def _may_still_read(service: Service, key: RunKey) -> bool:
    """Whether who follows a run, which can take days, may still do so: tokens end, roles change."""
    who = key.scope
    assert isinstance(who, Principal)
    with service.reading(who) as session:
        now_is = tokens.person(session, who.org_id, who.user_id, who.project_id, who.token_id, service.now())
    return now_is is not None and Action.READ_RUNS in now_is.actions
