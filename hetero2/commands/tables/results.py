"""What the public functions return: Arrow tables and documents, as pandas with one call, and shown by a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

    from hetero2.report.plots.svg import Figure

Document = dict[str, Any]
_OF_A_SUMMARY = ("id", "score", "verdict", "call", "auc_tie_aware", "p_value", "q_value", "reason")
_OF_A_SCREEN = ("rank", "id", "mean", "sd", "nearest_known_id", "nearest_known_similarity", "in_domain", "is_known")


def _frame(table: pa.Table) -> Any:
    """A pandas DataFrame; raises ConfigError where pandas is not installed."""
    from hetero2.commands.tables.frames import frame

    return frame(table)


class DecoySets(NamedTuple):
    """The molecules of a library and their decoys.

    `molecules` (n rows, `molecule.v1`): one for each row of the library, in its order, with status and reason.
    `decoys` (`decoy.v1`): at most k for each molecule whose status is OK; `row` is that of the molecule.
    `settings`: the sections `decoys` and `guardrails` of the configuration that they were made with.
    Stored tables make one again: `DecoySets(molecules, decoys, settings)`.
    """

    molecules: pa.Table
    decoys: pa.Table
    settings: Document

    def to_pandas(self) -> Any:
        """The decoys as a pandas DataFrame, a row each, with id and SMILES of their molecule in front."""
        from hetero2.commands.tables.frames import with_molecule

        return _frame(with_molecule(self.molecules, self.decoys))

    def _repr_html_(self) -> str:
        from hetero2.commands.tables import display, frames

        return display.html([frames.counts(self.molecules, self.decoys)], frames.with_molecule(*self[:2]))


class Audit(NamedTuple):
    """What a score says of molecules and their decoys.

    `summary` (n rows, `summary.v1`): verdict, slack, p-value and call of each molecule; columns as in summary.csv.
    `metrics` (`metrics.v1`): counts and rates of the library.
    `hardness_curve` (`hardness_curve.v1`): AUC of molecule against decoy, by Tanimoto similarity of the decoys.
    `library`: the test of the whole library, and the number of molecules of each call.
    `leakage` (`leakage.v1`): what library, decoys and training set share.
    `diagnosis` (`diagnosis.v1`): whether the score can be trusted, by labels, trivial competitors and bulk properties.
    `utility`: hits bought by the score, with `truth_coverage`, `utility` and `price_per_evaluation` as in
    `cost_lift.v2`, and `curve`, hits at each K; None without truth.
    """

    summary: pa.Table
    metrics: Document
    hardness_curve: pa.Table
    library: Document
    leakage: pa.Table
    diagnosis: Document
    utility: Document | None = None

    @property
    def answer(self) -> list[str]:
        """The answer in plain words, as a report gives it: a sentence an entry, the most important first."""
        from hetero2.commands.tables import answers

        return answers.sentences(self)

    @property
    def score_metrics(self) -> Document | None:
        """ROC-AUC, enrichment factors and BEDROC of the score on truth; None without truth of two classes."""
        return None if self.utility is None else self.utility["utility"].get("score_metrics")

    def figure(self, name: str | None = None) -> Figure:
        """A figure of the report, which a notebook shows; its SVG is `.svg`.

        `name`: cumulative_hits, hit_rate, hardness or score_against_decoys; None: hits where truth says so, else
        hardness. Raises ConfigError for another name.
        """
        from hetero2.commands.tables import answers

        return answers.figure(self, name)

    def to_pandas(self) -> Any:
        """`summary` as a pandas DataFrame, a row a molecule."""
        return _frame(self.summary)

    def _repr_html_(self) -> str:
        from hetero2.commands.tables import display

        return display.html(self.answer, self.summary.select(list(_OF_A_SUMMARY)), [self.figure()])


class Screened(NamedTuple):
    """A library ranked by a few known molecules.

    `table` (n rows, `screen.v1`): the molecules that could be screened, best first, then the others with their reason.
    `facts`: labels and hits that it was learned from, what they say of today's score, and notes.
    """

    table: pa.Table
    facts: Document

    @property
    def answer(self) -> list[str]:
        """What `hetero2 screen` says of the list: labels, molecules by status, today's score, notes."""
        from hetero2.commands.screen import lines

        return list(lines(self.table, self.facts))

    def to_pandas(self) -> Any:
        """`table` as a pandas DataFrame."""
        return _frame(self.table)

    def _repr_html_(self) -> str:
        from hetero2.commands.tables import display

        return display.html(self.answer, self.table.select(list(_OF_A_SCREEN)))


class CampaignReport(NamedTuple):
    """Whether the new order of a campaign buys more hits than today's.

    `document`: `campaign_report.v1`; `files`: the paths that were written: report.json, report.html and the pack.
    """

    document: Document
    files: list[Any]

    @property
    def answer(self) -> list[str]:
        """The answer, then what stands behind it, a sentence an entry."""
        from hetero2.campaign.evidence.text import lines

        return [line.strip() for line in lines(self.document)]

    def figures(self) -> list[Figure]:
        """Hits by measurements, difference by round, frameworks of the hits."""
        from hetero2.campaign.evidence.page import figures

        return figures(self.document)

    def _repr_html_(self) -> str:
        from hetero2.commands.tables import display

        return display.html(self.answer, None, self.figures())


class Result(NamedTuple):
    """What a pack says: `metrics.v1`, `manifest.v1`, summary.csv as a table (`summary.v1`), and `acceptance.v1`."""

    metrics: Document
    manifest: Document
    summary: pa.Table
    acceptance: Document

    def to_pandas(self) -> Any:
        """`summary` as a pandas DataFrame."""
        return _frame(self.summary)
