"""A real service, as its operator starts it, on a free port: `hetero2 serve` in a process of its own."""

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tools.service_process import started

MEDIA_TYPE = "application/problem+json"
ENDS = {"COMPLETE", "EXECUTOR_ERROR", "SYSTEM_ERROR", "CANCELED"}
LIBRARY = "id,smiles\n" + "".join(f"m{n},{'C' * (n % 7 + 1)}{'NO'[n % 2]}C(=O)c1ccc(C)cc1\n" for n in range(20))
KNOWN = "id,smiles,label\nk1,CCOC(=O)c1ccccc1N,1\nk2,CCO,0\nk3,CCN,0\nk4,CCCNC(=O)c1ccccc1,1\n"


@dataclass(frozen=True)
class Served:
    """A service that runs, and a client with its owner's token."""

    url: str
    token: str
    process: int
    folder: Path
    client: httpx.Client

    def put(self, name: str, content: bytes | str) -> str:
        """Upload a file; its id."""
        content = content.encode() if isinstance(content, str) else content
        answer = self.client.put("/uploads", params={"name": name}, content=content)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def screen(self, **more: Any) -> dict[str, Any]:
        """The body of a request for the cheapest run that there is."""
        inputs = {"library": self.put("library.csv", LIBRARY), "known": self.put("known.csv", KNOWN)}
        return {"workflow": "screen", "inputs": inputs, "parameters": {}, **more}

    def ask(self, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Ask for a run."""
        answer = self.client.post("/runs", json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def run(self, run_id: str) -> dict[str, Any]:
        """A run as it stands."""
        return dict(self.client.get(f"/runs/{run_id}").json())

    def wait(self, run_id: str, *states: str, seconds: float = 300) -> dict[str, Any]:
        """A run, once it is in one of these states, or has ended where none is named."""
        deadline = time.monotonic() + seconds
        while (shown := self.run(run_id))["state"] not in (states or ENDS):
            assert time.monotonic() < deadline, shown
            assert shown["state"] not in ENDS, shown
            time.sleep(0.1)
        return shown

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """A run from its request to its good end."""
        shown = self.wait(self.ask(body)["id"])
        assert shown["state"] == "COMPLETE", (shown["reason"], self.client.get(f"/runs/{shown['id']}/log").text)
        return shown

    def file(self, run_id: str, name: str, **headers: str) -> httpx.Response:
        """A file that a run published."""
        return self.client.get(f"/runs/{run_id}/artifacts/{name}", headers=headers)

    def resident(self) -> int:
        """Bytes of memory that the process has."""
        text = Path(f"/proc/{self.process}/status").read_text()
        return 1024 * int(re.search(r"VmRSS:\s+(\d+)", text)[1])  # type: ignore[index]


@contextlib.contextmanager
def served(folder: Path, *options: str, caches: Path | None = None, **settings: object) -> Iterator[Served]:
    """Serve a folder until the block ends; settings: as HETERO2_.. says them. caches: of runs, kept for the next."""
    environment = {f"HETERO2_{name.upper()}": str(value) for name, value in settings.items()}
    with started(folder, *options, caches=caches, environment=environment) as service:
        kept = folder / "token.txt"
        token = service.token or kept.read_text()
        kept.write_text(token)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{service.url}/api/v1", headers=headers, timeout=120, trust_env=False) as client:
            yield Served(service.url, token, service.pid, folder, client)


def problem(answer: httpx.Response, code: str) -> dict[str, Any]:
    """The problem of an answer, which must be this one, in full."""
    from hetero2.service.domain.errors import CODES

    assert answer.headers["content-type"] == MEDIA_TYPE, (answer.status_code, answer.text)
    body = answer.json()
    status, title = CODES[code]
    told = (body["code"], body["status"], answer.status_code, body["title"], body["type"])
    assert told == (code, status, status, title, f"urn:hetero2:problem:{code}"), body
    assert body["detail"]
    assert "Traceback" not in answer.text
    assert len(answer.content) < 20_000
    return dict(body)
