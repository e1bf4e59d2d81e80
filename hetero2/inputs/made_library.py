"""A library that a stage generates, and what is recorded of it."""

from pathlib import Path

from hetero2.io.csv_writer import write_csv
from hetero2.io.files import pretty_json, write_text
from hetero2.io.tables import to_table
from hetero2.runtime.provenance import file_facts

Rows = list[dict[str, str]]


def write_dataset(folder: Path, name: str, rows: Rows) -> None:
    """Write input.csv and facts.json of a data set into a folder."""
    library = folder / "input.csv"
    write_csv(library, [to_table(rows, "molecule_input.v1")], "molecule_input.v1")
    facts = {"kind": "dataset", "name": name, "inputs": [file_facts("library", library)]}
    write_text(folder / "facts.json", pretty_json(facts))
