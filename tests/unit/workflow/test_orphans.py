"""What a killed run leaves behind."""

import os
import subprocess
import time

from hetero2.workflow import orphans


def test_orphans_are_ended_and_others_are_not(tmp_path):
    mine, others = tmp_path / "a", tmp_path / "b"
    alive = {}
    for results in (mine, others):
        # A grandchild, as the job of a killed run is; `setsid` makes its parent end.
        words = ["bash", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!"]
        env = {**os.environ, orphans.VARIABLE: str(results)}
        started = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
        alive[results] = int(started.stdout)
    time.sleep(0.2)
    assert orphans.end_orphans(str(mine)) == [alive[mine]]
    assert list(orphans.orphans(str(mine))) == []
    assert orphans.end_orphans(str(others)) == [alive[others]]


def test_only_our_temporary_files_are_leftovers(tmp_path):
    ours = {".rows.parquet.12.part", ".pack.part", ".command-x1y2"}
    for name in (*ours, ".snakemake_timestamp", "my.part", "a.csv"):
        (tmp_path / name).write_text("")
    assert {path.name for path in orphans.leftovers(tmp_path)} == ours


def test_a_folder_goes_with_what_is_in_it_and_a_link_alone(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/a.csv").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "full")
    orphans.remove(tmp_path / "link")
    assert (tmp_path / "full/a.csv").exists()
    orphans.remove(tmp_path / "full")
    orphans.remove(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []
