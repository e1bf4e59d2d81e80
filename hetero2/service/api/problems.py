"""Every error as RFC 9457 problem+json: a stable code, what is wrong, where, what to do."""

import errno
import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from hetero2.errors import HeteroError
from hetero2.service.domain.errors import CODES, ServiceError
from hetero2.service.store.base import FullError

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_LONGEST = 2000  # characters of a detail
log = logging.getLogger(__name__)


def problem(code: str, detail: str, hint: str = "", headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """The answer for one of CODES."""
    status, title = CODES[code]
    body = {"type": f"urn:hetero2:problem:{code}", "title": title, "status": status, "code": code}
    body |= {"detail": detail[:_LONGEST], **({"hint": hint} if hint else {}), **more}
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer", **(headers or {})}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem."""

    @app.exception_handler(ServiceError)
    def _refused(request: Request, error: ServiceError) -> Response:
        page_of = getattr(request.app.state, "page_of", None)
        if page_of is not None and not request.url.path.startswith("/api/"):
            page: Response = page_of(error)
            return page
        return problem(error.code, error.detail, error.advice, **error.more)

    @app.exception_handler(HeteroError)
    def _pipeline(_: Request, error: HeteroError) -> JSONResponse:
        return problem("invalid", error.message, error.hint or "")

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"where": ".".join(str(part) for part in item["loc"])[:200], "what": str(item["msg"])[:500]}
            for item in error.errors()[:20]
        ]
        is_json = errors and all(item.get("type") != "json_invalid" for item in error.errors())
        detail = "; ".join(f"{item['where']}: {item['what']}" for item in errors)
        return problem("invalid" if is_json else "malformed", detail, errors=errors)

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = _BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal")
        return problem(code, str(error.detail), headers=dict(error.headers or {}))

    _add_handlers_of_faults(app)


def _add_handlers_of_faults(app: FastAPI) -> None:
    """Of what is no fault of the request."""

    @app.exception_handler(FullError)
    def _full(_: Request, error: FullError) -> JSONResponse:  # noqa: ARG001
        return problem("storage_full", "the disk of the service is full", "nothing was kept; tell its operator")

    @app.exception_handler(OSError)
    def _files(request: Request, error: OSError) -> JSONResponse:
        log.error("files: %s", error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return _full(request, FullError())
        return problem("unavailable", "the files of the service cannot be used", "tell its operator")

    @app.exception_handler(OperationalError)
    def _database(_: Request, error: OperationalError) -> JSONResponse:
        log.error("database: %s", error.orig)
        return problem("unavailable", "the database does not answer", "try again", {"Retry-After": "2"})

    @app.exception_handler(Exception)
    def _defect(_: Request, error: Exception) -> JSONResponse:
        log.error("defect: %s", type(error).__name__, exc_info=error)
        return problem("internal", "the service has a defect; its log says where", "tell its operator the time")
