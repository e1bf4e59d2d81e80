"""DRS 1.2.0: files that runs published, or that were brought, by id, with a checksum and a signed address."""

import re
from typing import Any
from urllib.parse import urljoin

from fastapi import APIRouter, Request

from hetero2.service.api import artifacts
from hetero2.service.api.access import Opened
from hetero2.service.api.ga4gh.place import Reads, Signs, drs_uri, id_of, service_info
from hetero2.service.core import Service
from hetero2.service.db import uploads
from hetero2.service.db.models import Artifact, Upload
from hetero2.service.domain.permissions import unseen
from hetero2.service.domain.scope import Scope
from hetero2.service.store.base import upload_key

VERSION = "1.2.0"
_ACCESS = "signed"  # the one way to a file
router = APIRouter(include_in_schema=False)


@router.get("/service-info")
def info(request: Request, scope: Reads) -> dict[str, Any]:
    """What this is."""
    return service_info(request, scope, "drs", VERSION)


@router.get("/objects/{object_id}")
def one(object_id: str, request: Request, service: Opened, scope: Reads) -> dict[str, Any]:
    """A file: size, checksum, and how to get it."""
    row = _found(service, scope, object_id)
    shown = {
        "id": str(row.id),
        "name": re.sub(r"[^A-Za-z0-9._-]", "_", row.name),
        "self_uri": drs_uri(request, row.id),
        "size": row.size,
        "created_time": row.created_at.isoformat(),
        "checksums": [{"type": "sha-256", "checksum": row.sha256}],
        "access_methods": [{"type": "https", "access_id": _ACCESS}],
    }
    return shown | ({"mime_type": row.media_type} if isinstance(row, Artifact) else {})


@router.get("/objects/{object_id}/access/{access_id}")
def access(object_id: str, access_id: str, request: Request, service: Opened, scope: Signs) -> dict[str, str]:
    """An address of a file that needs no token, for five minutes."""
    row = _found(service, scope, object_id)
    if access_id != _ACCESS:
        raise unseen()
    if isinstance(row, Artifact):
        signed = artifacts.signed(service, scope, row.key, "artifact.sign", row.run_id, row.name)
    else:
        signed = artifacts.signed(service, scope, upload_key(scope, row.sha256), "upload.sign", row.id, row.name)
    return {"url": urljoin(str(request.base_url), signed.url)}


def _found(service: Service, scope: Scope, text: str) -> Artifact | Upload:
    object_id = id_of(text)
    with service.reading(scope) as session:
        row = uploads.file(session, scope, object_id)
    if row is None:
        raise unseen()
    return row
