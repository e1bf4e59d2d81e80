"""Parameters of the workflows, as JSON Schema by pydantic. None of them names a path, an address or a command."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hetero2 import api

Count = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Column = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
# Sections of the configuration that a tenant may set, less what names a file.
SECTIONS = ("guardrails", "decoys", "audit", "selection", "acceptance", "report", "pack", "screen")
_FILES = {"selection": {"baseline"}, "screen": {"known", "today", "today_column", "today_lower_is_better"}}


class Parameters(BaseModel):
    """Of any workflow."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def options_of(parameters: Parameters, *names: str) -> list[str]:
    """Parameters as options of the same names; none for one that is not set, or that this workflow does not have."""
    values = {f"--{name.replace('_', '-')}": getattr(parameters, name, None) for name in names}
    return [
        option if value is True else f"{option}={value}"
        for option, value in values.items()
        if value is not None and value is not False
    ]


class Settings(Parameters):
    """Of a workflow that has a configuration: `settings` is a layer of it (`hetero2 config` prints all of it)."""

    settings: dict[str, dict[str, Any]] = Field(default={}, description="a layer of the configuration, by section")

    @field_validator("settings")
    @classmethod
    def _checked(cls, settings: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for section, values in settings.items():
            if section not in SECTIONS:
                raise ValueError(f"{section} cannot be set here; sections are {', '.join(SECTIONS)}")
            if named := sorted(_FILES.get(section, set()) & values.keys()):
                raise ValueError(f"{section}.{named[0]} names a file; bring files as inputs")
        api.resolve_configuration(settings={"run_name": "check", **settings})
        return settings

    def layer(self) -> Mapping[str, Any]:
        """The layer of the configuration of a run."""
        return self.settings


class Columns(Settings):
    """How files of a user are read, as by the options of `hetero2 run`."""

    top_k: Count = Field(default=50, description="how many molecules can be paid for")
    id_column: Column | None = Field(default=None, description="column of ids, where it has no usual name")
    smiles_column: Column | None = Field(default=None, description="column of structures")
    label_column: Column | None = Field(default=None, description="column of results, in truth and train")
    threshold: Number | None = Field(default=None, description="number from which on a result is a hit")
    lower_is_hit: bool = Field(default=False, description="a hit is at most the threshold, as of an IC50")

    def options(self) -> list[str]:
        """The words for `hetero2 run`."""
        columns = ("id_column", "smiles_column", "label_column", "score_column")
        return options_of(self, "top_k", *columns, "threshold", "lower_is_hit", "lower_is_better")


class OfScores(Columns):
    """Of an audit of scores that are brought."""

    score_column: Column | None = Field(default=None, description="column of scores")
    lower_is_better: bool = Field(default=False, description="of the score, as of docking")


class OfLater(Columns):
    """Of an audit whose scores come later."""

    lower_is_better: bool = Field(default=False, description="of the score, as of docking")


class OfScoresOnly(Settings):
    """Of an audit without structures."""

    top_k: Count = Field(default=50, description="how many molecules can be paid for")
    lower_is_better: bool = Field(default=False, description="of the score, as of docking")

    def layer(self) -> Mapping[str, Any]:
        """The layer of the configuration of a run; nothing here reads structures."""
        return {
            **self.settings,
            "selection": {**self.settings.get("selection", {}), "k": self.top_k},
            "scores": {"source": "external", "higher_is_better": not self.lower_is_better},
        }


class OfReference(Columns):
    """Of an audit of a scorer that comes with HETERO-2."""

    scorer: Literal["morgan_rf", "property_linear", "property_boosted", "nearest_hit"] = "morgan_rf"


class OfScreen(Parameters):
    """Of a screen: a library ranked by a few known molecules."""

    hit_at: Number | None = Field(default=None, description="measured value from which on a molecule is a hit")
    lower_is_better: bool = Field(default=False, description="of measured values, as of an IC50")
    representative: bool = Field(default=False, description="known molecules are a random sample of the library")
    today_lower_is_better: bool | None = Field(default=None, description="of today's score, as of docking")
    trust: Annotated[float, Field(ge=0, le=1)] = Field(default=0.25, description="in today's score, before any label")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] = 0


class OfCampaign(Parameters):
    """Of the first round of a campaign, which says how all of it is to go."""

    batch: Count = Field(description="molecules a round")
    today_order: Literal["size", "listed"] | None = Field(
        default=None, description="the order you choose by today, where it is no score: largest first, or as listed"
    )
    today_lower_is_better: bool | None = Field(default=None, description="of today's score, as of docking")
    hit_at: Number | None = Field(default=None, description="measured value from which on a molecule is a hit")
    lower_is_better: bool = Field(default=False, description="of measured values, as of an IC50")
    control_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="share of a batch that today's order drafts, so that both are measured"
    )
    per_framework: Count = Field(default=2, description="most picks of a generic Murcko framework in a batch")
    price_per_measurement: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = Field(
        default=None, description="to report money saved"
    )
    trust: Annotated[float, Field(ge=0, le=1)] = Field(default=0.25, description="in today's score, before any label")
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)] = 0

    def options(self) -> list[str]:
        """The words for `hetero2 campaign start`."""
        names = ("batch", "control_share", "seed", "per_framework", "today_order", "hit_at", "price_per_measurement")
        words = options_of(self, *names, "lower_is_better")
        return [*words, f"--trust-score={self.trust}", *lower_today(self.today_lower_is_better)]


class OfRound(Parameters):
    """Of a later round of a campaign."""

    batch: Count | None = Field(default=None, description="molecules of this round; as at the start where not given")


def lower_today(lower: bool | None) -> list[str]:
    """The option that says which way today's score goes, where that is said."""
    return [] if lower is None else ["--today-lower-is-better" if lower else "--no-today-lower-is-better"]


class OfDemo(Parameters):
    """The demonstration has none."""
