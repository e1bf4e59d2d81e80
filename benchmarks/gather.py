#!/usr/bin/env python3
"""What it costs to read, write and gather a large library, without the chemistry of its decoys.

    python -m benchmarks.gather 10000 100000 [--shard-rows 2500] [--decoys 20] [--folder DIR] [--json out.json]

For each number of rows, shards of molecules and decoys are made up by contract (SMILES from a pool, random hashes;
with copies, skipped rows, missing scores and decoys that are molecules of the library), with a score table for all of
them and truth for one row in `--truth-every` (default 10). Then every verb that reads or gathers them runs in a process
of its own: CPU and peak memory are what the system reports for it; the latter is never below that of this process.
`control-sample`, `decoy-quality` and `controls` look at the chemistry of a sample of fixed size, which is most of their
cost on a small library; here it is 20 molecules, a tenth of the default. A million rows take 5 GB of disk.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hetero2.io.tables import arrow_schema, write_parquet
from hetero2.paths import ROOT
from hetero2.workflow.plan import Plan
from hetero2.workflow.run_layout import shard_name

PARTS = ["C", "C", "N", "O", "C(C)", "C(=O)", "CC", "C(N)", "S", "C(CO)", "c1ccccc1", "C1CCNCC1"]
TARGET, NAME, POOL = "value_utility_realtruth", "run", 20_000
Words = list[str]


def hashes(rng: np.random.Generator, n: int) -> pa.Array:
    """n made-up sha256 in hex."""
    ends = pa.py_buffer(np.arange(0, 64 * n + 1, 64, dtype=np.int32))
    return pa.StringArray.from_buffers(n, ends, pa.py_buffer(rng.bytes(32 * n).hex().encode()))


def pool(rng: np.random.Generator) -> pa.Array:
    """SMILES of chains and rings, of 10 to 60 letters."""
    sizes = rng.integers(8, 18, POOL)
    return pa.array(["C" + "".join(rng.choice(PARTS, size)) for size in sizes])


def by_contract(contract: str, n: int, **columns: Any) -> pa.Table:
    """A table of a contract: the known columns, nulls elsewhere."""
    names = arrow_schema(contract)
    arrays = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in names]
    return pa.table(arrays, schema=pa.schema([f.with_nullable(True) for f in names]))


def molecules_of(rng: np.random.Generator, start: int, smiles: pa.Array, n: int, decoys: int, rows: int) -> pa.Table:
    """Molecules of a shard: one in a hundred is skipped, some repeat a structure of their shard."""
    row, status = np.arange(start, start + n), np.where(rng.random(n) < 0.01, "SKIP", "OK")
    place = np.where(rng.random(n) < 0.005, rng.integers(0, n, n), np.arange(n))
    ok = pa.array(status == "OK")
    three = np.round(np.sort(rng.random((3, n)), axis=0), 4)
    texts = smiles.take(pa.array(rng.integers(0, POOL, n)))
    scaffold = pa.array([f"c1ccc2c(c1)scaffold{number:07d}" for number in rng.integers(0, 1 + rows // 3, n)])
    return by_contract(
        "molecule.v1",
        n,
        row=pa.array(row),
        id=pa.array([f"molecule-{number}" for number in row]),
        smiles=texts,
        status=pa.array(status),
        reason=pa.array(np.where(status == "OK", None, "disconnected").tolist(), pa.string()),
        canonical_smiles=texts.take(pa.array(place)),
        structure_hash=hashes(rng, n).take(pa.array(place)),
        seed_used=pa.array(rng.integers(0, 1 << 32, n)),
        decoy_strategy_used=pa.array(np.where(status == "OK", "decoy_strategy.v2", None).tolist(), pa.string()),
        n_decoys_generated=pa.array(np.where(status == "OK", decoys, 0)),
        warnings=pa.array([""] * n),
        heavy_atoms=pa.array(rng.integers(10, 60, n)),
        scaffold=scaffold,
        **{
            f"tanimoto_{name}": pa.array(np.where(status == "OK", x, np.nan), from_pandas=True)
            for name, x in zip(("min", "median", "max"), three, strict=True)
        },
        **{
            name: pa.array(np.where(ok, rng.random(n), np.nan), from_pandas=True)
            for name in ("spectral_gap", "spectral_entropy", "spectral_entropy_norm")
        },
    )


def decoys_of(rng: np.random.Generator, molecules: pa.Table, smiles: pa.Array, decoys: int) -> pa.Table:
    """Decoys of the OK molecules of a shard; one in ten thousand is a molecule of it."""
    row = np.repeat(molecules["row"].to_numpy()[molecules["status"].to_numpy(zero_copy_only=False) == "OK"], decoys)
    n = len(row)
    molecule_hash = molecules["structure_hash"].combine_chunks().take(pa.array(rng.integers(0, len(molecules), n)))
    tanimoto = rng.integers(10, 60, n) / rng.integers(60, 90, n)  # shared bits of all
    text = pa.array(["easy", "medium", "hard"]).take(pa.array(np.digitize(tanimoto, [0.5, 0.7])))
    hashed, made_up = pa.array(rng.random(n) < 1e-4), hashes(rng, n)
    return by_contract(
        "decoy.v1",
        n,
        row=pa.array(row),
        decoy_index=pa.array(np.tile(np.arange(decoys), n // decoys)),
        decoy_smiles=smiles.take(pa.array(rng.integers(0, POOL, n))),
        decoy_hash=pc.if_else(hashed, molecule_hash, made_up),
        strategy=pa.array(["decoy_strategy.v2"] * n),
        move=pa.array(["relink2"] * n),
        tanimoto=pa.array(tanimoto),
        hardness=text,
        **{f"d_{name}": pa.array(np.round(rng.normal(size=n), 3)) for name in ("logp", "tpsa", "hbond_donors")},
        **{f"d_{name}": pa.array(np.round(rng.normal(size=n))) for name in ("hbond_acceptors", "rotatable_bonds")},
    )


def scores_of(rng: np.random.Generator, molecules: pa.ChunkedArray, decoys: pa.ChunkedArray) -> pa.Table:
    """A score for nearly every structure of a shard, each once; molecules somewhat higher."""
    molecule_ids = molecules.unique()
    others = decoys.filter(pc.invert(pc.is_in(decoys, value_set=molecule_ids)))
    ids = pa.concat_arrays([molecule_ids, others.combine_chunks()])
    score = np.round(rng.normal(np.arange(len(ids)) < len(molecule_ids), 1), 3)
    table = pa.table({"id": ids, "score": pa.array(score), "weight": pa.array(np.ones(len(ids)))})
    return table.filter(pa.array(rng.random(len(ids)) > 1e-3))


def make_up(folder: Path, rows: int, shards: int, decoys: int, every: int) -> None:
    """library.csv, truth.csv, scores.parquet and the shards of molecules and decoys."""
    rng = np.random.default_rng(0)
    smiles, schema = pool(rng), pa.schema([("id", pa.string()), ("score", pa.float64()), ("weight", pa.float64())])
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(pq.ParquetWriter(folder / "scores.parquet", schema, compression="zstd"))
        library, truth = (stack.enter_context((folder / name).open("w")) for name in ("library.csv", "truth.csv"))
        library.write("id,smiles\n")
        truth.write("molecule_id,expensive_label,truth_source,truth_version\n")
        for shard in range(shards):
            start, end = (rows * step // shards for step in (shard, shard + 1))
            molecules = molecules_of(rng, start, smiles, end - start, decoys, rows)
            decoy_table = decoys_of(rng, molecules, smiles, decoys)
            for kind, contents in (("molecules", molecules), ("decoys", decoy_table)):
                write_parquet(folder / kind / f"{shard_name(shard)}.parquet", contents, f"{kind[:-1]}.v1")
            for row, text in zip(molecules["row"].to_pylist(), molecules["smiles"].to_pylist(), strict=True):
                library.write(f"molecule-{row},{text}\n")
                if row % every == 0:
                    label = "PASS" if rng.random() < 0.05 else "FAIL"
                    truth.write(f"molecule-{row},{label},external,customer_truth.v1\n")
            table.write_table(scores_of(rng, molecules["structure_hash"], decoy_table["decoy_hash"]).cast(schema))


def options(**named: Any) -> Words:
    """Options of a verb; a list gives several values."""
    words: Words = []
    for name, value in named.items():
        words += [f"--{name.replace('_', '-')}", *map(str, value if isinstance(value, list) else [value])]
    return words


def commands(folder: Path, shards: int, k: int) -> Iterator[tuple[str, Words]]:
    """(stage, words) of every verb, in the order of the rules; a verb that handles a shard comes once per shard."""
    f, of = folder, lambda kind: [folder / kind / f"{shard_name(shard)}.parquet" for shard in range(shards)]
    plan = Plan(
        {
            "run_name": NAME,
            "input": {"path": str(f / "library.csv")},
            "scores": {"source": "external", "path": str(f / "scores.parquet")},
            "truth": {"path": str(f / "truth.csv")},
            "selection": {"k": k},
            "execution": {"results_dir": str(f / "results")},
        },
        [TARGET],
    )
    truth, both = (
        options(summary=f / "s.csv", truth=f / "t.csv"),
        options(molecules=of("molecules"), decoys=of("decoys")),
    )
    leaks, index = options(excluded=f / "excluded.parquet"), f / "index.npy"
    yield "input", options(library=f / "library.csv", out=f / "rows.parquet", facts=f / "input.json")
    yield "leakage", [*both, *leaks, *options(leaks=f / "leaks.parquet")]
    yield "score-request", [*both, *leaks, *options(out=f / "request.csv")]
    words = options(path=f / "scores.parquet", out=f / "scores_external.parquet", index=index)
    words += options(input=f / "rows.parquet")
    yield "score-source", [*words, *options(settings=plan.score_settings(NAME), facts=f / "score.json")]
    source = options(scores_file=f / "scores_external.parquet", index=index, excluded=f / "excluded.parquet")
    for molecules, decoys, scores in zip(of("molecules"), of("decoys"), of("scores"), strict=True):
        yield "scores", [*options(molecules=molecules, decoys=decoys, out=scores), *source]
    yield "missing-scores", options(decoys=of("decoys"), scores=of("scores"), out=f / "missing.csv")
    for molecules, scores, out in zip(of("molecules"), of("scores"), of("audit"), strict=True):
        yield "audit", options(molecules=molecules, scores=scores, out=out, run=NAME)
    every = [*both, *options(scores=of("scores"))]
    yield "calls", [*every, *options(calls=f / "calls.parquet", curve=f / "curve.csv", library=f / "library.json")]
    yield "decoy-quality", [*both, *options(config='{"decoys": {"quality_sample": 20}}', out=f / "quality.json")]
    yield (
        "control-sample",
        [*both, *leaks, *options(config='{"audit": {"control_sample": 20}}', out=f / "control_sample.parquet")],
    )
    scored = options(control_sample=f / "control_sample.parquet", scores=of("scores"), library=f / "library.json")
    yield "controls", [*scored, *options(out=f / "controls.json")]
    words = options(molecules=of("molecules"), audit=of("audit"), calls=f / "calls.parquet", summary=f / "s.csv")
    yield "summary", [*words, *options(metrics=f / "m.json", config=plan.settings(NAME, "guardrails", "decoys"))]
    yield "truth", options(path=f / "truth.csv", out=f / "t.csv", facts=f / "truth.json")
    words = options(summary=f / "s.csv", decoys=of("decoys"), scores=of("scores"))
    words += options(config=plan.settings(NAME, "selection.k"))
    yield "candidates", [*words, *options(out=f / "ranked.csv", selected_decoys=f / "selected.csv")]
    yield "cost-lift", [*truth, *options(config=plan.settings(NAME, "selection.k"), out=f / "lift.json")]
    words = options(cost_lift=f / "lift.json", out=f / "utility.json", curve=f / "hits.csv")
    yield "utility", [*truth, *options(config=plan.settings(NAME, "selection.k")), *words]
    yield "diagnosis", [*truth, *options(out=f / "diagnosis.json")]
    words = options(input=f / "rows.parquet", leaks=f / "leaks.parquet", truth=f / "t.csv")
    yield "leakage-list", [*words, *options(out=f / "leakage.csv")]
    yield from packed(f, plan, options(decoys=of("decoys"), scores=of("scores")))


def packed(f: Path, plan: Plan, every: Words) -> Iterator[tuple[str, Words]]:
    """The verbs that make and read the pack."""
    words = options(run=NAME, config=plan.identity(NAME), summary=f / "s.csv", metrics=f / "m.json")
    words += options(facts=[f / f"{name}.json" for name in ("input", "score", "truth")], controls=f / "controls.json")
    words += options(decoy_quality=f / "quality.json", hardness_curve=f / "curve.csv", leakage=f / "leakage.csv")
    words += options(diagnosis=f / "diagnosis.json")
    words += options(truth=f / "t.csv", cost_lift=f / "lift.json", utility=f / "utility.json", hit_curve=f / "hits.csv")
    pages = options(card_decoys=f / "cards.csv", spreadsheet=f / "sheet.csv")
    yield "report", [*words, *every, *pages, *options(out=f / "report.html")]
    words += options(candidates=f / "ranked.csv", selected_decoys=f / "selected.csv", report=f / "report.html")
    words += options(missing_scores=f / "missing.csv", scores_file=f / "scores_external.parquet")
    archive, results = f / "results" / NAME / f"{NAME}_evidence_pack.zip", f / "results" / NAME
    yield "pack", [*words, *pages, *options(pack=results / "pack", zip=archive)]
    words = options(pack=results / "pack", zip=archive, benchmarks=f / "none")
    yield "registry-row", [*words, *options(row=results / "registry_row.json", runtime=results / "runtime.json")]
    yield "verify", [str(archive)]
    yield "accept", [str(archive)]
    yield "show", [str(results)]


def measured(verb: str, words: Words, log: Path) -> tuple[float, float]:
    """(CPU seconds, peak megabytes) of one process, as the system reports them."""
    with log.open("wb") as printed:
        environment = {"PYTHONPATH": str(ROOT), **os.environ}
        call = [sys.executable, "-m", "hetero2", verb, *words]
        child = subprocess.Popen(call, stdout=printed, stderr=printed, env=environment)
        _, status, used = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) > (verb == "accept"):  # 1 of `accept` is STOP: an answer, not a failure
        sys.exit(f"{verb}: {log.read_text()[-3000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def measure(folder: Path, rows: int, shard_rows: int, decoys: int, every: int) -> dict[str, Any]:
    """Every stage on a made-up library of so many rows."""
    shards = max(1, -(-rows // shard_rows))
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "made").exists():
        # in a process of its own, since a process takes its parent's peak memory over
        maker = multiprocessing.get_context("spawn").Process(target=make_up, args=(folder, rows, shards, decoys, every))
        maker.start()
        maker.join()
        if maker.exitcode:
            sys.exit(maker.exitcode)
        (folder / "made").touch()
    stages: dict[str, dict[str, float]] = {}
    for verb, words in commands(folder, shards, max(1, rows // 100)):
        cpu, peak = measured(verb, words, folder / f"{verb}.log")
        sums = stages.setdefault(verb, {"jobs": 0, "cpu_s": 0.0, "ms_per_molecule": 0.0, "peak_mb": 0.0})
        sums |= {
            "jobs": sums["jobs"] + 1,
            "cpu_s": sums["cpu_s"] + cpu,
            "peak_mb": max(sums["peak_mb"], round(peak)),
        }
    for sums in stages.values():
        sums |= {
            "cpu_s": round(sums["cpu_s"], 2),
            "ms_per_molecule": round(1000 * sums["cpu_s"] / rows, 4),
        }
    total = sum(sums["cpu_s"] for sums in stages.values())
    peak = max(sums["peak_mb"] for sums in stages.values())
    totals = {"rows": rows, "shards": shards, "decoys": decoys, "cpu_s": round(total, 1), "peak_mb": peak}
    return {**totals, "ms_per_molecule": round(1000 * total / rows, 3), "stages": stages}


def table_of(result: dict[str, Any]) -> str:
    """The stages of one library as a table."""
    lines = [f"{'stage':<18}{'jobs':>6}{'CPU s':>10}{'ms/mol':>9}{'peak MB':>9}"]
    for stage, sums in [*result["stages"].items(), ("all", {"jobs": result["shards"], **result})]:
        lines.append(
            f"{stage:<18}{sums['jobs']:>6}{sums['cpu_s']:>10.2f}{sums['ms_per_molecule']:>9.3f}{sums['peak_mb']:>9.0f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Print a table for each number of rows, and JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--shard-rows", type=int, default=2500)
    parser.add_argument("--decoys", type=int, default=20)
    parser.add_argument("--truth-every", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where to work; kept, and used again (default: a temporary one)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        for rows in args.rows:
            folder = (args.folder or Path(temporary)).absolute() / str(rows)
            results.append(measure(folder, rows, args.shard_rows, args.decoys, args.truth_every))
            print(f"\n{rows} rows\n{table_of(results[-1])}", flush=True)
    text = json.dumps(results, indent=2)
    print(text)
    if args.json:
        args.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
