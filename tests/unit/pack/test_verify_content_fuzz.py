"""Random changes of what the files of a pack say, sealed again as a forger would: verify ends, and sees it or may not.

A change is done to a value of a JSON file, to a table, or to a text; then sizes, sha256, both lists, payload_sha256,
run_id and the digests in the manifest's provenance are made anew. What verify then still calls OK must stand in
FREEDOMS.
"""

import copy
import csv
import io
import json
import os
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hetero2.io.files import pretty_json
from hetero2.pack import accept
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.command import printable
from hetero2.pack.verification.layout import CHECKSUMS, CRATE, DATAPACKAGE, MANIFEST, SCHEMAS
from tests.resealed import sealed_files, with_manifest
from tests.zips import Entry, build, entries_of

# Of the cases of `make fuzz-verify` a fifth is of the content, which takes longer to check, the rest of the structure.
QUICK, CASES = 150, int(os.environ.get("CASES", "100000")) // 5
SECONDS = 10.0  # of CPU
RAW = "raw manifest"  # the text of a manifest that no writer of JSON makes
Value = Any
Files = dict[str, bytes]
Change = tuple[str, str]  # (file, kind of change)


@pytest.fixture(scope="module")
def honest(stored_run) -> Files:
    """The files of a run's pack."""
    archive = stored_run / "small_evidence_pack.zip"
    assert verify(archive) == []
    return {entry.name.decode(): entry.packed for entry in entries_of(archive)}


def sealed(honest: Files, files: Files, facts: Value) -> Files:
    """All that follows from the files made anew; a manifest that was changed as text keeps its text."""
    raw_manifest = files.get(RAW)
    packed = sealed_files({name: files[name] for name in files if name != RAW}, facts, json.loads(honest[MANIFEST]))
    return packed if raw_manifest is None else with_manifest(packed, raw_manifest)


# --- changes of a value in JSON: each gives what takes the place of the value, or raises Unfit


class UnfitError(Exception):
    """A change that does not fit the value."""


def places(value: Value) -> list[tuple[Value, Any]]:
    """(container, key) of every value inside, containers included."""
    inside: list[tuple[Value, Any]] = []
    waiting = [value]
    while waiting:
        container = waiting.pop()
        keys = container if isinstance(container, dict) else range(len(container))
        for key in keys:
            inside.append((container, key))
            if isinstance(container[key], (dict, list)):
                waiting.append(container[key])
    return inside


def is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def another_number(random: Random, container: Value, key: Any) -> None:
    value = container[key]
    if not is_number(value):
        raise UnfitError
    numbers = [
        value + 1,
        -value - 1,
        value * 2 + 1,
        value + 0.001,
        0,
        1,
        -1,
        0.5,
        1e308,
        5e-324,
        2**63,
        10**390,
        value / 3,
    ]
    container[key] = random.choice([number for number in numbers if number != value])


def integer_as_float(random: Random, container: Value, key: Any) -> None:
    if not is_number(container[key]):
        raise UnfitError
    container[key] = float(container[key]) if isinstance(container[key], int) else round(container[key])


TEXTS = [
    "",
    "PASS",
    "FAIL",
    "x" * 5000,
    "a\0b",
    "\u202egpj.exe",
    "=1+1",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "\ud800",
    "٣",
    "nan",
]


def another_text(random: Random, container: Value, key: Any) -> None:
    if not isinstance(container[key], str):
        raise UnfitError
    container[key] = random.choice(
        [text for text in [*TEXTS, container[key] + " ", container[key].upper() + "."] if text != container[key]]
    )


def another_truth(random: Random, container: Value, key: Any) -> None:
    if not isinstance(container[key], bool):
        raise UnfitError
    container[key] = not container[key]


def another_type(random: Random, container: Value, key: Any) -> None:
    kinds: list[Value] = [None, True, 0, 1.5, "text", [], {}, [[]], {"a": {"b": [None]}}, [1, "2"]]
    container[key] = random.choice([value for value in kinds if type(value) is not type(container[key])])


def deleted(random: Random, container: Value, key: Any) -> None:
    del container[key]


def added(random: Random, container: Value, key: Any) -> None:
    if isinstance(container, dict):
        container[random.choice(["zzz", "", "__proto__", "path", "sha256", "x" * 300])] = random.choice(
            [None, 1, "x", [], {}]
        )
    else:
        container.insert(random.randrange(len(container) + 1), copy.deepcopy(container[key]))


def swapped(random: Random, container: Value, key: Any) -> None:
    second = random.choice(list(container) if isinstance(container, dict) else range(len(container)))
    container[key], container[second] = container[second], container[key]


def nested(random: Random, container: Value, key: Any) -> None:
    for _ in range(random.choice([1, 50, 400])):
        container[key] = [container[key]] if random.random() < 0.5 else {"a": container[key]}


VALUE_CHANGES: list[Callable[[Random, Value, Any], None]] = [
    another_number, another_number, another_number, integer_as_float, another_text, another_text, another_truth,
    another_type, deleted, added, swapped, nested,
]  # fmt: skip


# --- changes of bytes


def raw(random: Random, content: bytes) -> tuple[str, bytes]:
    """(kind, bytes): what no writer of JSON or CSV makes."""
    half = len(content) // 2
    place = random.randrange(len(content) + 1)
    ways: dict[str, Callable[[], bytes]] = {
        "empty": lambda: b"",
        "cut": lambda: content[:half],
        "longer": lambda: content + random.choice([b"\n", b" ", b"\0", b"x", content]),
        "mark": lambda: b"\xef\xbb\xbf" + content,
        "carriage returns": lambda: content.replace(b"\n", b"\r\n"),
        "not UTF-8": lambda: content[:place] + b"\xff\xfe" + content[place:],
        "NUL": lambda: content[:place] + b"\0" + content[place:],
        "one byte": lambda: content[:place] + bytes([random.randrange(32, 127)]) + content[place + 1 :],
        "deep": lambda: b"[" * 60_000 + b"]" * 60_000,
        "key twice": lambda: content.replace(b"{\n", b'{\n  "a": 1,\n  "a": 2,\n', 1),
        "NaN": lambda: content.replace(b": 0", b": " + random.choice([b"NaN", b"-Infinity", b"1e999", b"9" * 500]), 1),
        "random": lambda: random.randbytes(200),
        "quotes": lambda: content.replace(b",", b',"', 1),
        "long cell": lambda: content[:place] + b"x" * 1_200_000 + content[place:],
    }
    kind = random.choice(list(ways))
    return kind, ways[kind]()


# --- changes of a table: each takes (random, header, rows) and changes what it likes

Rows = list[list[str]]


def cell(random: Random, header: list[str], rows: Rows) -> None:
    row, column = random.choice(rows), random.randrange(len(header))
    row[column] = random.choice([text for text in [*TEXTS[:9], "0", "1", "x"] if text != row[column]])


def number(random: Random, header: list[str], rows: Rows) -> None:
    row = random.choice(rows)
    numbers = [place for place, text in enumerate(row) if text.lstrip("-").replace(".", "", 1).isdigit()]
    if not numbers:
        raise UnfitError
    column = random.choice(numbers)
    value = float(row[column])
    row[column] = str(random.choice([value + 1, -value - 1, value + 0.001, value * 1e300, 1e-300, int(value) + 7]))


def row_deleted(random: Random, header: list[str], rows: Rows) -> None:
    del rows[random.randrange(len(rows))]


def row_twice(random: Random, header: list[str], rows: Rows) -> None:
    rows.insert(random.randrange(len(rows) + 1), list(random.choice(rows)))


def rows_swapped(random: Random, header: list[str], rows: Rows) -> None:
    first, second = random.randrange(len(rows)), random.randrange(len(rows))
    rows[first], rows[second] = rows[second], rows[first]


def no_rows(random: Random, header: list[str], rows: Rows) -> None:
    rows.clear()


def column_gone(random: Random, header: list[str], rows: Rows) -> None:
    column = random.randrange(len(header))
    for cells in (header, *rows):
        del cells[column]


def column_renamed(random: Random, header: list[str], rows: Rows) -> None:
    column = random.randrange(len(header))
    header[column] = random.choice(["", header[0], "x", header[column] + " ", header[column].upper() + "_"])


def columns_swapped(random: Random, header: list[str], rows: Rows) -> None:
    first, second = random.randrange(len(header)), random.randrange(len(header))
    for cells in (header, *rows):
        cells[first], cells[second] = cells[second], cells[first]


def column_added(random: Random, header: list[str], rows: Rows) -> None:
    column = random.randrange(len(header))
    for cells in (header, *rows):
        cells.insert(column, "x")


def row_of_another_length(random: Random, header: list[str], rows: Rows) -> None:
    row = random.choice(rows)
    if random.random() < 0.5:
        row.pop()
    else:
        row.append("x")


TABLE_CHANGES: list[Callable[[Random, list[str], Rows], None]] = [
    cell, cell, number, number, row_deleted, row_twice, rows_swapped, no_rows, column_gone, column_renamed,
    columns_swapped, column_added, row_of_another_length,
]  # fmt: skip


def table_change(random: Random, content: bytes) -> tuple[str, bytes]:
    """(kind, bytes) of a table with one change."""
    header, *rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    if not rows:
        return "row_added", content + b",".join(b"x" for _ in header) + b"\n"
    change = random.choice(TABLE_CHANGES)
    try:
        change(random, header, rows)
    except IndexError as error:  # the row has become too short for this one by a change before it
        raise UnfitError from error
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return change.__name__, out.getvalue().encode("utf-8", "replace")


# --- a case


def json_change(random: Random, document: Value) -> str:
    """Change a document at one place; the kind of change."""
    container, key = random.choice(places(document))
    change = random.choice(VALUE_CHANGES)
    change(random, container, key)
    return change.__name__


def case(number: int, honest: Files) -> tuple[list[Change], Files] | None:
    """(changes, files) of a case, the same each time; None where it came to nothing."""
    random = Random(number)
    files, changes = dict(honest), list[Change]()
    facts = json.loads(honest[MANIFEST])
    names = [name for name in honest if not name.startswith("workflow/")]
    workflow = [name for name in honest if name.startswith("workflow/")]
    for _ in range(random.choice([1, 1, 1, 2])):
        name = random.choice(names if random.random() < 0.95 else workflow)
        try:
            if name == CHECKSUMS:
                continue
            if random.random() < 0.1:
                kind, content = raw(random, files[name])
                files[RAW if name == MANIFEST else name] = content
            elif name == MANIFEST:
                kind = json_change(random, facts)
            elif name.endswith(".json"):
                document = json.loads(files[name])
                kind = json_change(random, document)
                files[name] = pretty_json(document).encode("utf-8", "surrogatepass")
            elif name.endswith(".csv"):
                kind, files[name] = table_change(random, files[name])
            else:
                kind, files[name] = raw(random, files[name])
        except (UnfitError, ValueError, csv.Error):  # a file that the first change has made unreadable
            continue
        if name == MANIFEST or files[name] != honest[name]:
            changes.append((name, kind))
    files = sealed(honest, files, facts)
    return (changes, files) if changes and files != honest else None


def written(files: Files, path: Path) -> None:
    path.write_bytes(build([Entry(name.encode(), files[name], -1, zlib.crc32(files[name])) for name in sorted(files)]))


def look(numbers: range, honest: Files, path: Path) -> Counter[tuple[Change, bool]]:
    """How often each change came alone, and whether verify called the pack OK."""
    tally: Counter[tuple[Change, bool]] = Counter()
    for number in numbers:
        changed = case(number, honest)
        if changed is None:
            continue
        changes, files = changed
        written(files, path)
        began = time.process_time()
        problems = verify(path)
        criteria = accept.judge(path, problems)
        assert time.process_time() - began < SECONDS, (number, changes)
        assert not any("the check could not be completed" in problem for problem in problems), (
            number,
            changes,
            problems,
        )
        assert all(len(problem.splitlines()) == 1 for problem in map(printable, problems)), (number, changes)
        assert not problems or not all(criterion.met for criterion in criteria), (number, changes, problems)
        if len(changes) == 1:
            tally[changes[0], not problems] += 1
    return tally


def freedoms(tally: Counter[tuple[Change, bool]]) -> dict[str, set[str]]:
    """Kinds of changes that verify did not see, by file."""
    seen: dict[str, set[str]] = {}
    for (name, kind), is_ok in tally:
        if is_ok:
            seen.setdefault(name if not name.startswith("workflow/") else "workflow/", set()).add(kind)
    return seen


# What verify may leave unseen, by file: kinds of changes, or ANY where only the seal, or a part, is held against the
# file (`hetero2 verify --explain`).
ANY = frozenset({"any"})
WITHIN_ITS_SCHEMA = frozenset(change.__name__ for change in VALUE_CHANGES)
IN_FORM = frozenset({"mark", "carriage returns"})  # the table that a reader of CSV sees is the same
# All of each of them is computed again.
RECOMPUTED = (
    "summary.csv", "metrics.json", "truth.csv", "hit_curve.csv", "ranked_candidates.csv", "selected_decoys.csv",
    CRATE, DATAPACKAGE,
    *(f"{name}_spreadsheet.csv" for name in ("summary", "ranked_candidates", "selected_decoys", "card_decoys")),
)  # fmt: skip
FREEDOMS: dict[str, frozenset[str]] = {
    **dict.fromkeys(("index.md", "report.html", "scores.csv", "workflow/"), ANY),
    **dict.fromkeys(("hardness_curve.csv", "leakage.csv", "missing_decoy_scores.csv", "card_decoys.csv"), ANY),
    **dict.fromkeys(("leakage_spreadsheet.csv", *RECOMPUTED), IN_FORM),
    **dict.fromkeys((CRATE, DATAPACKAGE), frozenset()),
    **dict.fromkeys(SCHEMAS, WITHIN_ITS_SCHEMA),
}
LEAST_SEEN = 0.95  # of changes to what is computed again, however they are sealed
# What verify must see even of a forger who seals everything again.
SEEN = {
    **{name: {"empty", "deep", "random", "column_gone", "row_of_another_length", "not UTF-8"} for name in RECOMPUTED},
    "index.md": {"empty", "cut", "random"},
    **{name: {"empty", "cut", "mark", "carriage returns", "not UTF-8", "deep", "random"} for name in SCHEMAS},
}


def check(tally: Counter[tuple[Change, bool]]) -> None:
    unseen = freedoms(tally)
    beyond = {name: kinds - FREEDOMS.get(name, frozenset()) for name, kinds in unseen.items()}
    assert {name: kinds for name, kinds in beyond.items() if kinds and FREEDOMS.get(name) != ANY} == {}
    missed = {name: kinds & SEEN.get(name, set()) for name, kinds in unseen.items() if kinds & SEEN.get(name, set())}
    assert missed == {}
    of = Counter({said: sum(n for ((name, _), ok), n in tally.items() if name in RECOMPUTED and ok == said)
                  for said in (False, True)})  # fmt: skip
    assert of[False] >= LEAST_SEEN * of.total()


def test_verify_ends_and_what_it_does_not_see_is_a_known_freedom(honest, tmp_path):
    tally = look(range(QUICK), honest, tmp_path / "case.zip")
    assert sum(tally.values()) > QUICK // 3
    assert any(is_ok for _, is_ok in tally)
    assert not all(is_ok for _, is_ok in tally)
    check(tally)


@pytest.mark.fuzz
def test_so_it_is_in_many_cases(honest, tmp_path):
    tally = look(range(QUICK, QUICK + CASES), honest, tmp_path / "case.zip")
    for name in sorted({name for (name, _), _ in tally}):
        seen, unseen = (
            sum(n for ((of, _), ok), n in tally.items() if of == name and ok == said) for said in (False, True)
        )
        print(f"{name:<36}{unseen:>6} OK {seen:>6} refused")
    check(tally)


def test_sealing_alone_leaves_the_pack_as_it_is(honest, tmp_path):
    files = sealed(honest, honest, json.loads(honest[MANIFEST]))
    assert files == honest
    written(files, tmp_path / "pack.zip")
    assert verify(tmp_path / "pack.zip") == []


def test_what_only_the_seal_holds_is_refused_without_a_new_seal(honest, tmp_path):
    for name in sorted(set(honest) - {CHECKSUMS}):
        written(honest | {name: honest[name] + b"\n"}, tmp_path / "pack.zip")
        assert verify(tmp_path / "pack.zip"), name
