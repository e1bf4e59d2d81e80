"""Verification against damage: every flipped byte, missing, extra and renamed file, hostile archives."""

import argparse
import json
import os
import struct
import zipfile
from pathlib import Path
from random import Random

import pytest

from hetero2.pack import archive as writer
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.command import run
from hetero2.pack.verification.container.zip_form import (
    DEFLATED,
    STORED,
    Member,
    central_header,
    end_record,
    local_header,
)
from hetero2.pack.verification.form.schema_check import PATTERNS
from hetero2.pack.verification.layout import SCHEMAS, SPREADSHEETS, TABLES
from tests.conftest import ROOT


def repack(folder: Path, out: Path, compress: bool = False) -> Path:
    writer.write_zip([(p.relative_to(folder).as_posix(), p) for p in folder.rglob("*") if p.is_file()], out, compress)
    return out


def options(pack: Path, sha256: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(pack=pack, sha256=sha256, max_unpacked=None, quick=False, explain=False)


def member_at(path: Path, offset: int) -> str | None:
    """Name of the member whose data holds a byte, by an independent reader of the archive."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename.encode())
            if start <= offset < start + info.compress_size:
                return info.filename
    return None


def test_a_good_pack_has_no_problem_as_zip_and_as_folder(archive, pack):
    assert verify(archive) == []
    assert verify(pack) == []


def test_the_pack_of_a_campaign_is_refused_by_one_line_that_names_its_check(pack):
    (pack / "manifest.json").write_text('{"kind": "campaign", "manifest_schema": "campaign_manifest.v1"}')
    (pack / "summary.csv").unlink()
    (problem,) = verify(pack)
    assert problem.endswith("this is the pack of a campaign, not of a run: use hetero2 campaign verify")


def test_unpacked_and_packed_again_it_is_the_same_zip(archive, tmp_path):
    with zipfile.ZipFile(archive) as old:
        old.extractall(tmp_path / "out")
    assert repack(tmp_path / "out", tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_a_deflated_pack_is_read_by_others_and_verified(pack, tmp_path):
    path = repack(pack, tmp_path / "d.zip", compress=True)
    assert zipfile.ZipFile(path).testzip() is None
    assert verify(path) == []


def test_any_flipped_byte_of_a_file_is_found_and_named(pack):
    random = Random(0)
    for path in sorted(p for p in pack.rglob("*") if p.is_file()):
        data, name = path.read_bytes(), path.relative_to(pack).as_posix()
        for _ in range(3):
            place = random.randrange(len(data))
            path.write_bytes(data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1 :])
            problems = verify(pack)
            assert any(name in problem for problem in problems), (name, place, problems)
        path.write_bytes(data)
    assert verify(pack) == []


def test_any_flipped_byte_of_the_zip_is_found_and_its_file_named(archive):
    data, random = archive.read_bytes(), Random(1)
    with zipfile.ZipFile(archive) as opened:
        infos = opened.infolist()
        headers = [range(i.header_offset, i.header_offset + 30 + len(i.filename)) for i in infos[:2]]
        directory = range(opened.start_dir, opened.start_dir + 120)
    places = [p for header in headers for p in header] + list(directory) + list(range(len(data) - 22, len(data)))
    places += random.sample(range(len(data)), 60)
    damaged = archive.with_name("damaged.zip")
    for place in places:
        name = member_at(archive, place)
        damaged.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        problems = verify(damaged)
        assert problems, place
        assert name is None or any(name in problem for problem in problems), (place, name, problems)


@pytest.mark.parametrize("damage", ["append", "prepend", "comment", "truncate", "empty"])
def test_a_zip_that_is_longer_or_shorter_is_found(archive, damage):
    data = archive.read_bytes()
    changed = {
        "append": data + b"x",
        "prepend": b"x" + data,
        "comment": data[:-2] + b"\1\0x",
        "truncate": data[:-5],
        "empty": b"",
    }
    archive.write_bytes(changed[damage])
    assert verify(archive)


def test_every_missing_file_is_named(pack):
    for path in sorted(p for p in pack.rglob("*") if p.is_file()):
        name, aside = path.relative_to(pack).as_posix(), pack.with_name("aside")
        path.rename(aside)
        assert any(name in problem and "missing" in problem for problem in verify(pack)), name
        aside.rename(path)


def test_every_renamed_file_is_named_by_both_names(pack):
    for path in sorted(p for p in pack.rglob("*") if p.is_file()):
        renamed = path.with_name("renamed.txt")
        path.rename(renamed)
        problems = verify(pack)
        assert any("renamed.txt" in problem for problem in problems)
        assert any(path.name in problem for problem in problems)
        renamed.rename(path)


def test_extra_files_folders_and_links_are_named(pack):
    (pack / "more.txt").write_text("x")
    (pack / "hollow").mkdir()
    (pack / "link.md").symlink_to(pack / "index.md")
    problems = "\n".join(verify(pack))
    assert "more.txt: extra file" in problems
    assert "hollow/: an empty folder" in problems
    assert "link.md: a link or device" in problems


def test_pipes_and_odd_names_are_named_and_never_opened(pack, capsys):
    os.mkfifo(pack / "pipe")
    (pack / os.fsdecode(b"\xff.txt")).write_text("x")
    (pack / "a\nOK: the pack is in order").write_text("x")
    assert run(options(pack)) == 1
    printed = capsys.readouterr().out
    assert "pipe: a link or device" in printed
    assert "\\udcff.txt': a name with control, bidirectional or surrogate characters" in printed
    assert "OK: the pack is in order" not in printed.splitlines()


def test_a_sha256_for_a_folder_is_wrong_usage(pack):
    assert run(options(pack, sha256="0" * 64)) == 2


def test_the_sha256_of_a_zip_is_compared(archive, capsys):
    assert run(options(archive, sha256="0" * 64)) == 1
    assert "sha256 is not the expected" in capsys.readouterr().out


@pytest.mark.parametrize("key", ["config", "inputs", "payload_sha256", "code_digest"])
def test_half_characters_in_the_manifest_are_no_crash(pack, key, capsys):
    path = pack / "manifest.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {key: "\ud800"}, sort_keys=True, indent=2) + "\n")
    assert run(options(pack)) == 1
    assert "PROBLEM manifest.json" in capsys.readouterr().out


def test_counts_too_long_to_print_are_no_crash(pack):
    (pack / "metrics.json").write_text('{"counts": {"a": ' + "9" * 4300 + ', "b": ' + "9" * 4300 + "}}")
    assert any("metrics.json: not valid JSON: a number of 4300 characters" in p for p in verify(pack))


def test_other_compressions_are_refused_unread(pack, tmp_path):
    with zipfile.ZipFile(tmp_path / "l.zip", "w", zipfile.ZIP_LZMA) as opened:
        for path in sorted(p for p in pack.rglob("*") if p.is_file()):
            opened.write(path, path.relative_to(pack).as_posix())
    assert any("unknown compression" in problem for problem in verify(tmp_path / "l.zip"))


def test_random_damage_of_the_directory_never_crashes(archive, tmp_path):
    data, random = bytearray(archive.read_bytes()), Random(2)
    with zipfile.ZipFile(archive) as opened:
        start = opened.start_dir
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(random.randint(1, 6)):
            changed[random.randrange(start, len(data))] = random.randrange(256)
        if changed != data:
            (tmp_path / "f.zip").write_bytes(changed)
            assert verify(tmp_path / "f.zip")


def relist(pack: Path) -> None:
    """Make both lists agree with the files again, as a forger would."""
    from hetero2.io.files import pretty_json, read_json, write_text
    from hetero2.pack import manifest

    facts = read_json(pack / "manifest.json")
    try:
        files = manifest.list_files(pack)
    except KeyError:
        files = facts["files"]
    text = pretty_json(manifest.with_files(facts, files))
    write_text(pack / "manifest.json", text)
    write_text(pack / "checksums.sha256", manifest.checksums(files, text))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("metrics.json", '"OK": 11', '"OK": 12', "metrics.json: counts.OK is 12"),
        ("metrics.json", '"PASS": ', '"PASS": 1', "metrics.json: verdict_counts.PASS is"),
        ("metrics.json", '      "no_decoys_generated",\n', "", "items are too few"),
        ("cost_lift_report.json", '"hits": ', '"hits": 1', "cost_lift_report.json: methods.baseline_random.hits is"),
        (
            "cost_lift_report.json",
            'vs_random": ',
            'vs_random": 0.125e-3,\n  "x": ',
            "cost_lift_report.json: uplift",
        ),
        ("truth.csv", "PASS", "FAIL", "truth.csv: its sha256 is"),
        ("scores.csv", "0.", "1.", "scores.csv: its sha256 is"),
        ("workflow/requirements.lock", "==", "===", "workflow/requirements.lock: its sha256 is"),
        ("metrics.json", '"OK": 11', '"OK": "11"', "expected integer"),
        ("cost_lift_report.json", '"cost_lift.v1"', '"cost_lift.v9"', "report_schema: expected 'cost_lift.v1'"),
        ("cost_lift_report.json", '  "seed": 0,\n', "", "'seed' is missing"),
        ("utility_report.json", '"refused": false', '"refused": true', "says that it was refused"),
        ("summary.csv", "verdict", "verdikt", "the column 'verdict' is missing"),
        ("summary.csv", ",OK,", ",GOOD,", "row 1: column 'status' has 'GOOD'"),
        ("truth.csv", "PASS", "HIT", "column 'expensive_label' has 'HIT'"),
        ("environment.json", "  ", " ", "not in canonical form"),
    ],
)
def test_forged_content_is_found_although_the_checksums_agree(pack, name, old, new, message):
    path = pack / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    relist(pack)
    assert any(message in problem for problem in verify(pack)), verify(pack)


def test_files_of_unknown_names_and_a_second_scores_file_are_refused_although_listed(pack):
    (pack / "evil.sh").write_text("x")
    (pack / "scores_external.csv").write_text("x")
    problems = "\n".join(verify(pack))
    assert "evil.sh: extra file, no pack holds a file of this name" in problems
    assert "exactly one of" in problems


@pytest.mark.parametrize(
    "name",
    [
        "report.html",
        "card_decoys.csv",
        "summary_spreadsheet.csv",
        "hit_curve.csv",
        "diagnosis.json",
        "leakage.csv",
        "missing_decoy_scores.csv",
        "decoy_quality.json",
        "hardness_curve.csv",
        "workflow/Snakefile",
        "workflow/rules/audit.smk",
        "workflow/requirements.lock",
        *SPREADSHEETS,
    ],
)
def test_what_every_pack_of_its_version_has_is_required_although_it_is_not_listed(pack, name):
    (pack / name).unlink()
    relist(pack)
    assert any(problem.startswith(f"{name}: required, but missing") for problem in verify(pack))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_with_a_column_more_or_less_is_refused(pack, name):
    """Of a table that a user brings it is only the columns of its contract that must be there."""
    path = pack / name
    header, _, rest = path.read_text().partition("\n")
    path.write_text(header.rpartition(",")[0] + "\n" + rest)
    relist(pack)
    assert any(problem.startswith(f"{name}: the column ") for problem in verify(pack))
    path.write_text(f"{header},more\n")
    relist(pack)
    assert any("not those of its contract" in problem for problem in verify(pack)) == (name != "truth.csv")


def test_a_forged_run_id_or_payload_is_found(pack):
    path = pack / "manifest.json"
    document = json.loads(path.read_text())
    document["inputs"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n")
    relist(pack)
    assert any("run_id" in problem for problem in verify(pack))


@pytest.mark.parametrize("content", ["null", "[]", '{"files": 3}', '{"files": [1]}', "[" * 5000, "NaN", '"x"', "{", ""])
@pytest.mark.parametrize("name", ["manifest.json", "metrics.json", "utility_report.json", "checksums.sha256"])
def test_hostile_content_is_a_problem_and_never_a_crash(pack, name, content):
    (pack / name).write_text(content)
    assert any(name in problem for problem in verify(pack))


@pytest.mark.parametrize("name", ["../up.txt", "/root.txt", "a/../b", "a\\b", "C:x", "a//b", "./a"])
def test_names_that_leave_the_folder_are_refused(tmp_path, name):
    data = b"x"
    member = Member(name, STORED, 0x8CDC1683, 1, 1, 0)
    directory = central_header(member)
    head = local_header(member) + data
    (tmp_path / "evil.zip").write_bytes(head + directory + end_record(1, len(directory), len(head)))
    assert any("could leave the folder" in problem for problem in verify(tmp_path / "evil.zip"))


def test_a_name_twice_is_found(archive):
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("summary.csv", "x")
    assert any("twice" in problem for problem in verify(archive))


def test_headers_are_those_of_the_zip_format():
    """An independent reader finds what the writer meant, with and without the 64-bit fields."""
    for size in (5, 0xFFFFFFFF, 1 << 40):
        member = Member("naïve/ü.txt", STORED, 123, size, size, size)
        central = central_header(member)
        info = zipfile.ZipInfo()
        fields = struct.unpack(zipfile.structCentralDir, central[:46])
        info.file_size, info.compress_size, info.header_offset = fields[11], fields[10], fields[18]
        info.extra = central[46 + len(member.name.encode()) :]
        info._decodeExtra(*[0] * (info._decodeExtra.__code__.co_argcount - 1))
        assert (info.file_size, info.compress_size, info.header_offset) == (size, size, size)
    assert DEFLATED == zipfile.ZIP_DEFLATED


def test_an_archive_of_many_members_is_read_by_others(tmp_path):
    (tmp_path / "one").write_text("x")
    writer.write_zip([(f"{n:06d}", tmp_path / "one") for n in range(70_000)], tmp_path / "many.zip")
    with zipfile.ZipFile(tmp_path / "many.zip") as opened:
        assert len(opened.namelist()) == 70_000
        assert opened.read("069999") == b"x"


def test_nothing_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        verify(Path("/no/such/pack.zip"))


def test_a_pattern_that_is_none_of_ours_is_not_run(pack):
    """A pack brings its schemas: one whose pattern never ends must not keep its verifier."""
    path = pack / "workflow/schemas/metrics.v1.schema.json"
    path.write_text(path.read_text().replace('"const": "metrics.v1"', '"pattern": "^(a|a)*$"'))
    (pack / "metrics.json").write_text((pack / "metrics.json").read_text().replace("metrics.v1", "a" * 60 + "!"))
    assert any("pattern that none of our schemas has" in problem for problem in verify(pack))


def test_the_known_patterns_are_those_of_the_schemas():
    patterns = {""}

    def walk(node):
        if isinstance(node, dict):
            patterns.update([node["pattern"]] if isinstance(node.get("pattern"), str) else [])
            for inner in node.values():
                walk(inner)

    for contract in (*SCHEMAS.values(), *TABLES.values()):
        walk(json.loads((ROOT / f"schemas/{contract}.schema.json").read_text()))
    assert patterns == set(PATTERNS)


def test_a_null_and_a_rate_that_the_rows_deny_are_problems(pack):
    (pack / "controls.json").write_text("null\n")
    metrics = json.loads((pack / "metrics.json").read_text()) | {"fail_rate": 0.01}
    (pack / "metrics.json").write_text(json.dumps(metrics, sort_keys=True, indent=2) + "\n")
    manifest = json.loads((pack / "manifest.json").read_text()) | {"truth": None}
    (pack / "manifest.json").write_text(json.dumps(manifest, sort_keys=True, indent=2) + "\n")
    problems = verify(pack)
    for text in ("controls.json: is null", "fail_rate is 0.01", "contradicts its provenance of the truth"):
        assert any(text in problem for problem in problems), text
