"""Three scores on measured sets, each run by one command: a good model, a property model, docking.

    python -m benchmarks.gallery FOLDER OUT [--cores 2]

FOLDER: the sets bace1, bbb and jak2, each with input.csv, truth.csv, train.csv and scores_<model>.csv. For each it runs
`hetero2 run` and prints the command, the answers and the sha256 of its pack. The scores are of the library alone, so
nothing is said of isomers.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from hetero2.commands import show

# Name of the run, set, scores.
RUNS = (
    ("good-model", "bace1", "rf"),
    ("property-model", "bbb", "prop_gbm"),
    ("docking", "jak2", "vina"),
)


def words(name: str, folder: Path, model: str, out: Path, cores: int) -> list[str]:
    """The words of the command, after `hetero2`."""
    files = {"scores": f"scores_{model}.csv", "train": "train.csv", "truth": "truth.csv"}
    command = ["run", str(folder / "input.csv")]
    command += [word for option, file in files.items() for word in (f"--{option}", str(folder / file))]
    return [*command, "--top-k", "50", "--name", name, "--out", str(out), "--cores", str(cores)]


def main() -> None:
    """Run all three, and print what docs/gallery.md shows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    for name, data, model in RUNS:
        command = words(name, args.folder / data, model, args.out, args.cores)
        subprocess.run([sys.executable, "-m", "hetero2", *command], check=True, stdout=subprocess.DEVNULL)
        shown = shlex.join(words(name, Path(data), model, Path("results"), args.cores))
        print(f"$ hetero2 {shown}")
        print("\n".join(show.lines(args.out / name, brief=True)), "\n")


if __name__ == "__main__":
    main()
