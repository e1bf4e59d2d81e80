"""The run machine: whatever clients, workers and the sweeper do, in whatever order, no run makes an illegal step.

A model in plain Python says what each act must give; the database must agree with it after every act. STEPS=10000, as
`make soak-service` has it, takes that many on each database.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from hetero2.service import core
from hetero2.service.db import jobs, lost, orgs, runs
from hetero2.service.db.base import Table
from hetero2.service.db.models import Artifact, Run, RunEvent
from hetero2.service.db.runs import MAX_ATTEMPTS, Lease
from hetero2.service.domain.errors import ServiceError
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import FOLLOWING, HELD, IDLE, TERMINAL, State, may_follow
from hetero2.service.settings import Settings

pytestmark = pytest.mark.service
LEASE = timedelta(seconds=60)
STEPS = int(os.environ.get("STEPS", "600"))  # of each database


@dataclass
class Expected:
    """What a run must be."""

    state: State
    epoch: int = 0
    attempt: int = 0
    until: datetime | None = None
    published: int = 0
    history: tuple[State, ...] = (State.QUEUED,)

    def to(self, state: State) -> None:
        assert may_follow(self.state, state)
        self.state = state
        self.history += (state,)


class Machine(RuleBasedStateMachine):
    """One project with a few runs, three workers that may be stopped for long, and a clock that jumps."""

    service: core.Service

    @initialize()
    def begin(self) -> None:
        with self.service.writing(None) as session:
            orgs.first_scope(session)  # whose rows the session sees then
            for table in reversed(Table.metadata.sorted_tables):
                session.execute(text(f"DELETE FROM {table.name}"))
        core.first_start(self.service)
        with self.service.reading(None) as session:
            self.scope = orgs.first_scope(session)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.expected: dict[UUID, Expected] = {}
        self.leases: list[Lease] = []

    def _key(self, run_id: UUID) -> RunKey:
        return RunKey(self.scope, run_id)

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=10)
        return self.now

    @rule(key=st.sampled_from([None, "a", "b"]))
    @precondition(lambda self: len(self.expected) < 6)
    def submit(self, key: str | None) -> None:
        request = jobs.Request("name", "demo", "1", "0" * 64, {}, {})
        with self.service.writing(self.scope) as session:
            run, is_new = jobs.submit(session, self.scope, request, key, self._tick())
        assert is_new == (run.id not in self.expected)
        if is_new:
            self.expected[run.id] = Expected(State.QUEUED)

    @rule(worker=st.sampled_from(["w1", "w2", "w3"]))
    def claim(self, worker: str) -> None:
        with self.service.writing(self.scope) as session:
            lease = runs.claim(session, worker, self._tick(), LEASE)
        queued = [run for run, expected in self.expected.items() if expected.state is State.QUEUED]
        assert (lease is None) == (not queued)
        if lease is not None:
            expected = self.expected[lease.key.run_id]
            expected.to(State.INITIALIZING)
            expected.epoch, expected.attempt, expected.until = (
                expected.epoch + 1,
                expected.attempt + 1,
                self.now + LEASE,
            )
            assert (lease.epoch, lease.attempt) == (expected.epoch, expected.attempt)
            self.leases.append(lease)

    def _is_held(self, lease: Lease) -> bool:
        """Whether this lease still is the one of its run: zombies try all the same."""
        expected = self.expected[lease.key.run_id]
        return expected.epoch == lease.epoch and expected.state in HELD

    @rule(data=st.data(), says=st.booleans())
    @precondition(lambda self: self.leases)
    def heartbeat(self, data: st.DataObject, says: bool) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        with self.service.writing(self.scope) as session:
            state = runs.heartbeat(session, lease, self._tick(), LEASE, {"seconds": 1} if says else None)
        assert state == (self.expected[lease.key.run_id].state if self._is_held(lease) else None)
        if state is not None:
            self.expected[lease.key.run_id].until = self.now + LEASE

    @rule(
        data=st.data(),
        after=st.sampled_from(
            [State.RUNNING, State.EXECUTOR_ERROR, State.SYSTEM_ERROR, State.PREEMPTED, State.CANCELED, State.PAUSED]
        ),
    )
    @precondition(lambda self: self.leases)
    def advance(self, data: st.DataObject, after: State) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        before = [state for state in HELD if after in FOLLOWING[state]]
        with self.service.writing(self.scope) as session:
            done = runs.advance(session, lease, before, after, self._tick(), reason="because")
        expected = self.expected[lease.key.run_id]
        assert done == (self._is_held(lease) and expected.state in before)
        if done:
            expected.to(after)

    @rule(data=st.data())
    @precondition(lambda self: self.leases)
    def publish(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        now = self._tick()
        artifact = Artifact(
            org_id=self.scope.org_id, project_id=self.scope.project_id, id=uuid4(), run_id=lease.key.run_id,
            attempt=lease.attempt, name="pack.zip", kind="pack", media_type="application/zip", size=1, sha256="0" * 64,
            key=uuid4().hex, created_at=now,
        )  # fmt: skip
        with self.service.writing(self.scope) as session:
            done = runs.publish(session, lease, [artifact], now)
        expected = self.expected[lease.key.run_id]
        assert done == (self._is_held(lease) and expected.state is State.RUNNING)
        if done:
            expected.to(State.COMPLETE)
            expected.published += 1

    @rule(data=st.data())
    @precondition(lambda self: self.expected)
    def cancel(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(list(self.expected)))
        expected = self.expected[run_id]
        with self.service.writing(self.scope) as session:
            if expected.state in TERMINAL:
                with pytest.raises(ServiceError, match="has ended already"):
                    runs.cancel(session, self._key(run_id), self._tick())
                return
            state = runs.cancel(session, self._key(run_id), self._tick())
        after = State.CANCELED if expected.state in IDLE else State.CANCELING
        assert state is after
        if expected.state is not State.CANCELING:
            expected.to(after)

    @rule(data=st.data())
    @precondition(lambda self: 0 < len(self.expected) < 9)
    def retry(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(list(self.expected)))
        expected = self.expected[run_id]
        with self.service.writing(self.scope) as session:
            if expected.state not in TERMINAL - {State.COMPLETE}:
                with pytest.raises(ServiceError, match="only a run that failed"):
                    runs.retry(session, self._key(run_id), self._tick())
                return
            new = runs.retry(session, self._key(run_id), self._tick())
        self.expected[new.id] = Expected(State.QUEUED)

    @rule(data=st.data())
    @precondition(lambda self: self.expected)
    def bring_scores(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(list(self.expected)))
        expected = self.expected[run_id]
        with self.service.writing(self.scope) as session:
            if expected.state is not State.PAUSED:
                with pytest.raises(ServiceError, match="waits for no scores"):
                    runs.resume(session, self._key(run_id), self._tick())
                return
            runs.resume(session, self._key(run_id), self._tick())
        expected.to(State.QUEUED)

    @rule(seconds=st.sampled_from([1, 30, 61, 500]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        now = self._tick()
        with self.service.writing(self.scope) as session:
            changed = {key.run_id for key in [*lost.sweep(session, now), *lost.queue_given_back(session, now)]}
        for run_id, expected in self.expected.items():
            is_lost = expected.state in HELD and expected.until is not None and expected.until < now
            assert (run_id in changed) == (is_lost or expected.state is State.PREEMPTED)
            if is_lost:
                expected.epoch += 1
                if expected.state is State.CANCELING:
                    expected.to(State.CANCELED)
                else:
                    expected.to(State.QUEUED if expected.attempt < MAX_ATTEMPTS else State.SYSTEM_ERROR)
            elif expected.state is State.PREEMPTED:
                expected.to(State.QUEUED)

    @invariant()
    def database_agrees(self) -> None:
        with self.service.reading(self.scope) as session:
            rows = {run.id: run for run in session.query(Run)}
            published = [artifact.run_id for artifact in session.query(Artifact)]
            events: dict[UUID, list[RunEvent]] = {}
            for event in session.query(RunEvent).order_by(RunEvent.number):
                events.setdefault(event.run_id, []).append(event)
        assert set(rows) == set(self.expected)
        for run_id, expected in self.expected.items():
            row = rows[run_id]
            assert (row.state, row.lease_epoch, row.attempt) == (expected.state.value, expected.epoch, expected.attempt)
            assert (row.lease_owner is None) == (expected.state not in HELD)
            assert (row.ended_at is None) == (expected.state not in TERMINAL)
            assert published.count(run_id) == expected.published <= 1
            states = tuple(State(event.data["state"]) for event in events[run_id] if event.kind == "state")
            assert states == expected.history
            assert [event.number for event in events[run_id]] == list(range(1, row.last_event + 1))


@pytest.mark.parametrize("service_of", ["sqlite", "postgresql"])
def test_no_illegal_step(service_of, tmp_path, request):
    from tests.service import postgres

    url = "" if service_of == "sqlite" else postgres.new_database(request.getfixturevalue("postgres_url"), "machine")
    service = core.open_service(Settings(folder=tmp_path / "service", database=url))
    if service_of == "sqlite":  # the disk need not be sure of what a test writes
        from sqlalchemy import event

        event.listen(service.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        service.engine.dispose()
    with service.engine.begin() as connection:  # each example begins with nothing, and audit events cannot be deleted
        if service_of == "sqlite":
            connection.execute(text("DROP TRIGGER audit_events_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER append_only"))
    machine = type("OfThisDatabase", (Machine,), {"service": service})
    steps = 60
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, STEPS // steps), stateful_step_count=steps, deadline=None, suppress_health_check=checks,
            database=None, derandomize=STEPS <= 600,
        ),
    )  # fmt: skip
    service.engine.dispose()
