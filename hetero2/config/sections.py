"""What a section of the configuration is, and the sections that say nothing of molecules: agreement, output, execution.

The docstring of a key is its description: `config/default.yaml` shows it, line by line.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]
Path = Annotated[str, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]


class Section(BaseModel):
    """Keys of the configuration: no others, each of exactly its type, every number finite."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Acceptance(Section):
    """What was agreed with a customer, beyond what `hetero2 accept` always asks for. null: not asked for."""

    max_fail_rate: Share | None = None
    """at most this share of the OK rows may FAIL"""
    min_median_slack: float | None = Field(None, ge=-1, le=1)
    """the median slack must be at least this"""
    min_rows_ok: Count | None = None
    """at least so many rows must be OK"""


class Report(Section):
    """report.html, which stays below 5 MB whatever the library is."""

    cards: int = Field(8, ge=0, le=50)
    """molecules drawn with their decoys in each group: the selected top, the most suspicious, a random sample"""
    table_rows: int = Field(5000, ge=0, le=20_000)
    """rows of its table at most, fewer where their cells are long: the top of the list, then a random sample"""


class Pack(Section):
    """The evidence pack."""

    artifacts: Literal["light", "full"] = "light"
    """light | full: also decoys.parquet, and a page with drawings for every molecule (some 100 kB each)"""
    compression: Literal["stored", "deflate"] = "stored"
    """stored: same bytes everywhere | deflate: smaller, but bytes depend on the zlib build"""


class Release(Section):
    """Set by a release (docs/release.md), so that a pack names the commit that it was built from.

    Part of the manifest, not of run_id.
    """

    source_commit: str | None = Field(None, pattern="^[0-9a-f]{40}$")
    """40 hex digits"""
    timestamp_utc: str | None = Field(None, pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
    """time of that commit, e.g. 2026-11-22T10:00:00Z"""


class Download(Section):
    """Rules for scores.url and truth.url."""

    hosts: list[Text] | None = None
    """list of allowed hosts, * matches (e.g. [api.github.com, '*.githubusercontent.com']); null: any public one"""
    ports: list[Annotated[int, Field(ge=1, le=65_535)]] = Field([443], min_length=1)
    """allowed ports"""
    allow_addresses: list[Text] = Field([])
    """networks of your own that are allowed though not public, e.g. [10.1.0.0/16]"""
    max_mb: float = Field(4096, gt=0, le=1_000_000)
    """larger files are refused"""
    minutes: float = Field(30, gt=0, le=10_080)
    """a download is stopped after this many minutes"""
    ca_file: Path | None = None
    """certificates (PEM) to trust instead of those of the machine"""
    token_variable: str | None = Field(None, pattern="^[A-Za-z_][A-Za-z0-9_]*$")
    """environment variable with a token, sent as `Authorization: Bearer`"""
    token_host: Text | None = None
    """the only host that gets it, and never after a redirect"""


class Execution(Section):
    """Changes no byte of the evidence; recorded in runtime.json only."""

    results_dir: str = Field("results", min_length=1, pattern="^[^{}\\n]+$")
    """where the folders of the runs are"""
    command_minutes: float = Field(60, gt=0, le=525_600)
    """scores.command is stopped after this many minutes"""
    shard_rows: Count | None = None
    """Rows of a shard at most; a shard is one job each of decoys, scores and audit. null: an eighth of the library, but
    512 to 2500 rows (some 10 to 60 s of work), or more so that there are at most 400 shards: 1,000 rows are 2 shards,
    100,000 are 40, 1,000,000 are 400"""
    download: Download = Field(default_factory=Download)
    """scores.url and truth.url. Only https with a verified certificate, or file; at most 3 redirects, each checked
    again."""
