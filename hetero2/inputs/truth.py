"""Measured labels: customer_truth.v1."""

from collections.abc import Container
from pathlib import Path

from hetero2.errors import InputError
from hetero2.io.csv_reader import read_csv
from hetero2.io.tables import quoted

SCHEMA = "customer_truth.v1"
_COLUMNS = ("molecule_id", "expensive_label", "truth_source", "truth_version")


def _problem(row: dict[str, str], source: str, seen: Container[str]) -> str | None:
    if not row["molecule_id"].strip():
        return "molecule_id is empty"
    if row["molecule_id"] in seen:
        return f"molecule_id {quoted(row['molecule_id'])} occurs twice"
    if row["expensive_label"] not in ("PASS", "FAIL"):
        return f"expensive_label is {quoted(row['expensive_label'])}, expected PASS or FAIL"
    if row["truth_source"] != source:
        return f"truth_source is {quoted(row['truth_source'])}, expected {source!r}"
    if row["truth_version"] != SCHEMA:
        return f"truth_version is {quoted(row['truth_version'])}, expected {SCHEMA!r}"
    return None


def read_truth(path: Path, source: str = "external") -> dict[str, bool]:
    """Whether each molecule is a hit, by id; raises InputError with file and line for an invalid row."""
    hits: dict[str, bool] = {}
    for line, row in read_csv(path, _COLUMNS):
        problem = _problem(row, source, hits)
        if problem:
            raise InputError(f"{path}: line {line}: {problem}")
        hits[row["molecule_id"]] = row["expensive_label"] == "PASS"
    if not hits:
        raise InputError(f"{path}: no row after the header", "give at least one molecule")
    return hits
