"""pages: a page for every audited molecule of one shard, with all its decoys drawn."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.log import logger
from hetero2.report import page
from hetero2.stages import cards
from hetero2.stages.candidates import decoys_of, ranked
from hetero2.tables import read_parquet, write_parquet_rows

EXAMPLE = "hetero2 pages --run my-run --summary summary.csv --decoys d.parquet --scores s.parquet --out pages.parquet"


def pages(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The page of each OK row of the shard, in order."""
    rows = cards.read_rows(args.summary)
    hits = cards.read_hits(args.truth, args.truth_source)
    order, _ = ranked(rows, [])
    rank = {row: place for place, row in enumerate(order.tolist(), start=1)}
    here = np.unique(read_parquet(args.decoys, "decoy.v1", ["row"])["row"].to_numpy())
    here = here[pc.equal(rows["status"], "OK").to_numpy()[here]]
    decoys = cards.by_row(next(decoys_of(pa.array(here), [args.decoys], [args.scores])).to_pylist())
    for record in cards.records(rows, here, rank, hits):
        own = decoys[record["row"]]
        card = cards.card(record, own, len(own))
        yield {"row": record["row"], "html": page.molecule(card, args.run_name)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--run", dest="run_name", required=True, help="name of the run")
    parser.add_argument("--summary", type=Path, required=True, help="of the whole library")
    parser.add_argument("--decoys", type=Path, required=True, help="of the shard")
    parser.add_argument("--scores", type=Path, required=True, help="of the shard")
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--truth-source", default="external")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write the pages of the shard as a table."""
    count = write_parquet_rows(args.out, pages(args), "page.v1")
    logger.info("%d pages", count)
