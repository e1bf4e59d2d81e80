"""The two lists of a pack: what they say of its files, beside sha256sum."""

import hashlib
import subprocess

import pytest

from hetero2.pack import manifest


@pytest.fixture
def folder(tmp_path):
    """A folder with files of a pack, in a folder of their own and beside its two lists."""
    (tmp_path / "workflow/rules").mkdir(parents=True)
    for name in (
        "summary.csv",
        "workflow/rules/pack.smk",
        "metrics.json",
        "environment.json",
        manifest.MANIFEST,
        manifest.CHECKSUMS,
    ):
        (tmp_path / name).write_text(f"{name}: µ\n")
    return tmp_path


def test_every_file_but_the_two_lists_is_listed_by_name(folder):
    files = manifest.list_files(folder)
    assert [entry["path"] for entry in files] == [
        "environment.json",
        "metrics.json",
        "summary.csv",
        "workflow/rules/pack.smk",
    ]
    for entry in files:
        content = (folder / entry["path"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["size_bytes"] == len(content)
    assert [entry["role"] for entry in files] == ["environment", "metrics", "summary", "workflow"]


def test_a_file_that_no_pack_holds_is_named(folder):
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(KeyError, match=r"notes\.txt"):
        manifest.list_files(folder)


def test_the_digest_of_the_payload_is_over_names_and_digests(folder):
    files = manifest.list_files(folder)
    document = manifest.with_files({"run": "small"}, files)
    lines = sorted(f"{entry['sha256']}  {entry['path']}\n" for entry in files[1:])  # not of environment.json
    assert document == {
        "run": "small",
        "files": files,
        "payload_sha256": hashlib.sha256("".join(lines).encode()).hexdigest(),
    }


def test_the_checksums_are_those_of_sha256sum(folder):
    text = (folder / manifest.MANIFEST).read_text()
    lines = manifest.checksums(manifest.list_files(folder), text)
    names = ["environment.json", "manifest.json", "metrics.json", "summary.csv", "workflow/rules/pack.smk"]
    assert lines == subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, text=True, check=True).stdout
