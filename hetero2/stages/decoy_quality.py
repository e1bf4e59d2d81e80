"""decoy_quality: what could tell the molecules from their decoys, other than their structure."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from hetero2.arguments import natural, positive
from hetero2.chem.bins import BINS, hardness
from hetero2.chem.decoy_features import LEAKS, LOGP, Block, Features, features
from hetero2.log import logger
from hetero2.schemas import write_json
from hetero2.seeds import sample
from hetero2.stats import decoy_quality as quality
from hetero2.tables import read_parquet

EXAMPLE = "hetero2 decoy-quality --molecules molecules.parquet --decoys decoys.parquet --k 20 --out decoy_quality.json"
TARGETS = {
    "doe": 0.02,
    "property_auc": 0.55,
    "topology_auc": 0.65,
    "synthetic_accessibility": 0.60,
    "fragment_popularity": 0.60,
}
COVERAGE, DRUG_LIKE = 0.99, (10, 70)
_PLANTED = {"property_auc": "logP of decoys + 1", "topology_auc": "one fingerprint bit set in all decoys"}
Record = dict[str, Any]


def measures(data: Features, seed: int) -> Record:
    """Every measure with its interval."""
    parents = data.label == 1
    deviation = quality.doe(data.properties[parents], data.properties[~parents])
    found: Record = {"doe": quality.mean_with_interval(deviation, data.cluster, seed)}
    for name in ("property_auc", "topology_auc"):
        found[name] = _forest(name, data, seed)
    for column, name in enumerate(LEAKS):
        found[name] = _within(column, data, seed)
    return found


def _forest(name: str, data: Features, seed: int) -> Record:
    table, group = (data.properties, data.block) if name == "property_auc" else (data.bits, data.cluster[data.block])
    if len(np.unique(group)) < 2:
        return quality.undefined(None)
    scores = quality.forest_scores(table, data.label, group, seed)
    return quality.auc_with_interval(scores, data.label, data.block, data.cluster, seed)


def _within(column: int, data: Features, seed: int) -> Record:
    values = quality.within_block(data.leaks[:, column], data.label, data.block)
    return quality.mean_with_interval(values, data.cluster, seed, 0.5)


def planted(data: Features, seed: int) -> Record:
    """The same measures on decoys that were spoilt on purpose: a panel that does not see that sees nothing."""
    decoys = (data.label == 0).astype(float)
    properties, bits, leaks = data.properties.copy(), data.bits.copy(), data.leaks.copy()
    properties[:, LOGP] += decoys
    bits[:, 0] = decoys
    leaks -= 0.5 * decoys[:, None]
    spoilt = replace(data, properties=properties, bits=bits, leaks=leaks)
    found = {name: {"planted": text, **_forest(name, spoilt, seed)} for name, text in _PLANTED.items()}
    for column, name in enumerate(LEAKS[:2]):
        found[name] = {"planted": "value of decoys - 0.5", **_within(column, spoilt, seed)}
    for name, value in found.items():
        low = value["estimate"]
        value["seen"] = None if low is None else bool(low > TARGETS[name])
    return found


def panel(blocks: Sequence[Block], seed: int) -> Record:
    """Measures, targets, doppelgangers and the planted leak of blocks with decoys; nulls where there are none."""
    if not blocks:
        return {"measures": None, "targets": None, "doppelganger": None, "planted_leak": None}
    data = features(sorted(blocks))
    found = measures(data, seed)
    alike = data.doppelganger
    return {
        "measures": found,
        "targets": quality.judged(found, TARGETS),
        "doppelganger": {"mean": round(float(alike.mean()), 4), "max": round(float(alike.max()), 4)},
        "planted_leak": planted(data, seed),
    }


def counts(molecules: Sequence[Record], k: int) -> Record:
    """Coverage: how many molecules have all k decoys. `molecules`: heavy_atoms, n_decoys_generated, warnings."""
    low, high = DRUG_LIKE
    drug_like = [m["n_decoys_generated"] for m in molecules if low <= m["heavy_atoms"] <= high]
    full = sum(n == k for n in drug_like)
    coverage = full / len(drug_like) if drug_like else None
    few = Counter(_reason(m) for m in molecules if m["n_decoys_generated"] < k)
    return {
        "k": k,
        "molecules": len(molecules),
        "drug_like_molecules": len(drug_like),
        "coverage": {
            "estimate": None if coverage is None else round(coverage, 4),
            "target": COVERAGE,
            "met": None if coverage is None else coverage >= COVERAGE,
        },
        "molecules_with_fewer_decoys": {reason: few[reason] for reason in sorted(few)},
    }


def _reason(molecule: Record) -> str:
    if molecule["n_decoys_generated"] == 0:
        return "no_decoys_generated"
    marks = [word.split(":") for word in molecule["warnings"].split(";")]
    return next((parts[2] for parts in marks if parts[0] == "fewer_decoys"), "unknown")


def hardness_shares(similarities: Sequence[float]) -> Record:
    """Share of decoys in each bin, and quantiles of their Tanimoto."""
    found = Counter(map(hardness, similarities))
    n = max(1, len(similarities))
    points = np.quantile(similarities, [0.05, 0.5, 0.95]).tolist() if similarities else []
    return {
        "shares": {name: round(found[name] / n, 4) for name in BINS},
        "tanimoto": {name: round(float(v), 4) for name, v in zip(("p05", "median", "p95"), points, strict=False)},
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="molecules of every shard")
    parser.add_argument("--decoys", type=Path, nargs="+", required=True, help="their decoys, shard by shard")
    parser.add_argument("--k", type=positive, default=20, help="decoys asked for")
    parser.add_argument("--sample", type=positive, default=200, help="molecules to look at")
    parser.add_argument("--seed", type=natural, default=0)
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Write decoy_quality.json."""
    wanted = ["structure_hash", "canonical_smiles", "heavy_atoms", "n_decoys_generated", "warnings", "row", "reason"]
    molecules = []
    for path in args.molecules:
        molecules += read_parquet(path, "molecule.v1").select(wanted).to_pylist()
    tried = [m for m in molecules if m["heavy_atoms"] is not None and m["reason"] in (None, "no_decoys_generated")]
    brought = any(m["n_decoys_generated"] for m in molecules)
    chosen = sample([m for m in tried if m["n_decoys_generated"]], args.sample, args.seed)
    parents = {m["row"]: m["canonical_smiles"] for m in chosen}
    blocks: dict[int, list[str]] = {row: [] for row in parents}
    similar: list[float] = []
    connected = 0
    for path in args.decoys:
        table = read_parquet(path, "decoy.v1")
        table = table.filter(pc.is_valid(table["decoy_smiles"]))
        similar += table["tanimoto"].to_pylist()
        for row, smiles in zip(table["row"].to_pylist(), table["decoy_smiles"].to_pylist(), strict=True):
            connected += "." not in smiles
            if row in blocks:
                blocks[row].append(smiles)
    share = connected / len(similar) if similar else None
    document = {
        "quality_schema": "decoy_quality.v1",
        "reason": "no_structures" if brought and not tried else None,
        **counts(tried, args.k),
        "decoys": len(similar),
        "connected": {"estimate": None if share is None else round(share, 6), "target": 1.0, "met": share == 1.0},
        "hardness": hardness_shares(similar),
        "sample": {"molecules": len(blocks), "seed": args.seed},
        **panel([(parents[row], decoys) for row, decoys in blocks.items()], args.seed),
    }
    write_json(args.out, document, "decoy_quality.v1")
    logger.info("%d molecules, %d of them looked at", len(tried), len(blocks))
