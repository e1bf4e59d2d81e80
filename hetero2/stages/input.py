"""input: the rows of the library in order, numbered; bad ids are marked, rows outside the sample are skipped."""

import argparse
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError, InputError
from hetero2.inputs.library import Raw, header_of
from hetero2.inputs.sdf import read_any
from hetero2.inputs.usable_rows import with_an_id
from hetero2.io.files import check_sha256, pretty_json, write_text
from hetero2.io.tables import number_cell, quoted, write_parquet_rows
from hetero2.runtime.log import logger
from hetero2.runtime.provenance import file_facts
from hetero2.runtime.seeds import sample_parts
from hetero2.runtime.settings import add_settings
from hetero2.scoring.library_ids import BAD_IDS

EXAMPLE = "hetero2 input --library my.csv --out input/rows.parquet --facts input/facts.json"
Record = dict[str, Any]


def once(rows: Iterable[Raw]) -> Iterator[Raw]:
    """Of a table with a line per decoy the first row of each id; of any other table every row.

    Raises InputError where two lines of a molecule give it different scaffolds.
    """
    seen: dict[str, str] = {}
    for row in rows:
        if row.decoy is None or not row.id.strip():
            yield row
        elif row.id not in seen:
            seen[row.id] = row.scaffold
            yield row
        elif row.scaffold not in ("", seen[row.id]):
            was = quoted(seen[row.id])
            raise InputError(
                f"{row.place}: {quoted(row.id)} has the scaffold {quoted(row.scaffold)}, but {was} before",
                "give it one",
            )


def mark(rows: Iterable[Raw]) -> Iterator[Record]:
    """Number the rows from 0, and mark those whose id is missing or repeats an earlier one."""
    seen: set[str] = set()
    for number, row in enumerate(rows):
        if "\0" in row.id:
            raise InputError(f"{row.place}: the id {quoted(row.id)} holds a NUL character", "no table can hold it")
        reason = "missing_id" if not row.id.strip() else "duplicate_id" if row.id in seen else None
        seen.add(row.id)
        yield {
            "row": number,
            "id": row.id,
            "smiles": row.smiles,
            "scores_input": row.scores_input.strip() or None,
            "status": "ERROR" if reason else row.status or None,
            "reason": reason or row.reason or None,
            "scaffold": row.scaffold.strip() or None,
            "sample_part": None,
            "sample_weight": None,
        }


def choose(args: argparse.Namespace) -> tuple[dict[int, tuple[str, float]], Record]:
    """(part and weight of each row in the sample, facts of the sample).

    The population are the rows with a valid id and a SMILES. Rows without a score cannot be in the top part.
    """
    column, sign = args.score_column, 1 if args.higher_is_better else -1
    keys: dict[int, str] = {}
    scores: dict[int, float] = {}
    raw, again = itertools.tee(read_any(args.library, more=column))
    for row, record in zip(raw, mark(again), strict=True):
        if record["reason"] not in BAD_IDS and row.smiles.strip():
            keys[record["row"]] = row.id
            if column is not None and row.cell:
                scores[record["row"]] = sign * number_cell(row.cell, args.library, row.place, column)
    if args.sample_top and not scores:
        raise InputError(f"{args.library}: column {column!r}: no row has a score in it, so there is no top to sample")
    parts = sample_parts(keys, scores, args.sample_top, args.sample_random, args.sample_seed)
    counts = {name: sum(part == name for part, _ in parts.values()) for name in ("top", "random")}
    weight = next((weight for part, weight in parts.values() if part == "random"), None)
    return parts, {"population": len(keys), **counts, "random_weight": weight, "seed": args.sample_seed}


def sampled(rows: Iterable[Record], parts: dict[int, tuple[str, float]]) -> Iterator[Record]:
    """The rows with their part of the sample; rows with a valid id that are in none become SKIP not_sampled.

    A row without SMILES stays as it is: it has a reason of its own.
    """
    for row in rows:
        part, weight = parts.get(row["row"], (None, None))
        skipped = part is None and row["status"] != "ERROR" and row["smiles"].strip()
        yield row | {
            "sample_part": part,
            "sample_weight": weight,
            "status": "SKIP" if skipped else row["status"],
            "reason": "not_sampled" if skipped else row["reason"],
        }


def _check_sample(args: argparse.Namespace) -> None:
    if (args.sample_top > 0) != (args.score_column is not None):
        raise ConfigError("audit.sample.top and audit.sample.score_column go together")
    for name, wanted in (("top", args.sample_top), ("random", args.sample_random)):
        if wanted > 1 and not float(wanted).is_integer():
            raise ConfigError(f"audit.sample.{name}: {wanted} is neither a share below 1 nor a whole number")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--library", type=Path, required=True, help=".csv, .csv.gz, .parquet, .smi or .sdf")
    add_settings(
        parser,
        "input.sha256",
        "input.structures",
        "audit.sample.score_column",
        "scores.higher_is_better",
        sample_top="audit.sample.top",
        sample_random="audit.sample.random",
        sample_seed="audit.seed",
    )
    parser.add_argument("--out", type=Path, required=True, help="where to write the rows (Parquet)")
    parser.add_argument("--facts", type=Path, required=True, help="where to write what is recorded of the library")


def run(args: argparse.Namespace) -> None:
    """Read and mark a library."""
    _check_sample(args)
    digest = check_sha256(args.library, args.sha256, "library")
    header = header_of(args.library)
    library = file_facts("library", args.library, digest) | ({} if header is None else {"header": header})
    facts: Record = {"kind": "input", "inputs": [library], "sample": None}
    read = read_any(args.library, args.structures)
    first = next(read, None)
    if first is None:
        raise InputError(f"{args.library}: no row after the header", "give at least one molecule")
    whole = itertools.chain([first], read)
    rows = mark(whole if args.structures else once(whole))
    if args.sample_top or args.sample_random:
        parts, facts["sample"] = choose(args)
        rows = sampled(rows, parts)
    facts["rows"] = write_parquet_rows(args.out, with_an_id(rows, args.library), "input_row.v1")
    write_text(args.facts, pretty_json(facts))
    logger.info("%d rows, sha256 %s", facts["rows"], digest)
