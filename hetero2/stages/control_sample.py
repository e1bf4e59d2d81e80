"""control-sample: a sample of molecules for controls and refits, with their decoys, and decoys as queries."""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.molecules import parse_known
from hetero2.chem.properties import accessibility_and_fragments, formula, molecular_weight
from hetero2.inputs.decoys import read_excluded, taking_part
from hetero2.io.columns import MOLECULE_INDEX
from hetero2.io.files import sha256_bytes
from hetero2.io.tables import read_parquet, to_table, write_parquet
from hetero2.runtime import isolated
from hetero2.runtime.log import logger, progress
from hetero2.runtime.seeds import sample
from hetero2.runtime.settings import add_settings

EXAMPLE = (
    "hetero2 control-sample --molecules molecules/*.parquet --decoys decoys/*.parquet --out control_sample.parquet"
)
Record = dict[str, Any]
_UNKNOWN = dict.fromkeys(("synthetic_accessibility", "fragment_popularity", "molecular_weight", "formula"))


def _item(decoy_set: int, level: int, index: int, molecule: Record, smiles: str | None, structure_hash: str) -> Record:
    return {
        "block": decoy_set,
        "level": level,
        "decoy_index": index,
        "row": molecule["row"],
        "smiles": smiles,
        "structure_hash": structure_hash,
        "scaffold": molecule["scaffold"] or "",
        **_UNKNOWN,
    }


def _decoys_of(args: argparse.Namespace, pair: tuple[Record, Record]) -> Sequence[Record]:
    from hetero2.chem import strategy

    molecule, decoy = pair
    seed = molecule["seed_used"]
    return strategy.make(args.strategy, decoy["decoy_smiles"], args.k, seed, args.quotas, args.hard_mode).records


def sample_items(
    molecules: Sequence[Record], decoys: dict[int, list[Record]], args: argparse.Namespace
) -> Iterator[Record]:
    """Items of every decoy set: first of each molecule, then, where asked for, of one decoy of each as a query."""
    for number, molecule in enumerate(molecules):
        molecule_hash = molecule["structure_hash"] or sha256_bytes(molecule["id"].encode("utf-8"))
        yield _item(number, 0, MOLECULE_INDEX, molecule, molecule["canonical_smiles"], molecule_hash)
        for decoy in decoys[molecule["row"]]:
            yield _item(number, 0, decoy["decoy_index"], molecule, decoy["decoy_smiles"], decoy["decoy_hash"])
    if args.decoys_as_queries:
        yield from _queries(molecules, decoys, args)


def _queries(
    molecules: Sequence[Record], decoys: dict[int, list[Record]], args: argparse.Namespace
) -> Iterator[Record]:
    """Items of one decoy of each molecule, with decoys of its own: what audits them is a model that is fitted again.

    The decoy with the lowest hash is taken, which singles out none. There is no set where it has no decoys, or where
    its worker failed.
    """
    from hetero2.chem import strategy  # what makes decoys takes longer to load than all else here
    from hetero2.stages.decoys_shard import check_shares, limits_of

    check_shares(args.quotas)
    with_structure = [molecule for molecule in molecules if molecule["canonical_smiles"]]
    chosen = [
        (molecule, min(decoys[molecule["row"]], key=lambda decoy: decoy["decoy_hash"])) for molecule in with_structure
    ]
    ready = partial(strategy.warm_up, args.strategy)
    made_of = isolated.each(partial(_decoys_of, args), chosen, limits_of(args), prepare=ready)
    every = progress(made_of, "decoys of decoys", len(chosen))
    for number, ((molecule, decoy), records) in enumerate(every, start=len(molecules)):
        if isinstance(records, isolated.Failure):
            logger.warning("row %d: no decoys of its decoy: %s", molecule["row"], records.reason)
            continue
        if records:
            yield _item(number, 1, MOLECULE_INDEX, molecule, decoy["decoy_smiles"], decoy["decoy_hash"])
        for record in records:
            yield _item(number, 1, record["decoy_index"], molecule, record["decoy_smiles"], record["decoy_hash"])


def describe(items: list[Record]) -> None:
    """Fill in the properties that the controls score by, for molecules of the library and their decoys."""
    first = [item for item in items if item["level"] == 0 and item["smiles"] is not None]
    if not first:
        return
    mols = [parse_known(item["smiles"]) for item in first]
    for item, mol, (accessibility, frequency, _) in zip(first, mols, accessibility_and_fragments(mols), strict=True):
        item["synthetic_accessibility"] = round(float(accessibility), 9)
        item["fragment_popularity"] = round(float(frequency), 9)
        item["molecular_weight"] = round(molecular_weight(mol), 4)
        item["formula"] = formula(mol)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="molecules of every shard")
    parser.add_argument("--decoys", type=Path, nargs="+", required=True, help="their decoys, shard by shard")
    parser.add_argument("--excluded", type=Path, help="decoys excluded from the audit")
    parser.add_argument(
        "--decoys-as-queries", action="store_true", help="also a decoy of each, with decoys of its own: for refits"
    )
    add_settings(
        parser,
        "decoys.strategy",
        "decoys.k",
        "decoys.quotas",
        "decoys.hard_mode",
        "guardrails.seconds_per_molecule",
        "guardrails.mb_per_molecule",
        sample="audit.control_sample",
        sample_seed="audit.seed",
    )
    parser.add_argument("--out", type=Path, required=True)


def _audited(paths: Sequence[Path], counted: list[int]) -> Iterator[Record]:
    """The OK molecules, with one shard in memory; `counted` gets the number of each shard."""
    names = ["row", "id", "structure_hash", "canonical_smiles", "scaffold", "seed_used", "n_decoys_generated"]
    for path in paths:
        table = read_parquet(path, "molecule.v1", [*names, "status"])
        table = table.filter(pc.equal(table["status"], "OK"))
        counted.append(len(table))
        yield from table.to_pylist()


def run(args: argparse.Namespace) -> None:
    """Write the control sample."""
    counted: list[int] = []
    chosen = sample(_audited(args.molecules, counted), args.sample, args.sample_seed)
    decoys: dict[int, list[Record]] = {molecule["row"]: [] for molecule in chosen}
    rows, excluded = pa.array(decoys, pa.int64()), read_excluded(args.excluded)
    for path in args.decoys:
        table = read_parquet(path, "decoy.v1", ["row", "decoy_index", "decoy_smiles", "decoy_hash"])
        for decoy in taking_part(table.filter(pc.is_in(table["row"], value_set=rows)), excluded).to_pylist():
            decoys[decoy["row"]].append(decoy)
    items = list(sample_items([molecule for molecule in chosen if decoys[molecule["row"]]], decoys, args))
    describe(items)
    write_parquet(args.out, to_table(items, "control_sample_item.v1"), "control_sample_item.v1")
    logger.info("%d of %d molecules, %d structures", len(chosen), sum(counted), len(items))
