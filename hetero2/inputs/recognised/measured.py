"""Measured molecules and scores of one column, as the screen and a campaign take them."""

from pathlib import Path

from hetero2.errors import ConfigError
from hetero2.inputs.recognised.columns import LABEL, SCORE, SMILES, find, needed
from hetero2.inputs.recognised.labels import HINT_AS_NUMBERS, Labels, Rule, are_numbers, read_labels
from hetero2.inputs.recognised.tables import Opened, open_table
from hetero2.inputs.recognised.written import AS_IT_IS, Brought, Names, fits, id_column, said, write

_RESULTS = ("value", "label")
_WORDS = {True: "1", False: "0", None: ""}
_AS_LABELS = {"", "0", "1"}
_NUMBERS_OF_PARQUET = {"0.0", "1.0"}


def known(path: Path, names: Names, out: Path) -> Brought:
    """Known molecules or results (known_measurements.v1); numbers are values, and words such as active are labels."""
    table = open_table(path)
    key = id_column(path, table, names.id)
    smiles = find(path, table.header, SMILES, names.smiles)
    given = [] if names.label is not None else [name for name in _RESULTS if name in table.header]
    keys = {"id": key, "smiles": smiles or "smiles"}
    if not given and fits(path, table, keys) and find(path, table.header, LABEL, names.label) is None:
        return Brought(path, AS_IT_IS)  # its reader says what is missing
    columns = given or [needed(path, table.header, LABEL, names.label)]
    rows = list(table.rows)
    if _is_plain(path, table, rows, keys, columns):
        return Brought(path, AS_IT_IS)
    results, understood = dict[str, list[str]](), list[str]()
    for column in columns:
        name, cells, words = _result(path, column, rows)
        results[name] = cells
        understood.append(words)
    as_given = {"id": key, **({"smiles": smiles} if smiles else {})}
    as_given |= {"status": "status"} if "status" in table.header else {}
    written = (
        [*(row[column] for column in as_given.values()), *(cells[number] for cells in results.values())]
        for number, (_, row) in enumerate(rows)
    )
    n_rows = write(out, [*as_given, *results], written)
    named = f"id = {key!r}" + (f", smiles = {smiles!r}" if smiles else ", no structures")
    return Brought(out, said(table, f"{n_rows:,} rows", f"{named}; {'; '.join(understood)}"), True)


def _is_plain(
    path: Path, table: Opened, rows: list[tuple[str, dict[str, str]]], keys: dict[str, str], columns: list[str]
) -> bool:
    """Whether a table can be read as it is: names of the contract, and labels that are 1 or 0."""
    if not fits(path, table, keys) or not set(columns) <= set(_RESULTS):
        return False
    allowed = _AS_LABELS | (_NUMBERS_OF_PARQUET if "label" in table.floats else set())
    return "label" not in columns or all(row["label"].strip() in allowed for _, row in rows)


def _result(path: Path, column: str, rows: list[tuple[str, dict[str, str]]]) -> tuple[str, list[str], str]:
    """(value or label, the cells of a column as such, in words what they were taken for)."""
    cells = [(place, row[column]) for place, row in rows]
    if column == "value" or (column != "label" and are_numbers(cells)):
        return "value", [text for _, text in cells], f"value = {column!r}"
    labels: Labels = read_labels(path, column, cells, Rule(), HINT_AS_NUMBERS)
    return "label", [_WORDS[is_hit] for is_hit in labels.is_hit], f"label = {labels.understood}"


def scores(path: Path, names: Names, column: str, option: str, out: Path) -> Brought:
    """Scores of molecules by their id, in a column that is called `column` where it is not called as usual."""
    table = open_table(path)
    asked = None if column == SCORE.name else column
    score = needed(path, table.header, SCORE._replace(option=option), asked)
    key = id_column(path, table, names.id)
    if score == key:
        raise ConfigError(f"{path}: the column {key!r} cannot hold both ids and scores", f"name it: {option}")
    if fits(path, table, {"id": key, column: score}):
        return Brought(path, AS_IT_IS)
    n_rows = write(out, ["id", column], ([row[key], row[score]] for _, row in table.rows))
    return Brought(out, said(table, f"{n_rows:,} rows", f"id = {key!r}, score = {score!r}"), True)
