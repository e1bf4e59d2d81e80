"""A small real run, made once a test session through Snakemake, and helpers to run the product as a person does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).parent / "data"
MODEL = DATA / "model.py"
OWN_PACK = Path(__file__).parent / "contracts/data/pack.v1.zip"

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


def run(
    *words: object, cwd: Path, env: dict[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command; with `check`, show what it printed where it fails."""
    environment = {**os.environ, "PYTHONPATH": "", **(env or {})}
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


def tracked_files() -> list[str]:
    """Names of the project's files as git knows them, uncommitted ones included."""
    listed = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


def copy_checkout(folder: Path) -> Path:
    """The working tree in another folder."""
    for name in tracked_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def small_library(folder: Path, **changes: str) -> Path:
    """A folder with a user's library, truth, model and a configuration of ten lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("library.csv", "truth.csv", "model.py"):
        shutil.copyfile(DATA / name, folder / name)
    names = {"library": "library.csv", "truth": "truth.csv", "model": "model.py", "python": sys.executable}
    (folder / "my.yaml").write_text(CONFIG.format(**(names | changes)))
    return folder


def pytest_itemcollected(item: pytest.Item) -> None:
    """What shares an expensive fixture goes to the same of the workers, so that it is made once; else a file does."""
    names = getattr(item, "fixturenames", ())
    item.add_marker(pytest.mark.xdist_group("all_targets" if "all_targets" in names else item.nodeid.split("::")[0]))


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results folder of the small run; tests must not change it."""
    folder = small_library(tmp_path_factory.mktemp("small"))
    build(folder)
    return folder / "results" / "small"


@pytest.fixture(scope="session")
def all_targets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, tuple[str, ...]]:
    """(folder, what was printed, options) of a run of all targets; tests must not change it."""
    folder, options = tmp_path_factory.mktemp("all"), ("--config", "execution={shard_rows: 2500}")
    done = snakemake(folder, "all", "--cores", 2, *options)
    return folder, done.stdout + done.stderr, options


@pytest.fixture
def pack(small_run: Path, tmp_path: Path) -> Path:
    """A copy of the small run's pack as a folder, to be damaged."""
    return Path(shutil.copytree(small_run / "pack", tmp_path / "pack"))


@pytest.fixture
def archive(small_run: Path, tmp_path: Path) -> Path:
    """A copy of the small run's zip, to be damaged."""
    return Path(shutil.copyfile(small_run / "small_evidence_pack.zip", tmp_path / "pack.zip"))
