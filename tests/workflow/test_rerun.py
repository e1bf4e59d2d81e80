"""An edit of code or configuration runs its stage and what follows again, and nothing else."""

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import build, copy_checkout, first_by_day, taken_up

PACK = {"report", "pack", "registry_row"}
COST_LIFT = {"cost_lift", "utility", *PACK}
SUMMARY = {"summary", "candidates", "diagnosis", *COST_LIFT}
CALLS = {"calls", "controls", *SUMMARY}
AFTER = {
    "truth": {"truth", "leakage_list", "diagnosis", *COST_LIFT},
    "cost_lift": COST_LIFT,
    "summary": SUMMARY,
    "audit": {"audit", *SUMMARY},
    "calls": CALLS,
    "scores": {"scores", "missing_scores", "audit", *CALLS},
    "pack": PACK,
    "registry_row": {"registry_row"},
}
ALL = {"input", "decoys_shard", "decoy_quality", "leakage", "control_sample", "score_request", "score_source"}
ALL |= {*AFTER["scores"], *AFTER["truth"]}
EDITS = [
    ("hetero2/stages/cost_lift.py", AFTER["cost_lift"]),
    ("hetero2/stats/audit/ranking.py", AFTER["audit"]),
    ("hetero2/report/templates/report.html.j2", AFTER["pack"]),
    ("hetero2/errors.py", ALL),
    ("schemas/hetero_score_table.v1.schema.json", {"score_source", *AFTER["scores"]}),
    ("README.md", set()),
    ("hetero2/legacy/cost_lift_v1.py", AFTER["cost_lift"]),
    ("hetero2/stats/audit/target_decoy_competition.py", {"decoy_quality", *AFTER["calls"]}),
    ("hetero2/stages/summary.py", AFTER["summary"]),
    ("hetero2/report/index.py", AFTER["pack"]),
    ("hetero2/stages/registry_row.py", AFTER["registry_row"]),
    ("hetero2/pack/accept.py", AFTER["pack"]),
    ("hetero2/commands/show.py", set()),
    ("hetero2/chem/decoys_v1.py", ALL - {"input", "truth"}),
    ("hetero2/chem/decoys_v2/enumerate.py", ALL - {"input", "truth"}),
    ("hetero2/stats/audit/decoy_quality.py", {"decoy_quality", *AFTER["pack"]}),
    ("requirements.lock", ALL),
    ("schemas/summary.v1.schema.json", AFTER["summary"]),
    ("envs/model.yaml", {"decoy_quality", "score_source", *AFTER["scores"]}),
]


@pytest.fixture(scope="module")
def checkout(small_run, tmp_path_factory):
    """A copy of the project with a finished small run beside it: that of all tests, but for another seed."""
    base = tmp_path_factory.mktemp("checkout")
    copy_checkout(base / "code")
    overlay = taken_up(small_run, base / "work") / "my.yaml"
    overlay.write_text(overlay.read_text().replace("selection: {k: 3}", "selection: {k: 3, seed: 2}"))
    build(base / "work", root=base / "code")
    return base


def planned(checkout: Path, *words: object) -> set[str]:
    """Rules that a dry run would execute."""
    done = build(checkout / "work", "--dry-run", *words, root=checkout / "code")
    stats = re.search(r"Job stats:\n.*?\n-.*?\n(.*?)\ntotal", done.stdout + done.stderr, re.DOTALL)
    rules = {line.split()[0] for line in stats[1].splitlines()} if stats else set()
    return rules - {"value_utility_realtruth"}


@pytest.mark.parametrize(("name", "expected"), first_by_day(EDITS, 6), ids=[name for name, _ in EDITS])
def test_an_edited_line_runs_its_stage_and_what_follows(checkout, name, expected):
    path = checkout / "code" / name
    text = path.read_text()
    path.write_text(text + "# edited\n")
    try:
        assert planned(checkout) == expected
    finally:
        path.write_text(text)


SETTINGS = [
    ("audit={fdr: 0.2}", AFTER["calls"]),
    ("pack={artifacts: full}", AFTER["summary"] | {"pages"}),
    ("selection={k: 2, seed: 3}", {"candidates", *AFTER["cost_lift"]}),  # two values swapped
    ("audit={refits: 99}", AFTER["pack"]),  # the model of this run cannot be fitted again
    ("selection={k: 2}", {"candidates", *AFTER["cost_lift"]}),
    ("selection={price_per_evaluation: 9}", {"utility", *AFTER["pack"]}),
    ("decoys={seed: 1}", ALL - {"input", "truth"}),
    ("report={cards: 2}", AFTER["pack"]),
    ("pack={compression: deflate}", AFTER["pack"]),
    ("execution={command_minutes: 5}", AFTER["registry_row"]),  # runtime.json, outside the pack, records it
    ("guardrails={max_atoms: 100}", ALL - {"input", "truth"}),
]


@pytest.mark.parametrize(("setting", "expected"), first_by_day(SETTINGS, 3))
def test_an_edited_configuration_runs_what_depends_on_it(checkout, setting, expected):
    assert planned(checkout, "--config", setting) == expected


def test_a_touched_model_is_run_again(checkout):
    path = checkout / "work/model.py"
    text = path.read_text()
    path.write_text(text + "# edited\n")
    try:
        assert planned(checkout) == {"score_source", *AFTER["scores"]}
    finally:
        path.write_text(text)


def test_swapped_options_run_what_depends_on_them(checkout):
    """Snakemake compares params as a set of values."""
    words = ("--config", "guardrails={require_connected: false}", "decoys={hard_mode: true}")
    assert planned(checkout, *words) == ALL - {"input", "truth"}


BROUGHT = [
    ("library.csv", ALL - {"truth"}),
    ("truth.csv", AFTER["truth"]),
    ("model.py", {"score_source", *AFTER["scores"]}),
]


@pytest.mark.parametrize(("name", "expected"), first_by_day(BROUGHT, 1), ids=[name for name, _ in BROUGHT])
def test_a_file_replaced_by_an_older_one_runs_what_depends_on_it(checkout, name, expected):
    """As by `mv` and `cp -p`; and one whose size and time are those of the file before, too."""
    path, kept = checkout / "work" / name, checkout / "kept"
    shutil.copy2(path, kept)
    before, content = path.stat(), path.read_bytes()
    try:
        older = checkout / "work/older"
        older.write_bytes(content + b"\n")
        os.utime(older, (1_500_000_000, 1_500_000_000))
        older.replace(path)
        assert planned(checkout) == expected
        path.write_bytes(content[:-1] + b" ")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
        assert planned(checkout) == expected
    finally:
        shutil.copy2(kept, path)
    assert planned(checkout) == set()


@pytest.mark.nightly
def test_a_file_that_is_changed_during_the_run_is_named_and_what_was_made_of_it_is_built_again(checkout):
    model, folder = checkout / "work/model.py", checkout / "work/results/small"
    text = model.read_text()
    model.write_text(f"open({str(checkout / 'work/truth.csv')!r}, 'a').write('\\n')\n{text}")
    done = build(checkout / "work", root=checkout / "code", check=False)
    assert done.returncode == 1
    assert (
        "error: truth.csv: changed while the run was reading it\n"
        "hint: type the same command again: what was made of it is built again\n"
    ) in done.stderr
    assert not list(folder.glob("*.zip"))
    model.write_text(text)
    build(checkout / "work", root=checkout / "code")
    assert list(folder.glob("*.zip"))
    assert planned(checkout) == set()


def test_it_really_runs_just_that_and_then_nothing(checkout):
    path = checkout / "code/hetero2/legacy/cost_lift_v1.py"
    path.write_text(path.read_text() + "# edited for good\n")
    done = build(checkout / "work", "--verbose", root=checkout / "code")
    ran = set(re.findall(r"^(?:local)?rule (\w+):", done.stdout + done.stderr, re.MULTILINE))
    assert ran - {"value_utility_realtruth"} == AFTER["cost_lift"]
    assert planned(checkout) == set()
