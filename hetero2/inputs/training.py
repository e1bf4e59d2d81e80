"""The training set of a model: labelled molecules."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.chem.structures.reader import MOST_ATOMS
from hetero2.errors import InputError
from hetero2.io.csv_reader import read_csv
from hetero2.io.tables import quoted
from hetero2.runtime import isolated
from hetero2.runtime.log import logger

_WRONG = {
    "missing_smiles": "is empty",
    "invalid_smiles": "is not valid",
    "undefined_structure": "is not a defined structure (a query, an R group, a repeat unit)",
    "too_many_atoms": f"has more than {MOST_ATOMS} atoms",
    "timeout": "takes too long to read",
    "out_of_memory": "takes too much memory to read",
}


@dataclass(frozen=True)
class Training:
    """Labelled molecules: ids, canonical SMILES, SMILES as given (`texts`), labels (1 for a hit, else 0)."""

    ids: list[str]
    smiles: list[str]
    texts: list[str]
    labels: list[int]


def _canonical(limits: Guardrails, text: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    prepared = prepare(text, limits)
    return prepared.canonical_smiles, prepared.reason, prepared.warnings


def read_molecules(
    path: Path, columns: Sequence[str] = (), standardise: str = "none"
) -> Iterator[tuple[int, dict[str, str], str]]:
    """(line, row, canonical SMILES) of each row of a training file; `columns`: which it must have beside id and smiles.

    Every structure is read in one worker with limits, and standardised, as those of a library are. Raises InputError,
    with file and line, for a structure that cannot be read or is not defined.
    """
    lines = list(read_csv(path, ["id", "smiles", *columns]))
    texts = [(f"line {line}", row["smiles"]) for line, row in lines]
    for (line, row), smiles in zip(lines, canonical_smiles(path, texts, standardise), strict=True):
        yield line, row, smiles


def canonical_smiles(path: Path, texts: Sequence[tuple[str, str]], standardise: str = "none") -> Iterator[str]:
    """The canonical SMILES of each (place in the file, structure); raises InputError as `read_molecules` does."""
    limits = Guardrails(MOST_ATOMS, require_connected=False, standardise=standardise)
    notes: Counter[str] = Counter()
    read = isolated.each(partial(_canonical, limits), [text for _, text in texts], isolated.Limits())
    for (place, _), (text, outcome) in zip(texts, read, strict=True):
        if isinstance(outcome, isolated.Failure):
            raise _error(path, place, text, outcome.reason)
        smiles, reason, warnings = outcome
        if smiles is None:
            raise _error(path, place, text, reason)
        notes.update(warnings)
        yield smiles
    for note, count in sorted(notes.items()):
        logger.info("%s: %s (molecules: %d)", path.name, note, count)


def _error(path: Path, place: str, text: str, reason: str | None) -> InputError:
    what = _WRONG.get(reason or "", f"cannot be read ({reason})")
    return InputError(
        f"{path}: {place}: smiles is {quoted(text)}, which {what}", "correct the structure, or remove the row"
    )


def read_training(path: Path, standardise: str = "none") -> Training:
    """Read a training file (id, smiles, label); raises InputError for a bad label or structure, or one class only."""
    ids, smiles, texts, labels = dict[str, None](), [], [], []
    for line, row, canonical in read_molecules(path, ["label"], standardise):
        if not row["id"].strip() or row["id"] in ids:
            raise InputError(
                f"{path}: line {line}: the id {quoted(row['id'])} {'occurs twice' if row['id'] in ids else 'is empty'}",
                "give each molecule an id of its own",
            )
        if row["label"] not in ("0", "1"):
            raise InputError(f"{path}: line {line}: label is {quoted(row['label'])}, expected 1 (hit) or 0")
        ids[row["id"]] = None
        smiles.append(canonical)
        texts.append(row["smiles"])
        labels.append(int(row["label"]))
    if len(set(labels)) < 2:
        raise InputError(
            f"{path}: all molecules have one label", "a model needs molecules with label 1 and with label 0"
        )
    return Training(list(ids), smiles, texts, labels)
