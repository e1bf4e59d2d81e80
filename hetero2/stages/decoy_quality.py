"""decoy-quality: decoy bias: what, other than structure, tells molecules from their decoys."""

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.chem.bins import BINS, EDGES
from hetero2.chem.decoy_features import BIASES, LOGP, DecoySet, Features, features
from hetero2.io.contracts import write_json
from hetero2.io.tables import read_parquet
from hetero2.runtime.log import logger
from hetero2.runtime.seeds import sample
from hetero2.runtime.settings import add_settings
from hetero2.stats.audit import decoy_quality as quality

EXAMPLE = "hetero2 decoy-quality --molecules molecules.parquet --decoys decoys.parquet --out decoy_quality.json"
TARGETS = {
    "doe": 0.02,
    "property_auc": 0.55,
    "topology_auc": 0.65,
    "synthetic_accessibility": 0.60,
    "fragment_popularity": 0.60,
}
COVERAGE, DRUG_LIKE = 0.99, (10, 70)
NO_DECOYS, NOT_SAMPLED = "no_decoys_generated", "not_sampled"
DIFFERENCES = ("d_logp", "d_tpsa", "d_hbond_donors", "d_hbond_acceptors", "d_rotatable_bonds")
_PLANTED = {"property_auc": "logP of decoys + 1", "topology_auc": "one fingerprint bit set in all decoys"}
_PLANTED_SETS, _PLANTED_TREES = 50, 25
# Of each molecule in the sample: intervals follow from the number of molecules, and hardly from that of decoys of each.
DECOYS_EACH = 6
Record = dict[str, Any]


def measures(data: Features, seed: int) -> Record:
    """Every measure with its interval."""
    parents = data.label == 1
    deviation = quality.doe(data.properties[parents], data.properties[~parents])
    values: Record = {"doe": quality.mean_with_interval(deviation, data.cluster, seed)}
    for name in ("property_auc", "topology_auc"):
        values[name] = _forest(name, data, seed)
    for column, name in enumerate(BIASES):
        values[name] = _within(column, data, seed)
    return values


def _forest(name: str, data: Features, seed: int, trees: int = quality.TREES) -> Record:
    table, group = (
        (data.properties, data.set_number) if name == "property_auc" else (data.bits, data.cluster[data.set_number])
    )
    if len(np.unique(group)) < 2:
        return quality.undefined(None)
    scores = quality.forest_scores(table, data.label, group, seed, trees)
    return quality.auc_with_interval(scores, data.label, data.set_number, data.cluster, seed)


def _within(column: int, data: Features, seed: int) -> Record:
    values = quality.within_decoy_set(data.biases[:, column], data.label, data.set_number)
    return quality.mean_with_interval(values, data.cluster, seed, 0.5)


def planted(data: Features, seed: int) -> Record:
    """Positive control: the same measures on decoys biased on purpose, which a measure that works must see.

    By fewer trees on fewer decoy sets than are measured, evenly spaced: what they see, more of both would see as well.
    """
    data = data.every(math.ceil(len(data.cluster) / _PLANTED_SETS))
    decoys = (data.label == 0).astype(float)
    properties, bits, biases = data.properties.copy(), data.bits.copy(), data.biases.copy()
    properties[:, LOGP] += decoys
    bits[:, 0] = decoys
    biases -= 0.5 * decoys[:, None]
    spoilt = replace(data, properties=properties, bits=bits, biases=biases)
    results = {
        name: {"planted": text, **_forest(name, spoilt, seed, _PLANTED_TREES)} for name, text in _PLANTED.items()
    }
    for column, name in enumerate(BIASES[:2]):
        results[name] = {"planted": "value of decoys - 0.5", **_within(column, spoilt, seed)}
    for name, value in results.items():
        low = value["estimate"]
        value["seen"] = None if low is None else bool(low > TARGETS[name])
    return results


def drawn(decoys: Sequence[str], size: int, seed: int) -> list[str]:
    """At most `size` of a molecule's decoys, each once, drawn with a seed whatever their order."""
    return sample(decoys, size, seed, key=str)


def quality_measures(decoy_sets: Sequence[DecoySet], seed: int) -> Record:
    """Measures, targets, doppelgangers, positive control and alerts of decoy sets; nulls where there are none."""
    if not decoy_sets:
        return dict.fromkeys(("measures", "targets", "doppelganger", "planted_leak", "alerts"))
    data = features(sorted(decoy_sets))
    values = measures(data, seed)
    alike = data.doppelganger
    return {
        "measures": values,
        "targets": quality.targets_met(values, TARGETS),
        "doppelganger": {"mean": round(float(alike.mean()), 4), "max": round(float(alike.max()), 4)},
        "planted_leak": planted(data, seed),
        "alerts": alerts(data),
    }


def alerts(data: Features) -> Record:
    """Number of molecules with a structural alert, and of decoys with one that their molecule lacks."""
    parents = data.label == 1
    return {
        "molecules": int(parents.sum()),
        "molecules_with_alert": int(data.alert[parents].sum()),
        "decoys": int((~parents).sum()),
        "decoys_with_new_alert": int(data.alert[~parents].sum()),
    }


class Coverage:
    """Number of molecules that have all k decoys, counted shard by shard.

    `whole`: they are all molecules of a library, not a sample of it.
    """

    def __init__(self, k: int, whole: bool = True) -> None:
        self.whole, self._k, self._molecules, self._drug_like, self._full = whole, k, 0, 0, 0
        self._few = Counter[str]()

    def add(self, molecules: pa.Table) -> None:
        """Count molecules: heavy_atoms, n_decoys_generated, warnings."""
        n_decoys, low, high = molecules["n_decoys_generated"], *DRUG_LIKE
        inside = pc.and_(pc.less_equal(low, molecules["heavy_atoms"]), pc.less_equal(molecules["heavy_atoms"], high))
        drug_like = n_decoys.filter(inside)
        self._molecules += len(molecules)
        self._drug_like += len(drug_like)
        self._full += int((drug_like.to_numpy() == self._k).sum())
        self._few += Counter(map(_reason, molecules.filter(pc.less(n_decoys, self._k)).to_pylist()))

    def summary(self) -> Record:
        """The part of decoy_quality.json about coverage."""
        return {
            "k": self._k,
            "molecules": self._molecules,
            "drug_like_molecules": self._drug_like,
            "coverage": quality.coverage(self._full, self._drug_like, self.whole, COVERAGE),
            "molecules_with_fewer_decoys": {reason: self._few[reason] for reason in sorted(self._few)},
        }


def _reason(molecule: Record) -> str:
    if molecule["n_decoys_generated"] == 0:
        return NO_DECOYS
    marks = [word.split(":") for word in molecule["warnings"].split(";")]
    return next((parts[2] for parts in marks if parts[0] == "fewer_decoys"), "unknown")


def hardness_shares(similarities: Counter[float]) -> Record:
    """Share of decoys in each hardness bin, and quantiles of their Tanimoto, from the count of each Tanimoto."""
    values = np.array(sorted(similarities))
    often = np.array([similarities[value] for value in values.tolist()], np.int64)
    counts, n = np.bincount(np.digitize(values, EDGES), often, len(BINS)).astype(int), max(1, int(often.sum()))
    return {
        "shares": {name: round(int(count) / n, 4) for name, count in zip(BINS, counts, strict=True)},
        "tanimoto": quality.spread(similarities),
    }


class Differences:
    """Differences in properties between decoys and their molecules, counted shard by shard."""

    def __init__(self) -> None:
        self._often = {name: Counter[float]() for name in DIFFERENCES}

    def add(self, decoys: pa.Table) -> None:
        """Count decoys; each column of DIFFERENCES is decoy minus molecule."""
        for name, often in self._often.items():
            often.update(_count(decoys[name].drop_null()))

    def summary(self) -> Record | None:
        """p05, median and p95 of each difference; None where no decoy has any."""
        spreads = {name: quality.spread(often) or None for name, often in self._often.items()}
        return spreads if any(spreads.values()) else None


def _count(column: pa.ChunkedArray) -> dict[float, int]:
    """Count of each value; Arrow counts 0.0 and -0.0 apart, and adding 0.0 turns -0.0 into 0.0."""
    return {pair["values"]: pair["counts"] for pair in pc.value_counts(pc.add(column, 0.0)).to_pylist()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--molecules", type=Path, nargs="+", required=True, help="molecules of every shard")
    parser.add_argument("--decoys", type=Path, nargs="+", required=True, help="their decoys, shard by shard")
    add_settings(parser, "decoys.k", "decoys.seed", sample="decoys.quality_sample")
    parser.add_argument("--out", type=Path, required=True)


def _tried(paths: Sequence[Path], coverage: Coverage, brought: list[bool]) -> Iterator[Record]:
    """The molecules that have decoys and structures; on the way those for which decoys were tried are counted.

    Memory holds one shard. `brought` gets, for each shard, whether any molecule has decoys, with structure or without.
    """
    names = ["structure_hash", "canonical_smiles", "heavy_atoms", "n_decoys_generated", "warnings", "row", "reason"]
    for path in paths:
        table = read_parquet(path, "molecule.v1", names)
        brought.append(pc.any(pc.greater(table["n_decoys_generated"], 0)).as_py() or False)
        expected = pc.or_(pc.is_null(table["reason"]), pc.fill_null(pc.equal(table["reason"], NO_DECOYS), False))
        tried = table.filter(pc.and_(pc.is_valid(table["heavy_atoms"]), expected))
        coverage.add(tried)
        left_out = pc.any(pc.equal(table["reason"], NOT_SAMPLED)).as_py() or False
        coverage.whole = coverage.whole and not left_out
        with_decoys = tried.filter(pc.greater(tried["n_decoys_generated"], 0))
        yield from with_decoys.select(["structure_hash", "canonical_smiles", "row"]).to_pylist()


def run(args: argparse.Namespace) -> None:
    """Write decoy_quality.json."""
    coverage, brought = Coverage(args.k), list[bool]()
    chosen = sample(_tried(args.molecules, coverage, brought), args.sample, args.seed)
    blocks: dict[int, list[str]] = {molecule["row"]: [] for molecule in chosen}
    rows, similar, differences, connected = pa.array(blocks, pa.int64()), Counter[float](), Differences(), 0
    for path in args.decoys:
        table = read_parquet(path, "decoy.v1", ["row", "decoy_smiles", "tanimoto", *DIFFERENCES])
        table = table.filter(pc.is_valid(table["decoy_smiles"]))
        similar += Counter(_count(table["tanimoto"]))
        differences.add(table)
        connected += len(table) - (pc.sum(pc.match_substring(table["decoy_smiles"], ".")).as_py() or 0)
        for decoy in table.filter(pc.is_in(table["row"], value_set=rows)).to_pylist():
            blocks[decoy["row"]].append(decoy["decoy_smiles"])
    decoy_sets = [
        (molecule["canonical_smiles"], drawn(blocks[molecule["row"]], DECOYS_EACH, args.seed)) for molecule in chosen
    ]
    total, counts = similar.total(), coverage.summary()
    share = connected / total if total else None
    document = {
        "quality_schema": "decoy_quality.v1",
        "reason": "no_structures" if any(brought) and not counts["molecules"] else None,
        **counts,
        "decoys": total,
        "connected": {"estimate": None if share is None else round(share, 6), "target": 1.0, "met": share == 1.0},
        "hardness": hardness_shares(similar),
        "property_differences": differences.summary(),
        "sample": {"molecules": len(blocks), "decoys_per_molecule": DECOYS_EACH, "seed": args.seed},
        **quality_measures(decoy_sets, args.seed),
    }
    write_json(args.out, document, "decoy_quality.v1")
    logger.info("%d molecules, %d of them in the sample", counts["molecules"], len(blocks))
