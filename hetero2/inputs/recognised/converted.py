"""The user's files, each in the form of its contract: as it is where it has that form, else written anew."""

import filecmp
import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from hetero2.errors import ConfigError, InputError
from hetero2.inputs.library import header_of
from hetero2.inputs.recognised import sdf_ids
from hetero2.inputs.recognised.columns import ID, LABEL, SCORE, SMILES, Role, find, needed
from hetero2.inputs.recognised.labels import Labels, Rule, read_labels
from hetero2.inputs.recognised.tables import Opened, open_table
from hetero2.inputs.sdf import read_any
from hetero2.inputs.truth import SCHEMA as TRUTH
from hetero2.io.csv_writer import cell
from hetero2.io.files import atomic_path
from hetero2.io.tables import quoted, shown_names

_MOLECULE_FILES = (".smi", ".sdf")
_AS_IT_IS = "as it is"
_KEYS = ("structure_hash", "molecule_id")  # of scores, where they are not keyed by id


class Names(NamedTuple):
    """Columns that the user named, in place of those that are usually called so."""

    id: str | None = None
    smiles: str | None = None
    score: str | None = None
    label: str | None = None


class Brought(NamedTuple):
    """A file as the run takes it; `understood`: in words, how the user's own was read; whether it was written anew."""

    path: Path
    understood: str
    was_converted: bool = False


def convert(files: Mapping[str, Path], names: Names, rule: Rule, folder: Path) -> dict[str, Brought]:
    """The user's files by what they are (library, train, truth, scores); what must be written anew goes to `folder`."""
    converters: Mapping[str, Callable[[Path], Brought]] = {
        "library": lambda path: library(path, names, folder),
        "train": lambda path: training(path, names, rule, folder),
        "truth": lambda path: truth(path, names, rule, folder),
        "scores": lambda path: scores(path, names, folder),
    }
    return {role: converters[role](files[role]) for role in converters if role in files}


def library(path: Path, names: Names, folder: Path) -> Brought:
    """The library: id, smiles, and every other column as it is."""
    if path.name.lower().endswith(_MOLECULE_FILES):
        return _molecule_file(path, names, folder)
    table = open_table(path)
    smiles, key = needed(path, table.header, SMILES, names.smiles), needed(path, table.header, ID, names.id)
    if _fits(path, table, {"id": key, "smiles": smiles}):
        return Brought(path, _AS_IT_IS)
    out = folder / "library.csv"
    renamed = {key: "id", smiles: "smiles"}
    header = [renamed.get(name, f"{name} (as given)" if name in ("id", "smiles") else name) for name in table.header]

    n_rows = _write(out, header, (list(row.values()) for _, row in table.rows))
    return Brought(out, _said(table, f"{n_rows:,} molecules", f"id = {key!r}, smiles = {smiles!r}"), True)


def _molecule_file(path: Path, names: Names, folder: Path) -> Brought:
    """A file of structures; an SD file whose ids stand in a data item is written as a table."""
    in_item = sdf_ids.ids(path, names.id) if path.name.lower().endswith(".sdf") else None
    if in_item is None:
        header = header_of(path)
        return Brought(path, f"below a header line {header!r}" if header else _AS_IT_IS)
    item, ids = in_item
    rows = list(read_any(path))
    if len(ids) != len(rows):
        raise InputError(f"{path}: {len(rows):,} records, but {len(ids):,} data items {item!r}", "write it as .csv")
    out = folder / "library.csv"
    _write(out, ["id", "smiles"], ([key, row.smiles] for key, row in zip(ids, rows, strict=True)))
    return Brought(out, f"{len(ids):,} molecules; id = the data item {item!r}", True)


def training(path: Path, names: Names, rule: Rule, folder: Path) -> Brought:
    """Molecules with labels: id, smiles, label (1 or 0); those without a result are left out."""
    table = open_table(path)
    key, smiles, label = (
        needed(path, table.header, role, name)
        for role, name in ((ID, names.id), (SMILES, names.smiles), (LABEL, names.label))
    )
    rows = list(table.rows)
    labels = read_labels(path, label, [(place, row[label]) for place, row in rows], rule)
    return _labelled(
        path, table, rows, labels, folder / "train.csv", ["id", "smiles", "label"],
        lambda row, is_hit: [row[key], row[smiles], str(int(is_hit))],
        {"id": key, "smiles": smiles, "label": label},
    )  # fmt: skip


def truth(path: Path, names: Names, rule: Rule, folder: Path) -> Brought:
    """Results of the library: customer_truth.v1; molecules without a result are left out."""
    table = open_table(path)
    by_contract = {"molecule_id", "expensive_label", "truth_source", "truth_version"} <= set(table.header)
    key = "molecule_id" if by_contract and names.id is None else needed(path, table.header, ID, names.id)
    label = "expensive_label" if by_contract and names.label is None else needed(path, table.header, LABEL, names.label)
    rows = list(table.rows)
    labels = read_labels(path, label, [(place, row[label]) for place, row in rows], rule)
    return _labelled(
        path, table, rows, labels, folder / "truth.csv",
        ["molecule_id", "expensive_label", "truth_source", "truth_version"],
        lambda row, is_hit: [row[key], "PASS" if is_hit else "FAIL", "external", TRUTH],
        {"molecule_id": key, "expensive_label": label},
    )  # fmt: skip


def scores(path: Path, names: Names, folder: Path) -> Brought:
    """Scores: id (of the library or structure hash) and score."""
    if path.name.lower().endswith(".json"):
        return Brought(path, "scores by the contract hetero_scores.v1")
    table = open_table(path)
    score = needed(path, table.header, SCORE, names.score)
    keys = [name for name in _KEYS if name in table.header and names.id is None]
    key = keys[0] if keys else needed(path, table.header, ID, names.id)
    key_name = keys[0] if keys else "id"
    if _fits(path, table, {"score": score, key_name: key}):
        return Brought(path, _AS_IT_IS)
    out, weight = folder / "scores.csv", ["weight"] if "weight" in table.header else []
    rows = ([row[name] for name in (key, score, *weight)] for _, row in table.rows)
    n_rows = _write(out, [key_name, "score", *weight], rows)
    return Brought(out, _said(table, f"{n_rows:,} scores", f"id = {key!r}, score = {score!r}"), True)


def ids_of(path: Path) -> list[str]:
    """The keys of a table of scores, as `scores` gives it; none where it is no table."""
    if path.name.lower().endswith(".json"):
        return []
    table = open_table(path)
    key = next(name for name in (*_KEYS, "id") if name in table.header)
    return [row[key] for _, row in table.rows]


def role_of(path: Path) -> tuple[str, str]:
    """(what a file seems to be: library, train, truth or scores; why)."""
    if path.name.lower().endswith(_MOLECULE_FILES):
        return "library", "a file of structures"
    header = open_table(path).header
    has = {role.name: _may_have(path, header, role) for role in (SMILES, SCORE, LABEL)}
    if has["smiles"]:
        return ("train", "it has structures and results") if has["label"] else ("library", "it has structures")
    if has["label"] and not has["score"]:
        return "truth", "it has results and no structures"
    if has["score"]:
        return "scores", "it has scores and no structures"
    raise InputError(
        f"{path}: it holds neither structures, results nor scores; its columns are {shown_names(list(header))}"
    )


def _may_have(path: Path, header: Sequence[str], role: Role) -> bool:
    try:
        return find(path, header, role, None) is not None
    except ConfigError:  # several could be meant
        return True


def _fits(path: Path, table: Opened, columns: dict[str, str]) -> bool:
    """Whether a table is in the form of its contract already."""
    readable = path.name.lower().endswith((".csv", ".csv.gz", ".parquet"))
    return readable and not table.form and all(name == column for name, column in columns.items())


def _labelled(
    path: Path,
    table: Opened,
    rows: list[tuple[str, dict[str, str]]],
    labels: Labels,
    out: Path,
    header: list[str],
    record: Callable[[dict[str, str], bool], list[str]],
    columns: dict[str, str],
) -> Brought:
    """A table with labels: as it is where every row already is what would be written."""
    pairs = [(row, is_hit) for (_, row), is_hit in zip(rows, labels.is_hit, strict=True) if is_hit is not None]
    _check_once(path, rows, next(iter(columns.values())))
    if not pairs:
        raise InputError(f"{path}: no row has a result in the column {list(columns.values())[-1]!r}")
    written = [record(row, is_hit) for row, is_hit in pairs]
    hits = [is_hit for _, is_hit in pairs]
    n_without = len(rows) - len(pairs)
    count = f"{len(pairs):,} molecules, {sum(hits):,} of them hits" + (
        f"; {n_without:,} without a result are left out" if n_without else ""
    )
    same = not n_without and path.name.lower().endswith((".csv", ".csv.gz")) and not table.form
    same = same and all(name in table.header for name in header)
    if same and all([row[name] for name in header] == values for (row, _), values in zip(pairs, written, strict=True)):
        return Brought(path, count)
    _write(out, header, written)
    named = ", ".join(f"{name} = {column!r}" for name, column in list(columns.items())[:-1])
    return Brought(out, _said(table, count, f"{named}; {labels.understood}"), True)


def _check_once(path: Path, rows: list[tuple[str, dict[str, str]]], key: str) -> None:
    """Raise InputError, in the user's file, where an id is there twice: each molecule has one result."""
    places: dict[str, str] = {}
    for place, row in rows:
        if row[key] in places:
            raise InputError(
                f"{path}: {place}: the id {quoted(row[key])} occurs twice, first in {places[row[key]]}",
                "give each molecule one line",
            )
        places[row[key]] = place


def _said(table: Opened, count: str, columns: str) -> str:
    return "; ".join(filter(None, (count, columns, table.form)))


def _write(out: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a CSV, and return the number of rows; a file that says the same, and its time of change, is left alone."""
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh, n_lines = out.with_name(f".{out.name}.new"), 0
    with atomic_path(fresh) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
        for row in itertools.chain([header], rows):
            handle.write(",".join(map(cell, row)) + "\n")
            n_lines += 1
    if out.is_file() and filecmp.cmp(out, fresh, shallow=False):
        fresh.unlink()
    else:
        fresh.replace(out)
    return n_lines - 1


def run_name(path: Path) -> str:
    """A name for a run, from that of its library; raises ConfigError where nothing of it can be used."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.name.split(".")[0]).strip("-_.")[:100]
    if not name:
        raise ConfigError(f"{path}: its name gives no name for a folder", "give one: --name my-library")
    return name
