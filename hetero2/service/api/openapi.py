"""The OpenAPI document of the API: what the routes say, with each problem that an operation can answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from hetero2.service.api.access import permission_of
from hetero2.service.api.problems import MEDIA_TYPE
from hetero2.service.api.schemas import EventShown
from hetero2.service.domain.errors import CODES
from hetero2.service.domain.permissions import OF_PROJECT

_EVERY = ("malformed", "invalid", "rate_limited", "internal", "unavailable")
_OPEN = ("list_workflows", "get_workflow", "get_signed_file", "head_signed_file")  # without a token
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_TAKE_FILES = ("upload_file", "append_upload")
_GIVE_FILES = ("download_artifact", "get_log", "get_signed_file")
# Of single operations, beside what their form says; 404 is for all that have an id in their path.
_CODES = {
    "change_member": ("conflict",),
    "create_invitation": ("conflict", "not_found"),
    "create_project": ("conflict",),
    "rename_project": ("conflict",),
    "create_token": ("not_found",),
    "begin_upload": ("too_large",),
    "upload_file": ("too_large", "digest_mismatch", "storage_full"),
    "append_upload": ("too_large", "digest_mismatch", "storage_full", "conflict"),
    "fetch_file": ("too_large", "digest_mismatch", "not_fetched", "storage_full"),
    "create_run": ("not_found", "upload_incomplete", "key_reused", "unknown_workflow", "too_large"),
    "rerun": ("not_found", "key_reused", "unknown_workflow", "invalid_pack", "too_large"),
    "cancel_run": ("conflict",),
    "retry_run": ("conflict",),
    "bring_scores": ("conflict", "upload_incomplete"),
    "download_artifact": ("range_not_satisfiable",),
    "get_log": ("range_not_satisfiable",),
    "get_signed_file": ("forbidden", "range_not_satisfiable"),
    "head_signed_file": ("forbidden", "range_not_satisfiable"),
}
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "An error, as RFC 9457 has it; `code` is stable, `detail` and `hint` are for people.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(CODES)},
        "detail": {"type": "string"},
        "hint": {"type": "string", "description": "what to do"},
        "errors": {
            "type": "array",
            "description": "each field that is wrong",
            "items": {
                "type": "object",
                "required": ["where", "what"],
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}


def add_document(app: FastAPI) -> None:
    """Let the application give this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            generated = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            permissions = {
                context.operation_id: permission_of(context.original_route)
                for context in iter_route_contexts(app.routes)
                if isinstance(context.original_route, APIRoute)
            }
            app.openapi_schema = completed(generated, permissions)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # as FastAPI's documentation has it


def completed(document: dict[str, Any], permissions: Mapping[str | None, str | None]) -> dict[str, Any]:
    """The document with the token, the permission and problems of each operation, and files as bytes."""
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form of an error, which we do not use
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    schemas["EventShown"] = EventShown.model_json_schema()  # no route is declared to give it
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _complete(operation, "{" in path, permissions.get(operation["operationId"]))
    return document


def _complete(operation: dict[str, Any], has_id: bool, permission: str | None) -> None:
    name = operation["operationId"]
    operation["summary"] = name.replace("_", " ").capitalize()
    codes = {*_EVERY, *_CODES.get(name, ())} | ({"not_found"} if has_id else set())
    if name not in _OPEN:
        operation["security"] = [{"token": []}]
        codes.add("unauthenticated")
    if permission is not None:
        operation["x-permission"] = permission
        codes |= {"forbidden", "not_found"} if permission in OF_PROJECT else {"forbidden"}
    if "requestBody" in operation:
        codes |= {"unsupported_media_type", "too_large"}
    responses = operation["responses"]
    responses.pop("422", None)
    responses.update(_problems(codes))
    if name in _TAKE_FILES:
        operation["requestBody"] = {"required": True, "content": _FILE}
    if name in _GIVE_FILES:
        responses["200"]["content"] = {"*/*": _FILE["application/octet-stream"]}
        responses["206"] = {"description": "The range that was asked for", "content": responses["200"]["content"]}
    if name == "list_events":
        responses["200"]["content"] = {
            "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/EventShown"}}},
            "text/event-stream": {"schema": {"type": "string"}},
        }
    if name in ("create_run", "rerun"):
        responses["200"] = {**responses["201"], "description": "The run that this Idempotency-Key has already started"}
    operation["responses"] = dict(sorted(responses.items()))


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in sorted(codes):
        by_status[CODES[code][0]].append(code)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": "; ".join(f"`{code}`: {CODES[code][1]}" for code in named), "content": content}
        for status, named in sorted(by_status.items())
    }
