"""Files that are brought: whole, or in parts that can be resumed."""

import hashlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Annotated
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from hetero2.service import fetching
from hetero2.service.api import shown
from hetero2.service.api.access import Opened, ReadsRuns, WritesRuns
from hetero2.service.api.bodies import StrictRoute
from hetero2.service.api.schemas import FetchedFile, FileName, NewUpload, Sha256, UploadShown
from hetero2.service.core import Service
from hetero2.service.db import uploads
from hetero2.service.db.access import audit
from hetero2.service.db.models import Upload
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope
from hetero2.service.store.base import CHUNK, ExistsError, chunks_of, upload_key

router = APIRouter(route_class=StrictRoute, prefix="/uploads", tags=["uploads"])


@router.post("", status_code=201, operation_id="begin_upload")
def begin(body: NewUpload, service: Opened, scope: WritesRuns, response: Response) -> UploadShown:
    """Announce a file that comes in parts; where its content is here already, it is complete at once."""
    _check_size(service, body.size)
    with service.writing(scope) as session:
        same = uploads.by_sha256(session, scope, body.sha256)
        size = body.size if same is None else same.size  # that of the content, whatever was announced
        row = uploads.add(session, scope, body.name, size, body.sha256, service.now(), is_complete=same is not None)
    response.headers["Location"] = f"/api/v1/uploads/{row.id}"
    return shown.upload(row)


@router.put("", status_code=201, operation_id="upload_file")
async def whole(
    request: Request,
    service: Opened,
    scope: WritesRuns,
    name: Annotated[FileName, Query(description="of the file; its ending says what it is")],
    sha256: Annotated[Sha256 | None, Query(description="checked where it is given")] = None,
) -> UploadShown:
    """Bring a file at once: its content is the body."""
    arriving = service.arriving / uuid4().hex
    with service.limits.slot("uploads", scope.org_id):
        try:
            size = await _receive(request, arriving, service.settings.max_upload)
            return await run_in_threadpool(_keep, service, scope, name, arriving, size, sha256)
        finally:
            arriving.unlink(missing_ok=True)


@router.post(":fetch", status_code=201, operation_id="fetch_file")
def fetched(body: FetchedFile, service: Opened, scope: WritesRuns) -> UploadShown:
    """Have the service bring a file from a URL, with this sha256. Takes as long as the file does to come."""
    name = body.name or fetching.name_of(body.url)
    arriving = service.arriving / uuid4().hex
    try:
        fetching.fetch(service, scope, body.url, body.sha256, arriving)
        host = urlsplit(body.url).hostname
        return _keep(service, scope, name, arriving, arriving.stat().st_size, body.sha256, host)
    finally:
        arriving.unlink(missing_ok=True)


@router.get("", operation_id="list_uploads")
def latest(service: Opened, scope: ReadsRuns, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[UploadShown]:
    """The latest uploads."""
    with service.reading(scope) as session:
        return [shown.upload(row) for row in uploads.page(session, scope, limit)]


@router.get("/{upload_id}", operation_id="get_upload")
def one(upload_id: UUID, service: Opened, scope: ReadsRuns) -> UploadShown:
    """An upload: how much of it has come."""
    with service.reading(scope) as session:
        return shown.upload(uploads.get(session, scope, upload_id))


@router.patch("/{upload_id}", operation_id="append_upload")
async def part(
    upload_id: UUID, request: Request, service: Opened, scope: WritesRuns, upload_offset: Annotated[int, Header(ge=0)]
) -> UploadShown:
    """Bring the next part: its bytes are the body, and `Upload-Offset` says where they begin."""
    with service.reading(scope) as session:
        row = uploads.get(session, scope, upload_id)
    if row.complete_at is not None:
        raise ServiceError("conflict", f"upload {upload_id}: is complete already", "use it")
    if upload_offset != row.received:
        raise ServiceError(
            "conflict", f"upload {upload_id}: {row.received} bytes have come, and the part begins at {upload_offset}",
            "send the part that begins where `received` says", received=row.received,
        )  # fmt: skip
    piece = service.arriving / uuid4().hex
    with service.limits.slot("uploads", scope.org_id):
        try:
            size = await _receive(request, piece, row.size - row.received, keeps_what_came=True)
            return await run_in_threadpool(_append, service, scope, row, piece, size)
        finally:
            piece.unlink(missing_ok=True)


def _append(service: Service, scope: Scope, row: Upload, piece: Path, size: int) -> UploadShown:
    """Add a piece to what has come; the last one completes the upload, or shows that it is another file."""
    whole_file = service.arriving / f"{row.id}.part"
    with service.writing(scope) as session:  # held while the piece is added: two parts of one offset cannot both be
        if not uploads.received(session, row, row.received, row.received + size):
            raise ServiceError("conflict", f"upload {row.id}: another part came meanwhile", "ask how much has come")
        audit.note(session, scope, "upload.append", row.id, size=size)
        with whole_file.open("ab") as target, piece.open("rb") as source:
            target.truncate(row.received)  # what a process that was killed left behind it
            target.seek(row.received)
            shutil.copyfileobj(source, target, CHUNK)
    with service.reading(scope) as session:
        row = uploads.get(session, scope, row.id)
    if row.received < row.size:
        return shown.upload(row)
    digest = _sha256(whole_file)
    if digest != row.sha256:
        with service.writing(scope) as session:
            uploads.remove(session, row)
        whole_file.unlink(missing_ok=True)
        raise ServiceError(
            "digest_mismatch", f"{row.name}: the content has the sha256 {digest}", "bring the file again"
        )
    _store(service, scope, whole_file, digest)
    with service.writing(scope) as session:
        uploads.complete(session, row, service.now())
    whole_file.unlink(missing_ok=True)
    with service.reading(scope) as session:
        return shown.upload(uploads.get(session, scope, row.id))


def _keep(
    service: Service, scope: Scope, name: str, path: Path, size: int, expected: str | None, host: str | None = None
) -> UploadShown:
    digest = _sha256(path)
    if expected not in (None, digest):
        raise ServiceError("digest_mismatch", f"{name}: the content has the sha256 {digest}", "bring the file again")
    _store(service, scope, path, digest)
    with service.writing(scope) as session:
        row = uploads.add(session, scope, name, size, digest, service.now(), is_complete=True, host=host)
        return shown.upload(row)


def keep_file(service: Service, scope: Scope, name: str, source: IO[bytes]) -> UploadShown:
    """Keep a file that a form brought. Of its name only the last part counts; raises too_large, invalid."""
    name = re.split(r"[/\\\\]", name)[-1]
    if not name or len(name) > 200 or not name.isprintable():
        raise ServiceError("invalid", "a file has no name that can be used", "give it another name")
    arriving = service.arriving / uuid4().hex
    try:
        with arriving.open("xb") as handle:
            shutil.copyfileobj(source, handle, CHUNK)
        _check_size(service, size := arriving.stat().st_size)
        return _keep(service, scope, name, arriving, size, None)
    finally:
        arriving.unlink(missing_ok=True)


def _store(service: Service, scope: Scope, path: Path, sha256: str) -> None:
    with path.open("rb") as handle:
        try:
            service.store.put(upload_key(scope, sha256), chunks_of(handle))
        except ExistsError:
            return  # the same content


async def _receive(request: Request, path: Path, largest: int, keeps_what_came: bool = False) -> int:
    """Write the body of a request to a file; its size. Raises too_large as soon as it is."""
    size = 0
    with path.open("xb") as handle:
        try:
            async for chunk in _chunks(request):
                size += len(chunk)
                if size > largest:
                    raise ServiceError(
                        "too_large", f"the content is larger than {largest} bytes", "bring a smaller file"
                    )
                handle.write(chunk)
        except ClientDisconnect:
            if not keeps_what_came:
                raise ServiceError("malformed", "the connection ended before the file did", "bring it again") from None
    return size


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > request.app.state.service.settings.max_upload:
        raise ServiceError("too_large", f"the content has {announced} bytes", "bring a smaller file")
    async for chunk in request.stream():
        yield chunk


def _check_size(service: Service, size: int) -> None:
    largest = service.settings.max_upload
    if size > largest:
        raise ServiceError("too_large", f"size: {size} bytes, at most {largest} are taken", "bring a smaller file")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
