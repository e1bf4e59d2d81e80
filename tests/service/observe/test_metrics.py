"""What Prometheus gets of a server and of a worker, on a port that tenants do not see."""

import threading
import time

import httpx
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hetero2.errors import ConfigError
from hetero2.service import core, submission
from hetero2.service.db import runs
from hetero2.service.db.models import Run
from hetero2.service.dispatch.sweeper import sweep
from hetero2.service.domain.states import State
from hetero2.service.observe import scrape
from hetero2.service.observe.backlog import BacklogCollector
from hetero2.service.settings import Settings
from hetero2.service.store.base import FullError
from hetero2.service.worker.worker import Worker
from hetero2.service.workflows.registry import workflow
from tests.service import postgres, sites
from tests.service.browsing import Browser
from tests.service.screens import ask_for_screen

pytestmark = pytest.mark.service
ROWS = (
    '{"jobs": {"done": 1, "total": 1}, "stages": [{"name": "decoys of small", "jobs": {"done": 1, "total": 1}, "items"'
    ': {"done": 20, "total": 20}, "status": {"OK": 20, "SKIP": 0, "ERROR": 0}, "top_reasons": []}]}'
)


def samples(text):
    """{(name, labels in order): value}."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(service):
    """The samples of a service of this process, with those of its queue."""
    collector = BacklogCollector(service)
    service.metrics.registry.register(collector)
    try:
        return samples(generate_latest(service.metrics.registry).decode())
    finally:
        service.metrics.registry.unregister(collector)


@pytest.fixture
def mine(service, scope):
    """An open service on both databases, with its first project."""
    return service, scope


def queued(service, scope):
    return submission.submit(service, scope, None, None, workflow("demo"), {}, {})[0]


def claim(service, scope, owner="somebody", duration=sites.LEASE):
    with service.writing(scope) as session:
        return runs.claim(session, owner, service.now(), duration)


def test_queue_depth_and_the_wait_of_the_oldest(mine):
    service, scope = mine
    assert of(service)["hetero2_oldest_queued_seconds",] == 0
    for _ in range(3):
        queued(service, scope)
    with service.writing(scope) as session:  # an old run that was queued again a moment ago waits for a moment
        for run in session.query(Run):
            run.created_at = run.created_at - sites.LEASE * 100
    time.sleep(0.3)
    seen = of(service)
    assert (seen["hetero2_queued_runs",], seen["hetero2_held_runs",], seen["hetero2_database_up",]) == (3, 0, 1)
    assert 0.3 <= seen["hetero2_oldest_queued_seconds",] < 60
    assert claim(service, scope) is not None
    seen = of(service)
    assert (seen["hetero2_queued_runs",], seen["hetero2_held_runs",]) == (2, 1)


def test_a_database_that_is_away_is_a_metric_and_no_failure(service, scope):
    queued(service, scope)
    with service.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE runs RENAME TO elsewhere")
    seen = of(service)
    assert seen["hetero2_database_up",] == 0
    assert ("hetero2_queued_runs",) not in seen, "no number is better than a wrong one"


def test_lost_workers_are_counted_and_drained_ones_are_not(mine):
    service, scope = mine
    queued(service, scope)
    lease = claim(service, scope)
    with service.writing(scope) as session:
        assert runs.advance(session, lease, [State.INITIALIZING], State.PREEMPTED, service.now())
    sweep(service)
    assert of(service)["hetero2_lost_workers_total",] == 0
    assert claim(service, scope, duration=-sites.LEASE) is not None
    sweep(service)
    assert of(service)["hetero2_lost_workers_total",] == 1


def test_runs_are_timed_by_workflow_and_their_rows_counted(mine, quick):
    service, _ = mine
    quick(f"echo '{ROWS}' > progress.json; sleep 0.5; echo ranked > results/small/ranked.csv")
    ask_for_screen(service)
    assert Worker(service).work_once()
    seen = of(service)
    of_screen = ("workflow", "screen")
    assert seen["hetero2_run_seconds_count", ("state", "COMPLETE"), of_screen] == 1
    seconds = seen["hetero2_run_seconds_sum", ("state", "COMPLETE"), of_screen]
    assert seconds > 0.5
    assert seen["hetero2_rows_total", of_screen] == 20
    assert seen["hetero2_core_seconds_total", of_screen] == pytest.approx(seconds * service.settings.cores)
    assert seen["hetero2_failed_publishes_total",] == 0


def test_busy_workers_are_seen_while_they_are(mine, quick):
    service, _ = mine
    quick("sleep 1; echo ranked > results/small/ranked.csv")
    ask_for_screen(service)
    thread = threading.Thread(target=Worker(service).work_once)
    thread.start()
    seen = []
    while thread.is_alive():
        seen.append(of(service)["hetero2_workers_busy",])
        time.sleep(0.1)
    thread.join()
    assert max(seen) == 1
    assert of(service)["hetero2_workers_busy",] == 0


def failing_publishes(service, quick, line, patch=None):
    """(state, failed publishes) after a run of this line, where something is patched."""
    quick(line)
    key = ask_for_screen(service)
    with pytest.MonkeyPatch.context() as monkeypatch:
        if patch is not None:
            patch(monkeypatch)
        assert Worker(service).work_once()
    with service.reading(key.scope) as session:
        state = runs.get(session, key).state
    return state, of(service)["hetero2_failed_publishes_total",]


def test_failed_publishes_are_ours_alone(mine, quick):
    service, _ = mine
    well = "echo ranked > results/small/ranked.csv"

    def full(monkeypatch):
        def put(*_):
            raise FullError("x")

        monkeypatch.setattr(service.store, "put", put)

    def taken_meanwhile(monkeypatch):
        publish = runs.publish

        def late(session, lease, *more, **options):
            session.query(Run).filter(Run.id == lease.key.run_id).update({"lease_epoch": lease.epoch + 1})
            return publish(session, lease, *more, **options)

        monkeypatch.setattr(runs, "publish", late)

    assert failing_publishes(service, quick, well) == ("COMPLETE", 0)
    assert failing_publishes(service, quick, "true") == ("EXECUTOR_ERROR", 0), "a run that made no file"
    assert failing_publishes(service, quick, "false") == ("EXECUTOR_ERROR", 0)
    assert failing_publishes(service, quick, well, full) == ("SYSTEM_ERROR", 1)
    assert failing_publishes(service, quick, well, taken_meanwhile)[1] == 2


def test_what_opens_nothing_is_counted(tmp_path):
    with sites.served(tmp_path) as site, Browser(base_url=site.url, trust_env=False) as client:
        client.get("/api/v1/me")  # no token at all
        client.get("/")
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {site.token}"})
        assert not any(name[0] == "hetero2_failed_sign_ins_total" for name in of(site.service))
        client.get("/api/v1/me", headers={"Authorization": "Bearer h2_none"})
        assert client.sign_in(token="none").status_code == 401
        assert of(site.service)["hetero2_failed_sign_ins_total", ("way", "token")] == 2


def test_labels_are_few_whatever_clients_invent(tmp_path):
    with sites.served(tmp_path) as site, httpx.Client(base_url=site.url, trust_env=False) as client:
        for number in range(30):
            client.get(f"/{number}")
            client.get(f"/api/v1/runs/{number}?a={number}", headers={"Authorization": f"Bearer {site.token}"})
            client.request(f"M{number}", f"/api/v1/workflows/{number}")
        series = {name for name in of(site.service) if name[0] == "hetero2_request_seconds_count"}
        labels = {label for name in of(site.service) for label, _ in name[1:]}
    assert len(series) == 3, series
    assert labels <= {"le", "method", "route", "status", "way", "workflow", "state"}


def test_the_port_is_of_loopback_alone_and_can_be_taken(tmp_path):
    port = postgres.free_port()
    service = core.open_service(Settings(folder=tmp_path, metrics_port=port))
    with scrape.served(service):
        assert "hetero2_queued_runs 0.0" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.2:{port}/metrics", trust_env=False)
        with pytest.raises(ConfigError, match="METRICS_PORT"), scrape.served(service):
            pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
    service.engine.dispose()


def test_tenants_find_no_metrics(still):
    for headers in ({}, {"Authorization": f"Bearer {still.token}"}):
        for path in ("/metrics", "/api/v1/metrics"):
            answer = httpx.get(still.url + path, headers=headers, trust_env=False)
            assert answer.status_code == 404
            assert "hetero2_workers" not in answer.text
