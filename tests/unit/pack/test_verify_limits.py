"""What a hostile pack may cost: of 10 MB at most, it is judged in 200 MB and 10 s of CPU, whatever it holds."""

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import pytest

from hetero2.pack import standalone
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.command import PACK_HINT
from hetero2.pack.verification.container import folders
from hetero2.pack.verification.container.folders import open_folder
from hetero2.pack.verification.container.pack import digest
from hetero2.pack.verification.container.zip_form import Member, central_header, end_record, local_header
from hetero2.pack.verification.layout import CHECKSUMS, MANIFEST
from hetero2.pack.verification.limits import BASE, BASE_DISK, HINT, limits
from hetero2.pack.verification.problems import Problems
from tests.conftest import ROOT
from tests.packs import edit, own_folder, relist, zipped

MEGA = 1 << 20
MOST_BYTES, MOST_SECONDS = 200 * 10**6, 10
# In the child: its own peak of memory, which that of the parent would else be part of, and its CPU time.
DRIVER = """
import resource, sys, time
from hetero2.pack import accept
from hetero2.pack.verification import command
sys.argv[0] = "hetero2"
code = command.main() if sys.argv[1] == "verify" and not sys.argv.pop(1) is None else None
if code is None:
    import argparse
    parser = argparse.ArgumentParser()
    accept.add_arguments(parser)
    code = accept.run(parser.parse_args(sys.argv[2:]))
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(f"peak {peak * 1024} seconds {time.process_time():.2f}", file=sys.stderr)
sys.exit(code)
"""


def judged(pack: Path, verb: str) -> tuple[str, int, float]:
    """(what is printed, peak of memory in bytes, seconds of CPU) of a verb on a pack that must be refused."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, verb, str(pack)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    peak, seconds = re.search(r"peak (\d+) seconds ([\d.]+)", done.stderr).groups()
    return done.stdout, int(peak), float(seconds)


def within_limits(pack: Path, printed: str) -> None:
    assert not pack.is_file() or pack.stat().st_size <= 10 * 10**6
    for verb in ("verify", "accept"):
        text, peak, seconds = judged(pack, verb)
        print(f"{pack.stem} {verb}: {peak / 1e6:.0f} MB, {seconds:.1f} s, {len(text)} letters")
        assert peak <= MOST_BYTES, (verb, peak)
        assert seconds <= MOST_SECONDS, (verb, seconds)
        assert len(text) < 2 * MEGA
        if verb == "verify":
            assert printed in text, text[-2000:]


# --- JSON


def metrics_of(text):
    def make(folder):
        (folder / "metrics.json").write_bytes(text)

    return make


def pretty(value):
    return (json.dumps(value, sort_keys=True, indent=2) + "\n").encode()


def all_that_fits(folder):
    """As many values as JSON may have, in canonical form, in the documents that are compared with a schema."""
    for name in ("metrics.json", "controls.json", "decoy_quality.json"):
        (folder / name).write_bytes(pretty({f"{n:05d}": [] for n in range(38_000)}))
    schema = {"additionalProperties": {"type": "array"}}
    for contract in ("metrics.v1", "controls.v1", "decoy_quality.v1"):
        (folder / f"workflow/schemas/{contract}.schema.json").write_bytes(pretty(schema))


JSON = {
    "brackets": (metrics_of(b"[" * 9_000_000), "more JSON than the limit"),
    "brackets-fewer": (metrics_of(b"[" * 200_000), "metrics.json: not valid JSON: maximum recursion depth"),
    "arrays": (metrics_of(b"[" + b"[]," * 2_700_000 + b"0]"), "more values in JSON than the limit"),
    "objects": (metrics_of(b"[" + b'{"":0},' * 1_100_000 + b"0]"), "more values in JSON than the limit"),
    "wide-letters": (metrics_of(b'["' + b"x" * 8_000_000 + "\U0001f600".encode() + b'"]'), "not in canonical form"),
    "million-arrays": (metrics_of(b"[" + b"[],\n" * 1_000_000 + b"0]"), "more values in JSON than the limit"),
    "indentation": (metrics_of(b"[" * 400 + b"0," * 200_000 + b"0" + b"]" * 400), "not in canonical form"),
    "long-number": (metrics_of(b"[" + b"9" * 8_000_000 + b"]"), "a number of 8000000 characters"),
    "long-fraction": (metrics_of(b"[0." + b"9" * 8_000_000 + b"]"), "a number of 8000002 characters"),
    "all-that-fits": (all_that_fits, "of no known version"),
}


# --- schemas that a pack brings


def schema_of(schema, value):
    def make(folder):
        (folder / "metrics.json").write_bytes(pretty(value))
        (folder / "workflow/schemas/metrics.v1.schema.json").write_text(json.dumps(schema))

    return make


def nested(depth, inside, key=None):
    for _ in range(depth):
        inside = [inside] if key is None else {key: inside}
    return inside


ITEMS = [{} for _ in range(60_000)]
SCHEMATA = {
    "required": (schema_of({"items": {"required": ["x"] * 60_000}}, ITEMS), "metrics.json[0]: 'x' is missing"),
    "required-there": (
        schema_of({"items": {"required": [""] * 60_000}}, [{"": 0} for _ in range(50_000)]),
        "checking it would take too long",
    ),
    "enum": (schema_of({"items": {"enum": [*range(60_000), "x"]}}, ["x"] * 60_000), "checking it would take too long"),
    "enum-nested": (schema_of({"items": {"enum": [nested(9, 0)] * 999}}, ITEMS), "enum and const must be plain"),
    "types": (schema_of({"items": {"type": ["null"] * 60_000}}, ITEMS), "expected null or null"),
    "pattern": (
        schema_of({"items": {"pattern": "^(a|a)*$"}}, ["a" * 60 + "!"]),
        "none of our schemas has",
    ),
    "deep": (schema_of(nested(300, {"type": "null"}, "items"), nested(300, 0)), "metrics.json[0][0][0]"),
    "deep-names": (
        schema_of(nested(300, {"type": "null"}, "additionalProperties"), nested(300, 0, "x" * 9000)),
        "metrics.json.xxxxx",
    ),
}


# --- tables


def table_of(name, content):
    def make(folder):
        (folder / name).write_bytes(content(folder))

    return make


def summary(row):
    """summary.csv with its own header, and rows so often as its limit of lines allows."""

    def content(folder):
        header = (folder / "summary.csv").read_bytes().partition(b"\n")[0]
        return header + b"\n" + row(header.count(b",")) * 499_990

    return content


def reasons(folder):
    """summary.csv of rows whose reasons are all different, which accept reports."""
    lines = (folder / "summary.csv").read_bytes().split(b"\n")
    ending = b"," * (lines[0].count(b",") - 2) + b"\n"
    rows = (b"%d,SKIP,%s%d" % (n, b"reason" * 20, n) + ending for n in range(350_000))
    return lines[0] + b"\n" + b"".join(rows)


def scores(numbers):
    """A score table."""
    lines = (b"%s,%d.5,1.0\n" % (hashlib.sha256(b"C%d" % n).hexdigest().encode(), n) for n in numbers)
    return b"structure_hash,score,weight\n" + b"".join(lines)


def rows_in_form(folder):
    """As many rows as may be computed with: whole, each with a score, listed, and with a label."""
    header = (folder / "summary.csv").read_text().partition("\n")[0]
    cells = dict.fromkeys(header.split(","), "") | {
        "status": "OK", "verdict": "PASS", "gate": "1.0", "slack": "0.0", "margin": "0.05", "n_decoys": "4",
        "n_decoys_generated": "4", "n_decoys_scored": "4", "warnings_count": "0", "auc_tie_aware": "1.0",
        "n_decoys_tied": "0", "p_value": "0.2", "call": "UNDECIDABLE", "call_reason": "share_not_told_from_0.05",
    }  # fmt: skip
    lines, numbers = [header], range(33_000)
    for n in numbers:
        row = {"id": n, "score": n + 0.5, "seed_used": zlib.crc32(b"%d" % n), "canonical_smiles": f"C{n}"}
        row["structure_hash"] = hashlib.sha256(b"C%d" % n).hexdigest()
        lines.append(",".join(map(str, (cells | row).values())))
    (folder / "summary.csv").write_text("\n".join(lines) + "\n")
    (folder / "scores.csv").write_bytes(scores(numbers))
    list_header = (folder / "ranked_candidates.csv").read_text().partition("\n")[0]
    best = ((n + 1, 32_999 - n) for n in numbers)
    ranked = (f"{rank},{n},C{n},{n + 0.5},UNDECIDABLE,share_not_told_from_0.05,,,\n" for rank, n in best)
    (folder / "ranked_candidates.csv").write_text(f"{list_header}\n{''.join(ranked)}")
    labels = (f"{n},{'FAIL' if n % 9 else 'PASS'},external,customer_truth.v1\n" for n in numbers)
    truth_header = "molecule_id,expensive_label,truth_source,truth_version\n"
    (folder / "truth.csv").write_text(truth_header + "".join(labels))


CSV = {
    "field": (table_of("summary.csv", lambda _: b'id,"' + b"x" * 60_000_000), "a line of more than"),
    "field-huge": (
        table_of("truth.csv", lambda _: b"x" * 100_000_000),
        "truth.csv: not a readable CSV: with it the pack has more bytes",
    ),
    "field-many-lines": (table_of("truth.csv", lambda _: b'"' + b"xxxxxxxx\n" * 900_000), "field larger than"),
    "row-many-lines": (table_of("truth.csv", lambda _: b'"xxxxxxxxx\n",' * 400_000), "a row of more than"),
    "commas": (table_of("summary.csv", lambda _: b"," * 10_000_000 + b"\n"), "a line of more than"),
    "commas-fewer": (table_of("summary.csv", lambda _: (b"," * 4_000_000 + b"\n") * 15), "the column 'id' is missing"),
    "blank": (table_of("summary.csv", lambda _: b"\n" * 60_000_000), "more lines than the limit"),
    "rows": (
        table_of("summary.csv", summary(lambda n: b"x,OK,,,PASS" + b"," * (n - 4) + b"\n")),
        "summary.csv: row 1: column 'n_decoys' has ''",
    ),
    "reasons": (table_of("summary.csv", reasons), "summary.csv: row 1: column 'n_decoys' has ''"),
    "in-form": (rows_in_form, "metrics.json: counts.OK is 11, the rows of summary.csv give"),
    "many-scores": (
        table_of("scores.csv", lambda _: scores(range(200_000))),
        "manifest.json: scores.n_scores is",
    ),
    "long-configuration": (table_of("config.yaml", lambda _: b"a: '" + b"x\n" * 4_000_000), "config.yaml: a"),
}


# --- the two lists


def listed(entries):
    def make(folder):
        edit(folder / MANIFEST, lambda document: document | {"files": entries})

    return make


def entry(n):
    return {"path": f"molecules/{n:08d}.html", "role": "page of a molecule", "sha256": "0" * 64, "size_bytes": 1}


def million_lines(folder):
    (folder / CHECKSUMS).write_bytes(b"x\n" * 4_000_000)


def many_sums(folder):
    lines = (b"%064d  molecules/%08d.html\n" % (n, n) for n in range(90_000))
    (folder / CHECKSUMS).write_bytes(b"".join(lines))


LISTS = {
    "million-files": (listed([{"path": str(n)} for n in range(200_000)]), "more values in JSON than the limit"),
    "many-files": (listed([entry(n) for n in range(35_000)]), "listed, but missing"),
    "million-sums": (million_lines, f"PROBLEM {CHECKSUMS}: line 999"),
    "blank-sums": (lambda folder: (folder / CHECKSUMS).write_bytes(b"\n" * 8_000_000), "line 999"),
    "many-sums": (many_sums, "more than 1000 problems: the rest was not checked"),
    "huge-sums": (lambda folder: (folder / CHECKSUMS).write_bytes(b"\n" * 9_000_000), "more than the limit"),
}
CONTENTS = {**JSON, **SCHEMATA, **CSV, **LISTS}


@pytest.mark.parametrize("name", CONTENTS)
def test_content_that_costs_much_is_refused_within_the_limits(name, tmp_path):
    make, printed = CONTENTS[name]
    folder = own_folder(tmp_path / "pack", small=True)
    make(folder)
    if make not in [value[0] for value in LISTS.values()] and name != "all-that-fits":
        relist(folder)
    within_limits(zipped(folder, tmp_path / f"{name}.zip", compress=True), printed)


# --- what it unpacks to


def zeros(size, level=9):
    """(packed bytes, CRC) of so many zeros."""
    deflater, crc, packed = zlib.compressobj(level, zlib.DEFLATED, -15), 0, bytearray()
    block = bytes(MEGA)
    for _ in range(size // MEGA):
        packed += deflater.compress(block)
        crc = zlib.crc32(block, crc)
    return bytes(packed + deflater.flush()), crc


def raw_zip(out, members):
    """A canonical zip of (name, method, packed bytes, CRC, size), written without the product's writer of packs."""
    content, listing = bytearray(), []
    for name, method, packed, crc, size in members:
        listing.append(Member(name, method, crc, len(packed), size, len(content)))
        content += local_header(listing[-1]) + packed
    directory = b"".join(map(central_header, listing))
    out.write_bytes(content + directory + end_record(len(listing), len(directory), len(content)))
    return out


@pytest.mark.parametrize(
    ("n_members", "printed"), [(1, "scores.csv: extra file, in neither list"), (3, "more than 536870912")]
)
def test_what_unpacks_to_a_thousand_times_its_size_is_refused_within_the_limits(n_members, printed, tmp_path):
    packed, crc = zeros(512 * MEGA)
    names = ["decoys.parquet", "report.html", "scores.csv"][-n_members:]
    pack = raw_zip(tmp_path / "bomb.zip", [(name, 8, packed, crc, 512 * MEGA) for name in names])
    within_limits(pack, printed)


def test_a_member_that_unpacks_to_more_than_it_says_is_not_read_on(tmp_path):
    packed, crc = zeros(512 * MEGA)
    pack = raw_zip(tmp_path / "lie.zip", [("scores.csv", 8, packed, crc, MEGA)])
    within_limits(pack, "scores.csv: cannot be read: its deflate stream does not end")


def test_a_pack_that_is_trusted_may_be_larger(tmp_path):
    folder = own_folder(tmp_path / "pack")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    pack = zipped(folder, tmp_path / "pack.zip")
    for path in (folder, pack):
        assert verify(path, size) == []
        assert verify(path, size - 1) == [f"the pack unpacks to {size} bytes, more than {size - 1}: {HINT}"]
    for verb in ("verify", "accept"):
        call = [sys.executable, "-m", "hetero2", verb, str(pack), "--max-unpacked"]
        done = [subprocess.run([*call, size], cwd=ROOT, capture_output=True, text=True) for size in ("1G", "9k", "9x")]
        assert "--max-unpacked BYTES raises all limits" in done[1].stdout
        assert "--max-unpacked BYTES" not in done[0].stdout
        assert done[2].returncode == 2
        assert "'9x' is not a number of bytes such as 500M or 20G" in done[2].stderr


def test_limits_grow_with_the_pack_and_with_what_it_may_unpack_to():
    assert limits(0) == limits(BASE_DISK) == BASE
    assert limits(3 * BASE_DISK) == tuple(3 * limit for limit in BASE)
    assert limits(0, 2 * BASE.unpacked) == tuple(2 * limit for limit in BASE)
    assert limits(0, 5) == BASE._replace(unpacked=5)


@pytest.mark.nightly
def test_all_of_it_at_once_stays_within_the_limits(tmp_path):
    """JSON, both tables and what it unpacks to, each as much as is read."""
    folder = own_folder(tmp_path / "pack", small=True)
    for make in (all_that_fits, CSV["rows"][0]):
        make(folder)
    truth = b"molecule_id,expensive_label,truth_source,truth_version\n" + b"x,PASS,,customer_truth.v1\n" * 499_990
    (folder / "truth.csv").write_bytes(truth)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    with (folder / "decoys.parquet").open("wb") as handle:
        handle.truncate(BASE.unpacked - size - 100_000)
    relist(folder)
    within_limits(zipped(folder, tmp_path / "all.zip", compress=True), "metrics.json: counts is None")


# --- many members, and lies about them


def pages(n_pages):
    return [(f"molecules/{n:08d}.html", 0, b"", 0, 0) for n in range(n_pages)]


def directory_of(path, n_entries, name=b"", size=0):
    """A zip that is a directory only, whose entries are all of the same place."""
    entry = (
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 33, 0, size, size, len(name), 0, 0, 0, 0, 0, 0) + name
    )
    directory = entry * n_entries
    path.write_bytes(directory + end_record(n_entries, len(directory), 0))
    return path


def test_a_zip_of_many_members_is_refused_within_the_limits(tmp_path):
    within_limits(raw_zip(tmp_path / "pages.zip", pages(80_000)), "more than 1000 problems")


@pytest.mark.parametrize(
    ("name", "count", "size", "printed"),
    [
        (b"", 217_000, 0, "the zip holds this name twice"),
        (b"a/" * 30_000 + b"a", 160, 0, "the zip holds this name twice"),
        (b"summary.csv", 1, 0xFFFFFFFE, "it is stored as"),
        (b"summary.csv", 100_000, 1 << 30, "more than 536870912"),
    ],
    ids=["many", "long", "large", "overlapping"],
)
def test_a_directory_that_claims_much_is_refused_within_the_limits(name, count, size, printed, tmp_path):
    within_limits(
        directory_of(tmp_path / "claims.zip", count, name, size), printed if size < 0xFFFFFFFE else "more than"
    )


@pytest.mark.parametrize("count", [1 << 20, 1 << 40, (1 << 64) - 1])
def test_an_end_record_that_claims_much_is_refused(count, tmp_path):
    for directory in (0, 46, 1 << 40, (1 << 64) - 1):
        try:
            end = end_record(count, directory, 0)
        except struct.error:  # no zip can say so
            continue
        (tmp_path / "end.zip").write_bytes(b"x" * 46 + end)
        assert "end.zip: not a readable zip" in verify(tmp_path / "end.zip")[0]


def test_names_that_are_all_different_are_refused_within_the_limits(tmp_path):
    members = [(f"{n:03d}/" + "a/" * 6 + "x" * 250, 0, b"", 0, 0) for n in range(900)]
    members += [(f"{n:06d}" + "/x" * 30_000, 0, b"", 0, 0) for n in range(70)]
    within_limits(raw_zip(tmp_path / "names.zip", sorted(members)), "a name of more than 8 parts")


# --- folders


def test_a_folder_of_sparse_files_is_refused_within_the_limits(tmp_path):
    folder = own_folder(tmp_path / "pack", small=True)
    with (folder / "scores.csv").open("r+b") as handle:
        handle.truncate(1 << 40)
    within_limits(folder, "the pack unpacks to 10995")


@pytest.mark.parametrize("depth", [9, 2000])
def test_a_folder_that_is_too_deep_is_not_entered(depth, tmp_path):
    folder = own_folder(tmp_path / "pack", small=True)
    parent = os.open(folder / "workflow", os.O_RDONLY)
    for _ in range(depth):  # deeper than a path can be long
        os.mkdir("ddd", dir_fd=parent)
        inner = os.open("ddd", os.O_RDONLY, dir_fd=parent)
        os.close(parent)
        parent = inner
    os.close(parent)
    within_limits(folder, "a folder deeper than any in a pack; it was not entered")
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_folder_of_many_files_is_not_listed_to_its_end(tmp_path, monkeypatch):
    folder = own_folder(tmp_path / "pack", small=True)
    monkeypatch.setattr(folders, "MAX_FOLDER", 500)
    for n in range(2000):
        (folder / f"{n}").touch()
    problems = verify(folder)
    assert "files and folders: no pack of its size has that many" in problems[0]
    assert len(problems) == 1


@pytest.fixture
def public():
    """A folder that others may read: root, who may read everything, then runs a program as somebody else."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_what_a_folder_cannot_show_is_a_problem_and_never_a_traceback(public):
    folder = own_folder(public / "pack", small=True)
    (public / "verify.py").write_text(standalone.text())
    os.mkfifo(folder / "workflow/pipe")
    (folder / os.fsdecode(b"workflow/\xff.smk")).write_text("x")
    (folder / "scores.csv").chmod(0)
    (folder / "workflow/rules").chmod(0)
    python = [sys.executable] if os.geteuid() else ["setpriv", "--reuid=65534", "--clear-groups", sys.executable]
    if subprocess.run([*python, "-c", "pass"], capture_output=True).returncode:
        pytest.skip("Python cannot be run as somebody who may not read everything")
    done = subprocess.run(
        [*python, "verify.py", "pack"],
        cwd=public,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    )
    (folder / "workflow/rules").chmod(0o755)
    assert done.stderr == ""
    assert done.returncode == 1
    for text in (
        "pipe: a link or device",
        "scores.csv: cannot be read",
        "workflow/rules/: cannot be listed",
        "\\udcff",
    ):
        assert text in done.stdout


def test_a_file_that_changes_while_it_is_checked_is_a_problem(tmp_path):
    folder = own_folder(tmp_path / "pack", small=True)
    problems = Problems()
    pack = open_folder(folder, problems)
    assert pack is not None
    with (folder / "scores.csv").open("ab") as handle:
        handle.write(b"x")
    (folder / "index.md").unlink()
    os.mkfifo(folder / "index.md")
    (folder / "summary.csv").write_bytes(b"")
    for name in ("scores.csv", "index.md", "summary.csv"):
        assert digest(pack, name, problems) == ""
    assert [problem.split(": ", 2)[2] for problem in problems] == [
        "it grew while the pack was being checked",
        "it is no longer a regular file",
        "it ends early",
    ]


@pytest.mark.parametrize("verb", ["verify", "accept", "reproduce"])
@pytest.mark.parametrize("kind", ["fifo", "device", "nothing"])
def test_what_is_no_pack_is_wrong_usage(verb, kind, tmp_path):
    path = tmp_path / "pack"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    program = [sys.executable, "-m", "hetero2", verb, str(path)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    why = "no such pack" if kind == "nothing" else "neither a file nor a folder"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {path}: {why}\nhint: {PACK_HINT}\n")
