"""The user's files, each in the form of its contract: as it is where it has that form, else written anew."""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from hetero2.errors import ConfigError, InputError
from hetero2.inputs.library import header_of
from hetero2.inputs.recognised import measured, sdf_ids
from hetero2.inputs.recognised.columns import ID, LABEL, SCORE, SMILES, Role, find, needed
from hetero2.inputs.recognised.labels import Labels, Rule, read_labels
from hetero2.inputs.recognised.tables import SUFFIXES, Opened, open_table
from hetero2.inputs.recognised.written import AS_IT_IS, Brought, Names, check_once, fits, id_column, said, write
from hetero2.inputs.sdf import read_any
from hetero2.inputs.truth import SCHEMA as TRUTH
from hetero2.io.files import check_file
from hetero2.io.tables import number, quoted, shown_names

_MOLECULE_FILES = (".smi", ".sdf")
_OPTIONS = tuple(role.option for role in (ID, SMILES, SCORE, LABEL))  # in the order of Names
_KEYS = ("structure_hash", "molecule_id")  # of scores, where they are not keyed by id


def convert(files: Mapping[str, Path], names: Names, rule: Rule, folder: Path) -> dict[str, Brought]:
    """The user's files by what they are (a role of `converters`); what must be written anew goes to `folder`."""
    converters: Mapping[str, Callable[[Path], Brought]] = {
        "library": lambda path: library(path, names, folder),
        "train": lambda path: training(path, names, rule, folder),
        "truth": lambda path: truth(path, names, rule, folder),
        "scores": lambda path: scores(path, names, folder),
        "known": lambda path: measured.known(path, names, folder / "known.csv"),
    }
    brought = {role: converters[role](files[role]) for role in converters if role in files}
    check_named(list(files.values()), names)
    if rule.threshold is not None and not any(file.by_threshold for file in brought.values()):
        raise ConfigError(
            f"--threshold {rule.threshold:g}: no file has results that are numbers",
            "leave it out: labels say what a hit is",
        )
    return brought


def check_named(paths: Sequence[Path], names: Names) -> None:
    """Raise ConfigError where a column that the user named is in none of the files."""
    asked = {option: name for option, name in zip(_OPTIONS, names, strict=True) if name is not None}
    if not asked:
        return
    there = {column for path in paths for column in _columns(path)}
    for option, name in asked.items():
        if name not in there:
            files = ", ".join(str(path) for path in paths)
            raise ConfigError(f"{option} {name!r}: there is no such column in {files}", "names are case-sensitive")


def _columns(path: Path) -> Collection[str]:
    if path.name.lower().endswith(".sdf"):
        return sdf_ids.item_names(path)
    return open_table(path).header if path.name.lower().endswith(SUFFIXES) else ()


def library(path: Path, names: Names, folder: Path) -> Brought:
    """The library: id, smiles, and every other column as it is."""
    if path.name.lower().endswith(_MOLECULE_FILES):
        return _molecule_file(path, names, folder)
    table = _opened(path, (*SUFFIXES, *_MOLECULE_FILES))
    smiles, key = needed(path, table.header, SMILES, names.smiles), id_column(path, table, names.id)
    if fits(path, table, {"id": key, "smiles": smiles}):
        return Brought(path, AS_IT_IS)
    out = folder / "library.csv"
    renamed = {key: "id", smiles: "smiles"}
    header = [renamed.get(name, f"{name} (as given)" if name in ("id", "smiles") else name) for name in table.header]

    n_rows = write(out, header, (list(row.values()) for _, row in table.rows))
    return Brought(out, said(table, f"{n_rows:,} molecules", f"id = {key!r}, smiles = {smiles!r}"), True)


def _opened(path: Path, supported: Sequence[str]) -> Opened:
    """A table; raises ConfigError, with all suffixes that are supported here, for another one."""
    if not path.name.lower().endswith(SUFFIXES):
        check_file(path)
        raise ConfigError(f"{path}: unknown suffix", f"supported: {', '.join(supported)}")
    return open_table(path)


def _molecule_file(path: Path, names: Names, folder: Path) -> Brought:
    """A file of structures; an SD file whose ids stand in a data item is written as a table."""
    in_item = sdf_ids.ids(path, names.id) if path.name.lower().endswith(".sdf") else None
    if in_item is None:
        header = header_of(path)
        return Brought(path, f"below a header line {header!r}" if header else AS_IT_IS)
    item, ids = in_item
    rows = list(read_any(path))
    if len(ids) != len(rows):
        raise InputError(f"{path}: {len(rows):,} records, but {len(ids):,} data items {item!r}", "write it as .csv")
    out = folder / "library.csv"
    write(out, ["id", "smiles"], ([key, row.smiles] for key, row in zip(ids, rows, strict=True)))
    return Brought(out, f"{len(ids):,} molecules; id = the data item {item!r}", True)


def training(path: Path, names: Names, rule: Rule, folder: Path) -> Brought:
    """Molecules with labels: id, smiles, label (1 or 0); those without a result are left out."""
    table = open_table(path)
    key, smiles, label = (
        id_column(path, table, names.id),
        *(needed(path, table.header, role, name) for role, name in ((SMILES, names.smiles), (LABEL, names.label))),
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
    key = "molecule_id" if by_contract and names.id is None else id_column(path, table, names.id)
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
    key = keys[0] if keys else id_column(path, table, names.id)
    key_name = keys[0] if keys else "id"
    out, weight = folder / "scores.csv", ["weight"] if "weight" in table.header else []
    has_score = [_has_score(path, place, score, row[score]) for place, row in table.rows]  # a score for each decoy, too
    if not any(has_score):
        raise InputError(f"{path}: no row has a score in the column {score!r}")
    if all(has_score) and fits(path, table, {"score": score, key_name: key}):
        return Brought(path, AS_IT_IS)
    scored = (row for (_, row), is_scored in zip(open_table(path).rows, has_score, strict=True) if is_scored)
    n_rows = write(out, [key_name, "score", *weight], ([row[name] for name in (key, score, *weight)] for row in scored))
    without = f"; {len(has_score) - n_rows:,} without one are left out" if n_rows < len(has_score) else ""
    return Brought(out, said(table, f"{n_rows:,} scores{without}", f"id = {key!r}, score = {score!r}"), True)


def _has_score(path: Path, place: str, column: str, cell: str) -> bool:
    """Whether a cell holds a score, or nothing; raises InputError, with the place, for anything else."""
    if not cell.strip():
        return False
    if not math.isfinite(number(cell)):
        raise InputError(
            f"{path}: {place}: column {column!r}: {quoted(cell)} is not a finite number",
            "leave the cell empty where there is no score",
        )
    return True


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
    kept = [number for number, is_hit in enumerate(labels.is_hit) if is_hit is not None]
    pairs = [(rows[number][1], labels.is_hit[number] is True) for number in kept]
    check_once(path, rows, next(iter(columns.values())))
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
    write(out, header, written)
    named = ", ".join(f"{name} = {column!r}" for name, column in list(columns.items())[:-1])
    return Brought(out, said(table, count, f"{named}; {labels.understood}"), True, kept, labels.by_threshold)


def run_name(path: Path) -> str:
    """A name for a run, from that of its library; raises ConfigError where nothing of it can be used."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.name.split(".")[0]).strip("-_.")[:100]
    if not name:
        raise ConfigError(f"{path}: its name gives no name for a folder", "give one: --name my-library")
    return name
