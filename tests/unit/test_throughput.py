"""The benchmark of throughput: what a call of Snakemake took, where it was killed and where it has ended."""

import sys

import pytest

from benchmarks.throughput import snakemake

HANGS_ONCE = """\
#!/bin/sh
echo call >> calls
if [ "$(wc -l < calls)" -eq 1 ]; then exec sleep 60; fi
"""


def test_what_has_ended_is_neither_made_nor_counted_again(tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text(HANGS_ONCE)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(SystemExit, match=r"killed after 0\.2 s"):
        snakemake(tmp_path, 1, "target", kill_after=0.2)
    took = snakemake(tmp_path, 1, "target", kill_after=0.2)
    assert took["wall_s"] > 0.2
    assert snakemake(tmp_path, 1, "target", kill_after=0.2) == took
    assert (tmp_path / "calls").read_text() == "call\n" * 2
