"""What the API takes and gives."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from hetero2.service.domain.names import FILE_NAME, RUN_NAME
from hetero2.service.domain.permissions import Action, OrgRole, ProjectRole
from hetero2.service.domain.states import State

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=f"^{FILE_NAME}$")]
RunName = Annotated[str, Field(pattern=f"^{RUN_NAME}$")]


class Taken(BaseModel):
    """A body that is taken: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid")


class NewUpload(Taken):
    """A file that will be brought in parts."""

    name: FileName
    size: Annotated[int, Field(ge=0, strict=True)]
    sha256: Sha256


class FetchedFile(Taken):
    """A file that the service fetches."""

    url: Annotated[str, Field(max_length=2000, description="https, of a host that the organisation allows")]
    sha256: Sha256
    name: FileName | None = Field(default=None, description="of the file; that in the URL where none is given")


class UploadShown(BaseModel):
    """A file that was brought, or is being brought."""

    id: UUID
    name: str
    size: int
    sha256: str
    received: int = Field(description="bytes that have come; the next part begins here")
    is_complete: bool
    created_at: datetime


class NewRun(Taken):
    """A run that is asked for."""

    workflow: Annotated[str, Field(max_length=64)]
    version: Annotated[str, Field(max_length=32)] | None = Field(
        default=None, description="the newest where none is named"
    )
    name: RunName | None = Field(default=None, description="of its results; that of the library where none is given")
    parameters: dict[str, Any] = Field(default={}, description="as the schema of the workflow says")
    inputs: dict[str, UUID] = Field(default={}, description="the id of a complete upload for each role")


class NewScores(Taken):
    """Scores that a run waits for."""

    upload_id: UUID = Field(description="of a table with the ids of the run's score request")


class Understood(BaseModel):
    """What is understood of the files of a run that was not started."""

    lines: list[str] = Field(description="for a person; none where the workflow reads its files only when it runs")


class Rerun(Taken):
    """A run to be run again. Give one of these."""

    run_id: UUID | None = None
    pack_sha256: Sha256 | None = Field(default=None, description="of the zip of a pack that a run here published")
    manifest: dict[str, Any] | None = Field(default=None, description="content of the manifest.json of such a pack")
    record: dict[str, Any] | None = Field(default=None, description="content of the run_record.json of a run")


class Interval(BaseModel):
    """Seconds, at least and at most."""

    low: float
    high: float


class RunShown(BaseModel):
    """A run, and the job that it belongs to."""

    id: UUID
    job_id: UUID
    number: int = Field(description="of the job's runs, from 1")
    name: str
    workflow: str
    version: str
    workflow_digest: str
    parameters: dict[str, Any]
    inputs: dict[str, Any]
    parent_run_id: UUID | None
    state: State
    attempt: int
    code: str | None = Field(description="why it ended, for a program")
    reason: str | None = Field(description="and for a person")
    progress: dict[str, Any] = Field(
        description=(
            "jobs and stages; `counts` of rows that are OK, SKIP or ERROR so far, and `top_reasons`, at most five "
            "[reason, count] of SKIP and ERROR so far, the most frequent first"
        )
    )
    eta_seconds: Interval | None = Field(description="until its end; null: not known")
    facts: dict[str, Any] = Field(description="of its execution: isolation, limits, payload_sha256, counts")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class RunPage(BaseModel):
    """Runs, the latest first."""

    runs: list[RunShown]
    next_cursor: str | None


class ArtifactShown(BaseModel):
    """A file that a run published."""

    name: str
    kind: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


class Signed(BaseModel):
    """An address that gives one file without a token, for a short time."""

    url: str
    expires_at: datetime


class RoleShown(BaseModel):
    """A file that a workflow takes."""

    text: str
    is_required: bool


class WorkflowShown(BaseModel):
    """A workflow that can be asked for."""

    name: str
    version: str
    digest: str
    title: str
    text: str
    roles: dict[str, RoleShown]
    parameters: dict[str, Any] = Field(description="JSON Schema")


class EventShown(BaseModel):
    """What happened to a run."""

    number: int
    kind: str
    data: dict[str, Any]
    at: datetime


class Me(BaseModel):
    """Whom the token is of, and what it allows."""

    org_id: UUID
    project_id: UUID
    user_id: UUID
    role: OrgRole
    project_role: ProjectRole | None
    actions: list[Action]
