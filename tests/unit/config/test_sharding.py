"""How many shards a library makes."""

import gzip

import pytest

from hetero2.config.resolve import resolve
from hetero2.config.sharding import n_shards
from hetero2.errors import ConfigError

TARGET = "value_utility_realtruth"
MINE = {"run_name": "mine", "input": {"path": "my.csv"}, "scores": {"source": "external"}, "truth": {"source": "none"}}


def test_a_corrupt_gzip_library_is_named_before_any_job(tmp_path):
    path = tmp_path / "l.csv.gz"
    path.write_bytes(gzip.compress(b"id,smiles\n" * 1000)[:20] + b"\xff" * 30)
    with pytest.raises(ConfigError, match="not a valid gzip"):
        n_shards(resolve(TARGET, MINE | {"input": {"path": str(path)}}))


@pytest.mark.parametrize(
    ("rows", "shard_rows", "shards"),
    [
        (1, None, 1),
        (512, None, 1),
        (1000, None, 2),
        (10_000, None, 8),
        (100_000, None, 40),
        (10, 3, 4),
        (1_000_000, None, 400),
    ],
)
def test_number_of_shards(tmp_path, rows, shard_rows, shards):
    path = tmp_path / "my.csv"
    path.write_bytes(b"\n" * (rows - 1))
    user = MINE | {"input": {"path": str(path)}, "execution": {"shard_rows": shard_rows}}
    assert n_shards(resolve(TARGET, user)) == shards
