"""Gates and statements: each gate can fail alone, and a statement says of files what is true of them."""

import hashlib
import json
import subprocess
import zipfile

import pytest

from hetero2.pack import archive, manifest
from tests.conftest import OWN_PACK
from tests.releases import COMMIT, git, project, row_of
from tools.release import attestations, build, gates, records
from tools.release.tags import parse

TAG = parse("value-ring-suite-2026-11-22-r0")


def pack(folder, name="one", **metrics):
    """A run folder with the stored old pack, `metrics` of it changed and all lists made anew; (folder, zip)."""
    run = folder / name
    with zipfile.ZipFile(OWN_PACK) as stored:
        stored.extractall(run / "pack")
    path = run / "pack/metrics.json"
    found = json.loads(path.read_text())
    found["counts"] |= metrics.pop("counts", {})
    found["scores_coverage"] |= metrics
    path.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    document = json.loads((run / "pack/manifest.json").read_text())
    files = manifest.list_files(run / "pack")
    document = manifest.with_files({key: value for key, value in document.items() if key != "files"}, files)
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (run / "pack/manifest.json").write_text(text)
    (run / "pack/checksums.sha256").write_text(manifest.checksums(files, text))
    names = [(one.relative_to(run / "pack").as_posix(), one) for one in (run / "pack").rglob("*") if one.is_file()]
    archive.write_zip(names, run / "x.zip", compress=False)
    return run, run / "x.zip"


def not_met(found):
    return [gate.name for gate in found if not gate.met]


def test_errors_and_missing_scores_of_all_packs_are_added_up(tmp_path):
    one, two = pack(tmp_path, "one"), pack(tmp_path, "two")
    found = {gate.name: gate for gate in gates.of_packs([one[0], two[0]], [one[1], two[1]])}
    each = json.loads((one[0] / "pack/metrics.json").read_text())
    assert found["verified"].met
    assert found["rows_error"].found == 2 * each["counts"]["ERROR"]
    assert found["rows_error"].met == (each["counts"]["ERROR"] == 0)
    assert list(found) == list(gates.NAMES[:4])


@pytest.mark.parametrize(
    ("changes", "gate"),
    [({"counts": {"ERROR": 3}}, "rows_error"), ({"rows_missing_scores_input": 2}, "rows_missing_scores_input")],
)
def test_a_number_that_is_not_zero_fails_its_gate(tmp_path, changes, gate):
    clean = pack(tmp_path, "clean", counts={"ERROR": 0}, rows_missing_scores_input=0)
    held = {one.name: one for one in gates.of_packs([clean[0]], [clean[1]])}
    assert held[gate].met
    bad = pack(tmp_path, "bad", **({"counts": {"ERROR": 0}, "rows_missing_scores_input": 0} | changes))
    found = {one.name: one for one in gates.of_packs([clean[0], bad[0]], [clean[1], bad[1]])}
    assert not found[gate].met
    assert found[gate].found == next(iter(changes.values() if gate != "rows_error" else (3,)))


def test_a_damaged_pack_is_not_verified(tmp_path):
    folder, path = pack(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = gates.of_packs([folder], [path])
    assert {"verified", "accepted"} <= set(not_met(found))
    assert found[0].found.startswith("x.zip: ")


def test_a_second_build_with_other_bytes_is_not_a_rebuild(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.zip").write_bytes(b"same")
        (tmp_path / name / "separation.json").write_bytes(b"same")
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("first", "second"))
    assert gates.of_rebuild(first, second).met
    second[1].write_bytes(b"other")
    assert gates.of_rebuild(first, second) == ("rebuilt", "another sha256: separation.json", "same sha256", False)
    with pytest.raises(ValueError, match="zip"):
        gates.of_rebuild(first, second[:1])


def test_statements_say_what_is_true_of_the_files(tmp_path):
    row = row_of(TAG.text)
    path = tmp_path / TAG.assets()[0]
    path.write_bytes(b"pack")
    subject = [{"name": path.name, "digest": {"sha256": hashlib.sha256(b"pack").hexdigest()}}]
    notes = tmp_path / "notes.md"
    notes.write_text("notes")
    built = attestations.provenance_statement(TAG, row, [path])
    passed = attestations.gates_statement(row, [path], notes)
    for statement in (built, passed):
        assert statement["_type"] == "https://in-toto.io/Statement/v1"
        assert statement["subject"] == subject
    assert built["predicateType"] == "https://slsa.dev/provenance/v1"
    definition = built["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["command"] == row["command"]
    names = [one["name"] for one in definition["resolvedDependencies"]]
    assert names[:2] == ["source", "requirements.lock"]
    assert "truth" in names
    assert definition["resolvedDependencies"][0]["digest"] == {"gitCommit": COMMIT}
    assert passed["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert (passed["predicate"]["result"], passed["predicate"]["passedTests"]) == ("PASSED", list(gates.NAMES))
    row["gates"]["rebuilt"]["met"] = False
    failed = attestations.gates_statement(row, [path], notes)["predicate"]
    assert (failed["result"], failed["failedTests"]) == ("FAILED", ["rebuilt"])


def test_a_row_of_several_packs_adds_up_what_came_out():
    row = row_of("value-known-bad-good-2026-11-22-r1")
    assert row["outcome"]["counts"] == {"OK": 33, "SKIP": 21, "ERROR": 0}
    assert row["outcome"]["coverage_ok_rate"] == pytest.approx(33 / 54)
    each = row["assets"][0]["outcome"]
    assert row["outcome"]["share_rows_with_n_decoys_gt_0"] == pytest.approx(each["share_rows_with_n_decoys_gt_0"])
    assert dict(row["outcome"]["top_reasons"]) == {name: 3 * count for name, count in each["top_reasons"]}
    assert [asset["variant"] for asset in row["assets"]] == ["BAD-constant", "BAD-random", "GOOD-synthetic"]
    assert row["run_id"] is None


def test_one_pack_that_is_stopped_stops_the_release():
    runs = [row_of("value-ring-suite-2026-11-22-r0")]
    runs[0]["acceptance"] = {"outcome": "STOP", "not_met": ["rows_error"]}
    made = records.registry_row(TAG, runs, None, {}, "command")
    assert made["acceptance"] == {"outcome": "STOP", "not_met": ["rows_error"]}


def test_green_is_what_the_service_said():
    row = row_of("value-ring-suite-2026-11-22-r1")
    urls = {asset["name"]: "https://example.org/x" for asset in row["assets"]}
    contexts = {"test": "success", "test-chem": "failure", "docker": None}
    assert records.published(row, urls, contexts, None)["ci"] == contexts


def test_the_second_build_is_made_under_another_seed_and_zone(tmp_path, monkeypatch):
    """And neither sees what Snakemake is set to on this machine."""
    seen = []
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "mine")
    monkeypatch.setenv("GIT_DIR", "elsewhere")
    monkeypatch.setattr(
        "tools.release.build.subprocess.run",
        lambda words, env, **_: seen.append(env) or subprocess.CompletedProcess(words, 0),
    )
    for more in ({}, build._ELSEWHERE):
        build._run(tmp_path, TAG, {}, 2, more)
    assert not [env for env in seen if {"SNAKEMAKE_PROFILE", "GIT_DIR"} & set(env)]
    assert {key: seen[1][key] for key in build._ELSEWHERE} == build._ELSEWHERE
    assert all(seen[0].get(key) != value for key, value in build._ELSEWHERE.items())
    assert all(env["PYTHONPATH"] == str(tmp_path) for env in seen)


def test_a_clone_that_somebody_touched_is_made_anew(tmp_path):
    root = project(tmp_path / "project")
    head = git(root, "rev-parse", "HEAD")
    clone = build._checkout(root, head, "first")
    for name, content in (("docs/claims.md", "edited"), ("sitecustomize.py", "new")):
        (clone / name).write_text(content)
        assert build._checkout(root, head, "first") == clone
        assert git(clone, "status", "--porcelain") == ""
        assert not (clone / "sitecustomize.py").exists()
    (clone / "docs/claims.md").touch()
    marked = (clone / ".git/HEAD").stat().st_ino
    build._checkout(root, head, "first")
    assert (clone / ".git/HEAD").stat().st_ino == marked  # else it is used again
