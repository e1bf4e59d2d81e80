"""Rows of a library that may also be an SD file, which only RDKit can read."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hetero2.chem.structures import sdf
from hetero2.errors import InputError
from hetero2.inputs.library import Raw, read_library
from hetero2.io.csv_reader import check_is_text
from hetero2.runtime import isolated

_AT_ONCE = 2000  # records a worker gets; a new one for every batch costs some 10 ms


def _read_sdf(path: Path) -> Iterator[Raw]:
    number, records = 0, sdf.records(path)
    while batch := _batch(path, records, number):
        blocks = [record.block for record in batch]
        for record, (_, outcome) in zip(batch, isolated.each(sdf.read_block, blocks, isolated.Limits()), strict=True):
            number += 1
            place = f"record {number}"
            if isinstance(outcome, isolated.Failure):
                yield Raw(record.title, sdf.UNREADABLE, place=place, status="ERROR", reason=outcome.reason)
                continue
            smiles, reason = outcome
            yield Raw(record.title, smiles, place=place, status="SKIP" if reason else "", reason=reason or "")


def _batch(path: Path, records: Iterator[sdf.Record], before: int) -> list[sdf.Record]:
    batch: list[sdf.Record] = []
    try:
        batch.extend(islice(records, _AT_ONCE))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError:
        check_is_text(path)
        place = before + len(batch) + 1
        raise InputError(f"{path}: near record {place}: not UTF-8", "save the file as UTF-8") from None
    return batch


def read_any(path: Path, structures: bool = True, more: str | None = None) -> Iterator[Raw]:
    """As `read_library`, and .sdf: the title of a record is its id; what is no defined structure has its reason."""
    if path.name.lower().endswith(".sdf") and more is None:
        return _read_sdf(path)
    return read_library(path, structures, more)
