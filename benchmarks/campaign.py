"""What the screen finds compared with today's score, over targets with measured hits.

    python -m benchmarks.campaign FOLDER [--modes full matched potency] [--labels 0 10 30 100 300] [--draws 10]
        [--competitors] [--cores 2] [--json out.json]

FOLDER: `<target>.csv.gz` with docking, folders with input.csv, truth.csv and scores_<model>.csv (`--models`), or the
wheel of MoleculeACE (`benchmarks/campaign_targets.py` says what is in them). EF5 is the share of hits in the best 5 %
of a library divided by that of the whole; equal scores are equally likely to be taken. Means over draws, then over
targets; differences are paired by target, with a 95 % bootstrap interval over targets, and the number of targets where
the method is better and worse. `screen` has no score; `default` has today's score as prior mean, as `hetero2 screen`
does where there is one.
"""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.campaign_targets import MODES, Draw, Source, Target, draws, read_target, sources
from hetero2.screening.competitors import COMPETITORS, Molecules
from hetero2.screening.labels import Measurements, normal_scores
from hetero2.screening.screen import Screen, Settings, centre_sample

Array = NDArray[Any]
BEST = 0.05
LEAST_DRAWS = 3
N_BOOTSTRAP = 10_000
QUICK = ("plain_gp", "heavy_atoms")


class Cell(NamedTuple):
    """EF5 of each method, mean over the draws of a target in a mode with so many labels."""

    target: str
    mode: str
    labels: int
    n_draws: int
    ef: dict[str, float]


def enrichment(scores: Array, is_hit: Array, share: float = BEST) -> float:
    """Hits among the best `share`, expected over the order of equal scores, divided by those expected at random."""
    n_best = max(1, round(share * len(scores)))
    cut = np.sort(scores)[-n_best]
    above, level = scores > cut, scores == cut
    hits = is_hit[above].sum() + (n_best - above.sum()) * is_hit[level].mean()
    return float(hits / n_best / is_hit.mean())


def _molecules(target: Target, rows: Array) -> Molecules:
    return Molecules(
        target.features.take(rows), target.properties[rows], target.heavy_atoms[rows], target.operators[rows]
    )


def scores_of(target: Target, draw: Draw, is_hit: Array, seed: int, competitors: Sequence[str]) -> dict[str, Array]:
    """Scores of the library by each method."""
    library, known = draw.library, draw.known
    today = np.where(np.isfinite(target.today), target.today, np.nanmin(target.today) - 1)
    z = normal_scores(target.today[library], target.today)
    scores = {"today": today[library]}
    if not len(known):
        return scores | {"default": z[library], "heavy_atoms": target.heavy_atoms[library]}
    hits, features = is_hit[known], target.features
    measured = Measurements(hits, np.where(hits, target.values[known], np.nan))
    keys = [target.smiles[row] for row in library]
    sample = features.take(library[centre_sample(keys, Settings().sample, seed)])
    for name, of_known, of_library in (("screen", None, None), ("default", z[known], z[library])):
        screen = Screen.fit(sample, features.take(known), measured, Settings(), of_known)
        scores[name] = screen.predict(features.take(library), of_library, with_sd=False).mean
    sides = _molecules(target, known), _molecules(target, library)
    scores |= {name: COMPETITORS[name](sides[0], hits, sides[1], seed) for name in competitors}
    if "operators" in scores:
        scores["screen_and_operators"] = rankdata(scores["screen"]) + rankdata(scores["operators"])
    return scores


def cells(job: tuple[Source, Sequence[str], Sequence[int], int, Sequence[str]]) -> list[Cell]:
    """Everything of one target."""
    source, modes, label_counts, n_draws, competitors = job
    target, results = read_target(source), []
    for mode in modes:
        for n_labels in label_counts:
            rows = []
            for seed, (draw, is_hit) in enumerate(draws(target, mode, n_labels, n_draws)):
                by_method = scores_of(target, draw, is_hit, seed, competitors)
                rows.append({name: enrichment(values, is_hit[draw.library]) for name, values in by_method.items()})
            if len(rows) >= min(LEAST_DRAWS, n_draws):
                means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
                results.append(Cell(target.name, mode, n_labels, len(rows), means))
    return results


def paired(differences: Array) -> dict[str, float]:
    """Mean difference over targets, its 95 % bootstrap interval, and on how many targets it is above and below 0."""
    draws_of_targets = np.random.default_rng(0).choice(differences, (N_BOOTSTRAP, len(differences)))
    low, high = np.quantile(draws_of_targets.mean(axis=1), [0.025, 0.975])
    better, worse = (int((sign * differences > 1e-9).sum()) for sign in (1, -1))
    return {"mean": float(differences.mean()), "low": float(low), "high": float(high), "better": better, "worse": worse}


def _text(values: dict[str, float]) -> str:
    return f"{values['mean']:+.2f} ({values['low']:+.2f} to {values['high']:+.2f}) {values['better']}/{values['worse']}"


def table(results: Sequence[Cell]) -> list[dict[str, Any]]:
    """A row per mode, number of labels and method."""
    rows = []
    for mode, n_labels in dict.fromkeys((cell.mode, cell.labels) for cell in results):
        chosen = [cell.ef for cell in results if (cell.mode, cell.labels) == (mode, n_labels)]
        for name in chosen[0]:
            values = np.array([ef[name] for ef in chosen])
            row: dict[str, Any] = {"mode": mode, "labels": n_labels, "targets": len(chosen), "method": name}
            row["ef5"] = float(values.mean())
            for reference in ("today", "plain_gp"):
                if reference in chosen[0] and reference != name:
                    row[f"against_{reference}"] = paired(values - np.array([ef[reference] for ef in chosen]))
            if name == "default" and "screen" in chosen[0]:
                best = np.array([max(ef["today"], ef["screen"]) for ef in chosen])
                row["against_the_better_of_both"] = paired(values - best)
            rows.append(row)
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--labels", nargs="+", type=int, default=[0, 10, 30, 100, 300])
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--models", nargs="+", default=["rf"], help="which scores of a folder of sets")
    parser.add_argument("--competitors", action="store_true", help="forest, nearest hit, properties and operators too")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    competitors = tuple(COMPETITORS) if args.competitors else QUICK
    jobs = [(source, args.modes, args.labels, args.draws, competitors) for source in sources(args.folder, args.models)]
    with ProcessPoolExecutor(args.cores) as pool:
        results = [cell for part in pool.map(cells, jobs) for cell in part]
    rows = table(results)
    for row in rows:
        against = "   ".join(f"{key.removeprefix('against_')} {_text(row[key])}" for key in row if key[:7] == "against")
        print(f"{row['mode']:8} {row['labels']:4} {row['targets']:3} {row['method']:12} {row['ef5']:5.2f}   {against}")
    if args.json:
        args.json.write_text(json.dumps({"cells": [cell._asdict() for cell in results], "table": rows}, indent=1))


if __name__ == "__main__":
    main()
