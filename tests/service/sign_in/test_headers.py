"""Headers that make answers safe: on every answer of every route, whatever is wrong with the request."""

import re

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from hetero2.service.api.app import create_app
from hetero2.service.db.access import sessions
from tests.service import sites

pytestmark = pytest.mark.service
VALUES = {"run_id": "0" * 32, "name": "demo", "action": "cancel", "text": "h2i_x", "key": "x", "path": "style.css"}
SAME = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


def _requests(service):
    """(method, path) of every route, and of what no route has."""
    for context in iter_route_contexts(create_app(service).routes):
        path = re.sub(r"\{(\w+)(:path)?\}", lambda hole: VALUES.get(hole[1], "0" * 32), context.path)
        for method in context.methods or {"GET"}:
            yield method, path
    yield from (
        ("GET", "/nothing"),
        ("DELETE", "/"),
        ("PATCH", "/login"),
        ("GET", "/static/style.css"),
        ("PUT", "/runs"),
    )


@pytest.mark.parametrize("public_url", ["", "https://hetero2.example"])
def test_every_answer_has_them(tmp_path, public_url):
    with sites.served(tmp_path, public_url=public_url) as site, httpx.Client(base_url=site.url) as client:
        asked = set(_requests(site.service))
        assert len(asked) > 50
        statuses = set()
        headers = {"Authorization": f"Bearer {site.token}"} if public_url else {}
        for method, path in sorted(asked):
            _check(client.request(method, path, headers=headers), public_url, f"{method} {path}")
        for answer in (
            client.post("/login", content=b"x" * 1_000_001),
            client.post("/login", headers={"Origin": "https://example.org"}),
            client.post("/login", content=b"\xff", headers={"Content-Type": "multipart/form-data"}),
        ):
            statuses.add(answer.status_code)
            _check(answer, public_url, answer.text[:80])
        assert {403, 413} <= statuses


def test_also_an_answer_to_a_defect(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("what went wrong")

    with sites.served(tmp_path, public_url="https://hetero2.example") as site:
        monkeypatch.setattr(sessions, "opened", broken)
        cookies = {"__Host-hetero2_session": "h2s_" + "A" * 65}
        with httpx.Client(base_url=site.url, cookies=cookies) as client:
            answer = client.get("/")
            assert answer.status_code == 500
            _check(answer, "https", "a defect")
            assert "what went wrong" not in answer.text
        with httpx.Client(base_url=site.url) as client:
            monkeypatch.setattr("hetero2.service.db.access.tokens.opened", broken)
            answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {site.token}"})
            assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
            _check(answer, "https", "a defect")


def _check(answer, public_url, where):
    for name, value in SAME.items():
        assert answer.headers.get(name) == value, (where, name)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy or policy.startswith("sandbox"), where
    assert "default-src 'none'" in policy or policy.startswith("sandbox"), where
    assert "camera=()" in answer.headers["permissions-policy"], where
    assert ("strict-transport-security" in answer.headers) is bool(public_url), where
    assert "server" not in answer.headers, where
