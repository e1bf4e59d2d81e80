"""screen-shard: predict the molecules of one shard of a library by the fitted screen."""

import argparse
from pathlib import Path

import numpy as np

from hetero2.campaign import library_screen
from hetero2.errors import ConfigError
from hetero2.io.tables import read_shard, write_parquet
from hetero2.runtime.cli_types import natural, positive
from hetero2.runtime.settings import add_settings
from hetero2.stages.screen_model import GUARDRAILS, limits_of

EXAMPLE = "hetero2 screen-shard --input input/rows.parquet --model model.npz --z z.npy --out screen/0000.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name library, shard, model and output."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered library")
    parser.add_argument("--shard", type=natural, default=0, help="which part of it, from 0")
    parser.add_argument("--shards", type=positive, default=1, help="of how many parts")
    parser.add_argument("--model", type=Path, required=True, help="the fitted screen")
    parser.add_argument("--z", type=Path, required=True, help="places of the library by today's score")
    add_settings(parser, *GUARDRAILS)
    parser.add_argument("--out", type=Path, required=True, help="where to write the predictions (Parquet)")


def run(args: argparse.Namespace) -> None:
    """Predict one shard."""
    if args.shard >= args.shards:
        raise ConfigError(f"--shard is {args.shard}, but there are {args.shards}, counted from 0")
    rows = read_shard(args.input, "input_row.v1", args.shard, args.shards)
    every_z = np.load(args.z, mmap_mode="r", allow_pickle=False)
    first = rows["row"][0].as_py() if len(rows) else 0
    z = np.array(every_z[first : first + len(rows)])
    predicted = library_screen.screened(library_screen.load(args.model), rows.to_pylist(), z, limits_of(args))
    write_parquet(args.out, predicted, library_screen.SHARD)
