"""The rows of summary.csv as columns, with their truth."""

from __future__ import annotations

from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import SUMMARY, TRUTH
from hetero2.pack.verification.limits import HINT

MOLECULE_TEXTS = tuple("id status verdict call scaffold sample_part structure_hash canonical_smiles warnings".split())
MOLECULE_NUMBERS = ("gate", "slack", "auc_tie_aware", "score", "p_value")
MOLECULE_COUNTS = ("n_decoys_generated", "n_decoys_scored")
_ROWS_OF_LINES = 5  # of as many lines as a table may have, one may be a row that is computed with: memory


class Molecules:
    """Columns (n,) of summary.csv: texts, numbers (None where a cell is empty), counts; `hit`: None without truth."""

    def __init__(self, columns: dict[str, list[Any]], hit: list[Any]) -> None:
        self.columns, self.hit, self.n = columns, hit, len(hit)

    def __getitem__(self, name: str) -> list[Any]:
        return self.columns[name]

    def has_score(self) -> list[int]:
        """Rows with a score, in order."""
        return [row for row, score in enumerate(self["score"]) if score is not None]

    @property
    def is_weighted(self) -> bool:
        """Whether decoys of some molecule have weights, so that its AUC is not that of counted pairs."""
        return any("weights_used" in text for text in set(self["warnings"]))


def _read_molecules(evidence: Evidence) -> Molecules:
    """The columns; those that an older table lacks are empty, or 0. Raises ValueError where there are too many rows."""
    most = evidence.pack.bounds.table_lines // _ROWS_OF_LINES
    names = (*MOLECULE_TEXTS, *MOLECULE_NUMBERS, *MOLECULE_COUNTS)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    same: dict[str, str] = {}  # few different texts in many rows
    if len(evidence.summary) > most:
        raise ValueError(f"the {len(evidence.summary)} rows of {SUMMARY} are more than {most}, {HINT}")
    for batch in evidence.column_batches(SUMMARY, *names):
        for name, cells in zip(names, batch):
            if name in MOLECULE_TEXTS:
                columns[name].extend(map(same.setdefault, cells, cells))
            elif name in MOLECULE_NUMBERS:
                columns[name].extend([float(cell) if cell else None for cell in cells])
            else:
                columns[name].extend([int(cell or 0) for cell in cells])
    labels: dict[str, bool] = {}
    if TRUTH in evidence:
        for name, label in evidence.rows(TRUTH, "molecule_id", "expensive_label"):
            labels.setdefault(name, label == "PASS")
    return Molecules(columns, [labels.get(name) for name in columns["id"]])


def molecules_of(evidence: Evidence) -> Molecules:
    """The rows of summary.csv with their truth, read once for all that computes with them."""
    molecules: Molecules = evidence.kept("molecules", lambda: _read_molecules(evidence))
    return molecules
