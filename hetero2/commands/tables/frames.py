"""Arrow tables as pandas has them; pandas itself is imported by Arrow, and only here."""

import importlib.util
from collections import Counter
from typing import Any

import pyarrow as pa

from hetero2.errors import ConfigError
from hetero2.io.in_memory import as_contract
from hetero2.report.text.words import counted


def check_pandas() -> None:
    """Raise ConfigError where pandas is not installed."""
    try:
        is_there = importlib.util.find_spec("pandas") is not None
    except ImportError:  # by whoever hides it
        is_there = False
    if not is_there:
        raise ConfigError(
            "pandas is not installed, so there is no DataFrame",
            "pip install pandas; without it, use the Arrow tables themselves",
        )


def frame(table: pa.Table) -> Any:
    """A pandas DataFrame; raises ConfigError where pandas is not installed."""
    check_pandas()
    return table.to_pandas()


def with_molecule(molecules: Any, decoys: Any) -> pa.Table:
    """Decoys (decoy.v1) with `id` and `smiles` of their molecule (molecule.v1, a row for each of the library)."""
    of_decoys = as_contract(decoys, "decoy.v1", "decoys")
    of_molecules = as_contract(molecules, "molecule.v1", "molecules").select(["id", "smiles"])
    columns = of_molecules.take(of_decoys["row"]).columns
    for place, (name, column) in enumerate(zip(("id", "smiles"), columns, strict=True)):
        of_decoys = of_decoys.add_column(place, name, column)
    return of_decoys


def counts(molecules: Any, decoys: Any) -> str:
    """How many molecules and decoys there are, and why some molecules have none, in a sentence."""
    table = as_contract(molecules, "molecule.v1", "molecules")
    reasons = Counter(reason for reason in table["reason"].to_pylist() if reason)
    without = "".join(f"; {count} {reason}" for reason, count in reasons.most_common())
    return f"{counted(len(table), 'molecule')}, {counted(len(decoys), 'decoy')}{without}"
