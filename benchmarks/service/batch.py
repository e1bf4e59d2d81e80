"""A batch of runs of a standard mix, asked for at once: how many end well, how many a minute, how long each takes."""

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from benchmarks.service import requests
from benchmarks.service.served import ENDS, Served
from hetero2.errors import HeteroError

_PAUSE = 2.0  # seconds between two looks at all runs
_OPEN = ("QUEUED", "INITIALIZING", "RUNNING", "PAUSED", "CANCELING", "PREEMPTED")


def measure(served: Served, n_runs: int, n_bad: int, minutes: float) -> dict[str, Any]:
    """Ask for all of them, bring scores to what waits for them, wait until the last has ended.

    minutes: after which what has not ended is counted as not reached.
    """
    served.wait(served.ask(requests.screen(served, n_runs)))  # until then the loops that runs need are compiled
    began = time.monotonic()
    good, bad, refused = _ask(served, n_runs, n_bad)
    asked_in = time.monotonic() - began
    while _is_open(served) and time.monotonic() < began + 60 * minutes:
        _bring_scores(served)
        time.sleep(_PAUSE)
    took, runs = time.monotonic() - began, _all_runs(served)
    return {
        "runs_asked": n_runs,
        "asked_in_s": round(asked_in, 1),
        "took_s": round(took, 1),
        **_summary([run for run in runs if run["id"] in good], took),
        "bad_inputs": {
            "asked": n_bad,
            "refused_at_once": refused,
            "states": dict(Counter(run["state"] for run in runs if run["id"] in bad)),
            "reasons": _reasons(run for run in runs if run["id"] in bad),
        },
    }


def _ask(served: Served, n_runs: int, n_bad: int) -> tuple[set[str], set[str], int]:
    """(the runs, those with bad inputs spread among them, how many of these were refused when they were asked for)."""
    good: set[str] = set()
    bad: set[str] = set()
    refused = 0
    for seed, name in enumerate(requests.mix(n_runs)):
        good.add(served.ask(requests.MAKERS[name](served, seed)))
        for number in range(n_bad * seed // n_runs, n_bad * (seed + 1) // n_runs):
            try:
                bad.add(served.ask(requests.bad(served, number)))
            except HeteroError:
                refused += 1
    return good, bad, refused


def _is_open(served: Served) -> bool:
    return bool(served.connection.ask("GET", "/runs", params={"limit": 1, "state": list(_OPEN)})["runs"])


def _bring_scores(served: Served) -> None:
    for run in served.connection.ask("GET", "/runs", params={"limit": 200, "state": "PAUSED"})["runs"]:
        request = served.connection.response("GET", f"/runs/{run['id']}/artifacts/score_request.csv").text
        scores = {"upload_id": served.put("scores.csv", requests.scores_for(request))}
        served.connection.ask("POST", f"/runs/{run['id']}/scores", json=scores)


def _all_runs(served: Served) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 200}
    while True:
        page = served.connection.ask("GET", "/runs", params=query)
        runs += page["runs"]
        if page["next_cursor"] is None:
            return runs
        query = {"limit": 200, "cursor": page["next_cursor"]}


def _summary(runs: list[dict[str, Any]], took: float) -> dict[str, Any]:
    ended = [run for run in runs if run["state"] in ENDS]
    complete = [run for run in ended if run["state"] == "COMPLETE"]
    by_workflow: dict[str, list[float]] = defaultdict(list)
    for run in complete:
        by_workflow[run["workflow"]].append(_seconds(run["started_at"], run["ended_at"]))
    return {
        "ended": len(ended),
        "not_reached": len(runs) - len(ended),
        "states": dict(Counter(run["state"] for run in ended)),
        "complete_share": round(len(complete) / len(ended), 4) if ended else None,
        "reasons": _reasons(run for run in ended if run["state"] != "COMPLETE"),
        "attempts": dict(Counter(str(run["attempt"]) for run in ended)),
        "runs_a_minute": round(60 * len(ended) / took, 2),
        "post_to_end_s": quantiles([_seconds(run["created_at"], run["ended_at"]) for run in ended]),
        "start_to_end_s": {
            name: {"runs": len(seconds), **quantiles(seconds)} for name, seconds in sorted(by_workflow.items())
        },
        "times_the_run_itself": _times_the_run_itself(complete),
    }


def _times_the_run_itself(complete: list[dict[str, Any]]) -> dict[str, float]:
    """By workflow the median of: time from a worker's claim to publication, over that of the process in the sandbox."""
    ratios: dict[str, list[float]] = defaultdict(list)
    for run in complete:
        if run["attempt"] == 1:  # else more than one process has run
            taken = _seconds(run["started_at"], run["ended_at"])
            ratios[run["workflow"]].append(taken / run["facts"]["seconds"])
    return {name: round(statistics.median(values), 3) for name, values in sorted(ratios.items())}


def _reasons(runs: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How often each reason was given, in its first line."""
    return dict(Counter(f"{run['code']}: {(run['reason'] or '').strip().splitlines()[:1]}" for run in runs))


def quantiles(values: list[float], shares: Sequence[int] = (50, 95)) -> dict[str, float]:
    """The least value at or below which so many percent of them are, by the name p50 and so on."""
    if not values:
        return {}
    ordered = sorted(values)
    return {f"p{share}": round(ordered[max(0, -(-share * len(ordered) // 100) - 1)], 2) for share in shares}


def _seconds(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
