"""docs/service-operations.md: its commands, as they are written, make a service for two organisations, and a backup."""

import os
import re
import shlex
import subprocess
import sys
import time

import httpx
import psycopg
import pytest

from tests.conftest import ROOT
from tests.service import postgres
from tools.service_process import started

pytestmark = pytest.mark.service
PAGE = (ROOT / "docs/service-operations.md").read_text()


def blocks(language: str, section: str) -> list[str]:
    """The blocks of code in a section of the page."""
    text = re.split(r"^##+ ", PAGE[PAGE.index(f"# {section}\n") :], maxsplit=2, flags=re.MULTILINE)[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def statements(url: str, block: str) -> None:
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        for line in block.splitlines():
            connection.execute(line)


@pytest.fixture
def here(postgres_url):
    """Gives the words of the commands in a block of the page, for the database server of the tests."""
    host = postgres_url.partition("@")[2]

    def words(block: str) -> list[list[str]]:
        lines = block.replace("db.internal", host).splitlines()
        return [shlex.split(line) for line in lines if not line.startswith("export ")]

    return words


def call(words: list[str], folder, **more) -> subprocess.CompletedProcess:
    environment = {**os.environ, "HETERO2_FOLDER": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *words] if words[0] == "hetero2" else words
    return subprocess.run(command, env=environment, capture_output=True, text=True, **more)


def test_two_organisations_and_their_backup(tmp_path, postgres_url, here):
    folder = tmp_path / "service"
    (roles,), (made, run) = (blocks(language, "More than one organisation") for language in ("sql", "bash"))
    statements(postgres_url, roles)
    printed = [call(words, folder, check=True).stdout for words in here(made)]
    tokens = [text.partition("once: ")[2].strip() for text in printed[1:]]
    (lost,) = re.findall(r"^    (hetero2 admin token .*)$", PAGE, re.MULTILINE)
    tokens.append(call(here(lost)[0], folder, check=True).stdout.partition("once: ")[2].strip())

    serving, working = here(run)
    environment = {**os.environ, "HETERO2_FOLDER": str(folder), "PYTHONPATH": str(ROOT)}
    log = (tmp_path / "worker.log").open("wb")
    with (
        log,
        started(folder, *serving[2:]) as server,
        subprocess.Popen([sys.executable, "-m", *working], env=environment, stdout=log, stderr=log) as worker,
    ):
        try:
            people = [
                httpx.get(
                    f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False
                ).json()
                for token in tokens
            ]
            headers = {"Authorization": f"Bearer {tokens[0]}"}
            path = f"/api/v1/members/{people[0]['user_id']}:reset"
            link = httpx.post(server.url + path, headers=headers, trust_env=False)
            doctor = ["hetero2", "admin", "doctor", *working[2:]]
            deadline = time.monotonic() + 120
            while "workers: 1 processes" not in (said := call(doctor, folder)).stdout:
                assert worker.poll() is None, (tmp_path / "worker.log").read_text()
                assert time.monotonic() < deadline, said.stdout
        finally:
            worker.terminate()
    assert [person["role"] for person in people] == ["owner"] * 3
    assert people[0]["org_id"] == people[2]["org_id"] != people[1]["org_id"]
    assert link.status_code == 201, "the owner makes a link to choose a password"

    (role,), (dump,) = (blocks(language, "With PostgreSQL") for language in ("sql", "bash"))
    statements(postgres_url, role)
    words = here(dump)[0]
    words[0] = str(postgres.programs() / words[0])
    call(words, folder, cwd=tmp_path, check=True)
    as_owner = [word.replace("hetero2_backup@", "hetero2_owner@") for word in words]
    assert "row-level security" in call(as_owner, folder, cwd=tmp_path).stderr
