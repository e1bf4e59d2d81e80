"""Does the list to send hold the hits of the score's own top? On measured sets, with a model run as users run theirs.

    python -m benchmarks.list_hits FOLDER [--sets jak2 bace1 bbb] [--models rf prop_lr prop_gbm] [--cores 2] [--k 20]

FOLDER holds customer_model.py (TRAIN IN OUT --model NAME) and a folder for each set with input.csv, train.csv and
truth.csv. Each pair of set and model is a whole run of value_utility_realtruth; the score's own top comes from the
model's output for input.csv, called without any of our code. Ties count in expectation. Prints a table: hits of the
list, of the score and by chance at 5, 10 and 20 % of the molecules, and what a list with NO_SIGNAL last would hold.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hetero2.paths import ROOT
from hetero2.stats.benefit.enrichment import expected_hits_of_top

SHARES = (0.05, 0.10, 0.20)
OVERLAY = """\
run_name: {name}
input: {{path: input.csv}}
decoys: {{k: {decoys}, quality_sample: 20}}
scores:
  source: command
  command: {python} customer_model.py train.csv {{request}} {{scores}} --model {model}
  train: train.csv
truth: {{path: truth.csv}}
selection: {{k: {k}, k_list: [{further}]}}
audit: {{refits: 0, control_sample: 50}}
report: {{cards: 1}}
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def by_the_model_alone(folder: Path, model: str, hits: dict[str, bool], sizes: list[int]) -> list[float]:
    """Hits of the score's own top K: the model called on input.csv as any user would."""
    out = folder / f"{model}.csv"
    words = [sys.executable, "customer_model.py", "train.csv", "input.csv", str(out), "--model", model]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)
    scored = [row for row in rows(out) if row["molecule_id"] in hits]
    scores, labels = [float(row["score"]) for row in scored], [hits[row["molecule_id"]] for row in scored]
    return [expected_hits_of_top(scores, labels, k) for k in sizes]


def of_the_list(results: Path, hits: dict[str, bool], k: int) -> float:
    """Hits among the first K of ranked_candidates.csv; molecules tied with the last of them share its places."""
    ranked = [row for row in rows(results / "pack/ranked_candidates.csv") if row["id"] in hits]
    return expected_hits_of_top([float(row["score"]) for row in ranked], [hits[row["id"]] for row in ranked], k)


def in_order(results: Path) -> bool:
    """Whether the list is sorted by descending score, and selected_at_k marks its first K."""
    ranked = rows(results / "pack/ranked_candidates.csv")
    scores, ranks = [float(row["score"]) for row in ranked], [int(row["rank"]) for row in ranked]
    return scores == sorted(scores, reverse=True) and ranks == list(range(1, len(ranked) + 1))


def one_run(source: Path, folder: Path, name: str, model: str, args: argparse.Namespace) -> Iterator[list[Any]]:
    for file in ("input.csv", "train.csv", "truth.csv"):
        (folder / file).write_bytes((source / name / file).read_bytes())
    (folder / "customer_model.py").write_bytes((source / "customer_model.py").read_bytes())
    hits = {row["molecule_id"]: row["expensive_label"] == "PASS" for row in rows(folder / "truth.csv")}
    sizes = [round(share * len(hits)) for share in SHARES]
    further = ", ".join(map(str, sizes[1:]))
    overlay = OVERLAY.format(name=name, model=model, k=sizes[0], further=further, decoys=args.k, python=sys.executable)
    (folder / "my.yaml").write_text(overlay)
    snakemake = Path(sys.executable).with_name("snakemake")
    words = [snakemake, "--snakefile", ROOT / "Snakefile", "value_utility_realtruth", "--cores", args.cores]
    done = subprocess.run([*map(str, words), "--configfile", "my.yaml"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-4000:])
    results = folder / "results" / name
    alone, utility = (
        by_the_model_alone(folder, model, hits, sizes),
        json.loads((results / "utility_report.json").read_text()),
    )
    at = {entry["k"]: entry["methods"] for entry in utility["utility"]["at"]}
    for share, k, by_score in zip(SHARES, sizes, alone, strict=True):
        listed, chance = of_the_list(results, hits, k), k * sum(hits.values()) / len(hits)
        audit = at[k]["score_plus_audit_topk"]["expected_hits"]
        yield [name, model, f"{share:.0%}", k, listed, by_score, chance, audit, "yes" if in_order(results) else "NO"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=["jak2", "bace1", "bbb"])
    parser.add_argument("--models", nargs="+", default=["rf", "prop_lr", "prop_gbm"])
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--k", type=int, default=20, help="decoys per molecule (default 20)")
    args = parser.parse_args()
    print("| set | model | top | K | the list | the score's own top | by chance | NO_SIGNAL last | by score |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in args.sets:
        with tempfile.TemporaryDirectory() as place:
            for model in args.models:
                for cells in one_run(args.folder, Path(place), name, model, args):
                    print(
                        "| "
                        + " | ".join(f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in cells)
                        + " |",
                        flush=True,
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
