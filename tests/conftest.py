"""A small real run, made once a test session through Snakemake, and helpers to run the product as a person does."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("timeless", deadline=None)  # a deadline measures the machine, and what it imports first
settings.load_profile("timeless")
# A shell lets what it starts in the background ignore Ctrl-C, and so would all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).parent / "data"
MODEL = DATA / "model.py"
COMPILED = "hetero2/chem/decoys_v2/__pycache__"
# Where HETERO2_WITHOUT_RDKIT is set (make test-core), RDKit is hidden from the tests and from all that they start, and
# tests that need it are left out: these files, and what looks at a run.
HIDING = str(DATA / "without_rdkit") if os.environ.get("HETERO2_WITHOUT_RDKIT") else ""
NEED_RDKIT = {
    "golden": ["golden_decoys_v1", "golden_decoys_v2"],
    "unit": ["api", "throughput"],
    "unit/docs": ["notebooks", "pages"],
    "unit/commands/tables": ["audit", "campaign", "molecules", "screen"],
    "unit/commands": ["campaign", "completion", "decoys", "screen"],
    "unit/commands/reproducing": ["refused"],
    "unit/commands/running": ["init", "run"],
    "unit/screening": ["competitors", "kernel", "screen"],
    "unit/runtime": ["lean_imports"],
    "unit/workflow": ["resources"],
    "unit/inputs": ["bad_inputs", "compound_forms", "smi", "training"],
    "unit/inputs/recognised": ["converted", "in_form"],
    "unit/scoring": ["reference", "refittable"],
    "unit/stages": (
        "campaign_simulation candidates controls dataset decoy_quality decoys_shard diagnosis input leakage pack "
        "report score_source scores shards structures suite"
    ).split(),
    "unit/stats/benefit": ["enrichment"],
}
if HIDING:
    sys.path.insert(0, HIDING)
    collect_ignore = [
        "unit/campaign",
        "unit/chem",
        *(f"{place}/test_{name}.py" for place in NEED_RDKIT for name in NEED_RDKIT[place]),
    ]
# In `make ci`: a file of the tests that passed without RDKit, which are not run again with it.
TESTS_PASSED = os.environ.get("TESTS_PASSED", "")
OWN_PACK = Path(__file__).parent / "contracts/data/pack.v1.zip"

# Files of long tests, the longest first: with two workers short ones then fill the gaps at the end.
LONG_FIRST = "targets faults run bring limits determinism rerun errors".split()

CONFIG = """\
run_name: small
input: {{path: {library}}}
decoys: {{k: 4}}
scores:
  source: command
  command: {python} {model} {{request}} {{scores}}
truth: {{path: {truth}}}
selection: {{k: 3}}
"""


# For make in a clone that borrows the environment of the tests: it must not install itself there.
AS_INSTALLED = [f"--old-file=.venv/{name}" for name in (".locked", ".run", ".service", ".dev")]


class Recorder:
    """Writes down which tests have passed."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            with Path(TESTS_PASSED).open("a") as names:
                print(report.nodeid, file=names)


def pytest_configure(config: pytest.Config) -> None:
    """Start the list of what passes; of several processes the one that hears of all tests writes it."""
    if TESTS_PASSED and HIDING and not hasattr(config, "workerinput"):
        Path(TESTS_PASSED).write_text("")
        config.pluginmanager.register(Recorder())


@pytest.hookimpl(tryfirst=True)  # before pytest looks at marks
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Long files first; the order within a file stays. What looks at the run of all targets is nightly."""
    for item in items:
        if "all_targets" in item.fixturenames:
            item.add_marker(pytest.mark.nightly)
    places = {f"test_{name}.py": place for place, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))
    if HIDING:
        items[:] = [item for item in items if not {"small_run", "all_targets"} & set(item.fixturenames)]
    elif TESTS_PASSED and Path(TESTS_PASSED).is_file():
        passed = set(Path(TESTS_PASSED).read_text().splitlines())
        items[:] = [item for item in items if item.nodeid not in passed]


def run(
    *words: object, cwd: Path, env: dict[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command; with `check`, show what it printed where it fails."""
    environment = {**os.environ, "PYTHONPATH": HIDING, **(env or {})}
    done = subprocess.run(
        [sys.executable if word == "python" else str(word) for word in words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1500,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{words}\n{done.stdout}\n{done.stderr}")
    return done


def snakemake(folder: Path, *words: object, root: Path = ROOT, **options: object) -> subprocess.CompletedProcess[str]:
    """Run Snakemake of the checkout `root`, started in `folder`."""
    program = Path(sys.executable).with_name("snakemake")
    return run(program, "--snakefile", root / "Snakefile", *words, cwd=folder, **options)  # type: ignore[arg-type]


def build(folder: Path, *words: object, cores: int = 2, root: Path = ROOT, **options: object):
    """Run the main target with the configuration my.yaml of `folder`."""
    call = ("value_utility_realtruth", "--cores", cores, "--configfile", "my.yaml", *words)
    return snakemake(folder, *call, root=root, **options)


def config_option(**sections: dict[str, object]) -> list[str]:
    """Words that hand a verb some keys of the configuration."""
    return ["--config", json.dumps(sections)]


def tracked_files() -> list[str]:
    """Names of the project's files as git knows them, uncommitted ones included."""
    listed = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def copy_checkout(folder: Path) -> Path:
    """The working tree in another folder."""
    for name in tracked_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    if (ROOT / COMPILED).is_dir():  # the compiled loops, else 20 s
        shutil.copytree(ROOT / COMPILED, folder / COMPILED)
    return folder


def small_library(folder: Path, **changes: str) -> Path:
    """A folder with a user's library, truth, model and a configuration of ten lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("library.csv", "truth.csv", "model.py"):
        shutil.copyfile(DATA / name, folder / name)
    names = {"library": "library.csv", "truth": "truth.csv", "model": "model.py", "python": sys.executable}
    (folder / "my.yaml").write_text(CONFIG.format(**(names | changes)))
    return folder


@contextlib.contextmanager
def made_once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """(folder that all workers share, whether it must still be filled); the others wait meanwhile."""
    base = factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / f"shared-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "made"
        yield folder, not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of the small run; tests must not change it."""
    with made_once(tmp_path_factory, "small") as (folder, empty):
        if empty:
            done = build(small_library(folder))
            (folder / "printed.txt").write_text(done.stderr)
            (folder / "result.txt").write_text(done.stdout)
    return folder / "results" / "small"


def first_by_day(cases: Sequence[tuple[Any, ...]], number: int) -> list[Any]:
    """Cases as parameters: the first ones are tested always, the others are nightly."""
    return [*cases[:number], *(pytest.param(*case, marks=pytest.mark.nightly) for case in cases[number:])]


def taken_up(small_run: Path, folder: Path) -> Path:
    """The small run's folder again, with all that was built: only what a change concerns is built again."""
    return Path(shutil.copytree(small_run.parent.parent, folder, dirs_exist_ok=True))


@pytest.fixture(scope="session")
def all_targets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, tuple[str, ...]]:
    """(folder, what was printed, options) of a run of all targets; tests must not change it."""
    options = ("--config", "execution={shard_rows: 2500}")
    with made_once(tmp_path_factory, "all") as (folder, empty):
        printed = folder / "printed.txt"
        if empty:
            folder.mkdir(exist_ok=True)
            done = snakemake(folder, "all", "--cores", 2, *options)
            printed.write_text(done.stdout + done.stderr)
    return folder, printed.read_text(), options


@pytest.fixture(scope="session")
def stored_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of the small run as it is stored, for tests that start no Snakemake; they must not change it."""
    from tests.stored_run import unpack  # which needs this module

    return unpack(tmp_path_factory.mktemp("stored") / "small")


@pytest.fixture
def pack(stored_run: Path, tmp_path: Path) -> Path:
    """A copy of the stored run's pack as a folder, to be damaged."""
    return Path(shutil.copytree(stored_run / "pack", tmp_path / "pack"))


@pytest.fixture
def archive(stored_run: Path, tmp_path: Path) -> Path:
    """A copy of the stored run's zip, to be damaged."""
    return Path(shutil.copyfile(stored_run / "small_evidence_pack.zip", tmp_path / "pack.zip"))
