"""The screen of a library in memory, with the numbers of `hetero2 screen`."""

import contextlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetero2.campaign import library_screen
from hetero2.campaign.structures import check_usable, limits_of
from hetero2.commands import screen as verb
from hetero2.commands.tables.files import Brought, as_files, parsed
from hetero2.commands.tables.molecules import as_molecules
from hetero2.commands.tables.progress import bar
from hetero2.commands.tables.results import Screened
from hetero2.inputs.library import rows_of_table
from hetero2.inputs.sdf import read_any
from hetero2.inputs.usable_rows import with_an_id
from hetero2.io.in_memory import as_table
from hetero2.io.tables import to_table
from hetero2.stages.input import mark

KNOWN = ("id", "smiles", "value", "label", "status")
_AT_ONCE = 2048  # rows


def _rows(library: Any) -> tuple[pa.Table, str]:
    """(rows of the library (input_row.v1), what messages call it)."""
    if isinstance(library, Path | str):
        return to_table(with_an_id(mark(read_any(Path(library))), library), "input_row.v1"), str(library)
    table = as_table(as_molecules(library, "library"), "library")
    raw = rows_of_table("library", table) if len(table) else iter(())
    return to_table(with_an_id(mark(raw), "library"), "input_row.v1"), "library"


def screen(library: Any, known: Any, today: Any, workers: int, **options: Any) -> Screened:
    """Rank a library (id, smiles) by what is known of a few molecules; `options`: those of the verb."""
    sources = {
        "known": Brought(known, KNOWN),
        "today": Brought(today, ("id", options["today_column"])),
    }
    with contextlib.ExitStack() as exits:
        files = exits.enter_context(as_files(**sources))
        args = parsed(verb.add_arguments, input="library", out="ranked.csv", **files, **options)
        verb.check_today(args)
        own = {"library": Path(library)} if isinstance(library, Path | str) else {}
        forms = exits.enter_context(verb.brought(args, **own))
        rows, name = _rows(forms.path("library") or library)
        limits = limits_of(args)
        fitted = verb.fit(args, forms, rows.select(["id", "smiles", "status"]), limits)
        spans = [(first, min(len(rows), first + _AT_ONCE)) for first in range(0, len(rows), _AT_ONCE)]
        parts = (
            library_screen.screened(
                fitted.model, rows.slice(first, end - first).to_pylist(), fitted.z[first:end], limits, workers
            )
            for first, end in spans
        )
        table = library_screen.rank(pa.concat_tables(list(bar(parts, len(rows), "molecules screened", len))))
        check_usable(table["status"].to_pylist(), table["reason"].to_pylist(), rows["smiles"][0].as_py(), Path(name))
    return Screened(table, fitted.facts)
