"""One small run that uses everything, under each thing that must not matter: a row of VARIATIONS is one of them.

The run has scores of a model that is fitted, truth, refits on permuted labels, the screen, and pages of molecules. What
must be the same: the zip, and the tables of the screen beside it.
"""

import csv
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from hetero2 import cli
from hetero2.io.files import sha256_file
from tests.conftest import DATA, ROOT, copy_checkout, run

pytestmark = pytest.mark.determinism

COMMAND = f"{sys.executable} model.py {{train}} {{seed}} {{request}} {{scores}}"
SOURCES = {
    "command": f"{{source: command, train: train.csv, command: {COMMAND!r}}}",
    "screen": "{source: screen, train: train.csv}",
}
CONFIG = """\
run_name: featured
input: {{path: library.csv}}
decoys: {{k: 4}}
scores: {scores}
truth: {{path: truth.csv}}
selection: {{k: 4}}
audit: {{refits: 2, control_sample: 10, min_decoys: 3}}
screen: {{known: train.csv}}
pack: {{artifacts: full}}
"""
NOBODY = 65534
# An interpreter may lie in a folder of root's; what nobody may write stays as it is.
READS_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
# Every Python process lists folders in an order of its own, as another file system would.
DISORDER = """\
import os, random
_listdir, _scandir = os.listdir, os.scandir
class _Shuffled:
    def __init__(self, *words):
        with _scandir(*words) as entries:
            self._entries = sorted(entries, key=lambda entry: random.random())
    def __iter__(self):
        return iter(self._entries)
    def __next__(self):
        if not self._entries:
            raise StopIteration
        return self._entries.pop()
    def __enter__(self):
        return self
    def __exit__(self, *reason):
        pass
    def close(self):
        pass
def listdir(*words):
    return sorted(_listdir(*words), key=lambda name: random.random())
os.listdir, os.scandir = listdir, _Shuffled
"""


class Place(NamedTuple):
    """Where and how a run is started; a variation changes it."""

    folder: Path  # of the user's files
    spare: Path  # for what the variation needs
    env: dict[str, str]
    prefix: list[str]  # words before the command
    words: list[str]  # further words of the command line


Change = Callable[[Place], None]


def variables(**values: str) -> Change:
    return lambda place: place.env.update(values)


def words(*more: str) -> Change:
    return lambda place: place.words.extend(more)


def compiled(**values: str) -> Change:
    """With loops that are compiled anew, under these variables."""

    def change(place: Place) -> None:
        place.env.update({"NUMBA_CACHE_DIR": str(place.spare / "numba"), **values})

    return change


def locale(name: str) -> Change:
    """A locale whose letters, decimal comma and order of letters differ from ours, made here."""

    def change(place: Place) -> None:
        language = name.partition(".")[0]
        done = subprocess.run(
            ["localedef", "-i", language, "-f", "UTF-8", str(place.spare / name)], capture_output=True, check=False
        )
        if done.returncode > 1 or not (place.spare / name).exists():
            pytest.skip(f"localedef cannot make {name} here")
        place.env.update({"LOCPATH": str(place.spare), "LC_ALL": name, "LANG": name, "LANGUAGE": language})

    return change


def under(*prefix: str) -> Change:
    """Started by this command."""
    return lambda place: place.prefix.extend(prefix)


def umask(mask: str) -> Change:
    return under("sh", "-c", f'umask {mask}; exec "$@"', "sh")


def clock(offset: str) -> Change:
    """Another time in every job; not in Snakemake, which hangs under libfaketime."""

    def change(place: Place) -> None:
        libraries = [*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")]
        if not libraries:
            pytest.skip("needs libfaketime")
        lines = f"export LD_PRELOAD={libraries[0]} FAKETIME='{offset}' NO_FAKE_STAT=1\n"
        (place.spare / "clock.sh").write_text(lines)
        place.env["BASH_ENV"] = str(place.spare / "clock.sh")

    return change


def disorder(place: Place) -> None:
    (place.spare / "sitecustomize.py").write_text(DISORDER)
    place.env["PYTHONPATH"] = str(place.spare)


def nobody(place: Place) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    for folder in (place.folder, *place.folder.rglob("*")):
        os.chown(folder, NOBODY, NOBODY)
    place.prefix.extend(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *READS_ALL])
    place.env.update({"HOME": str(place.folder), "USER": "nobody", "LOGNAME": "nobody"})


def without_a_home(place: Place) -> None:
    place.env["HOME"] = "/nonexistent"


def checkout(name: str, is_read_only: bool = False) -> Change:
    """From a copy of the source in a folder of this name; read-only for a user who is not root."""

    def change(place: Place) -> None:
        place.env["CHECKOUT"] = str(copy_checkout(place.spare / name))
        if is_read_only:
            for path in (place.spare / name, *(place.spare / name).rglob("*")):
                path.chmod(path.stat().st_mode & ~0o222)
            nobody(place)

    return change


def moved(place: Place) -> None:
    """In a folder that is reached by a link, with a blank, a quote and letters beyond ASCII in its name."""
    folder = place.spare / "des é's ﬁles"
    place.folder.rename(folder)
    place.folder.symlink_to(folder)


def older_inputs(place: Place) -> None:
    for number, path in enumerate(sorted(place.folder.iterdir())):
        os.utime(path, (number, number))


PLAIN_LIBC = "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA"  # names of older and of newer versions
ANY, PROCESSOR = "command", "screen"  # whose scores
VARIATIONS: dict[str, tuple[str, Change]] = {
    "the same again": (ANY, variables()),
    "1 core": (ANY, words("--cores", "1")),
    "5 cores": (ANY, words("--cores", "5")),
    "shards of 1 row": (ANY, words("--config", "execution={shard_rows: 1}")),
    "shards of 7 rows": (ANY, words("--config", "execution={shard_rows: 7}")),
    "another folder of results": (ANY, words("--config", "execution={results_dir: else where}")),
    "hash seed 0": (ANY, variables(PYTHONHASHSEED="0")),
    "hash seed 1234": (ANY, variables(PYTHONHASHSEED="1234")),
    "locale C": (ANY, variables(LC_ALL="C", LANG="C")),
    "locale C.UTF-8": (ANY, variables(LC_ALL="C.UTF-8", LANG="C.UTF-8")),
    "Turkish letters": (ANY, locale("tr_TR.UTF-8")),
    "German numbers": (ANY, locale("de_DE.UTF-8")),
    "ASCII alone": (ANY, variables(PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="POSIX", COLUMNS="20")),
    "zone Kathmandu": (ANY, variables(TZ="Asia/Kathmandu")),
    "zone Kiritimati": (ANY, variables(TZ="Pacific/Kiritimati")),
    "zone Newfoundland": (ANY, variables(TZ="America/St_Johns")),
    "umask 000": (ANY, umask("000")),
    "umask 077": (ANY, umask("077")),
    "clock 27 years back": (ANY, clock("-27y")),
    "clock 14 years ahead": (ANY, clock("+14y")),
    "clock that runs ten times as fast": (ANY, clock("+0 x10")),
    "inputs from 1970": (ANY, older_inputs),
    "folders in another order": (ANY, disorder),
    "another user": (ANY, nobody),
    "no home": (ANY, without_a_home),
    "read-only source": (ANY, checkout("source", is_read_only=True)),
    "source in another folder": (ANY, checkout("a clone's folder")),
    "inputs behind a link": (ANY, moved),
    "almost no environment": (ANY, under("env", "-i", f"PATH={os.environ['PATH']}")),
    "optimised Python": (ANY, variables(PYTHONOPTIMIZE="1", PYTHONDONTWRITEBYTECODE="1")),
    "64 open files": (ANY, under("prlimit", "--nofile=64:64")),
    "1 BLAS thread": (PROCESSOR, variables(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")),
    "4 BLAS threads": (PROCESSOR, variables(OPENBLAS_NUM_THREADS="4", OMP_NUM_THREADS="4", MKL_NUM_THREADS="4")),
    "BLAS for Prescott": (PROCESSOR, variables(OPENBLAS_CORETYPE="Prescott")),
    "BLAS for Nehalem": (PROCESSOR, variables(OPENBLAS_CORETYPE="Nehalem")),
    "BLAS for Sandybridge": (PROCESSOR, variables(OPENBLAS_CORETYPE="Sandybridge")),
    "BLAS for Haswell": (PROCESSOR, variables(OPENBLAS_CORETYPE="Haswell")),
    "BLAS for Zen": (PROCESSOR, variables(OPENBLAS_CORETYPE="Zen")),
    "numpy without AVX2": (PROCESSOR, variables(NPY_DISABLE_CPU_FEATURES="AVX2 FMA3")),
    "mathematics of libc without FMA": (PROCESSOR, variables(GLIBC_TUNABLES=PLAIN_LIBC)),
    "loops compiled anew": (PROCESSOR, compiled()),
    "loops for a plain processor": (PROCESSOR, compiled(NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="")),
    "loops for Haswell": (PROCESSOR, compiled(NUMBA_CPU_NAME="haswell")),
    "loops that are not optimised": (PROCESSOR, compiled(NUMBA_OPT="1")),
    "another processor in everything": (
        PROCESSOR,
        compiled(
            NUMBA_CPU_NAME="x86-64",
            NUMBA_CPU_FEATURES="",
            OPENBLAS_CORETYPE="Prescott",
            NPY_DISABLE_CPU_FEATURES="AVX2 FMA3",
            GLIBC_TUNABLES=PLAIN_LIBC,
            OPENBLAS_NUM_THREADS="2",
        ),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    """The files of a user: 20 molecules, 60 of a training set, truth, and a model."""
    folder = tmp_path_factory.mktemp("inputs")
    assert cli.main(["dataset", "rdkit-freewilson", "--out", str(folder / "all")]) == 0
    for name, source, step, n in (("library.csv", "input.csv", 26, 20), ("train.csv", "train.csv", 8, 60)):
        with (folder / "all" / source).open(newline="") as handle:
            head, *rows = csv.reader(handle)
        with (folder / name).open("w", newline="") as handle:
            csv.writer(handle).writerows([head, *rows[::step][:n]])
    (folder / "all/truth.csv").rename(folder / "truth.csv")
    shutil.rmtree(folder / "all")
    shutil.copyfile(DATA / "trained_model.py", folder / "model.py")
    return folder


def digests(results: Path) -> dict[str, str]:
    """sha256 of what must be the same; the files of the pack too, so that a difference has a name."""
    names = [*results.glob("*.zip"), *results.glob("screen/*.csv"), *(results / "pack").rglob("*")]
    return {path.relative_to(results).as_posix(): sha256_file(path) for path in sorted(names) if path.is_file()}


@pytest.fixture(scope="module")
def expected(inputs) -> Callable[[str], dict[str, str]]:
    """What the run gives without any change, by source of scores; made when it is first asked for."""

    @functools.cache
    def of(source: str) -> dict[str, str]:
        return outcome(inputs, source, variables())

    return of


def outcome(inputs: Path, source: str, change: Change) -> dict[str, str]:
    """Digests of the run under a change, in a folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="hetero2-") as base:
        Path(base).chmod(0o755)
        place = Place(Path(shutil.copytree(inputs, Path(base) / "user")), Path(base) / "spare", {}, [], [])
        place.spare.mkdir()
        (place.folder / "my.yaml").write_text(CONFIG.format(scores=SOURCES[source]))
        change(place)
        root = Path(place.env.pop("CHECKOUT", ROOT))
        cores = [] if "--cores" in place.words else ["--cores", "2"]
        call = ["value_utility_realtruth", "screen", *cores, "--configfile", "my.yaml", *place.words]
        program = Path(sys.executable).with_name("snakemake")
        run(*place.prefix, program, "--snakefile", root / "Snakefile", *call, cwd=place.folder, env=place.env)
        return digests(next(place.folder.glob("*/featured")))


@pytest.mark.parametrize(("source", "change"), VARIATIONS.values(), ids=VARIATIONS)
def test_the_bytes_do_not_change(inputs, expected, source, change):
    reference = expected(source)
    varied = outcome(inputs, source, change)
    differing = sorted(name for name in reference.keys() | varied.keys() if reference.get(name) != varied.get(name))
    assert differing == []
