"""The shards of a run on a command line."""

import subprocess
from types import SimpleNamespace

import pytest

from hetero2.workflow.run_files import RunFiles
from hetero2.workflow.run_layout import shard_name


@pytest.mark.parametrize("count", [1, 3, 400, 9_999, 10_000, 10_001, 10_050])
def test_bash_expands_the_words_to_every_shard_in_order(count):
    files = RunFiles({}, "some results")
    names = [shard_name(number) for number in range(count)]
    files._shards["r"] = names
    expected = [f"some results/r/scores/{name}.parquet" for name in names]
    words = files.shard_words("scores")(SimpleNamespace(run="r"), SimpleNamespace(scores=expected))
    assert len(words) < 200
    found = subprocess.run(["bash", "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == expected
