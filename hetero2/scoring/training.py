"""The training set of a model: labelled molecules."""

from dataclasses import dataclass
from pathlib import Path

from hetero2.chem.mol import parse
from hetero2.errors import InputError
from hetero2.tables import quoted, read_csv


@dataclass(frozen=True)
class Training:
    """Labelled molecules: ids, SMILES and 1 for a hit, 0 for none."""

    ids: list[str]
    smiles: list[str]
    labels: list[int]


def read_training(path: Path) -> Training:
    """Read a training file (id, smiles, label); raises InputError for a bad label or SMILES, or one class only."""
    ids, smiles, labels = dict[str, None](), [], []
    for line, row in read_csv(path, ["id", "smiles", "label"]):
        if not row["id"].strip() or row["id"] in ids:
            raise InputError(
                f"{path}: line {line}: the id {quoted(row['id'])} is {'there twice' if row['id'] in ids else 'empty'}"
            )
        if row["label"] not in ("0", "1"):
            raise InputError(f"{path}: line {line}: label is {quoted(row['label'])}, expected 1 (hit) or 0")
        if parse(row["smiles"]) is None:
            raise InputError(f"{path}: line {line}: smiles is {quoted(row['smiles'])}, which is not valid")
        ids[row["id"]] = None
        smiles.append(row["smiles"])
        labels.append(int(row["label"]))
    if len(set(labels)) < 2:
        raise InputError(f"{path}: training needs molecules of both labels, 0 and 1")
    return Training(list(ids), smiles, labels)
