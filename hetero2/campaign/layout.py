"""Where the files of a campaign lie, what it was set up with, and who may write.

campaign.json               settings, sha256 of the files brought, counts
library.parquet             every row of the library, with status and reason
features.parquet            features of its usable structures, so that a round computes none
today_elsewhere.csv         today's scores of ids that are not in the library
measurements/0001.csv, .json   one pair for each file of measurements, the known ones first
rounds/01/batch.csv, round.json
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, InputError
from hetero2.io.contracts import validate
from hetero2.io.files import read_json

CONTRACT = "campaign.v1"
_MAX_BYTES = 100 << 20
Record = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """How a campaign chooses and learns.

    control_share: share of a batch that today's order drafts; per_framework: most picks of a generic Murcko framework
    in a batch; hit_at: value from which on a measured molecule is a hit, in the units of the measurements;
    lower_is_better: of measured values; today_order: score, size or listed; today_lower_is_better: of today's score;
    trust_score: prior probability that today's score says something; standardise: as in the guardrails; planned: what
    `planned_power.planned` gives, where a size was planned.
    """

    batch: int
    control_share: float
    per_framework: int
    seed: int
    hit_at: float | None
    lower_is_better: bool
    price_per_measurement: float | None
    today_order: str
    today_lower_is_better: bool
    trust_score: float
    standardise: str
    planned: Record | None = None

    def as_record(self) -> Record:
        """As campaign.json holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Layout:
    """The folder of a campaign."""

    folder: Path

    @property
    def campaign(self) -> Path:
        """What the campaign was set up with (campaign.v1)."""
        return self.folder / "campaign.json"

    @property
    def library(self) -> Path:
        """The rows of the library (campaign_library.v1)."""
        return self.folder / "library.parquet"

    @property
    def features(self) -> Path:
        """Features of its usable structures."""
        return self.folder / "features.parquet"

    @property
    def elsewhere(self) -> Path:
        """Today's scores of ids that are not in the library."""
        return self.folder / "today_elsewhere.csv"

    @property
    def measurements(self) -> Path:
        """The ledger."""
        return self.folder / "measurements"

    @property
    def rounds(self) -> Path:
        """The batches."""
        return self.folder / "rounds"

    @property
    def computed(self) -> tuple[Path, Path, Path]:
        """What was computed of the files brought; campaign.json names the sha256 of each."""
        return self.library, self.features, self.elsewhere

    def evidence(self) -> dict[str, Path]:
        """campaign.json, all measurements and all rounds, by their names in a pack."""
        paths = [self.campaign, *self.measurements.glob("[0-9]*.*"), *self.rounds.glob("[0-9]*/*.*")]
        return {path.relative_to(self.folder).as_posix(): path for path in sorted(paths)}

    def read(self) -> Record:
        """campaign.json; raises InputError where the folder is no campaign."""
        if not self.campaign.is_file():
            raise InputError(
                f"{self.folder}: is no campaign: there is no campaign.json in it", "`hetero2 campaign start` makes one"
            )
        document: Record = read_json(self.campaign, _MAX_BYTES)
        validate(document, CONTRACT, str(self.campaign))
        return document

    def settings(self) -> Settings:
        """What the campaign was set up with."""
        return Settings(**self.read()["settings"])

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Wait until no other process writes in the campaign, and keep others waiting meanwhile.

        The lock is an flock, which ends with its process: a killed one leaves none behind.
        """
        if not self.folder.is_dir():
            raise InputError(f"{self.folder}: no such folder", "`hetero2 campaign start` makes a campaign")
        self.read()
        with (self.folder / ".lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def check_new(folder: Path, hint: str) -> None:
    """Raise ConfigError where a folder for a campaign is there, and not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder}: already exists", hint)


@contextlib.contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A temporary folder that becomes `folder` at the end of the block; where that raises, there is none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.absolute().with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        temporary.mkdir()
        yield temporary
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
