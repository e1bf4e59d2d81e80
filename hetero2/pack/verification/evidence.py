"""The contents of a pack as recomputations read them: JSON parsed once, tables in batches, the summary by column."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, TypeVar, Union

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.form.tables import read_batches, read_rows
from hetero2.pack.verification.layout import MANIFEST, SUMMARY, TRUTH

# What is kept of summary.csv; other columns can be read row by row.
_TEXTS = ("id", "status", "reason", "verdict", "call")
_NUMBERS = ("slack", "score", "margin", "auc_tie_aware", "n_decoys_scored")
_FEW_COLUMNS = 200  # of which a header is kept
FAIL, PASS, UNKNOWN = 0, 1, 2  # labels of the truth, as Evidence.labels holds them
Made = TypeVar("Made")
Column = Union[list[str], "array[float]"]


class Summary:
    """Columns of summary.csv: texts as lists, numbers as arrays with nan where a cell is empty; all of one length."""

    def __init__(self, batches: Iterator[list[Sequence[str]]]) -> None:
        """Keep the columns of batches with the columns _TEXTS, then _NUMBERS."""
        texts: dict[str, list[str]] = {name: [] for name in _TEXTS}
        numbers: dict[str, array[float]] = {name: array("d") for name in _NUMBERS}
        self._columns: dict[str, Column] = {**texts, **numbers}
        self._place: dict[str, int] = {}
        same: dict[str, str] = {}  # few different texts in many rows
        for batch in batches:
            columns = iter(batch)
            for name, text in texts.items():
                column = next(columns)
                text.extend(column if name == "id" else map(same.setdefault, column, column))
            for number in numbers.values():
                number.extend([float(cell) if cell else math.nan for cell in next(columns)])

    def __len__(self) -> int:
        """The number of rows."""
        return len(self._columns["id"])

    def texts(self, name: str) -> list[str]:
        """A column of texts; a cell that is empty is ''."""
        column = self._columns[name]
        assert isinstance(column, list)
        return column

    def numbers(self, name: str) -> array[float]:
        """A column of numbers; a cell that is empty is nan."""
        column = self._columns[name]
        assert isinstance(column, array)
        return column

    def place(self, molecule_id: str) -> int | None:
        """The first row with an id, counted from 0 (rows that repeat it are errors); None where there is none."""
        if not self._place:
            for row, name in enumerate(self.texts("id")):
                self._place.setdefault(name, row)
        return self._place.get(molecule_id)


class Evidence:
    """A pack whose form was checked, for recomputation.

    A file is `readable` if it is there and in the form of its contract: types, ranges and columns then need no check.
    """

    def __init__(self, pack: Pack, parsed: dict[str, Any], digests: dict[str, str], out_of_form: set[str]) -> None:
        self.pack, self.digests, self._parsed, self._out_of_form = pack, digests, parsed, out_of_form
        self._summary: Summary | None = None
        self._labels: bytearray | None = None
        self._kept: dict[str, Any] = {}
        self._headers: dict[str, list[str]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self.pack

    def is_readable(self, name: str) -> bool:
        """Whether a file is there and in form."""
        return name in self.pack and name not in self._out_of_form

    def json(self, name: str) -> Any:
        """A JSON file that has a schema (layout.SCHEMAS), as it was parsed; None where it is not there."""
        return self._parsed.get(name)

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the run, as manifest.json has it."""
        manifest = self._parsed.get(MANIFEST)
        config = manifest.get("config") if isinstance(manifest, dict) else None
        return config if isinstance(config, dict) else {}

    def columns(self, name: str) -> list[str]:
        """The header of a table."""
        if name in self._headers:
            return self._headers[name]
        header = next(read_rows(self.pack, name), [])
        if len(header) <= _FEW_COLUMNS:  # a user's table may have a million
            self._headers[name] = header
        return header

    def rows(self, name: str, *columns: str) -> Iterator[tuple[str, ...]]:
        """The cells of these columns, row by row; '' where a cell is empty or an older table lacks the column."""
        for batch in self.column_batches(name, *columns):
            yield from zip(*batch)

    def column_batches(self, name: str, *columns: str) -> Iterator[list[Sequence[str]]]:
        """The same cells by column, for some rows at a time."""
        header = self.columns(name)
        places = [header.index(column) if column in header else -1 for column in columns]
        n_header_rows = 1
        for batch in read_batches(self.pack, name, max(places, default=-1) + 1):
            rows = batch[n_header_rows:]
            n_header_rows = 0 if batch else n_header_rows
            if rows:
                empty = [""] * len(rows)
                yield [list(map(itemgetter(place), rows)) if place >= 0 else empty for place in places]

    def text(self, name: str) -> str:
        """A text file as a whole; raises ValueError where it is larger than all JSON of a pack may be."""
        if self.pack.sizes[name] > self.pack.bounds.json_bytes:
            raise ValueError(f"its {self.pack.sizes[name]} bytes are too many to be compared")
        return b"".join(self.pack.blocks(name)).decode("utf-8")

    def kept(self, name: str, make: Callable[[], Made]) -> Made:
        """What several checks need, made once."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: Made = self._kept[name]
        return kept

    @property
    def summary(self) -> Summary:
        """The columns of summary.csv that several recomputations need."""
        if self._summary is None:
            self._summary = Summary(self.column_batches(SUMMARY, *_TEXTS, *_NUMBERS))
        return self._summary

    @property
    def labels(self) -> bytearray:
        """PASS, FAIL or UNKNOWN of truth.csv for each row of the summary."""
        if self._labels is None:
            self._labels = bytearray([UNKNOWN]) * len(self.summary)
            for molecule_id, label in self.rows(TRUTH, "molecule_id", "expensive_label"):
                row = self.summary.place(molecule_id)
                if row is not None:
                    self._labels[row] = PASS if label == "PASS" else FAIL
        return self._labels
