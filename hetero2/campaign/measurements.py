"""`known_measurements.v1`: what is known of molecules, and what was measured of a batch, as a user brings it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.campaign.library import Library
from hetero2.chem.molecules import structure_hash
from hetero2.errors import InputError
from hetero2.inputs.parquet import Kind, read_parquet_rows
from hetero2.inputs.training import canonical_smiles
from hetero2.io.csv_reader import read_csv
from hetero2.io.tables import number_cell, quoted

SCHEMA = "known_measurements.v1"
OK, FAILED = "ok", "failed"
_OPTIONAL = ("smiles", "value", "label", "status")
_KINDS: Mapping[str, Kind] = {"id": "id", "smiles": "text", "value": "number", "label": "number", "status": "text"}


class Measurement(NamedTuple):
    """What was measured of a molecule: a value as it was told, a label (1 a hit, 0 not), or both, or a failure.

    A molecule of the library that has no usable structure has none here either.
    """

    id: str
    canonical_smiles: str | None
    structure_hash: str | None
    value: float | None
    label: int | None
    status: str

    @property
    def outcome(self) -> tuple[float | None, int | None, str]:
        """What makes two measurements of a molecule the same."""
        return self.value, self.label, self.status


class _Line(NamedTuple):
    place: str
    id: str
    smiles: str
    outcome: tuple[float | None, int | None, str]


class MeasurementFile(NamedTuple):
    """The measurements of a file, one for each id; `notes`: what a person should know of it."""

    measurements: list[Measurement]
    notes: list[str]


def _cells(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """(place, cells) of each row; a column that the file does not have is empty."""
    if path.name.lower().endswith(".parquet"):
        rows, what = read_parquet_rows(path, ["id"], _OPTIONAL, _KINDS), "row"
    else:
        rows, what = read_csv(path, ["id"]), "line"
    header: dict[str, Any] | None = None
    for number, row in rows:
        if header is None and not {"value", "label"} & set(row):
            raise InputError(f"{path}: there is neither a column 'value' nor a column 'label'", _EXPECTED)
        header = row
        texts = {name: row.get(name) for name in ("id", *_OPTIONAL)}
        yield f"{what} {number}", {name: "" if cell is None else _text(cell) for name, cell in texts.items()}


_EXPECTED = "expected: id, value (a number) or label (1 a hit, 0 not), optionally smiles and status (ok or failed)"


def _text(cell: object) -> str:
    return f"{cell:.17g}" if isinstance(cell, float) else str(cell)


def _outcome(path: Path, place: str, cells: Mapping[str, str]) -> tuple[float | None, int | None, str] | None:
    """Value, label and status of a row; None for one that has no result yet."""
    value, label, status = cells["value"].strip(), cells["label"].strip(), cells["status"].strip().lower()
    if status not in ("", OK, FAILED):
        raise InputError(f"{path}: {place}: status is {quoted(cells['status'])}, expected ok, failed or nothing")
    if label not in ("", "0", "1"):
        raise InputError(f"{path}: {place}: label is {quoted(cells['label'])}, expected 1 (a hit) or 0")
    if status == FAILED and (value or label):
        raise InputError(f"{path}: {place}: {quoted(cells['id'])} is said to have failed, but has a result")
    if status == OK and not (value or label):
        raise InputError(f"{path}: {place}: {quoted(cells['id'])} is said to be ok, but has no result")
    if not (value or label or status):
        return None
    number = number_cell(value, path, place, "value") + 0.0 if value else None
    return number, int(label) if label else None, status or OK


def _described(outcome: tuple[float | None, int | None, str]) -> str:
    value, label, status = outcome
    parts = [f"the value {value:g}"] if value is not None else []
    parts += [f"the label {label}"] if label is not None else []
    return " and ".join(parts) or status


def _lines(path: Path) -> tuple[list[_Line], list[str]]:
    """(rows with a result, one for each id; notes)."""
    lines: dict[str, _Line] = {}
    n_rows = n_empty = n_repeated = 0
    for place, cells in _cells(path):
        n_rows += 1
        if not cells["id"].strip():
            raise InputError(f"{path}: {place}: the id is empty", "give each molecule its id")
        outcome = _outcome(path, place, cells)
        if outcome is None:
            n_empty += 1
            continue
        line = _Line(place, cells["id"], cells["smiles"].strip(), outcome)
        before = lines.setdefault(line.id, line)
        if before.outcome != outcome:
            was = _described(before.outcome)
            raise InputError(
                f"{path}: {place}: {quoted(line.id)} has {_described(outcome)}, but {was} in {before.place}",
                "give each id one result; replicates of a molecule may stand under ids of their own, with its smiles",
            )
        n_repeated += before is not line
        if not before.smiles and line.smiles:
            lines[line.id] = before._replace(smiles=line.smiles)
    if not lines:
        what = "no row after the header" if n_rows == 0 else f"none of the {n_rows} rows has a result"
        raise InputError(f"{path}: {what}", _EXPECTED)
    counts = (
        (n_empty, "rows have no result, and count for nothing"),
        (n_repeated, "rows repeat an id with the same result"),
    )
    return list(lines.values()), [f"{path.name}: {count} {what}" for count, what in counts if count]


def read_measurements(path: Path, library: Library, standardise: str) -> MeasurementFile:
    """The measurements of a file; an id of the library needs no SMILES, and any other id does.

    standardise: as in the guardrails of the library, so that structures compare. Raises InputError, with line and id,
    for a bad cell, an id with two results, an unknown id without a structure, and an id of the library with another.
    """
    lines, notes = _lines(path)
    rows = library.places()
    for line in lines:
        if line.id not in rows and not line.smiles:
            raise InputError(
                f"{path}: {line.place}: the id {quoted(line.id)} is not in the library; nothing was recorded",
                "correct the id, or, for a molecule from elsewhere, give its structure in the column smiles",
            )
    drawn = [line for line in lines if line.smiles]
    texts = [(line.place, line.smiles) for line in drawn]
    structures = {line.id: text for line, text in zip(drawn, canonical_smiles(path, texts, standardise), strict=True)}
    measurements = [_measurement(path, line, library, rows.get(line.id), structures.get(line.id)) for line in lines]
    return MeasurementFile(measurements, notes + _without_structure(path, measurements))


def read_measurements_alone(path: Path, standardise: str) -> MeasurementFile:
    """The measurements of a file in which every molecule has its SMILES; errors are as those of `read_measurements`."""
    lines, notes = _lines(path)
    for line in lines:
        if not line.smiles:
            raise InputError(
                f"{path}: {line.place}: {quoted(line.id)} has no structure", "give it in the column smiles"
            )
    structures = canonical_smiles(path, [(line.place, line.smiles) for line in lines], standardise)
    measurements = [
        Measurement(line.id, smiles, structure_hash(smiles), *line.outcome)
        for line, smiles in zip(lines, structures, strict=True)
    ]
    return MeasurementFile(measurements, notes)


def _measurement(path: Path, line: _Line, library: Library, row: int | None, drawn: str | None) -> Measurement:
    smiles = drawn if row is None else library.canonical_smiles[row] or None
    if None not in (row, drawn, smiles) and drawn != smiles:
        raise InputError(
            f"{path}: {line.place}: the id {quoted(line.id)} is that of another structure in the library ({smiles}); "
            "nothing was recorded",
            "leave the smiles out if the molecule of the library was measured; else give this one an id of its own",
        )
    return Measurement(line.id, smiles, None if smiles is None else structure_hash(smiles), *line.outcome)


def _without_structure(path: Path, measurements: Sequence[Measurement]) -> list[str]:
    count = sum(measurement.structure_hash is None for measurement in measurements)
    return [f"{path.name}: {count} molecules have no usable structure: kept, not learned from"] if count else []
