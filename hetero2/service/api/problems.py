"""Every error as RFC 9457 problem+json: a stable code, what is wrong, where, what to do."""

import logging
import re
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from hetero2.errors import HeteroError
from hetero2.service import headers
from hetero2.service.domain.errors import CODES, ServiceError
from hetero2.service.store.base import DISK_FULL, FullError, StoreError, TooLargeError

MEDIA_TYPE = "application/problem+json"
_BY_STATUS = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
_NO_PAGES = ("/api/", "/files/", "/healthz", "/readyz")
# GA4GH's interfaces, of a project; that of files also where a drs:// address leads.
_GA4GH = re.compile(r"(/[^/]+/[^/]+)?/ga4gh/(wes|drs)/v1(/.*)?")
_LONGEST = 2000  # characters of a detail
log = logging.getLogger(__name__)


def problem(code: str, detail: str, hint: str = "", extra: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """The answer for one of CODES."""
    status, title = CODES[code]
    body = {"type": f"urn:hetero2:problem:{code}", "title": title, "status": status, "code": code}
    body |= {"detail": detail[:_LONGEST], **({"hint": hint} if hint else {}), **more}
    if status == 401:
        extra = {"WWW-Authenticate": "Bearer", **(extra or {})}
    return JSONResponse(body, status, extra, MEDIA_TYPE)


def of_program(path: str, error: ServiceError) -> JSONResponse:
    """An error as a program gets it at this address: a problem, or what GA4GH has in its place."""
    if not _GA4GH.fullmatch(path):
        return problem(error.code, error.detail, error.advice, error.headers, **error.more)
    status = 400 if error.status == 422 else error.status  # which GA4GH does not have
    text = f"{error.detail}; {error.advice}" if error.advice else error.detail
    headers = error.headers | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return JSONResponse({"msg": text[:_LONGEST], "status_code": status}, status, headers)


def answer(request: Request, error: ServiceError, page: ServiceError | None = None) -> Response:
    """The error as a page where a page was asked for (`page`: in other words), else as a program gets it."""
    page_of = getattr(request.app.state, "page_of", None)
    path = request.url.path
    if page_of is None or path.startswith(_NO_PAGES) or _GA4GH.fullmatch(path):
        return of_program(path, error)
    shown: Response = page_of(page or error, request)
    shown.headers.update(error.headers)
    return shown


def add_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem, or a page."""

    @app.exception_handler(ServiceError)
    def _refused(request: Request, error: ServiceError) -> Response:
        return answer(request, error)

    @app.exception_handler(HeteroError)
    def _pipeline(request: Request, error: HeteroError) -> Response:
        return answer(request, ServiceError("invalid", error.message, error.hint or ""))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"where": ".".join(str(part) for part in item["loc"])[:200], "what": str(item["msg"])[:500]}
            for item in error.errors()[:20]
        ]
        is_json = errors and all(item.get("type") != "json_invalid" for item in error.errors())
        detail = "; ".join(f"{item['where']}: {item['what']}" for item in errors)
        is_path = any(item["loc"][0] == "path" for item in error.errors())
        page = ServiceError("not_found" if is_path else "malformed", "the address or the form cannot be read")
        return answer(request, ServiceError("invalid" if is_json else "malformed", detail, errors=errors), page)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        code = _BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal")
        page = ServiceError(code, "there is nothing at this address" if code == "not_found" else "")
        return answer(request, ServiceError(code, str(error.detail), headers=error.headers), page)

    _add_handlers_of_faults(app)


def _add_handlers_of_faults(app: FastAPI) -> None:
    """Of what is no fault of the request."""

    @app.exception_handler(FullError)
    def _full(request: Request, error: FullError) -> Response:  # noqa: ARG001
        said = ("storage_full", "the disk of the service is full", "nothing was kept; tell its operator")
        return answer(request, ServiceError(*said))

    @app.exception_handler(TooLargeError)
    def _too_large(request: Request, error: TooLargeError) -> Response:  # noqa: ARG001
        said = ("too_large", "the file is larger than the store of the service takes", "bring a smaller file")
        return answer(request, ServiceError(*said))

    @app.exception_handler(StoreError)
    def _store(request: Request, error: StoreError) -> Response:
        log.error("store: %s", error)
        said = ("unavailable", "the store of files does not answer", "try again")
        return answer(request, ServiceError(*said, headers={"Retry-After": "5"}))

    @app.exception_handler(OSError)
    def _files(request: Request, error: OSError) -> Response:
        log.error("files: %s", error)
        if error.errno in DISK_FULL:
            return _full(request, FullError())
        return answer(
            request, ServiceError("unavailable", "the files of the service cannot be used", "tell its operator")
        )

    @app.exception_handler(OperationalError)
    def _database(request: Request, error: OperationalError) -> Response:
        log.error("database: %s", error.orig)
        said = ("unavailable", "the database does not answer", "try again")
        return answer(request, ServiceError(*said, headers={"Retry-After": "2"}))

    @app.exception_handler(Exception)
    def _defect(request: Request, error: Exception) -> Response:
        log.error("defect: %s", type(error).__name__, exc_info=error)
        said = ("internal", "the service has a defect; its log says where", "tell its operator the time")
        page = answer(request, ServiceError(*said))
        # Starlette answers this one outside of everything that the application adds.
        headers.secure(page.headers, request.app.state.service.settings.is_https)
        return page
