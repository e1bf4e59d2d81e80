"""pages: a page for every audited molecule of one shard, with all its decoys drawn."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.inputs.decoys import decoys_with_scores
from hetero2.inputs.summary_rows import shard_lines
from hetero2.io.tables import read_parquet, write_parquet_rows
from hetero2.report import card_data, molecule_page
from hetero2.runtime.log import logger
from hetero2.runtime.settings import add_settings

EXAMPLE = (
    "hetero2 pages --run my-run --molecules m.parquet --audit a.parquet --calls calls.parquet "
    "--decoys d.parquet --scores s.parquet --out pages.parquet"
)


def pages(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The page of each OK row of the shard, in order; of the whole library only calls and truth are read."""
    hits = card_data.read_hits(args.truth, args.truth_source)
    calls = read_parquet(args.calls, "call.v1")
    lines = shard_lines(args.molecules, args.audit, calls, paged=True)
    numbers = read_parquet(args.molecules, "molecule.v1", ["row"])["row"]
    decoys = card_data.by_row(
        decoy for table in decoys_with_scores(numbers, [args.decoys], [args.scores]) for decoy in table.to_pylist()
    )
    for row, line in zip(numbers.to_pylist(), lines.to_pylist(), strict=True):
        if line["status"] == "OK":
            record = line | {"row": row, "rank": None, "measured": card_data.measured(hits.get(line["id"]))}
            card = card_data.card(record, decoys[row], len(decoys[row]))
            yield {"row": row, "html": molecule_page.render(card, args.run_name)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--run", dest="run_name", required=True, help="name of the run")
    for name in ("molecules", "audit", "decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="of the shard")
    parser.add_argument("--calls", type=Path, required=True, help="of the whole library")
    parser.add_argument("--truth", type=Path)
    add_settings(parser, truth_source="truth.source")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the pages of the shard as a table."""
    count = write_parquet_rows(args.out, pages(args), "page.v1")
    logger.info("%d pages", count)
