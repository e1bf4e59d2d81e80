"""Where the files of a run are, and the names of its shards."""

import itertools

# Relative to the folder of a run; `{shard}` is the number of a shard, four digits or more, `{scores_file}` the
# name of the scores file in the pack, and `{brought}` that of a downloaded file: truth.csv, scores.json, ..
RUN_FILES = {
    "dataset_input": "dataset/input.csv",
    "dataset_train": "dataset/train.csv",
    "dataset_truth": "dataset/truth.csv",
    "dataset_facts": "dataset/facts.json",
    "suite_input": "suite/input.csv",
    "suite_scores": "suite/scores.json",
    "suite_facts": "suite/facts.json",
    "stress_input": "stress/input.csv",
    "stress_facts": "stress/facts.json",
    "download": "download/{brought}",
    "input": "input/rows.parquet",
    "input_facts": "input/facts.json",
    "molecules": "molecules/{shard}.parquet",
    "decoys": "decoys/{shard}.parquet",
    "decoy_quality": "decoy_quality.json",
    "score_request": "score_request.csv",
    "score_source": "score_source/{scores_file}",
    "score_index": "score_source/{scores_file}.index.npy",
    "score_facts": "score_source/{scores_file}.facts.json",
    "leaks": "leakage/leaks.parquet",
    "excluded": "leakage/excluded.parquet",
    "leakage": "leakage.csv",
    "missing_scores": "missing_decoy_scores.csv",
    "scores": "scores/{shard}.parquet",
    "audit": "audit/{shard}.parquet",
    "calls": "calls/calls.parquet",
    "hardness_curve": "calls/hardness_curve.csv",
    "library": "calls/library.json",
    "control_sample": "controls/control_sample.parquet",
    "refit": "controls/refits/{chunk}.json",
    "cross_validation": "controls/cross_validation.json",
    "controls": "controls/controls.json",
    "summary": "summary.csv",
    "metrics": "metrics.json",
    "diagnosis": "diagnosis.json",
    "proxy_truth": "truth/proxy_rule_v1.csv",
    "truth": "truth/truth.csv",
    "truth_facts": "truth/facts.json",
    "cost_lift": "cost_lift.json",
    "utility": "utility_report.json",
    "hit_curve": "hit_curve.csv",
    "candidates": "ranked_candidates.csv",
    "selected_decoys": "selected_decoys.csv",
    "screen_model": "screen/model.npz",
    "screen_z": "screen/z.npy",
    "screen_facts": "screen/facts.json",
    "screen_shard": "screen/{shard}.parquet",
    "screen_list": "screen/ranked.csv",
    "report": "report.html",
    "card_decoys": "card_decoys.csv",
    "spreadsheet": "summary_spreadsheet.csv",
    "pages": "pages/{shard}.parquet",
    "pack": "pack/manifest.json",
    "zip": "{run}_evidence_pack.zip",
    "zip_sha256": "{run}_evidence_pack.zip.sha256",
    "statement": "{run}_evidence_pack.zip.intoto.json",
    "registry_row": "registry_row.json",
    "runtime": "runtime.json",
}


def run_file(results: str, key: str) -> str:
    """Path of a file of a run with the wildcards `{run}` (and `{shard}`) left in it."""
    return f"{results}/{{run}}/{RUN_FILES[key]}"


def log_file(results: str, name: str) -> str:
    """Log file of a job."""
    return f"{results}/{{run}}/logs/{name}.log"


def benchmark_file(results: str, name: str) -> str:
    """Benchmark file of a job."""
    return f"{results}/{{run}}/benchmarks/{name}.tsv"


def shard_name(number: int) -> str:
    """Name of shard `number`, counted from 0."""
    return f"{number:04d}"


def shard_spans(count: int) -> list[tuple[str, str]]:
    """(first, last) names of all shards, those of one length together: 0000 to 9999, 10000 to 99999 and so on."""
    ends = [0, *(10**digits for digits in range(4, len(str(count)) + 1) if 10**digits < count), count]
    return [(shard_name(start), shard_name(end - 1)) for start, end in itertools.pairwise(ends)]
