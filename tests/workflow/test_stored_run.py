"""The stored run, which unit tests read, is what today's code makes; where it is not: `make stored-run`."""

import json

from pyarrow import parquet

from tests.stored_run import stored_files, unpack

DIGESTS = ("code_digest", "environment_lock_sha256", "payload_sha256", "run_id")
# They hold digests and sizes of other files, and what is installed; each is covered by tests of its own.
OF_OTHER_FILES = (
    "pack/checksums.sha256",
    "pack/environment.json",
    "pack/workflow/",
    "pack/ro-crate-metadata.json",
    "pack/datapackage.json",
)


def contents(results):
    """Name and content of every stored file, digests of code and environment by their names."""
    manifest = json.loads((results / "pack/manifest.json").read_text())
    zip_sha256 = json.loads((results / "registry_row.json").read_text())["assets"][0]["sha256"]
    names = {manifest[name]: name for name in DIGESTS} | {zip_sha256: "zip", zip_sha256.lower(): "zip"}
    for name in stored_files(results):
        if name.endswith(".parquet"):
            yield name, parquet.read_table(results / name).to_pylist()
        elif name.endswith(".npy") or name.startswith(OF_OTHER_FILES):
            yield name, (results / name).read_bytes() if name.endswith(".npy") else None
        else:
            text = (results / name).read_text(encoding="utf-8")
            for digest, placeholder in names.items():
                text = text.replace(digest, placeholder).replace(digest[:12], placeholder)  # as pages shorten them
            yield name, text


def without_other_files(text):
    """A manifest or registry row without digests and sizes of the files of the pack, and the versions."""
    document = json.loads(text)
    for name in ("files", "versions"):
        document.pop(name, None)
    return document


def test_the_stored_run_is_what_today_s_code_makes(small_run, tmp_path):
    stored, made_today = (dict(contents(results)) for results in (unpack(tmp_path / "small"), small_run))
    assert list(stored) == list(made_today)
    for name, content in stored.items():
        if name in ("pack/manifest.json", "registry_row.json"):
            assert without_other_files(content) == without_other_files(made_today[name]), name
        else:
            assert content == made_today[name], f"{name}: make stored-run"
