"""Small campaigns for tests: 60 molecules with a measured value that follows from the structure, and a poor score."""

import csv
import itertools
from collections.abc import Iterable
from pathlib import Path

from hetero2 import cli

RINGS = ("c1ccccc1", "c1ccncc1", "c1ccc2[nH]ccc2c1", "c1ccc2ncccc2c1", "C1CCNCC1", "c1ccsc1")
TAILS = ("C", "CC", "O", "OC", "N", "NC(C)=O", "C(=O)O", "C(F)(F)F", "Cl", "S(N)(=O)=O")
RING_VALUE = (4.0, 6.0, 7.5, 6.5, 4.5, 5.0)
SMILES = [f"{ring}{tail}" for ring, tail in itertools.product(RINGS, TAILS)]
IDS = [f"m{row}" for row in range(len(SMILES))]
VALUES = [RING_VALUE[row // len(TAILS)] + 0.1 * (row % len(TAILS)) for row in range(len(SMILES))]
TODAY = [round(-5 - (7 * row % 61) / 10, 1) for row in range(len(SMILES))]
KNOWN = [  # beside the library
    ("k0", "c1ccc2[nH]ccc2c1CCN", 8.1),
    ("k1", "c1ccc2[nH]ccc2c1CCO", 7.9),
    ("k2", "c1ccc2ncccc2c1CCO", 6.6),
    ("k3", "c1ccccc1CCN", 4.1),
    ("k4", "c1ccsc1CCN", 4.9),
    ("k5", "C1CCNCC1CCO", 4.4),
]


def write(path: Path, header: str, rows: Iterable[Iterable[object]]) -> Path:
    """Write a CSV."""
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


def start(folder: Path, *words: object, known: object = KNOWN, today: object = None, library: object = None) -> Path:
    """Start a campaign in `folder`/c; words: more options."""
    write(folder / "library.csv", "id,smiles", zip(IDS, SMILES, strict=True) if library is None else library)
    write(folder / "today.csv", "id,score", zip(IDS, TODAY, strict=True) if today is None else today)
    more = ["--known", write(folder / "known.csv", "id,smiles,value", known)] if known else []
    usual = {"--batch": 8, "--hit-at": 7, "--workers": 1}
    usual = {key: value for key, value in usual.items() if key not in words}
    call("start", folder / "c", *itertools.chain(*usual.items()), *more, *words, folder=folder)
    return folder / "c"


def call(action: str, campaign: Path, *words: object, folder: Path | None = None, code: int = 0) -> None:
    """Run a verb of a campaign in this process; with `folder`, a start with its library and today's score."""
    options: list[object] = ["--campaign", campaign]
    if folder is not None:
        options = ["--out", campaign, "--input", folder / "library.csv"]
        if "--today-order" not in words:
            options += ["--today", folder / "today.csv"]
            options += [] if any("today-lower" in str(word) for word in words) else ["--today-lower-is-better"]
    assert cli.main(["campaign", action, *map(str, options), *map(str, words)]) == code


def batch(campaign: Path, number: int = 1) -> list[dict[str, str]]:
    """The rows of a batch."""
    with (campaign / f"rounds/{number:02d}/batch.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def results(campaign: Path, number: int = 1) -> list[tuple[str, float]]:
    """What measuring a batch gives: (id, value)."""
    return [(row["id"], VALUES[IDS.index(row["id"])]) for row in batch(campaign, number)]


def tell(campaign: Path, rows: Iterable[Iterable[object]], header: str = "id,value", code: int = 0) -> None:
    """Tell results."""
    call("tell", campaign, "--measured", write(campaign.parent / "results.csv", header, rows), code=code)
