"""Two peers: whatever one does in whatever order, all that it got to know is replayed by the other, who gets nothing.

SECONDS_OF_PEERS: for how long (180); `make peers-service` does it for half an hour.
"""

import contextlib
import json
import os
import re
import time
from collections import Counter
from uuid import uuid4

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import FlakyStrategyDefinition

from tests.service.tenants.operations import REQUESTS
from tests.service.tenants.test_permissions import OPERATIONS, WITH_IDS

pytestmark = pytest.mark.service
SECONDS = float(os.environ.get("SECONDS_OF_PEERS", "180"))
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LISTS = ("/runs", "/uploads", "/members", "/projects", "/tokens", "/audit")
# Open to everybody, or about whoever asks.
ABOUT_NOBODY = {"get_signed_file", "head_signed_file", "list_workflows", "get_workflow", "get_me"}


def ids_in(text: str) -> set[str]:
    return set(ID.findall(text))


def known_to(tenant) -> set[str]:
    """Ids that a tenant knows of itself."""
    texts = [tenant.client("owner").get(path, params={"limit": 200}).text for path in LISTS]
    return ids_in("".join(texts)) | {str(tenant.site.scope.org_id), str(tenant.site.scope.project_id)}


def name_of(case) -> str:
    return case.operation.definition.raw["operationId"]


def asked_of(case) -> str:
    return json.dumps([case.path_parameters, case.query, case.body], default=str)


class Peers:
    """Somebody of one organisation, whose requests are replayed by an owner of another one."""

    def __init__(self, acme, globex) -> None:
        self.acme, self.globex = acme, globex
        self.seen: set[str] = set()  # ids that only the first one may know
        self.succeeded: set[str] = set()
        self.counts: Counter = Counter()

    def make_real(self, case) -> None:
        """Let a request be about things that there are, which a generator of requests could not guess."""
        asked = REQUESTS[name_of(case)](self.acme, "owner")
        if asked.values:
            case.path_parameters = {name: str(value) for name, value in asked.values.items()}
        if asked.json is not None:
            case.body = asked.json

    def check(self, case, response) -> None:
        """Replay what the first one asked, as the other one, and about what there is nowhere."""
        name, asked = name_of(case), asked_of(case)
        self.counts["requests"] += 1
        if response.status_code < 400:
            self.succeeded.add(name)
        self.seen |= ids_in(response.content.decode(errors="replace")) - known_to(self.globex)
        if name in ABOUT_NOBODY:
            return
        learned = self.seen & ids_in(asked)
        replayed = self._replay(case, asked, {})
        assert not (ids_in(replayed.text) & self.seen) - learned, (name, asked, replayed.text)
        if not learned:
            return
        self.counts["replayed"] += 1
        path, _, body = json.loads(asked)
        # By an id in a query a list is filtered: nobody's is as empty as that of anybody else, which is asked below.
        assert replayed.status_code >= 400 or not learned & ids_in(json.dumps([path, body])), (
            name,
            asked,
            replayed.text,
        )
        others = {text: str(uuid4()) for text in learned}
        nobodys = self._replay(case, asked, others)
        expected = replayed.text
        for text, other in others.items():
            expected = expected.replace(text, other)
        assert (replayed.status_code, expected) == (nobodys.status_code, nobodys.text), (name, asked)

    def _replay(self, case, asked: str, others: dict[str, str]):
        """The answer that the other one gets, with other ids in the place of these."""
        headers = {"Authorization": f"Bearer {self.globex.texts['owner']}"}
        request = case.as_transport_kwargs(headers=headers)
        url = request["url"]
        for text, other in others.items():
            asked, url = asked.replace(text, other), url.replace(text, other)
        _, query, body = json.loads(asked)
        sent = {"content": case.body} if isinstance(case.body, bytes) else {}
        sent |= {"json": body} if isinstance(case.body, dict | list) else {}
        headers = {key: value for key, value in request["headers"].items() if key.lower() != "content-length"}
        return self.globex.client("owner").request(case.method, url, params=query or None, headers=headers, **sent)


def machine_of(schema, peers: Peers):
    class Machine(schema.as_state_machine()):
        def before_call(self, case) -> None:
            if len(str(case.path_parameters) + str(case.body)) % 3:  # else as it was generated
                peers.make_real(case)

        def get_call_kwargs(self, case) -> dict:  # noqa: ARG002 - as schemathesis calls it
            return {"headers": {"Authorization": f"Bearer {peers.acme.texts['owner']}"}, "timeout": 30}

        def validate_response(self, response, case, **_) -> None:
            assert response.status_code < 500, response.text
            peers.check(case, response)

    return Machine


def test_what_one_learns_the_other_cannot_use(acme, globex, capsys):
    schema = schemathesis.openapi.from_url(f"{acme.site.url}/api/v1/openapi.json")
    peers = Peers(acme, globex)
    allowed = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    settings = hypothesis.settings(
        max_examples=5, stateful_step_count=12, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=allowed,
    )  # fmt: skip
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        # What a request draws depends on what there is by then; the same beginning twice is no fault of the service.
        with contextlib.suppress(FlakyStrategyDefinition):
            machine_of(schema, peers).run(settings=settings)
    assert not known_to(globex) & peers.seen
    with capsys.disabled():
        print(
            f"\n{peers.counts['requests']} requests, {peers.counts['replayed']} of them with ids of the first peer; "
            f"{len(peers.succeeded)} of {len(OPERATIONS)} operations succeeded, {len(peers.seen)} ids seen"
        )
    assert peers.counts["replayed"] > SECONDS / 10
    assert len(peers.succeeded & set(WITH_IDS)) >= 8, "too few requests about things that exist to show anything"
