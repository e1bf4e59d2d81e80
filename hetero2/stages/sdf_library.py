"""Rows of a library that may also be an SD file, which only RDKit can read."""

from collections.abc import Iterator
from pathlib import Path

from hetero2.chem import sdf
from hetero2.errors import InputError
from hetero2.stages.library import Raw, read_library


def _read_sdf(path: Path) -> Iterator[Raw]:
    number = 0
    try:
        for number, (title, smiles) in enumerate(sdf.read(path), start=1):
            yield Raw(title, smiles, place=f"record {number}")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: near record {number + 1}: not UTF-8", "save the file as UTF-8") from None


def read_any(path: Path, structures: bool = True, more: str | None = None) -> Iterator[Raw]:
    """As `read_library`, and .sdf: the title of a record is its id."""
    if path.name.lower().endswith(".sdf") and more is None:
        return _read_sdf(path)
    return read_library(path, structures, more)
