"""Campaigns simulated on molecules whose results are known: the document campaign_simulation.v1."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hetero2.campaign.choosing.labels import is_hit
from hetero2.campaign.choosing.simulation import Curve, drawn, for_equal_hits, simulate
from hetero2.campaign.measurements import Measurement
from hetero2.campaign.report import frameworks_at_start, hits_by_framework
from hetero2.campaign.rounds import HIT, NEW, Outcome, State
from hetero2.runtime.log import logger
from hetero2.stats.benefit.purchases import difference_interval

CONTRACT = "campaign_simulation.v1"
_DECIMALS = 4
Record = dict[str, Any]


class Design(NamedTuple):
    """Molecules in each library, rounds, how many molecules are known at the start, one campaign for each seed."""

    library: int
    rounds: int
    known: Sequence[int]
    seeds: Sequence[int]


def _gains(state: State, today: Sequence[Outcome], new: Sequence[Outcome]) -> np.ndarray[Any, Any]:
    """(rows of the library,): 1 for a hit that only the new order buys, -1 for one that only today's buys, else 0."""
    places, gains = state.library.places(), np.zeros(len(state.library.ids), np.int64)
    for outcomes, sign in ((new, 1), (today, -1)):
        for outcome in outcomes:
            gains[places[outcome.id]] += sign * (outcome.result == HIT)
    return gains


def _campaign(state: State, today: Curve, new: Curve, n_hits: int, seed: int) -> Record:
    rows = state.library.distinct()
    frameworks = np.unique([state.library.frameworks[row] for row in rows], return_inverse=True)[1]
    gains = _gains(state, today.outcomes, new.outcomes)[rows]
    interval = difference_interval(gains, frameworks, seed)
    at_start = frameworks_at_start(state)
    return {
        "seed": seed,
        "hits_in_library": n_hits,
        "frameworks_in_library": int(frameworks.max()) + 1,
        "bought": new.bought[-1],
        "chance": round(new.bought[-1] * n_hits / len(rows), _DECIMALS),
        "today": today.hits[-1],
        "new": new.hits[-1],
        "low": None if interval is None else round(interval[0], _DECIMALS),
        "high": None if interval is None else round(interval[1], _DECIMALS),
        "for_equal_hits": for_equal_hits(new, today.hits[-1]),
        "frameworks_among_hits": {
            arm: len({outcome.framework for outcome in curve.outcomes if outcome.result == HIT})
            for arm, curve in (("today", today), ("new", new))
        },
        "new_hits_by_framework": hits_by_framework(new.outcomes, at_start)[NEW],
    }


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), _DECIMALS)


def _scenario(n_known: int, campaigns: Sequence[Record], curves: Sequence[tuple[Curve, Curve]]) -> Record:
    """What the campaigns with so many known molecules say together."""
    n_batches = min(len(curve.bought) for pair in curves for curve in pair)
    by_batch = []
    for batch in range(n_batches):
        share = [new.bought[batch] / new.bought[-1] for _, new in curves]
        by_batch.append(
            {
                "bought": _mean([new.bought[batch] for _, new in curves]),
                "chance": _mean([part * c["chance"] for part, c in zip(share, campaigns, strict=True)]),
                "today": _mean([today.hits[batch] for today, _ in curves]),
                "new": _mean([new.hits[batch] for _, new in curves]),
            }
        )
    reached = [c["for_equal_hits"] for c in campaigns if c["for_equal_hits"] is not None]
    return {
        "known": n_known,
        "by_batch": by_batch,
        "better": sum(c["new"] > c["today"] for c in campaigns),
        "equal": sum(c["new"] == c["today"] for c in campaigns),
        "worse": sum(c["new"] < c["today"] for c in campaigns),
        "intervals_above_0": sum(c["low"] is not None and c["low"] > 0 for c in campaigns),
        "intervals_below_0": sum(c["high"] is not None and c["high"] < 0 for c in campaigns),
        "for_equal_hits": {"reached": len(reached), "mean": _mean(reached) if reached else None},
        "campaigns": list(campaigns),
    }


class _Job(NamedTuple):
    """What the campaigns of a seed are made of, as it is handed to a process."""

    state: State
    truth: Mapping[str, Measurement]
    design: Design
    features: Path


def _campaigns_of(job: _Job, seed: int) -> list[tuple[Record, Curve, Curve]]:
    """(campaign, today's order alone, the new one alone) for each number of known molecules."""
    limit, lower = job.state.limit(), job.state.settings.lower_is_better
    simulated = []
    for n_known in job.design.known:
        state = drawn(job.state, job.truth, job.design.library, n_known, seed)
        results = [job.truth[state.library.ids[row]] for row in state.library.distinct()]
        n_hits = sum(is_hit(result.value, result.label, limit, lower) is True for result in results)
        today, new = (
            simulate(state, job.truth, share, job.design.rounds, job.features, workers=1) for share in (1.0, 0.0)
        )
        simulated.append((_campaign(state, today, new, n_hits, seed), today, new))
    return simulated


def simulations(
    state: State, truth: Mapping[str, Measurement], design: Design, features: Path, workers: int
) -> list[Record]:
    """Scenarios of campaign_simulation.v1: each order alone, on libraries drawn from the molecules there are.

    state: of a campaign that was just started on all of them, with a hit defined by its settings; truth: by id, one
    for each; features: of its library; workers: processes, a seed each. The same at any number of them.
    """
    job = _Job(state, truth, design, features)
    by_seed = list[list[tuple[Record, Curve, Curve]]]()
    with contextlib.ExitStack() as stack:
        each: Callable[..., Iterable[list[tuple[Record, Curve, Curve]]]] = map
        if workers > 1:
            each = stack.enter_context(ProcessPoolExecutor(min(workers, len(design.seeds)), get_context("spawn"))).map
        for seed, simulated in zip(design.seeds, each(partial(_campaigns_of, job), design.seeds), strict=True):
            for n_known, (_, today, new) in zip(design.known, simulated, strict=True):
                logger.info("seed %d, %d known: today %d hits, new %d", seed, n_known, today.hits[-1], new.hits[-1])
            by_seed.append(simulated)
    return [
        _scenario(n_known, [campaign for campaign, _, _ in of_known], [(today, new) for _, today, new in of_known])
        for n_known, of_known in zip(design.known, zip(*by_seed, strict=True), strict=True)
    ]
