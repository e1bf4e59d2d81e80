"""Memory and time that rules ask for: from rows, and from nothing that would run a rule again."""

import ast

import pytest

from hetero2.stages.cross_validation import FOLDS
from hetero2.workflow.plan import Plan
from hetero2.workflow.resources import NEEDS, K, Needs, megabytes, minutes
from tests import rules


def needs(tmp_path, rows=4096, **more):
    library = tmp_path / "library.csv"
    library.write_bytes(b"\n" * (rows - 1))
    scores = {"source": "command", "command": "true {request} {scores}"}
    mine = {"run_name": "mine", "input": {"path": str(library)}, "scores": scores, "truth": {"source": "none"}}
    return Needs(Plan(mine | more, ["value_utility_realtruth"]))


def test_every_rule_asks_for_its_own_memory_and_time():
    sections = rules.sections()
    assert set(sections) == set(NEEDS)
    for name, parts in sections.items():
        unpacked = [ast.unparse(keyword.value) for keyword in parts["resources"].keywords if keyword.arg is None]
        assert unpacked == [f"job({name!r})"]
        assert "job(" not in ast.unparse(parts["params"]), "a resource in params would run the rule again"


@pytest.mark.parametrize("rule", NEEDS)
def test_more_rows_decoys_or_attempts_never_ask_for_less(rule):
    need = NEEDS[rule]
    for ask in (megabytes, minutes):
        small = ask(need, 1000, K)
        assert 0 < small <= ask(need, 2000, K)
        assert small <= ask(need, 1000, 2 * K)
        assert ask(need, 1000, K, attempt=2) == 2 * small


def test_what_a_shard_needs_follows_its_rows_and_what_gathers_follows_all(tmp_path):
    wildcards = {"run": "mine", "shard": "0000"}
    few, many = (needs(tmp_path, execution={"shard_rows": rows}) for rows in (256, 4096))
    for method in ("memory", "runtime"):
        assert getattr(few, method)("decoys_shard")(wildcards, 1) < getattr(many, method)("decoys_shard")(wildcards, 1)
        assert getattr(few, method)("summary")(wildcards, 1) == getattr(many, method)("summary")(wildcards, 1)
    assert many.memory("decoys_shard")(wildcards, 1) == megabytes(NEEDS["decoys_shard"], 4096, K)
    assert many.memory("decoys_shard")(wildcards, 2) == megabytes(NEEDS["decoys_shard"], 4096, K, 2)


def test_a_command_may_take_the_time_it_was_given(tmp_path):
    wildcards = {"run": "mine"}
    long, short = (needs(tmp_path, execution={"command_minutes": minutes}) for minutes in (300, 60))
    assert long.runtime("score_source")(wildcards, 1) - short.runtime("score_source")(wildcards, 1) == 240
    assert long.runtime("refit")(wildcards, 1) - short.runtime("refit")(wildcards, 1) == 2400
    assert long.runtime("summary")(wildcards, 1) == short.runtime("summary")(wildcards, 1)
    assert NEEDS["cross_validation"].commands == FOLDS


def test_a_job_beside_the_runs_handles_no_rows(tmp_path):
    assert needs(tmp_path).memory("separation")({}, 1) == megabytes(NEEDS["separation"], 0, K)


def test_no_stage_reads_them():
    """Else another figure would run stages again, and change the code digest of a pack."""
    from hetero2.runtime import provenance

    modules = [f"hetero2.stages.{stage}" for stage in provenance.STAGES] + ["hetero2.workflow.plan"]
    sources = {path.name for module in modules for path in provenance.module_sources(module)}
    assert "plan.py" in sources
    assert "resources.py" not in sources
