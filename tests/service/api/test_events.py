"""The stream of a run's events: what it asks the database for."""

import httpx
import pytest

from hetero2.service.db import runs

pytestmark = pytest.mark.service


@pytest.mark.parametrize("seen", [0, 2, 9])
def test_no_event_is_fetched_twice(still, monkeypatch, seen):
    run_id = still.failed("error: no")  # four events: queued, bringing files in, running, failed
    fetched = []

    def events(session, key, after=0, real=runs.events):
        rows = real(session, key, after)
        fetched.extend(row.number for row in rows)
        return rows

    monkeypatch.setattr(runs, "events", events)
    headers = {"Authorization": f"Bearer {still.token}", "Accept": "text/event-stream", "Last-Event-ID": str(seen)}
    answer = httpx.get(f"{still.url}/api/v1/runs/{run_id}/events", headers=headers, trust_env=False)
    numbers = [int(line.removeprefix("id: ")) for line in answer.text.splitlines() if line.startswith("id: ")]
    assert numbers == [1, 2, 3, 4][seen:]
    assert fetched == numbers
