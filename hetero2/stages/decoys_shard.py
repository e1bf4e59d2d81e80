"""decoys-shard: guardrails, decoys and structure facts of the molecules of one shard."""

import argparse
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from hetero2.chem import strategy
from hetero2.chem.bins import check_quotas
from hetero2.chem.graph_spectra.spectral import spectrum
from hetero2.chem.molecules import Mol, structure_hash
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.chem.structures.guardrails import Guardrails, Prepared, prepare
from hetero2.chem.structures.same_compound import skeleton
from hetero2.errors import ConfigError
from hetero2.io.tables import quoted, read_shard, to_table, write_parquet
from hetero2.runtime import isolated, numba_without_blas
from hetero2.runtime.cli_types import add_shard, check_shard
from hetero2.runtime.log import logger, progress
from hetero2.runtime.seeds import row_seed
from hetero2.runtime.settings import add_settings

EXAMPLE = "hetero2 decoys-shard --input input/rows.parquet --molecules molecules.parquet --decoys decoys.parquet"
SETTINGS = (
    "decoys.strategy",
    "decoys.k",
    "decoys.seed",
    "decoys.seed_strategy",
    "decoys.quotas",
    "decoys.hard_mode",
    "guardrails.max_atoms",
    "guardrails.require_connected",
    "guardrails.standardise",
    "guardrails.seconds_per_molecule",
    "guardrails.mb_per_molecule",
)
_EMPTY = {
    "canonical_smiles": None,
    "heavy_atoms": None,
    "structure_hash": None,
    "skeleton": None,
    "scaffold": None,
    "decoy_strategy_used": None,
    "n_decoys_generated": 0,
    "spectral_gap": None,
    "spectral_entropy": None,
    "spectral_entropy_norm": None,
    "tanimoto_min": None,
    "tanimoto_median": None,
    "tanimoto_max": None,
    "warnings": "",
}
FEWER = "fewer_decoys"
Record = dict[str, Any]
RowWithDecoys = tuple[Record, list[Record]]  # the record of a row, and its decoys


@dataclass(frozen=True)
class DecoyOptions:
    """Which structures get decoys, which decoys, and what one molecule may use; the keys of the configuration."""

    strategy: str
    k: int
    seed: int
    seed_strategy: str
    quotas: Mapping[str, float]
    hard_mode: bool
    max_atoms: int
    require_connected: bool
    standardise: str
    seconds_per_molecule: float
    mb_per_molecule: int


def decoy_options(values: Mapping[str, Any]) -> DecoyOptions:
    """The options among the values of a command line, or of the sections `decoys` and `guardrails`."""
    return DecoyOptions(**{field.name: values[field.name] for field in fields(DecoyOptions)})


def _structure_facts(mol: Mol, similarities: list[float]) -> Record:
    shape = spectrum(mol)
    return {
        "spectral_gap": shape.gap,
        "spectral_entropy": shape.entropy,
        "spectral_entropy_norm": shape.entropy_norm,
        "tanimoto_min": min(similarities),
        "tanimoto_median": statistics.median(similarities),
        "tanimoto_max": max(similarities),
    }


def _blank(row: Record, args: DecoyOptions) -> Record:
    seed = row_seed(args.seed, args.seed_strategy, row["id"])
    return {**row, **_EMPTY, "seed_used": seed, "status": row["status"] or "OK"}


def _generate(args: DecoyOptions, row: Record) -> RowWithDecoys:
    """The record of one row and its decoys."""
    record = _blank(row, args)
    if row["status"] and row["reason"] != "not_sampled":
        return record, []
    limits = Guardrails(args.max_atoms, args.require_connected, args.standardise)
    if row["reason"] == "not_sampled":
        return record | _identity(prepare(record["smiles"], limits)), []
    return _with_decoys(record, limits, record["seed_used"], args)


def molecules_with_decoys(rows: Sequence[Record], args: DecoyOptions, workers: int = 1) -> Iterator[RowWithDecoys]:
    """The record of every row and its decoys, in order.

    A molecule that takes too long, crashes its worker or hits a defect in our code becomes an ERROR row of its own.
    """
    ready = partial(strategy.warm_up, args.strategy)
    limits = isolated.Limits(args.seconds_per_molecule, args.mb_per_molecule)
    for row, result in isolated.each(partial(_generate, args), rows, limits, workers, ready):
        if isinstance(result, isolated.Failure):
            logger.warning("row %d, %s: %s", row["row"], quoted(row["id"]), result.reason)
            yield {**_blank(row, args), "status": "ERROR", "reason": result.reason}, []
        else:
            yield result


def _identity(prepared: Prepared) -> Record:
    canonical = prepared.canonical_smiles
    return {
        "warnings": ";".join(prepared.warnings),
        "canonical_smiles": canonical,
        "structure_hash": None if canonical is None else structure_hash(canonical),
        "skeleton": None if prepared.mol is None else skeleton(prepared.mol),
    }


def _with_decoys(record: Record, limits: Guardrails, seed: int, args: DecoyOptions) -> RowWithDecoys:
    prepared = prepare(record["smiles"], limits)
    record |= _identity(prepared)
    mol = prepared.mol
    record["heavy_atoms"] = None if mol is None else mol.GetNumHeavyAtoms()
    record["scaffold"] = None if mol is None or prepared.canonical_smiles is None else murcko_scaffold(mol)
    if prepared.reason is not None or prepared.canonical_smiles is None or mol is None:
        return {**record, "status": "SKIP", "reason": prepared.reason}, []
    generated = strategy.make(args.strategy, prepared.canonical_smiles, args.k, seed, args.quotas, args.hard_mode)
    if not generated.records:
        reason = "no_hard_decoys_generated" if args.hard_mode else "no_decoys_generated"
        return {**record, "status": "SKIP", "reason": reason}, []
    record |= _structure_facts(mol, [decoy["tanimoto"] for decoy in generated.records])
    record |= {"decoy_strategy_used": generated.strategy, "n_decoys_generated": len(generated.records)}
    if generated.reason is not None:
        few = f"{FEWER}:{len(generated.records)}:{generated.reason}"
        record["warnings"] = ";".join([*prepared.warnings, few])
    return record, [{"row": record["row"], **decoy} for decoy in generated.records]


def limits_of(args: argparse.Namespace) -> isolated.Limits:
    """What one molecule may use."""
    return isolated.Limits(args.seconds_per_molecule, args.mb_per_molecule)


def check_shares(quotas: Mapping[str, float]) -> None:
    """Raise ConfigError unless there is a share for each bin, and they add up to 1."""
    try:
        check_quotas(quotas)
    except ValueError as error:
        raise ConfigError(f"decoys.{error}") from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered library")
    add_shard(parser)
    parser.add_argument("--molecules", type=Path, required=True, help="where to write the molecules")
    parser.add_argument("--decoys", type=Path, required=True, help="where to write their decoys")
    add_settings(parser, *SETTINGS)


def run(args: argparse.Namespace) -> None:
    """Build the decoys of one shard."""
    check_shard(args)
    check_shares(args.quotas)
    numba_without_blas.load()
    rows = read_shard(args.input, "input_row.v1", args.shard, args.shards).to_pylist()
    molecules: list[Record] = []
    decoys: list[Record] = []
    results = molecules_with_decoys(rows, decoy_options(vars(args)))
    what = f"decoys {args.molecules.stem}"
    watched = progress(
        results,
        what,
        len(rows),
        status=lambda result: str(result[0]["status"]),
        reason=lambda result: result[0]["reason"],
    )
    for record, own_decoys in watched:
        molecules.append(record)
        decoys += own_decoys
    write_parquet(args.molecules, to_table(molecules, "molecule.v1"), "molecule.v1")
    write_parquet(args.decoys, to_table(decoys, "decoy.v1"), "decoy.v1")
