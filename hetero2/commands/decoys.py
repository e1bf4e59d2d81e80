"""decoys: decoys for a library, without a run."""

import argparse
import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

from hetero2.errors import ConfigError, InputError
from hetero2.inputs import smi
from hetero2.inputs.sdf import read_any
from hetero2.io.csv_writer import cell
from hetero2.io.files import atomic_path
from hetero2.io.tables import arrow_schema, columns, quoted, to_table
from hetero2.report.text.vocabulary import STATUS
from hetero2.runtime.cli_types import positive
from hetero2.runtime.log import logger, printable, progress
from hetero2.runtime.settings import add_option
from hetero2.stages.decoys_shard import (
    FEWER,
    SETTINGS,
    DecoyOptions,
    Record,
    check_shares,
    decoy_options,
    molecules_with_decoys,
)
from hetero2.stages.input import mark

EXAMPLE = "hetero2 decoys --input my.csv --out decoys.parquet --decoys-per-molecule 20 --workers 2"
CONTRACT = "decoy_file.v1"
_ROWS_AT_ONCE = 16384
_STATUS = STATUS | {"OK": "with decoys"}
Write = Callable[[list[Record]], None]


@contextlib.contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    with pq.ParquetWriter(path.absolute(), arrow_schema(CONTRACT), compression="zstd") as writer:
        yield lambda rows: writer.write_table(to_table(rows, CONTRACT).cast(arrow_schema(CONTRACT)))


@contextlib.contextmanager
def _csv(path: Path) -> Iterator[Write]:
    names = columns(CONTRACT)
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write(",".join(names) + "\n")
        yield lambda rows: handle.writelines(",".join(cell(row[name]) for name in names) + "\n" for row in rows)


def _smi_name(molecule_id: str, decoy_index: int) -> str:
    return f"{molecule_id}_{decoy_index}"


@contextlib.contextmanager
def _smi(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="") as handle:
        yield lambda rows: handle.writelines(
            f"{row['decoy_smiles']}\t{_smi_name(row['id'], row['decoy_index'])}\n" for row in rows
        )


WRITERS = {".parquet": _parquet, ".csv": _csv, ".smi": _smi}


def _check_ids(path: Path, rows: list[Record]) -> None:
    """Raise InputError for an id that a SMILES file cannot hold; rows are counted from 1."""
    for row in rows:
        why = smi.cannot_hold(_smi_name(row["id"], 0)) if row["status"] is None else None
        if why is not None:
            raise InputError(
                f"{path}: row {row['row'] + 1}: the id {quoted(row['id'])} {why}, which a .smi file cannot hold",
                "write the decoys as .csv or .parquet, or give the molecule another id",
            )


def _results(rows: list[Record], options: DecoyOptions, workers: int) -> Iterator[tuple[Record, list[Record]]]:
    for record, decoys in molecules_with_decoys(rows, options, workers):
        yield record, [{"id": record["id"], **decoy} for decoy in decoys]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name library and output, how many processes, which molecules get decoys and which decoys."""
    parser.add_argument("--input", type=Path, required=True, help="library: .csv, .csv.gz, .parquet, .smi or .sdf")
    parser.add_argument("--out", type=Path, required=True, help="decoys: .csv, .parquet or .smi")
    parser.add_argument("--workers", type=positive, default=1, help="processes (default 1); changes no decoy")
    add_option(parser, "decoys.k", "--decoys-per-molecule", "--k")
    for key in SETTINGS:
        if key != "decoys.k":
            add_option(parser, key)


def _report(out: Path, molecules: list[Record], k: int) -> None:
    """Write which molecules got fewer than k decoys, and why, beside the decoys; print the totals."""
    few = [m for m in molecules if m["n_decoys_generated"] < k]
    beside = out.with_name(out.stem + ".fewer.csv")
    if few:
        with atomic_path(beside) as temporary, temporary.open("w", encoding="utf-8", newline="") as handle:
            handle.write("id,status,reason,n_decoys,warnings\n")
            names = ("id", "status", "reason", "n_decoys_generated", "warnings")
            handle.writelines(",".join(cell(m[name]) for name in names) + "\n" for m in few)
    elif beside.exists():
        beside.unlink()
    status = Counter(m["status"] for m in molecules)
    total = sum(m["n_decoys_generated"] for m in molecules)
    by_status = ", ".join(f"{status[code]:,} {word}" for code, word in _STATUS.items() if status[code])
    print(printable(f"{len(molecules)} molecules: {by_status}; {total} decoys in {out}"))
    if few:
        print(printable(f"{len(few)} molecules have fewer than {k} decoys; {beside} says why"))
    lost = Counter(note for m in molecules for note in m["warnings"].split(";") if note and note.split(":")[0] != FEWER)
    for note in sorted(lost):
        print(f"{note}: {lost[note]} of the molecules")


def run(args: argparse.Namespace) -> None:
    """Write the decoys of a library."""
    suffix = args.out.suffix.lower()
    if suffix not in WRITERS:
        raise ConfigError(f"{args.out}: unknown suffix {suffix!r}", f"written are {', '.join(sorted(WRITERS))}")
    if args.out.resolve() == args.input.resolve():
        raise ConfigError(f"{args.out}: is the input itself", "name another file for --out")
    if not args.out.absolute().parent.is_dir():
        raise ConfigError(f"{args.out}: there is no folder {args.out.parent}")
    check_shares(args.quotas)
    rows = list(mark(read_any(args.input)))
    if not rows:
        raise InputError(f"{args.input}: no row after the header", "give at least one molecule")
    if suffix == ".smi":
        _check_ids(args.input, rows)
    molecules: list[Record] = []
    waiting: list[Record] = []
    results = progress(
        _results(rows, decoy_options(vars(args)), args.workers),
        f"decoys of {len(rows)} molecules",
        len(rows),
        terminal=True,
    )
    names = ("id", "status", "reason", "n_decoys_generated", "warnings")
    with atomic_path(args.out) as temporary, WRITERS[suffix](temporary) as write:
        for record, decoys in results:
            molecules.append({name: record[name] for name in names})
            waiting += decoys
            if len(waiting) >= _ROWS_AT_ONCE:
                write(waiting)
                waiting = []
        write(waiting)
    _report(args.out, molecules, args.k)
    logger.info("done")
