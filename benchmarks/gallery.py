"""Three scores on measured sets, each run by one command: a good model, a property model, docking.

    python -m benchmarks.gallery FOLDER OUT [--cores 2]        (`make gallery DATA=FOLDER`)

FOLDER: the sets bace1 and bbb, each with input.csv (id,smiles), train.csv (id,smiles,label) and truth.csv, and
campaign/CDK2.csv.gz (id,smiles,hit,docking). For each it runs `hetero2 run`, then writes the command, the answers and
the sha256 of the pack into docs/gallery.md. Docking scores are of the library alone, so nothing is said of its isomers.
"""

import argparse
import hashlib
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hetero2.commands import show
from hetero2.paths import ROOT

PAGE = ROOT / "docs" / "gallery.md"


class Run(NamedTuple):
    """One entry: its heading, what it shows, and the words after `hetero2 run`."""

    name: str
    heading: str
    text: str
    library: str
    options: Mapping[str, str | None]  # the name of a file beside the library, "" for the library itself


RUNS = (
    Run(
        "good-model",
        "A good model",
        "A random forest on fingerprints, fitted on 592 measured molecules, for 919 others of BACE-1 (a hit has a "
        "pIC50 of at least 7). No scaffold is on both sides.",
        "bace1/input.csv",
        {"--model": "reference:morgan_rf", "--train": "train.csv", "--truth": "truth.csv"},
    ),
    Run(
        "property-model",
        "A property model in disguise",
        "Boosted trees on eight bulk properties (weight, logP, polar surface and the like) for blood-brain-barrier "
        "permeability. The list is worth its price, since permeability does follow bulk properties; but the score "
        "knows no structure, and isomers show it.",
        "bbb/input.csv",
        {"--model": "reference:property_boosted", "--train": "train.csv", "--truth": "truth.csv"},
    ),
    Run(
        "docking",
        "Docking no better than counting atoms",
        "Vina scores of CDK2; library, scores and results are columns of one file. The scores are of the library "
        "alone, so nothing can be said of isomers, and the pack says that it is not in order for that reason.",
        "campaign/CDK2.csv.gz",
        {
            "--scores": "",
            "--score-column": "docking",
            "--lower-is-better": None,
            "--truth": "",
            "--label-column": "hit",
        },
    ),
)


def words(run: Run, folder: Path, out: Path) -> list[str]:
    """The words of the command, after `hetero2`."""
    library = folder / run.library
    command = ["run", str(library)]
    for option, value in run.options.items():
        is_file = option in ("--scores", "--train", "--truth")
        path = library.with_name(value) if value else library
        command += [option, *([] if value is None else [str(path) if is_file else value])]
    return [*command, "--top-k", "50", "--name", run.name, "--out", str(out)]


def entry(run: Run, results: Path) -> str:
    """One section of the page, of a finished run in `results`."""
    command = shlex.join(words(run, Path(), Path("results")))
    places = ("  pack ", "  sha256", "  read ", "  more ")
    answers = "\n".join(line for line in show.lines(results, brief=True) if not line.startswith(places))
    pack = next(results.glob("*.zip"))
    digest = hashlib.sha256(pack.read_bytes()).hexdigest()
    return f"## {run.heading}\n\n{run.text}\n\n```console\n$ hetero2 {command}\n{answers}\n```\n\nPack: `{digest}`\n"


INTRODUCTION = """# Gallery

<!-- Written by `make gallery`; change benchmarks/gallery.py instead. -->

Three scores on measured sets, a command each. `make gallery DATA=FOLDER` runs them again and writes this page; FOLDER
has the sets as the commands name them (they are not part of the project, since their licences differ). Under each is
the sha256 of its pack, which the same files, code and environment reproduce.
"""


def main() -> None:
    """Run all three, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    args = parser.parse_args()
    sections = [INTRODUCTION]
    for run in RUNS:
        command = [*words(run, args.folder, args.out), "--cores", str(args.cores)]
        subprocess.run([sys.executable, "-m", "hetero2", *command], check=True, stdout=subprocess.DEVNULL)
        sections.append(entry(run, args.out / run.name))
    PAGE.write_text("\n".join(sections), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
