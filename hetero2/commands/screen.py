"""screen: rank a library by what is known of a few molecules, without a run."""

import argparse
import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from hetero2.campaign import library_screen
from hetero2.campaign.structures import LIMITS, Limits, check_usable, limits_of
from hetero2.commands.own_columns import add_columns, names_of
from hetero2.errors import ConfigError
from hetero2.inputs.recognised.in_form import InForm, in_form
from hetero2.inputs.sdf import read_any
from hetero2.inputs.usable_rows import with_an_id
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import check_file
from hetero2.io.tables import read_parquet, write_parquet_rows
from hetero2.report.text.vocabulary import STATUS
from hetero2.runtime.cli_types import cores, positive
from hetero2.runtime.log import printable, progress
from hetero2.runtime.settings import add_option
from hetero2.stages.input import mark
from hetero2.stages.screen_model import options_of
from hetero2.stages.screen_shard import write_shard

EXAMPLE = "hetero2 screen --input library.csv --known known.csv --out ranked.csv"
_SHARD_ROWS = 20_000
_STATUS = STATUS | {"OK": "ranked"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the library, what is known, today's score where there is one, and the list to write."""
    parser.add_argument("--input", type=Path, required=True, help="library: .csv, .tsv, .xlsx, .parquet, .smi or .sdf")
    parser.add_argument(
        "--known", type=Path, required=True, help="known molecules: id, smiles, and value or label (1/0)"
    )
    parser.add_argument("--out", type=Path, required=True, help="the ranked library (.csv)")
    parser.add_argument("--today", type=Path, help="your score, if you have one: a table with id and score")
    parser.add_argument(
        "--today-lower-is-better",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="smaller scores of --today are better, as in docking (default: larger)",
    )
    parser.add_argument(
        "--lower-is-better", action="store_true", help="smaller measured values are better (default: larger)"
    )
    parser.add_argument(
        "--representative",
        action="store_true",
        help="known molecules are a random sample of the library, rather than picked by somebody",
    )
    for key, flag in (
        ("hit_at", "--hit-at"),
        ("today_column", "--today-column"),
        ("trust", "--trust-score"),
        ("seed", "--seed"),
    ):
        add_option(parser, f"screen.{key}", flag)
    for key in LIMITS:
        add_option(parser, key)
    parser.add_argument("--workers", type=positive, help="processes (default: all cores); changes no result")
    add_columns(parser)


def _shard(folder: Path, shards: int, limits: Limits, shard: int) -> Path:
    path = folder / f"{shard:04d}.parquet"
    write_shard(folder / "rows.parquet", shard, shards, folder / "model.npz", folder / "z.npy", limits, path)
    return path


def check_today(args: argparse.Namespace) -> None:
    """Raise ConfigError where it is said which way scores are better that are not there."""
    if args.today is None and args.today_lower_is_better is not None:
        raise ConfigError("--today-lower-is-better is about the scores of --today", "give them, or leave it out")


def run(args: argparse.Namespace) -> None:
    """Write the ranked library."""
    if args.out.suffix.lower() != ".csv":
        raise ConfigError(f"{args.out}: unknown suffix {args.out.suffix!r}", "written is .csv")
    if not args.out.absolute().parent.is_dir():
        raise ConfigError(f"{args.out}: there is no folder {args.out.parent}")
    inputs = [path for path in (args.input, args.known, args.today) if path is not None]
    for path in inputs:
        check_file(path)
        if path.resolve() == args.out.resolve():
            raise ConfigError(f"{args.out}: is itself an input", "name another file for --out")
    check_today(args)
    with brought(args, library=args.input) as files:
        table, facts = _ranked(args, files)
    labels, *rest = lines(table, facts)
    for line in (f"{labels}: {args.out}", *rest):
        print(printable(line))


def brought(args: argparse.Namespace, **more: Path) -> contextlib.AbstractContextManager[InForm]:
    """Known molecules and today's score, with `more` files by role, in the form of their contracts."""
    own = {**more, "known": args.known, "today": args.today}
    return in_form(own, names_of(args), {"today": (args.today_column, "--today-column")})


def fit(args: argparse.Namespace, files: InForm, rows: pa.Table, limits: Limits) -> library_screen.Fitted:
    """Learn from the known molecules; notes are about the user's own files."""
    known, today = files.brought["known"].path, files.path("today")
    fitted = library_screen.fit(rows, known, today, args.today_column, options_of(args), limits)
    return fitted._replace(facts={**fitted.facts, "notes": [files.told(note) for note in fitted.facts["notes"]]})


def _ranked(args: argparse.Namespace, files: InForm) -> tuple[pa.Table, Mapping[str, Any]]:
    """Write the ranked library; (its rows, what is recorded of the fit)."""
    library = files.brought["library"].path
    limits, workers = limits_of(args), args.workers or cores()
    with tempfile.TemporaryDirectory(prefix=".screen-", dir=args.out.absolute().parent) as name:
        folder = Path(name)
        n_rows = write_parquet_rows(
            folder / "rows.parquet", with_an_id(mark(read_any(library)), library), "input_row.v1"
        )
        rows = read_parquet(folder / "rows.parquet", "input_row.v1", ["id", "smiles", "status"])
        fitted = fit(args, files, rows, limits)
        library_screen.save(fitted.model, folder / "model.npz")
        np.save(folder / "z.npy", fitted.z, allow_pickle=False)
        first_smiles = rows["smiles"][0].as_py()
        del rows
        shards = -(-n_rows // _SHARD_ROWS)
        work = partial(_shard, folder, shards, limits)
        with ProcessPoolExecutor(min(workers, shards), get_context("spawn")) as pool:
            parts = list(
                progress(pool.map(work, range(shards)), "parts of the library screened", shards, terminal=True)
            )
        table = library_screen.ranked(parts)
        check_usable(table["status"].to_pylist(), table["reason"].to_pylist(), first_smiles, library)
        write_csv(args.out, [table], library_screen.RANKED)
    return table, fitted.facts


def lines(table: pa.Table, facts: Mapping[str, Any]) -> Iterator[str]:
    """What a person should know of a ranked library (screen.v1): the labels first, then molecules, score and notes."""
    yield f"screen on {facts['labels']} labels, {facts['hits']} of them hits"
    counts, n_known = Counter(table["status"].to_pylist()), sum(table["is_known"].to_pylist())
    by_status = ", ".join(f"{counts[code]:,} {word}" for code, word in _STATUS.items() if counts[code])
    yield f"{len(table)} molecules: {by_status}"
    for reason, count in Counter(reason for reason in table["reason"].to_pylist() if reason).most_common():
        yield f"  {reason}: {count}"
    if facts["today_supported"] is not None:
        n_labels = facts["labels_with_today"]
        yield (
            f"your score: {n_labels} labels have one; they make it {facts['today_supported']:.0%} probable that it "
            f"says something, and give it a slope of {facts['today_slope']:.2f}"
        )
    if n_known:
        yield f"note: {n_known} molecules of the library are known already (is_known)"
    yield from (f"note: {note}" for note in facts["notes"])
