"""What is counted and measured, for Prometheus. No label names an organisation, a project, a person or a run."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector

from hetero2.service.domain.states import State

_ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_RUNS = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 28800, 86400)


class Metrics:
    """Those of one process; a service has its own, and so has each in a test."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Histogram(
            "hetero2_request_seconds", "From a request to the beginning of its answer, by the route's template.",
            ["method", "route", "status"], buckets=_ANSWERS, registry=registry,
        )  # fmt: skip
        self.failed_sign_ins = Counter(
            "hetero2_failed_sign_ins", "Tokens, passwords and the like that opened nothing.", ["way"], registry=registry
        )
        self.workers = Gauge("hetero2_workers", "Workers of this process.", registry=registry)
        self.busy = Gauge("hetero2_workers_busy", "Workers of this process that have a run.", registry=registry)
        self.runs = Histogram(
            "hetero2_run_seconds", "Attempts at runs, from the claim to the end, by the state that came of it.",
            ["workflow", "state"], buckets=_RUNS, registry=registry,
        )  # fmt: skip
        self.rows = Counter("hetero2_rows", "Molecules of runs that are complete.", ["workflow"], registry=registry)
        self.core_seconds = Counter(
            "hetero2_core_seconds", "Cores given to attempts, times seconds they had them; not what they used of them.",
            ["workflow"], registry=registry,
        )  # fmt: skip
        self.failed_publishes = Counter(
            "hetero2_failed_publishes", "Attempts that computed, and whose files could not be verified, stored or "
            "published.", registry=registry,
        )  # fmt: skip
        self.lost_workers = Counter(
            "hetero2_lost_workers", "Runs taken back from workers that renewed their lease no more.", registry=registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; method and route are of a fixed set."""
        self.requests.labels(method, route, str(status)).observe(seconds)

    def sign_in_failed(self, way: str) -> None:
        """Count that somebody did not get in; way: one of a few words, such as token or password."""
        self.failed_sign_ins.labels(way).inc()

    def attempt(self, workflow: str, state: State, seconds: float, cores: int, rows: int) -> None:
        """Count an attempt that has ended."""
        self.runs.labels(workflow, state.value).observe(seconds)
        self.core_seconds.labels(workflow).inc(seconds * cores)
        if state is State.COMPLETE:
            self.rows.labels(workflow).inc(rows)
