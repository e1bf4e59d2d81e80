"""A campaign in a notebook: the same folder, files and checks as those of `hetero2 campaign`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hetero2.commands.tables.results import CampaignReport
from hetero2.config.arguments import Count, checked_arguments

Table = Any  # as of hetero2.api, or a list of SMILES where molecules are meant
Results = Any  # a table with id and value or label, or a mapping of ids to values (or True and False)


class Campaign:
    """A campaign in `folder`: rounds of choosing a batch, measuring it, and learning from the results.

    It keeps nothing in memory: every call reads the folder, so that a campaign may be taken up again at any time, here
    or with `hetero2 campaign`. Raises InputError where the folder is no campaign; `Campaign.start` makes one.
    """

    @checked_arguments
    def __init__(self, folder: Path | str) -> None:
        from hetero2.campaign.layout import Layout

        self.folder = Path(folder)
        Layout(self.folder).read()

    @classmethod
    @checked_arguments
    def start(
        cls,
        folder: Path | str,
        library: Table | Path | str,
        *,
        batch: Count,
        today: Table | Path | str = None,
        today_order: str | None = None,
        today_column: str = "score",
        today_lower_is_better: bool | None = None,
        known: Table | Path | str = None,
        hit_at: float | None = None,
        lower_is_better: bool = False,
        control_share: float | None = None,
        per_framework: Count | None = None,
        price_per_measurement: float | None = None,
        trust_score: float | None = None,
        base_rate: float | None = None,
        expected_rate: float | None = None,
        planned_rounds: Count | None = None,
        seed: int = 0,
        max_atoms: Count | None = None,
        require_connected: bool | None = None,
        standardise: str | None = None,
        seconds_per_molecule: Count | None = None,
        mb_per_molecule: Count | None = None,
        workers: Count = 1,
    ) -> Campaign:
        """Set up a campaign in a new folder, with the options of `hetero2 campaign start`; None: its default.

        `library`: id and smiles, or a list of SMILES (ids m1, m2, ..). `today`: id and `today_column`, the score that
        you choose by today; or `today_order`: size or listed. `known`: id, smiles and value or label of molecules
        measured before. `batch`: molecules a round. `hit_at`: value from which on a molecule is a hit, in the unit of
        the measurements. Raises ConfigError where the folder is not new, InputError for what cannot be used.
        """
        options = {name: value for name, value in locals().items() if name not in ("cls", "folder", "known")}
        from hetero2.commands.tables import campaign_actions

        sources = {name: options.pop(name) for name in ("library", "today")} | {"known": known}
        campaign_actions.start(Path(folder), sources, options)
        return cls(folder)

    @checked_arguments
    def next(
        self,
        batch: Count | None = None,
        *,
        scores: Table | Path | str = None,
        scores_column: str = "score",
        without_new_measurements: bool = False,
        workers: Count = 1,
    ) -> Any:
        """The batch to measure now, as a pandas DataFrame (`campaign_batch.v1`): a new one, or the one that stands.

        A batch stands until results were told. `batch`: its size, where it is not that of the start. `scores`: id and
        `scores_column`, larger is better, an order to use in place of the screen. `without_new_measurements`: choose
        another batch nevertheless. Raises ConfigError where a batch stands that is not what is asked for.
        """
        from hetero2.commands.tables import campaign_actions, frames

        frames.check_pandas()
        sources = (scores, scores_column)
        return frames.frame(campaign_actions.next_batch(self.folder, batch, sources, without_new_measurements, workers))

    @checked_arguments
    def tell(self, results: Results | Path | str) -> list[str]:
        """Record results; what was recorded and changed, as `hetero2 campaign tell` says it, a line an entry.

        `results`: id and value or label (1 a hit, 0 not), optionally status (ok or failed) and, of molecules from
        elsewhere, smiles; a file of that; or a mapping of ids to values, or to True and False. Rows without a result
        count for nothing. Raises InputError, and records nothing, where something is wrong with a row.
        """
        from hetero2.commands.tables import campaign_actions

        return campaign_actions.tell(self.folder, results)

    def status(self) -> list[str]:
        """Where the campaign stands, as `hetero2 campaign status` says it, a line an entry."""
        from hetero2.commands.tables import campaign_actions

        return campaign_actions.status(self.folder)

    @checked_arguments
    def report(self, out: Path | str | None = None) -> CampaignReport:
        """Compare the two orders by what was measured; page, JSON and pack are written to `out` (None: `report`)."""
        from hetero2.commands.tables import campaign_actions

        return campaign_actions.report(self.folder, None if out is None else Path(out))

    @staticmethod
    @checked_arguments
    def verify(pack: Path | str) -> list[str]:
        """The problems of the pack of a campaign, one a line: its files, and the chain of its rounds; none if in order.

        Raises InputError where there is no pack of a campaign.
        """
        from hetero2.campaign.evidence.pack import verify_pack

        return verify_pack(Path(pack))

    def __repr__(self) -> str:
        return f"Campaign({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        from hetero2.commands.tables import display

        return display.html([repr(self), *self.status()])
