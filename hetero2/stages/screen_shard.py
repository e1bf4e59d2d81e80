"""screen-shard: predict the molecules of one shard of a library by the fitted screen."""

import argparse
from pathlib import Path

import numpy as np

from hetero2.campaign import library_screen
from hetero2.campaign.structures import LIMITS, Limits, limits_of
from hetero2.io.tables import read_shard, write_parquet
from hetero2.runtime import numba_without_blas
from hetero2.runtime.cli_types import add_shard, check_shard
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 screen-shard --input input/rows.parquet --model model.npz --z z.npy --out screen/0000.parquet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name library, shard, model and output."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered library")
    add_shard(parser)
    parser.add_argument("--model", type=Path, required=True, help="the fitted screen")
    parser.add_argument("--z", type=Path, required=True, help="places of the library by today's score")
    add_settings(parser, *LIMITS)
    parser.add_argument("--out", type=Path, required=True, help="where to write the predictions (Parquet)")


def write_shard(rows_file: Path, shard: int, shards: int, model: Path, z: Path, limits: Limits, out: Path) -> None:
    """Write the predictions of one shard; `z` holds those of all rows."""
    rows = read_shard(rows_file, "input_row.v1", shard, shards)
    first = rows["row"][0].as_py() if len(rows) else 0
    z_of_rows = np.array(np.load(z, mmap_mode="r", allow_pickle=False)[first : first + len(rows)])
    predicted = library_screen.screened(library_screen.load(model), rows.to_pylist(), z_of_rows, limits)
    write_parquet(out, predicted, library_screen.SHARD)


def run(args: argparse.Namespace) -> None:
    """Predict one shard."""
    check_shard(args)
    numba_without_blas.load()
    write_shard(args.input, args.shard, args.shards, args.model, args.z, limits_of(args), args.out)
