"""What Snakemake prints with our logger plugin, on a terminal and in a file."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, build, run, small_library, snakemake
from tests.terminal import on_terminal

CALL = ("value_utility_realtruth", "--cores", "2", "--configfile", "my.yaml")
ERROR = "error: library.csv: line 1: there is no column 'smiles'; found 'id', 'smile'"
HINT = "hint: the first line must name the columns; they are case-sensitive"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_library(tmp_path)


@pytest.fixture
def broken(folder: Path) -> Path:
    (folder / "library.csv").write_text("id,smile\na,C\n")
    return folder


def seen(text: str) -> list[str]:
    """The lines that stand on a terminal in the end: a carriage return writes over what a line had."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [re.sub(r"\x1b\[\d*[mK]", "", line.rsplit("\r\x1b[K", 1)[-1]).rstrip("\r") for line in lines if line]


def test_on_a_terminal_one_line_stays_in_its_place(folder):
    code, text = on_terminal(folder, *CALL, "--until", "input")
    assert code == 0
    assert re.search(r"\r\x1b\[K\d of 1 jobs( \| input of small: \d+ s)?\r", text)
    assert [line for line in seen(text) if line][1:] == []


@pytest.mark.nightly
def test_in_a_file_a_short_run_prints_nothing_of_its_progress(folder):
    done = snakemake(folder, *CALL, "--until", "input")
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "of 1 jobs" not in line][1:] == []
    again = snakemake(folder, *CALL, "--until", "input")
    assert again.stderr.splitlines()[1:] == ["Nothing to be done."]


def test_the_error_of_a_job_is_the_last_thing_printed(broken):
    done = build(broken, check=False)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("stopped at ")]
    log = lines[-3]
    assert lines[1:] == [ERROR, HINT, "failed: input, log: results/small/logs/input.log", log, ERROR, HINT]
    assert "Error in rule input:" in (broken / log.removeprefix("Snakemake's log: ")).read_text()
    code, text = on_terminal(broken, *CALL)
    assert code == 1
    assert seen(text)[-2:] == [ERROR, HINT]


def test_ctrl_c_says_how_to_go_on(folder):
    for _ in range(3):
        code, text = on_terminal(folder, *CALL, interrupt_at="jobs |")
        # So Snakemake ends where its own loop is at work just then.
        if not any(
            words in text for words in ("Cannot close a running event loop", "asyncio.exceptions.CancelledError")
        ):
            break
    assert code == 1
    assert "Terminating processes on user request" in text
    assert seen(text)[-1].startswith("error: ")
    assert "Traceback" not in text


def test_a_plan_a_list_and_an_unknown_target_are_shown_by_snakemake(broken):
    planned = build(broken, "--dry-run").stdout
    assert "Job stats:" in planned
    assert "rule decoys_shard:" in planned
    assert "This was a dry-run" in planned
    assert "decoys_shard" in snakemake(broken, "--list", "--configfile", "my.yaml").stdout
    assert "results/small/summary.csv" in snakemake(broken, "--summary", *CALL).stdout
    unknown = snakemake(broken, "nonsense", "--cores", 1, "--configfile", "my.yaml", check=False)
    assert unknown.returncode == 1
    assert "MissingRuleException:\nNo rule to produce nonsense" in unknown.stderr
    assert build(broken, "--verbose", check=False).stderr.count("Error in rule input:") == 1


def test_without_the_package_snakemake_prints_its_log_and_our_last_words(broken):
    """Snakemake alone finds no plugin; the profile then asks for none."""
    code = (
        "from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry\n"
        "LoggerPluginRegistry().plugins.pop('hetero2', None)\n"
        "from snakemake.cli import main\n"
        "main()"
    )
    done = run("python", "-c", code, "--snakefile", ROOT / "Snakefile", *CALL, cwd=broken, check=False)
    assert done.returncode == 1
    assert "Error in rule input:" in done.stderr
    assert f"\n{ERROR}\n{HINT}\nComplete log(s): " in done.stderr
