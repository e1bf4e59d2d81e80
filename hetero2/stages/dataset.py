"""dataset: input.csv, train.csv and truth.csv from measured data that comes with an installed package."""

import argparse
import hashlib
import importlib.util
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.chem.molecules import parse
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.errors import ConfigError, InputError
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import check_sha256, pretty_json, write_text
from hetero2.io.tables import to_table
from hetero2.runtime.provenance import file_facts
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 dataset rdkit-freewilson --out data/freewilson"
_FOLDER = "Contrib/FreeWilson/data"
_STRUCTURES, _ACTIVITIES = "CHEMBL2321810.smi", "CHEMBL2321810_act.csv"


class Compound(NamedTuple):
    """A measured compound: its name in the source, its SMILES, and its pActivity."""

    name: str
    smiles: str
    activity: float


def source_folder() -> Path:
    """Folder of the Free-Wilson data in the installed RDKit."""
    spec = importlib.util.find_spec("rdkit")
    folder = Path(spec.origin).parent / _FOLDER if spec and spec.origin else Path(_FOLDER)
    if not folder.is_dir():
        raise ConfigError(
            f"this RDKit has no folder {_FOLDER}",
            "install RDKit from the Python package index, or set input.path to your own file",
        )
    return folder


def source_files() -> list[Path]:
    """The two files of the Free-Wilson data: structures and activities."""
    return [source_folder() / _STRUCTURES, source_folder() / _ACTIVITIES]


def _pairs(path: Path, separator: str | None, header: int) -> Iterator[tuple[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[header:], start=header + 1):
        cells = line.split(separator)
        if len(cells) != 2:
            raise InputError(f"{path}: line {number}: expected two columns, found {len(cells)}")
        yield cells[0], cells[1]


def read_compounds(folder: Path) -> list[Compound]:
    """All compounds in the source's order; each must have a structure and a measured value."""
    try:
        activities = {name: float(value) for name, value in _pairs(folder / _ACTIVITIES, ",", header=1)}
    except ValueError as error:
        raise InputError(f"{folder / _ACTIVITIES}: {error}") from None
    structures = {name: smiles for smiles, name in _pairs(folder / _STRUCTURES, None, header=0)}
    alone = sorted(structures.keys() ^ activities.keys())
    if alone:
        raise InputError(f"{folder}: compound {alone[0]!r} is in one of the two files only")
    return [Compound(name, smiles, activities[name]) for name, smiles in structures.items()]


def split(compounds: list[Compound], test_share: float, seed: int) -> tuple[list[Compound], list[Compound]]:
    """(training part, library), both in source order; compounds of one Murcko scaffold stay together.

    Scaffolds are taken in the order of sha256(seed:scaffold) while the library stays within `test_share` of the
    compounds; one that would overshoot is passed over.
    """
    groups: dict[str, list[Compound]] = defaultdict(list)
    for compound in compounds:
        mol = parse(compound.smiles)
        if mol is None:
            raise InputError(f"{_STRUCTURES}: {compound.name}: not a valid SMILES")
        groups[murcko_scaffold(mol)].append(compound)
    order = sorted(groups, key=lambda scaffold: hashlib.sha256(f"{seed}:{scaffold}".encode()).hexdigest())
    library: set[str] = set()
    for scaffold in order:
        if len(library) + len(groups[scaffold]) <= test_share * len(compounds):
            library |= {compound.name for compound in groups[scaffold]}
    return [c for c in compounds if c.name not in library], [c for c in compounds if c.name in library]


def _write_rows(path: Path, rows: list[dict[str, Any]], contract: str) -> None:
    write_csv(path, [to_table(rows, contract)], contract)


def write(folder: Path, out: Path, threshold: float, test_share: float, seed: int, pins: Mapping[str, str]) -> None:
    """Write the three files and facts.json, after the source files were verified against `pins`."""
    sources = [folder / _STRUCTURES, folder / _ACTIVITIES]
    unknown = sorted(set(pins) - {path.name for path in sources})
    if unknown:
        raise ConfigError(
            f"dataset.source_sha256: {unknown[0]!r} is not a source file", f"expected {_STRUCTURES} or {_ACTIVITIES}"
        )
    digests = [check_sha256(path, pins.get(path.name), "source file") for path in sources]
    compounds = read_compounds(folder)
    train, library = split(compounds, test_share, seed)
    truth = [
        {
            "molecule_id": c.name,
            "expensive_label": "PASS" if c.activity >= threshold else "FAIL",
            "truth_source": "external",
            "truth_version": "customer_truth.v1",
        }
        for c in compounds
    ]
    labelled = [{"id": c.name, "smiles": c.smiles, "label": int(c.activity >= threshold)} for c in train]
    _write_rows(out / "truth.csv", truth, "customer_truth.v1")
    _write_rows(out / "train.csv", labelled, "train.v1")
    _write_rows(out / "input.csv", [{"id": c.name, "smiles": c.smiles} for c in library], "molecule_input.v1")
    facts = [file_facts("dataset source", path, digest) for path, digest in zip(sources, digests, strict=True)]
    write_text(out / "facts.json", pretty_json({"kind": "dataset", "name": "rdkit-freewilson", "inputs": facts}))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("name", choices=["rdkit-freewilson"])
    parser.add_argument("--out", type=Path, required=True, help="folder for input.csv, train.csv, truth.csv")
    add_settings(
        parser, "dataset.activity_threshold", "dataset.test_share", "dataset.split_seed", "dataset.source_sha256"
    )


def run(args: argparse.Namespace) -> None:
    """Write the data set."""
    write(source_folder(), args.out, args.activity_threshold, args.test_share, args.split_seed, args.source_sha256)
