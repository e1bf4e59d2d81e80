"""Files that are brought: how much of each has come, and what is complete."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hetero2.service.db.access import audit
from hetero2.service.db.models import Artifact, Upload
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope


def get(session: Session, scope: Scope, upload_id: UUID) -> Upload:
    """The upload; raises not_found."""
    upload = session.scalar(
        select(Upload).where(
            Upload.org_id == scope.org_id, Upload.project_id == scope.project_id, Upload.id == upload_id
        )
    )
    if upload is None:
        raise ServiceError("not_found", f"upload {upload_id}: there is no such upload", "upload the file first")
    return upload


def file(session: Session, scope: Scope, file_id: UUID) -> Upload | Artifact | None:
    """A file of the project: one that was brought and is complete, or one that a run published."""
    brought = select(Upload).where(Upload.org_id == scope.org_id, Upload.project_id == scope.project_id)
    published = select(Artifact).where(Artifact.org_id == scope.org_id, Artifact.project_id == scope.project_id)
    upload = session.scalar(brought.where(Upload.id == file_id, Upload.complete_at.is_not(None)))
    return upload or session.scalar(published.where(Artifact.id == file_id))


def by_sha256(session: Session, scope: Scope, sha256: str, name: str | None = None) -> Upload | None:
    """A complete upload of this content in the project, and of this name where one is given."""
    query = select(Upload).where(
        Upload.org_id == scope.org_id, Upload.project_id == scope.project_id, Upload.sha256 == sha256,
        Upload.complete_at.is_not(None),
    )  # fmt: skip
    query = query if name is None else query.where(Upload.name == name)
    return session.scalars(query.order_by(Upload.complete_at).limit(1)).first()


def add(
    session: Session, scope: Scope, name: str, size: int, sha256: str, now: datetime, is_complete: bool = False,
    host: str | None = None,
) -> Upload:  # fmt: skip
    """A new upload, of which nothing, or all, has come; host: from which it was fetched."""
    upload = Upload(
        org_id=scope.org_id, project_id=scope.project_id, id=uuid4(), name=name, size=size, sha256=sha256,
        received=size if is_complete else 0, complete_at=now if is_complete else None, created_at=now,
    )  # fmt: skip
    session.add(upload)
    session.flush()
    source = {} if host is None else {"host": host}
    audit.note(session, scope, "upload.create", upload.id, name=name, size=size, sha256=sha256, **source)
    return upload


def received(session: Session, upload: Upload, before: int, after: int) -> bool:
    """Note that an upload has grown from `before` to `after` bytes; False where another request was faster."""
    done = session.execute(
        update(Upload)
        .where(Upload.org_id == upload.org_id, Upload.id == upload.id, Upload.received == before)
        .values(received=after)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined] # of an UPDATE


def complete(session: Session, upload: Upload, now: datetime) -> None:
    """Note that all of it has come."""
    session.execute(
        update(Upload).where(Upload.org_id == upload.org_id, Upload.id == upload.id).values(complete_at=now)
    )


def remove(session: Session, upload: Upload) -> None:
    """Forget an upload that is no good."""
    session.execute(delete(Upload).where(Upload.org_id == upload.org_id, Upload.id == upload.id))


def page(session: Session, scope: Scope, limit: int) -> Sequence[Upload]:
    """The latest uploads of a project."""
    query = select(Upload).where(Upload.org_id == scope.org_id, Upload.project_id == scope.project_id)
    return session.scalars(query.order_by(Upload.created_at.desc(), Upload.id).limit(limit)).all()
