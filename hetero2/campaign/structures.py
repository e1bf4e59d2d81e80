"""Structures of a library with the features of the screen, in worker processes with limits."""

import argparse
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from hetero2.chem.count_features import features_of_molecules
from hetero2.chem.molecules import structure_hash
from hetero2.chem.scaffold import generic_framework
from hetero2.chem.structures.guardrails import Guardrails, prepare
from hetero2.errors import InputError
from hetero2.io.tables import quoted
from hetero2.runtime import isolated

# A worker takes so many molecules at a time, which saves half of the cost of handing each over. If one of them crashes
# or takes too much, the block is done again molecule by molecule, so that it is lost alone.
_BLOCK = 64
_NO_STRUCTURE = {"canonical_smiles": None, "structure_hash": None, "framework": None, "heavy_atoms": None}
Array = NDArray[Any]
Record = dict[str, Any]
Limits = tuple[Guardrails, isolated.Limits]
# The keys of the configuration that they follow from.
LIMITS = tuple(
    f"guardrails.{name}"
    for name in ("max_atoms", "require_connected", "standardise", "seconds_per_molecule", "mb_per_molecule")
)


def limits_of(args: argparse.Namespace) -> Limits:
    """The guardrails, and what one molecule may use, from the values of the keys `LIMITS`."""
    guardrails = Guardrails(args.max_atoms, args.require_connected, args.standardise)
    return guardrails, isolated.Limits(args.seconds_per_molecule, args.mb_per_molecule)


class Structure(NamedTuple):
    """What is computed of a row: `record` are columns of the library, features are there where its status is OK."""

    record: Record
    bins: Array | None = None
    values: Array | None = None


def _block(limits: Guardrails, with_framework: bool, texts: Sequence[str]) -> list[Structure]:
    """The structure of each SMILES, within the guardrails; `record` holds why there is none."""
    every = [prepare(text, limits) for text in texts]
    features = features_of_molecules(p.mol for p in every if p.reason is None and p.mol is not None)
    spans = iter(itertools.pairwise(features.start.tolist()))
    structures = []
    for prepared in every:
        canonical, mol = prepared.canonical_smiles, prepared.mol
        if prepared.reason is not None or mol is None or canonical is None:
            structures.append(Structure({**_NO_STRUCTURE, "status": "SKIP", "reason": prepared.reason}))
            continue
        record = {
            "status": "OK",
            "reason": None,
            "canonical_smiles": canonical,
            "structure_hash": structure_hash(canonical),
            "framework": generic_framework(mol) if with_framework else None,
            "heavy_atoms": mol.GetNumHeavyAtoms(),
        }
        start, end = next(spans)
        structures.append(Structure(record, features.bins[start:end], features.values[start:end]))
    return structures


def structures_of(
    texts: Sequence[str], limits: Limits, workers: int = 1, with_framework: bool = True
) -> Iterator[Structure]:
    """The structure of each SMILES, in order; ERROR with a reason where reading it crashed or took too much."""
    blocks = [texts[first : first + _BLOCK] for first in range(0, len(texts), _BLOCK)]
    work = partial(_block, limits[0], with_framework)
    for block, outcome in isolated.each(work, blocks, limits[1], workers):
        if not isinstance(outcome, isolated.Failure):
            yield from outcome
            continue
        for _, alone in isolated.each(work, [[text] for text in block], limits[1]):
            if isinstance(alone, isolated.Failure):
                yield Structure({**_NO_STRUCTURE, "status": "ERROR", "reason": alone.reason})
            else:
                yield from alone


def structures_of_rows(
    rows: Sequence[Record], limits: Limits, workers: int = 1, with_framework: bool = True
) -> Iterator[tuple[Record, Structure]]:
    """Every row (input_row.v1) with its structure, in order; rows whose id is bad keep their reason, and have none."""
    texts = [row["smiles"] for row in rows if row["status"] is None]
    results = structures_of(texts, limits, workers, with_framework)
    for row in rows:
        if row["status"] is None:
            yield row, next(results)
        else:
            yield row, Structure({**_NO_STRUCTURE, "status": row["status"], "reason": row["reason"]})


def check_usable(status: Sequence[str], reasons: Sequence[str | None], first_smiles: str, path: Path) -> None:
    """Raise InputError, with what the rows of the library `path` lack, where none of them is OK."""
    if "OK" not in status:
        counts = ", ".join(f"{count} {reason}" for reason, count in Counter(reasons).most_common())
        raise InputError(
            f"{path}: none of the {len(status)} rows has a usable structure: {counts}",
            f"docs/contracts/molecule_input.v1.md explains each reason (the first SMILES: {quoted(first_smiles)})",
        )
