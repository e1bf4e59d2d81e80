"""What WES' RunWorkflow was sent, read strictly, and made a request for a run."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from uuid import UUID

from pydantic import Field, ValidationError
from starlette.datastructures import UploadFile

from hetero2.service import submission
from hetero2.service.api import artifacts
from hetero2.service.api.bodies import strict_json
from hetero2.service.api.schemas import RunName, Taken
from hetero2.service.api.uploads import keep_file
from hetero2.service.core import Service
from hetero2.service.db import uploads
from hetero2.service.db.models import Upload
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import Scope
from hetero2.service.workflows.registry import Workflow, workflow

ENGINE, ENGINE_VERSION = "snakemake", version("snakemake")
TYPE, TYPE_VERSION = "SMK", ENGINE_VERSION.partition(".")[0]
_ATTACHMENT = "workflow_attachment"
_TEXTS = frozenset(
    "workflow_params workflow_type workflow_type_version tags workflow_engine workflow_engine_version "
    "workflow_engine_parameters workflow_url".split()
)
_URL = re.compile(r"hetero2://([a-z0-9_]{1,64})/([A-Za-z0-9._-]{1,32})")
_DRS = re.compile(r"drs://([^/]+)/([0-9a-fA-F-]{36})")
_MOST_TAGS, _LONGEST_TAG, _LONGEST_VALUE = 50, 100, 1000  # tags of a run, characters of a name and of a value


class _Params(Taken):
    """workflow_params."""

    name: RunName | None = None
    parameters: dict[str, Any] = Field(default={})
    inputs: dict[str, str] = Field(default={})


@dataclass(frozen=True)
class Form:
    """The parts of a form: texts by field, attached files by name."""

    texts: Mapping[str, str]
    files: Mapping[str, UploadFile]


@dataclass
class _Inputs:
    """The files that inputs name, made uploads."""

    service: Service
    scope: Scope
    host: str
    files: Mapping[str, UploadFile]
    kept: dict[str, UUID] = field(default_factory=dict)

    def upload(self, role: str, text: str) -> UUID:
        """The id of the upload that an input is."""
        if text not in self.kept:
            self.kept[text] = self._brought(role, text)
        return self.kept[text]

    def _brought(self, role: str, text: str) -> UUID:
        if text in self.files:
            return keep_file(self.service, self.scope, text, self.files[text].file).id
        match = _DRS.fullmatch(text)
        try:
            if match is None:
                return UUID(text)
            if match[1].lower() != self.host.lower():
                raise _wrong(f"workflow_params.inputs.{role}: drs://{match[1][:200]} is another service")
            object_id = UUID(match[2])
        except ValueError:
            raise _wrong(
                f"workflow_params.inputs.{role}: {text[:200]} is no file", "give the name of an attached file, "
                "a drs:// address of this service, or the id of an upload",
            ) from None  # fmt: skip
        with self.service.reading(self.scope) as session:
            row = uploads.file(session, self.scope, object_id)
        if row is None:
            raise _wrong(f"workflow_params.inputs.{role}: {text}: there is no such file in this project")
        return row.id if isinstance(row, Upload) else artifacts.as_upload(self.service, self.scope, row).id


def read(parts: Iterable[tuple[str, str | UploadFile]]) -> Form:
    """The parts of a form, each field once and each file of another name; raises malformed."""
    texts: dict[str, str] = {}
    files: dict[str, UploadFile] = {}
    for name, value in parts:
        if isinstance(value, UploadFile):
            if name != _ATTACHMENT:
                raise _wrong(f"{name[:100]}: is a file", f"attach files as {_ATTACHMENT}")
            path = _checked_path(value.filename or "")
            if path in files:
                raise _wrong(f"{_ATTACHMENT}: two files are called {path}", "give each another name")
            files[path] = value
        elif name not in _TEXTS:
            what = "has no file name" if name == _ATTACHMENT else "there is no such field"
            raise _wrong(f"{name[:100]}: {what}", f"the fields are {_ATTACHMENT}, {', '.join(sorted(_TEXTS))}")
        elif name in texts:
            raise _wrong(f"{name}: stands there twice")
        else:
            texts[name] = value
    return Form(texts, files)


def ask(service: Service, scope: Scope, host: str, form: Form) -> UUID:
    """Ask for the run; raises malformed where it is none that can be asked for, and nothing is queued then."""
    asked = _workflow(form.texts)
    tags = _tags(form.texts)
    try:
        params = _Params.model_validate(_json(form.texts, "workflow_params"))
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise _wrong(f"workflow_params.{'.'.join(map(str, wrong['loc']))[:200]}: {wrong['msg'][:500]}") from None
    unused = sorted(form.files.keys() - set(params.inputs.values()))
    if unused:
        raise _wrong(
            f"{_ATTACHMENT}: no input names {unused[0]}", "a run takes files as inputs alone; workflows are registered"
        )
    inputs = _Inputs(service, scope, host, form.files)
    try:
        submission.checked_parameters(asked, params.parameters)  # before files are kept
        by_role = {role: inputs.upload(role, text) for role, text in params.inputs.items()}
        return submission.submit(service, scope, None, params.name, asked, params.parameters, by_role, tags)[0]
    except ServiceError as error:
        if error.status not in (404, 409, 422):
            raise
        raise _wrong(error.detail, error.advice) from None


def url_of(name: str, of_version: str) -> str:
    """The workflow_url of a registered workflow."""
    return f"hetero2://{name}/{of_version}"


def _workflow(texts: Mapping[str, str]) -> Workflow:
    _expect(texts, "workflow_type", TYPE, is_required=True)
    _expect(texts, "workflow_type_version", TYPE_VERSION, is_required=True)
    _expect(texts, "workflow_engine", ENGINE)
    _expect(texts, "workflow_engine_version", ENGINE_VERSION)
    if "workflow_engine_version" in texts and "workflow_engine" not in texts:
        raise _wrong("workflow_engine: is missing", "name it beside its version")
    if _json(texts, "workflow_engine_parameters"):
        raise _wrong("workflow_engine_parameters: none are taken", "leave them out")
    match = _URL.fullmatch(texts.get("workflow_url", ""))
    if match is None:
        raise _wrong("workflow_url: is no hetero2://<workflow>/<version>", "service-info lists them in its tags")
    return workflow(match[1], match[2])


def _expect(texts: Mapping[str, str], name: str, value: str, is_required: bool = False) -> None:
    if texts.get(name, "" if is_required else value) != value:
        raise _wrong(f"{name}: is not {value}", "service-info says what is taken")


def _json(texts: Mapping[str, str], name: str) -> dict[str, Any]:
    """The object in a field; an empty one where there is no such field."""
    try:
        value = strict_json(texts.get(name, "{}"))
    except json.JSONDecodeError as error:
        raise _wrong(f"{name}: is no JSON: {error.msg}") from None
    if not isinstance(value, dict):
        raise _wrong(f"{name}: is no JSON object")
    return value


def _tags(texts: Mapping[str, str]) -> dict[str, str]:
    tags = _json(texts, "tags")
    if not all(isinstance(value, str) for value in tags.values()):
        raise _wrong("tags: each value is a text")
    is_long = any(len(name) > _LONGEST_TAG or len(value) > _LONGEST_VALUE for name, value in tags.items())
    if is_long or len(tags) > _MOST_TAGS:
        raise _wrong(
            f"tags: too large: at most {_MOST_TAGS}, names of {_LONGEST_TAG} and values of {_LONGEST_VALUE} characters"
        )
    return tags


def _checked_path(path: str) -> str:
    """The name of an attached file, which may be in folders; raises malformed where it could lead elsewhere."""
    names = path.split("/")
    is_safe = path.isprintable() and "\\" not in path and not any(name in ("", ".", "..") for name in names)
    if not is_safe or len(path) > 500:
        raise _wrong(f"{_ATTACHMENT}: a file has no name that can be used", "give it a plain relative one")
    return path


def _wrong(detail: str, hint: str = "") -> ServiceError:
    return ServiceError("malformed", detail, hint)
