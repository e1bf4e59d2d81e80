"""One trace from the request through the queue to each attempt and its stages, as a collector gets it."""

import time
from uuid import UUID

import httpx
import pytest

from hetero2.service.db import runs
from hetero2.service.dispatch.sweeper import sweep
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import State
from hetero2.service.worker.worker import Worker
from tests.service import screens, sites
from tests.service.observe.otlp import attributes, collector

pytestmark = pytest.mark.service
STAGE = (
    '{"name": "decoys of small", "jobs": {"done": %d, "total": 2}, "items": {"done": 0, "total": 0}, '
    '"status": {"OK": 0, "SKIP": 0, "ERROR": 0}, "top_reasons": []}'
)
PROGRESS = '{"jobs": {"done": 1, "total": 2}, "stages": [%s]}'
LINE = "; ".join(
    (
        f"echo '{PROGRESS % (STAGE % 1)}' > progress.json; sleep 0.6",
        f"echo '{PROGRESS % (STAGE % 2)}' > progress.json; sleep 0.6",
        "echo ranked > results/small/ranked.csv",
    )
)


@pytest.fixture
def traced(tmp_path, monkeypatch, quick):
    """(a service without workers, the collector of its traces)."""
    quick(LINE)
    with collector() as kept:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", kept.url)
        with sites.served(tmp_path) as site:
            yield site, kept


def ask(site):
    """The answer to a request for a run that takes a second."""
    inputs = {
        "library": str(screens.bring(site.service, "library.csv", screens.LIBRARY.encode())),
        "known": str(screens.bring(site.service, "known.csv", screens.KNOWN.encode())),
    }
    headers = {"Authorization": f"Bearer {site.token}", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    body = {"workflow": "screen", "name": "small", "inputs": inputs}
    answer = httpx.post(f"{site.url}/api/v1/runs", headers=headers, json=body, trust_env=False)
    assert answer.status_code == 201, answer.text
    return answer


def of_trace(site, kept, trace_id):
    """The spans of a trace by name, in the order of their beginnings."""
    site.service.tracing.stop()
    assert kept.paths == {"/v1/traces"}
    spans = {}
    for span in sorted(kept.spans(), key=lambda span: span.start_time_unix_nano):
        if span.trace_id.hex() == trace_id:
            spans.setdefault(span.name, []).append(span)
    return spans


def test_one_trace_from_the_request_to_the_stages_of_the_run(traced):
    site, kept = traced
    answer = ask(site)
    time.sleep(0.3)  # in the queue
    assert Worker(site.service).work_once()
    spans = of_trace(site, kept, answer.headers["x-request-id"])
    assert list(spans) == ["POST /api/v1/runs", "queue", "attempt", "pipeline", "stage decoys of small", "publish"]
    request, queue, attempt, pipeline, stage, publish = (only for (only,) in spans.values())
    assert request.parent_span_id == b"", "what a client says of a trace of its own is not taken"
    parents = {span.name: span.parent_span_id for span in (queue, attempt, pipeline, stage, publish)}
    assert parents == {
        "queue": request.span_id, "attempt": request.span_id, "pipeline": attempt.span_id,
        "stage decoys of small": pipeline.span_id, "publish": attempt.span_id,
    }  # fmt: skip
    assert queue.end_time_unix_nano - queue.start_time_unix_nano >= 3e8
    assert abs(queue.end_time_unix_nano - attempt.start_time_unix_nano) < 2e8
    assert stage.end_time_unix_nano - stage.start_time_unix_nano > 3e8
    assert stage.end_time_unix_nano < pipeline.end_time_unix_nano
    assert attributes(stage) == {"hetero2.done": 2, "hetero2.total": 2}
    shown = answer.json()
    assert attributes(attempt) == {
        "hetero2.org_id": str(site.scope.org_id), "hetero2.project_id": str(site.scope.project_id),
        "hetero2.run_id": shown["id"], "hetero2.job_id": shown["job_id"], "hetero2.attempt": "1",
        "hetero2.request_id": answer.headers["x-request-id"], "hetero2.workflow": "screen", "hetero2.state": "COMPLETE",
    }  # fmt: skip
    assert attributes(request) == {
        "http.request.method": "POST", "http.route": "/api/v1/runs", "http.response.status_code": 201,
        "hetero2.org_id": str(site.scope.org_id), "hetero2.project_id": str(site.scope.project_id),
        "hetero2.run_id": shown["id"], "hetero2.job_id": shown["job_id"],
    }  # fmt: skip


def test_the_attempt_after_a_lost_worker_is_in_the_same_trace(traced):
    site, kept = traced
    answer = ask(site)
    with site.service.writing(site.scope) as session:
        lease = runs.claim(session, "killed", site.service.now(), -sites.LEASE)
        assert lease is not None
    sweep(site.service)
    assert Worker(site.service).work_once()
    with site.service.reading(site.scope) as session:
        assert runs.get(session, lease.key).state == State.COMPLETE.value
    spans = of_trace(site, kept, answer.headers["x-request-id"])
    (attempt,) = spans["attempt"]
    assert attributes(attempt)["hetero2.attempt"] == "2"


def test_nothing_is_sent_where_nobody_asks_for_it(tmp_path, monkeypatch):
    for name in ("ENDPOINT", "TRACES_ENDPOINT"):
        monkeypatch.delenv(f"OTEL_EXPORTER_OTLP_{name}", raising=False)
    with sites.served(tmp_path) as site:
        assert site.service.tracing._provider._active_span_processor._span_processors == ()
        answer = ask(site)
        with site.service.reading(site.scope) as session:
            trace = runs.get(session, RunKey(site.scope, UUID(answer.json()["id"]))).trace
        assert trace.split("-")[1] == answer.headers["x-request-id"], "lines of the log are found by it all the same"
