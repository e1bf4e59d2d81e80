"""CPU time of auditing and calling a library: 100,000 molecules × 20 decoys, as the stages do it, files included.

    python -m benchmarks.audit_speed [--molecules 100000]

O(t log t) for t scored structures. Exit code 1 where a row was not audited.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hetero2 import cli
from hetero2.io.tables import arrow_schema

SHARD = 10_000
DECOYS = 20


def _table(contract: str, columns: dict[str, object], n: int) -> pa.Table:
    """A table of a contract; columns that are not given are null or empty."""
    schema = arrow_schema(contract)
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if values is None:
            blank = "" if pa.types.is_string(field.type) else 0
            values = [None if field.nullable else blank] * n
        arrays.append(pa.array(values, field.type))
    return pa.Table.from_arrays(arrays, names=schema.names)


def write_shard(folder: Path, shard: int, n: int) -> list[Path]:
    """Molecules, decoys and scores of one shard, drawn at random."""
    rng = np.random.default_rng(shard)
    rows = np.arange(n) + shard * SHARD
    molecules = {
        "row": rows,
        "id": [f"m{row}" for row in rows],
        "status": ["OK"] * n,
        "scaffold": [f"S{row % 9973}" for row in rows],
        "n_decoys_generated": [DECOYS] * n,
    }
    many = np.repeat(rows, DECOYS)
    tanimoto = rng.uniform(0.3, 0.95, n * DECOYS)
    decoys = {
        "row": many,
        "decoy_index": np.tile(np.arange(DECOYS), n),
        "decoy_smiles": ["C"] * (n * DECOYS),
        "decoy_hash": ["0" * 64] * (n * DECOYS),
        "strategy": ["s"] * (n * DECOYS),
        "move": ["m"] * (n * DECOYS),
        "tanimoto": tanimoto,
        "hardness": np.array(["easy", "medium", "hard"])[np.digitize(tanimoto, [0.5, 0.7])],
    }
    scores = {
        "row": np.concatenate([rows, many]),
        "decoy_index": np.concatenate([np.full(n, -1), np.tile(np.arange(DECOYS), n)]),
        "score": np.round(rng.normal(size=n * (DECOYS + 1)), 3),
        "weight": np.ones(n * (DECOYS + 1)),
    }
    paths = []
    for contract, columns in (("molecule.v1", molecules), ("decoy.v1", decoys), ("score_item.v1", scores)):
        path = folder / f"{contract}-{shard:04d}.parquet"
        size = len(next(iter(columns.values())))  # type: ignore[arg-type]
        pq.write_table(_table(contract, columns, size), path)
        paths.append(path)
    return paths


def main() -> int:
    """Print seconds of CPU and the ratio to plain Python."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=int, default=100_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = [min(SHARD, args.molecules - start) for start in range(0, args.molecules, SHARD)]
        shards = [write_shard(folder, number, n) for number, n in enumerate(sizes)]
        began = time.process_time()
        for number, (molecules, _, scores) in enumerate(shards):
            words = [
                "--molecules",
                molecules,
                "--scores",
                scores,
                "--run",
                "r",
                "--out",
                folder / f"audit-{number}.parquet",
            ]
            assert cli.main(["audit", *map(str, words)]) == 0
        audited = time.process_time() - began
        words = [str(folder / "calls.parquet"), "--curve", str(folder / "c.csv"), "--library", str(folder / "l.json")]
        parts = [
            ["--" + key, *map(str, paths)]
            for key, paths in zip(("molecules", "decoys", "scores"), zip(*shards, strict=True), strict=True)
        ]
        options = [word for part in parts for word in part]
        assert cli.main(["calls", *options, "--calls", *words]) == 0
        total = time.process_time() - began
        tables = [pq.read_table(folder / f"audit-{number}.parquet") for number in range(len(shards))]
        verdicts = Counter(pa.concat_tables(tables)["verdict"].to_pylist())
        calls = Counter(pq.read_table(folder / "calls.parquet")["call"].to_pylist())
    print(f"{args.molecules} molecules x {DECOYS} decoys: audit {audited:.1f} s, calls {total - audited:.1f} s of CPU")
    print(f"{total:.1f} s in all; {dict(verdicts)}, {dict(calls)}")
    return int(verdicts["PASS"] + verdicts["FAIL"] != args.molecules)


if __name__ == "__main__":
    sys.exit(main())
