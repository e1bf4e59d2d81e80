"""The states of a run, and which may follow which.

The words are those of GA4GH WES 1.1. A run whose worker was lost, or that a draining worker gave back, is queued again
as another attempt of the same run; a retry that somebody asks for is a new run of the same job.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """What a run is doing, or how it ended."""

    QUEUED = "QUEUED"
    INITIALIZING = "INITIALIZING"  # a worker has it, and brings its files in
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"  # waits for scores
    COMPLETE = "COMPLETE"
    EXECUTOR_ERROR = "EXECUTOR_ERROR"  # the job's own fault: its input, a limit
    SYSTEM_ERROR = "SYSTEM_ERROR"  # ours
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"
    PREEMPTED = "PREEMPTED"  # its worker was drained


_ENDS = (State.EXECUTOR_ERROR, State.SYSTEM_ERROR)
FOLLOWING: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.INITIALIZING, State.CANCELED}),
    State.INITIALIZING: frozenset({State.RUNNING, State.CANCELING, State.PREEMPTED, State.QUEUED, *_ENDS}),
    State.RUNNING: frozenset(
        {State.COMPLETE, State.PAUSED, State.CANCELING, State.PREEMPTED, State.QUEUED, *_ENDS},
    ),
    State.PAUSED: frozenset({State.QUEUED, State.CANCELED}),
    State.CANCELING: frozenset({State.CANCELED}),
    State.PREEMPTED: frozenset({State.QUEUED, State.CANCELED}),
    State.COMPLETE: frozenset(),
    State.EXECUTOR_ERROR: frozenset(),
    State.SYSTEM_ERROR: frozenset(),
    State.CANCELED: frozenset(),
}
TERMINAL = frozenset(state for state, following in FOLLOWING.items() if not following)
# A worker has these, under a lease.
HELD = frozenset({State.INITIALIZING, State.RUNNING, State.CANCELING})
# Nobody works on these: cancelling them needs no worker.
IDLE = frozenset({State.QUEUED, State.PAUSED, State.PREEMPTED})

# For people.
WORDS: Mapping[State, str] = {
    State.QUEUED: "waiting for a worker",
    State.INITIALIZING: "bringing files in",
    State.RUNNING: "running",
    State.PAUSED: "waiting for scores",
    State.COMPLETE: "complete",
    State.EXECUTOR_ERROR: "failed",
    State.SYSTEM_ERROR: "failed, by a fault of the service",
    State.CANCELING: "being canceled",
    State.CANCELED: "canceled",
    State.PREEMPTED: "interrupted, and will go on",
}


def may_follow(before: State, after: State) -> bool:
    """Whether a run in the state `before` may get to the state `after` in one step."""
    return after in FOLLOWING[before]
