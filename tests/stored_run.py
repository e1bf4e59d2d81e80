"""A finished small run that is stored, so that unit tests need no Snakemake: `make stored-run` makes it anew.

It is the results folder of the library in tests/data, without its zip (made again of the pack when unpacked) and what
differs from run to run. tests/workflow/test_stored_run.py says that it is what today's code makes.
"""

import io
import tarfile
import tempfile
from pathlib import Path

from hetero2.io.files import sha256_file
from tests.conftest import DATA, build, small_library
from tests.packs import zipped

STORED = DATA / "small_run.tar.xz"
WRITTEN = 946_684_800  # the time of all files, 2000-01-01: a zip holds none before 1980
ZIP = "small_evidence_pack.zip"
NOT_STORED = ("logs/", "benchmarks/", "runtime.json", ".", ZIP)  # beginnings of names


def stored_files(results: Path) -> list[str]:
    """Names of the files of a results folder that are stored, in order."""
    names = (path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(NOT_STORED))


def store(results: Path) -> None:
    """Write the stored run anew, of a results folder; the same folder gives the same bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:xz", preset=9) as archive:
        for name in stored_files(results):
            entry = tarfile.TarInfo(name)
            content = (results / name).read_bytes()
            entry.size, entry.mtime = len(content), WRITTEN
            archive.addfile(entry, io.BytesIO(content))
    STORED.write_bytes(stream.getvalue())


def unpack(results: Path) -> Path:
    """Fill the folder with the stored run and its zip; gives the folder."""
    results.mkdir(parents=True)
    with tarfile.open(STORED) as archive:
        archive.extractall(results, filter="data")
    zipped(results / "pack", results / ZIP)
    digest = sha256_file(results / ZIP)
    (results / f"{ZIP}.sha256").write_text(f"{digest}  {ZIP}\n")
    return results


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        user_folder = small_library(Path(scratch) / "small")
        build(user_folder)
        store(user_folder / "results/small")
