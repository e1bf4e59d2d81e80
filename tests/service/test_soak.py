"""A scaled service for some minutes: PostgreSQL, a bucket, three workers, of which one is killed every 20 s.

MINUTES=5, as `make soak-service` has it, makes it take so long; without it this is left out.
"""

import os
import random
import subprocess
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from hetero2.service import core
from hetero2.service.db import orgs
from hetero2.service.db.models import Artifact, Run, RunEvent
from hetero2.service.domain.states import TERMINAL, State
from hetero2.service.settings import Settings
from tests.service import postgres, trivial
from tests.service.screens import ask_for_screen
from tests.service.test_dispatch import worker

pytestmark = pytest.mark.service
MINUTES = float(os.environ.get("MINUTES", "0"))
WORKERS, EVERY = 3, 20.0
RUNS = int(12 * MINUTES)
# So long that three workers are busy for nearly all of that time.
RUN = f"sleep {0.6 * MINUTES * 60 * WORKERS / max(1, RUNS):.0f}; echo ranked > results/small/ranked.csv"


@pytest.mark.skipif(not MINUTES, reason="MINUTES is not set: make soak-service")
def test_workers_are_killed_on_and_on(tmp_path, postgres_url, bucket_url, monkeypatch):
    monkeypatch.setattr(trivial, "QUICK", RUN)
    url = postgres.new_database(postgres_url, f"soak{time.monotonic_ns()}")
    service = core.open_service(Settings(folder=tmp_path / "service", database=url, store=bucket_url, cores=1))
    core.first_start(service)
    keys = [ask_for_screen(service, seed=number) for number in range(RUNS)]
    chance, began, kills, started = random.Random(0), time.monotonic(), 0, WORKERS
    processes: list[subprocess.Popen[bytes]] = [worker(service, tmp_path, n, bucket_url) for n in range(WORKERS)]
    try:
        next_kill = began + EVERY
        while n_open(service) and time.monotonic() < began + 60 * (2 * MINUTES + 2):
            time.sleep(0.5)
            if time.monotonic() > next_kill and time.monotonic() < began + 60 * MINUTES:
                next_kill += EVERY
                victim = chance.randrange(WORKERS)
                processes[victim].kill()
                processes[victim].wait()
                kills += 1
                processes[victim] = worker(service, tmp_path, started, bucket_url)
                started += 1
        ended = time.monotonic()
    finally:
        for process in processes:
            process.terminate()
        codes = [process.wait(60) for process in processes]
    with service.reading(None) as session:
        scope = orgs.first_scope(session)
        states = Counter(session.scalars(select(Run.state)))
        attempts = Counter(session.scalars(select(Run.attempt)))
        ends = Counter(
            event.run_id
            for event in session.scalars(select(RunEvent).where(RunEvent.kind == "state"))
            if State(event.data["state"]) in TERMINAL
        )
        published = session.execute(
            select(Artifact.run_id, Artifact.name, func.count()).group_by(Artifact.run_id, Artifact.name)
        ).all()
        named = set(session.scalars(select(Artifact.key)))
    stored = {key for key in service.store.keys(f"{scope.org_id}/{scope.project_id}") if "/uploads/" not in key}
    print(
        f"\n{RUNS} runs, {kills} workers killed, {ended - began:.0f} s: {dict(states)}, attempts {dict(attempts)}; "
        f"published {len(published)} files, {len(stored - named)} stored and not published"
    )
    assert codes == [0] * WORKERS
    assert kills >= 60 * MINUTES / EVERY - 1 or not n_open(service)
    assert sum(states.values()) == len(keys) == RUNS
    assert set(map(State, states)) <= TERMINAL
    assert states["COMPLETE"] >= 0.95 * RUNS
    assert set(ends.values()) == {1}, "a run ended twice"
    assert {count for _, _, count in published} == {1}
    assert named <= stored
    assert not stored - named, "files of killed workers are left"
    service.engine.dispose()


def n_open(service) -> int:
    with service.reading(None) as session:
        orgs.first_scope(session)
        ends = [state.value for state in TERMINAL]
        return session.scalar(select(func.count()).select_from(Run).where(Run.state.not_in(ends))) or 0
