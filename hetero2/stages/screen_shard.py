"""screen-shard: predict the molecules of one shard of a library by the fitted screen."""

import argparse
from pathlib import Path

import numpy as np

from hetero2.campaign import library_screen
from hetero2.io.tables import read_shard, write_parquet
from hetero2.runtime.cli_types import add_shard, check_shard
from hetero2.runtime.settings import add_settings
from hetero2.stages.screen_model import GUARDRAILS, limits_of

EXAMPLE = "hetero2 screen-shard --input input/rows.parquet --model model.npz --z z.npy --out screen/0000.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name library, shard, model and output."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered library")
    add_shard(parser)
    parser.add_argument("--model", type=Path, required=True, help="the fitted screen")
    parser.add_argument("--z", type=Path, required=True, help="places of the library by today's score")
    add_settings(parser, *GUARDRAILS)
    parser.add_argument("--out", type=Path, required=True, help="where to write the predictions (Parquet)")


def run(args: argparse.Namespace) -> None:
    """Predict one shard."""
    check_shard(args)
    rows = read_shard(args.input, "input_row.v1", args.shard, args.shards)
    every_z = np.load(args.z, mmap_mode="r", allow_pickle=False)
    first = rows["row"][0].as_py() if len(rows) else 0
    z = np.array(every_z[first : first + len(rows)])
    predicted = library_screen.screened(library_screen.load(args.model), rows.to_pylist(), z, limits_of(args))
    write_parquet(args.out, predicted, library_screen.SHARD)
