"""Change statistics, pack, files and screening in small ways, and list what no test notices: `make mutation`.

python -m tools.mutation [--sample N] [--least SHARE] [MODULE ...]

mutmut makes the changes and runs, for each, the tests that reach the changed function (`[tool.mutmut]` in
pyproject.toml). What was noticed before is tried again where the function has changed. Functions that numba compiles
are not changed. A change that means the same, or that no test of an outcome should notice, is in
tests/data/mutants.yaml with its reason; it does not count. Exit code 1 where a smaller share than SHARE of the rest is
noticed, or where a change in that list is noticed after all.
"""

import argparse
import fnmatch
import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tools.made_files import ROOT

FOLDER, EXCUSED = ROOT / "mutants", ROOT / "tests/data/mutants.yaml"
LEAST, SEED = 0.9, 0
# A process that has used threads of OpenMP must not fork, as mutmut does for each change.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# Exit codes of a change that nothing noticed: its tests passed, or there were none (5 of pytest, 33 of mutmut).
# All others are a failure, a crash, or a program that no longer ends.
_NOT_NOTICED = {0, 5, 33}


@dataclass
class Module:
    """What became of the changes of a module."""

    killed: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    n_changes: int = 0

    @property
    def share(self) -> float:
        """Share of the changes that were noticed, of those that were tried; 1 where none was."""
        tried = len(self.killed) + len(self.survived)
        return len(self.killed) / tried if tried else 1.0


def module_of(mutant: str) -> str:
    """The module of a change.

    >>> module_of("hetero2.io.files.x_sha256_file__mutmut_1")
    'hetero2.io.files'
    """
    return mutant.rpartition(".")[0]


def results(folder: Path | None = None) -> dict[str, int | None]:
    """Exit code by change, as mutmut keeps them; None for one that was not tried."""
    codes: dict[str, int | None] = {}
    for path in sorted((folder or FOLDER).rglob("*.meta")):
        codes |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return codes


def sampled(mutants: Sequence[str], n: int) -> list[str]:
    """At most `n` changes of each module (0: all), by chance but the same every time; a larger `n` holds a smaller."""
    by_module = defaultdict(list)
    for mutant in sorted(mutants):
        by_module[module_of(mutant)].append(mutant)
    chosen = {}
    for name, changes in by_module.items():
        random.Random(f"{SEED} {name}").shuffle(changes)
        chosen[name] = changes[: n or None]
    return [mutant for name in sorted(chosen) for mutant in sorted(chosen[name])]


def summary(codes: Mapping[str, int | None], excused: Mapping[str, str]) -> tuple[dict[str, Module], list[str]]:
    """What became of each module's changes without the excused ones; and those of these that were noticed."""
    modules: dict[str, Module] = defaultdict(Module)
    noticed = []
    for mutant, code in codes.items():
        module = modules[module_of(mutant)]
        module.n_changes += 1
        if code is None:
            continue
        killed = code not in _NOT_NOTICED
        if mutant in excused:
            noticed += [mutant] if killed else []
            continue
        (module.killed if killed else module.survived).append(mutant)
    return dict(modules), noticed


def table(modules: Mapping[str, Module]) -> str:
    """Killed and tried of each module, and of all."""
    lines = []
    for name, module in sorted(modules.items()):
        tried = len(module.killed) + len(module.survived)
        if tried:
            lines.append(f"{name:<55} {len(module.killed):>5} of {tried:<5} {module.share:>6.1%}  ({module.n_changes})")
    return "\n".join([f"{'module':<55} noticed           (changes that could be made)", *lines])


def mutmut(*words: str) -> int:
    """Run mutmut in this checkout; its exit code."""
    environment = {**os.environ, **_ONE_THREAD, "PYTHONPATH": ""}  # else the tests would import what is not changed
    command = [sys.executable, "-m", "mutmut", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL).returncode


def main(words: Sequence[str] | None = None) -> int:
    """Make the changes, try them, print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="changes tried of each module (0: all)")
    parser.add_argument("--least", type=float, default=LEAST, help="share that must be noticed (%(default)s)")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1, help="tried at once (one a core)")
    parser.add_argument("--only-report", action="store_true", help="of what was tried before")
    parser.add_argument("modules", nargs="*", default=["hetero2.*"], metavar="MODULE", help="hetero2.stats.*")
    args = parser.parse_args(words)
    if not args.only_report:
        mutmut("run", "--max-children", str(args.children), "hetero2.io.columns.*")  # makes the changes of all
        codes = results()
        wanted = [name for name in codes if any(fnmatch.fnmatch(module_of(name), each) for each in args.modules)]
        if not wanted:
            parser.error(f"{', '.join(args.modules)}: no such module is changed")
        chosen = [name for name in sampled(wanted, args.sample) if codes[name] in _NOT_NOTICED | {None}]
        if chosen:
            mutmut("run", "--max-children", str(args.children), *chosen)
    excused = {name: reason for reason, names in yaml.safe_load(EXCUSED.read_text()).items() for name in names}
    modules, noticed = summary(results(), excused)
    print(table(modules))
    survivors = [name for module in modules.values() for name in module.survived]
    print(*(f"survived: {name}" for name in survivors), sep="\n")
    print(*(f"noticed, and yet in {EXCUSED.name}: {name}" for name in noticed), sep="\n")
    killed = sum(len(module.killed) for module in modules.values())
    share = killed / (killed + len(survivors)) if killed else 0.0
    print(f"noticed: {share:.1%} of {killed + len(survivors)}; at least {args.least:.0%} is wanted")
    return int(share < args.least or bool(noticed))


if __name__ == "__main__":
    sys.exit(main())
