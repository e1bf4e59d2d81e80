"""The form of tables: columns, types, ranges and allowed values, as the schema of a row says."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.form.json_text import read_json
from hetero2.pack.verification.form.schema_check import PATTERNS
from hetero2.pack.verification.form.tables import read_batches
from hetero2.pack.verification.layout import BROUGHT_TABLES, TABLES
from hetero2.pack.verification.limits import HINT, UNREADABLE
from hetero2.pack.verification.problems import Problems

CellTest = Callable[[str], bool]
_BROKEN_SCHEMA = (KeyError, TypeError, AttributeError, RecursionError)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_LONGEST = 400  # characters of a number
_SHOWN = 80


def _number_of(cell: str) -> float:
    """A number as our writer writes it: the shortest text that is read as it; nan for any other text."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if repr(value) == cell and math.isfinite(value) else math.nan


def brought_number(cell: str) -> float:
    """A number as a user may write it; nan for any other text, and for one that is not finite."""
    value = float(cell) if len(cell) <= _LONGEST and _DECIMAL.fullmatch(cell) else math.nan
    return value if math.isfinite(value) else math.nan


def _is_within(schema: dict[str, Any]) -> Callable[[float], bool]:
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above = schema.get("exclusiveMinimum", -math.inf)
    return lambda value: low <= value <= high and value > above


def _is_text(_: str) -> bool:
    """Any cell is text."""
    return True


def cell_test(schema: dict[str, Any], brought: bool) -> CellTest:
    """Whether a cell has the type and range of a column; raises ValueError for a schema that is none of ours."""
    kinds = schema.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    may_be_empty = "null" in kinds
    if "number" in kinds or "integer" in kinds:
        fits, read = _is_within(schema), brought_number if brought else _number_of
        if "number" in kinds:  # nan is in no range
            return lambda cell: fits(read(cell)) if cell else may_be_empty
        return lambda cell: fits(int(cell)) if _INTEGER.fullmatch(cell) else may_be_empty and not cell
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None:
        texts = frozenset("" if value is None else str(value) for value in allowed)
        return texts.__contains__
    pattern = schema.get("pattern", "")
    if pattern not in PATTERNS:
        raise ValueError("the schema has a pattern that none of our schemas has")
    if pattern:
        matches = re.compile(pattern).search
        return lambda cell: matches(cell) is not None if cell else may_be_empty
    return bool if schema.get("minLength") else _is_text


def _header_problem(header: list[str], schema: dict[str, Any], brought: bool) -> str | None:
    columns = list(schema["properties"])
    missing = [column for column in (schema["required"] if brought else columns) if column not in header]
    if missing:
        return f"the column {missing[0]!r} is missing"
    if len(set(header)) < len(header):
        return "a column occurs twice"
    if not brought and header != columns:
        return "the columns are not those of its contract, in their order"
    return None


class _Column(NamedTuple):
    """What the cells of a column must be: a test of one, and for numbers of our writer the range that they are in."""

    test: CellTest
    is_within: Callable[[float], bool] | None

    def fits(self, cells: set[str]) -> bool:
        """Whether all of some cells do."""
        if self.is_within is not None and self._are_numbers(list(filter(None, cells)), self.is_within):
            cells = cells & {""}
        return all(map(self.test, cells))

    @staticmethod
    def _are_numbers(cells: list[str], is_within: Callable[[float], bool]) -> bool:
        """Whether cells that are not empty are numbers within the range, as our writer writes them."""
        try:
            values = list(map(float, cells))
        except ValueError:
            return False
        if list(map(repr, values)) != cells or not all(map(math.isfinite, values)):
            return False
        return not values or (is_within(min(values)) and is_within(max(values)))


_TEXT = _Column(_is_text, None)  # also every further column, of which there may be very many


def _column(schema: dict[str, Any], brought: bool) -> _Column:
    """Raises ValueError for a schema that is none of ours."""
    kinds = schema.get("type", "string")
    is_number = not brought and "number" in ([kinds] if isinstance(kinds, str) else kinds)
    test = cell_test(schema, brought)
    return _TEXT if test is _is_text else _Column(test, _is_within(schema) if is_number else None)


def _batch_problem(batch: list[list[str]], header: list[str], tests: Sequence[_Column], before: int) -> str | None:
    """The first breach among some rows, of which so many were `before`; each different cell of a column once."""
    lengths = list(map(len, batch))
    ragged = next((place for place, length in enumerate(lengths) if length != len(header)), None)
    columns = zip(*batch[:ragged])
    checked = zip(tests, columns)
    wrong = [place for place, (test, column) in enumerate(checked) if test is not _TEXT and not test.fits(set(column))]
    for n_row, cells in enumerate(batch[:ragged] if wrong else (), start=before + 1):
        for place in wrong:
            if not tests[place].test(cells[place]):
                return f"row {n_row}: column {header[place]!r} has {cells[place][:_SHOWN]!r}"
    if ragged is None:
        return None
    return f"row {before + ragged + 1}: {lengths[ragged]} cells, but the header has {len(header)}"


def _table_problem(
    batches: Iterator[list[list[str]]], schema: dict[str, Any], brought: bool, most_rows: int
) -> tuple[int, str]:
    """(number of rows read, the first breach or ''); raises what read_batches raises."""
    header: list[str] = []
    first: list[list[str]] = []
    for batch in batches:
        if batch:
            header, *first = batch
            break
    problem = _header_problem(header, schema, brought)
    if problem is not None:
        return 0, problem
    properties = schema["properties"]
    tests = [_column(properties[column], brought) if column in properties else _TEXT for column in header]
    n_rows = 0
    for batch in chain([first], batches):
        problem = _batch_problem(batch, header, tests, n_rows)
        n_rows += len(batch)
        if problem is None and n_rows > most_rows:
            problem = f"with it the pack has more rows in tables than {HINT}"
        if problem is not None:
            return n_rows, problem
    return n_rows, ""


def check_tables(pack: Pack, problems: Problems) -> set[str]:
    """Check the tables of a pack against the schemas that it carries; those that are not in form.

    All of them together may have as many bytes as one of them, and fewer rows.
    """
    out_of_form, left_bytes, left_rows = set(), pack.bounds.table_bytes, pack.bounds.table_rows
    for name, contract in TABLES.items():
        if name not in pack:
            continue
        left_bytes -= pack.sizes[name]
        path, n_rows = f"workflow/schemas/{contract}.schema.json", 0
        try:
            if left_bytes < 0:
                raise ValueError(f"with it the pack has more bytes in tables than {HINT}")
            schema = read_json(pack, path)[1]
            n_rows, problem = _table_problem(read_batches(pack, name), schema, name in BROUGHT_TABLES, left_rows)
        except (csv.Error, *UNREADABLE) as error:
            problem = f"not a readable CSV: {error}"
        except _BROKEN_SCHEMA as error:
            problem = f"not checked, since {path} is missing or not readable ({error})"
        left_rows -= n_rows
        if problem:
            problems.add(f"{name}: {problem}")
            out_of_form.add(name)
    return out_of_form
