"""The campaign that a call of Snakemake is about: `--config campaign=FOLDER`, for the targets of campaigns."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hetero2.campaign.layout import Layout
from hetero2.errors import ConfigError

KEY = "campaign"  # not a key of a run: it is in no configuration, and changes no pack
TARGETS = ("campaign_batch", "campaign_report")


def without_campaign(user: Mapping[str, Any]) -> dict[str, Any]:
    """The user's configuration without the key of the campaign: that of runs."""
    return {key: value for key, value in user.items() if key != KEY}


class Campaign:
    """A campaign: its files as inputs of jobs, and the folder for what the workflow makes of it."""

    def __init__(self, user: Mapping[str, Any], results: str) -> None:
        self.folder = str(user.get(KEY) or "")
        name = re.sub(r"[^\w.-]", "_", Path(self.folder).absolute().name) if self.folder else "none"
        self.out = f"{results}/campaign_{name}"

    def check(self, words: Sequence[str]) -> None:
        """Raise ConfigError, or InputError, where a target of campaigns is asked for and there is no campaign."""
        asked = [target for target in TARGETS if target in words]
        if asked and not self.folder:
            raise ConfigError(
                f"{asked[0]} needs a campaign",
                f"snakemake --cores 1 {asked[0]} --config campaign=my-campaign; `hetero2 campaign start` makes one",
            )
        if asked:
            Layout(Path(self.folder)).read()

    def beside(self, *names: str) -> list[str]:
        """Files that the workflow makes of the campaign."""
        return [f"{self.out}/{name}" for name in names]

    def measured(self, _: Any) -> list[str]:
        """Input function: what a batch is chosen from; not the rounds, since the job itself chooses the next one."""
        return [str(path) for name, path in self._files().items() if not name.startswith("rounds/")]

    def all(self, _: Any) -> list[str]:
        """Input function: every file that the pack of the campaign holds."""
        return list(map(str, self._files().values()))

    def _files(self) -> dict[str, Path]:
        return Layout(Path(self.folder)).evidence()
