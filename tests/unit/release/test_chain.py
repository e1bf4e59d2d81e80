"""The chain of lines: any change to what was written is found, and a writer that was cut off leaves nothing behind."""

import functools
import hashlib
import json
import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2.errors import ContractError
from tests.conftest import ROOT
from tests.releases import row_of
from tools.release import chain, checks

TAGS = [f"value-ring-suite-2026-11-2{day}-r0" for day in range(5)]
CONTRACT = "registry_row.v1"


@functools.cache
def four_lines():
    return chain.linked([row_of(tag) for tag in TAGS[:4]], [], CONTRACT)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "artefacts.jsonl"
    path.touch()
    chain.append(path, [row_of(tag) for tag in TAGS[:4]], CONTRACT)
    return path


def test_each_line_is_bound_to_the_one_before_as_sha256sum_says(written):
    lines = written.read_bytes().splitlines(keepends=True)
    links = [json.loads(line)["prev_sha256"] for line in lines]
    assert links == [None, *[hashlib.sha256(line).hexdigest() for line in lines[:3]]]
    assert chain.problems(written, CONTRACT) == []


def test_the_lineage_is_bound_to_all_of_its_predecessors_at_once():
    lines = (ROOT / checks.LINEAGE).read_text().splitlines(keepends=True)[:8]
    assert chain.link(lines) == hashlib.sha256("".join(lines).encode()).hexdigest()
    line = json.loads(lines[0]) | {"status": "built", "tag": TAGS[0]}
    linked = chain.linked([line], lines, "lineage.v1")
    for number in range(8):  # an edit of any of them is seen in the ninth
        edited = [*linked[:number], linked[number].replace("2026", "2025"), *linked[number + 1 :]]
        assert "a line was edited" in chain.line_problem(edited[8], edited[:8], "lineage.v1")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda lines: [*lines, "[" * 100000 + "\n"], "line 5: not valid JSON: nested too deeply"),
        (lambda lines: [lines[0].replace("GO", "NO"), *lines[1:]], "line 1: does not meet"),
        (lambda lines: [lines[0].replace("0.55", "0.56", 1), *lines[1:]], "line 2: prev_sha256 is"),
        (lambda lines: lines[1:], "line 1: prev_sha256 is"),
        (lambda lines: [lines[0], *lines[2:]], "line 2: prev_sha256 is"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 1: prev_sha256 is"),
        (lambda lines: [*lines, lines[3]], "line 5: prev_sha256 is"),
        (lambda lines: [*lines[:3], lines[3][:-40]], "line 4: is cut off"),
        (lambda lines: [*lines[:3], lines[3][:-1]], "line 4: is cut off"),
        (lambda lines: [*lines[:3], lines[3][:90] + "\n"], "line 4: not valid JSON"),
        (lambda lines: [*lines, "\n"], "line 5: not valid JSON"),
        (lambda lines: [*lines[:3], lines[3].replace(", ", ",", 1)], "line 4: is not formatted as"),
        (lambda lines: [*lines[:3], lines[3].replace("\n", "\r\n")], "line 4: is not formatted as"),
        (lambda lines: [*lines[:3], lines[3].replace('"tag": ', '"tag": 1, "tag": ')], "line 4: not valid JSON"),
        (lambda lines: [*lines[:3], "[1]\n"], "line 4: does not meet"),
        (lambda lines: ["<<<<<<< HEAD\n", *lines], "line 1: not valid JSON"),
    ],
)
def test_every_change_is_found_and_its_line_named(tmp_path, change, problem):
    path = tmp_path / "artefacts.jsonl"
    path.write_text("".join(change(four_lines())), newline="")
    found = chain.problems(path, CONTRACT)
    assert problem in found[0]
    before = path.read_bytes()
    with pytest.raises(ContractError, match="git checkout"):
        chain.append(path, [row_of(TAGS[4])], CONTRACT)
    assert path.read_bytes() == before


@given(st.data())
def test_no_byte_before_the_last_line_can_change_unseen(data):
    lines = four_lines()
    text = "".join(lines[:3])
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda one: one != text[place]))
    changed = chain.lines_of(text[:place] + letter + text[place + 1 :] + lines[3])
    assert any(chain.line_problem(line, changed[:number], CONTRACT) for number, line in enumerate(changed)) or (
        len(changed) != 4
    )


def test_a_crash_between_write_and_rename_leaves_the_file_as_it_was(written):
    before = written.read_bytes()
    part = written.with_name(f".{written.name}.1.part")
    part.write_bytes(before + b'{"half')  # as a killed writer leaves it
    with chain.locked(written.parent):
        chain.append(written, [row_of(TAGS[4])], CONTRACT)
    assert not part.exists()
    assert written.read_bytes().startswith(before)
    assert len(written.read_bytes().splitlines()) == 5


def test_a_failing_write_leaves_the_file_as_it_was(written, monkeypatch):
    before = written.read_bytes()

    def broken(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", broken)
    with pytest.raises(OSError, match="No space left"):
        chain.append(written, [row_of(TAGS[4])], CONTRACT)
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def add_one(path, tag):
    with chain.locked(path.parent):
        chain.append(path, [row_of(tag)], CONTRACT)


def test_writers_at_once_wait_for_each_other(tmp_path):
    path = tmp_path / "artefacts.jsonl"
    path.touch()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_one, args=(path, tag)) for tag in TAGS[:3]]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert chain.problems(path, CONTRACT) == []
    assert sorted(row["tag"] for row in chain.read(path, CONTRACT)) == TAGS[:3]
