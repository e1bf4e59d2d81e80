"""The pages of the service: their commands do what they say, and their tables are those of the code."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from hetero2.service.commands.serve import _OPTIONS
from hetero2.service.domain.errors import CODES
from hetero2.service.domain.states import FOLLOWING, TERMINAL, State
from hetero2.service.settings import Settings
from tests.conftest import ROOT
from tests.service import serving

pytestmark = pytest.mark.service
PAGE = (ROOT / "docs/service.md").read_text()
OPERATIONS = (ROOT / "docs/service-operations.md").read_text()


def table(first, page=PAGE):
    """The rows below a header that begins with this word, as lists of cells."""
    lines = page[page.index(f"| {first} |") :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_codes_are_those_of_the_code():
    assert table("code") == [[f"`{code}`", str(status), title] for code, (status, title) in CODES.items()]


def test_the_settings_are_those_of_the_code():
    shown = {row[0].strip("`"): row[1:3] for row in table("setting", OPERATIONS)}
    assert list(shown) == list(Settings.model_fields)
    for name, (default, option) in shown.items():
        assert default in ("all", str(Settings.model_fields[name].default)), name
        assert option == (f"`--{name}`" if name in _OPTIONS else ""), name


def test_the_states_are_those_of_the_code():
    rows = table("state")
    assert [row[0].strip("`") for row in rows if row[0]] == [state for state in State if state not in TERMINAL]
    before = State.QUEUED
    shown = {state: set() for state in FOLLOWING}
    for row in rows:
        before = State(row[0].strip("`")) if row[0] else before
        shown[before] |= {State(word) for word in re.findall(r"`([A-Z_]+)`", row[3])}
    shown[State.INITIALIZING] |= shown[State.RUNNING] - {State.COMPLETE, State.PAUSED}
    shown[State.PREEMPTED] |= {State.CANCELED}  # within those seconds
    assert shown == FOLLOWING
    assert all(f"`{state}`" in PAGE for state in TERMINAL)


def test_every_call_of_the_page_is_one():
    document = (ROOT / "docs/service-openapi.json").read_text()
    for method, path in re.findall(r"`(GET|POST|PUT|PATCH) (/[^`?, ]*)", PAGE):
        if path not in ("/healthz", "/readyz"):
            pattern = re.sub(
                r"\{\w+\}", r"{\\w+}", re.escape(path.removeprefix("/api/v1")).replace(r"\{", "{").replace(r"\}", "}")
            )
            assert re.search(rf'"/api/v1{pattern}": ', document), f"{method} {path}"


def test_the_commands_of_the_page_give_a_verified_pack(tmp_path, caches, capsys):
    """From an empty folder; then the folder is copied away and restored, and every file is what it was."""
    (commands,) = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    mine = tmp_path / "mine"
    mine.mkdir()
    folder = tmp_path / "hetero2-service"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with serving.served(folder, "--cores=2", caches=caches) as server:
        began = time.monotonic()
        environment = {
            "PATH": path,
            "URL": server.url,
            "TOKEN": server.token,
            "PYTHONPATH": str(ROOT),
            "HOME": str(mine),
        }
        words = ["bash", "-euo", "pipefail", "-c", commands]
        done = subprocess.run(words, cwd=mine, env=environment, capture_output=True, text=True, timeout=500)
        took = time.monotonic() - began
        assert done.returncode == 0, done.stdout + done.stderr
        assert "COMPLETE" in done.stdout.splitlines()
        (run,) = server.client.get("/runs").json()["runs"]
        artifacts = server.client.get(f"/runs/{run['id']}/artifacts").json()
    with capsys.disabled():
        print(f"\nthe commands of the page: {took:.0f} s; in the run {run['facts']['seconds']} s")
    token = (folder / "token.txt").read_text()
    (backup,) = re.findall(r"^    (tar .*)$", OPERATIONS, re.MULTILINE)
    (folder / "caches").unlink()
    subprocess.run(backup.split(), cwd=tmp_path, check=True)
    shutil.rmtree(folder)
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    with serving.served(folder, "--workers=0") as server:
        assert server.token == token
        assert server.client.get(f"/runs/{run['id']}/artifacts").json() == artifacts
        for artifact in artifacts:
            assert server.file(run["id"], artifact["name"]).headers["etag"] == f'"{artifact["sha256"]}"'
            content = server.file(run["id"], artifact["name"]).content
            assert hashlib.sha256(content).hexdigest() == artifact["sha256"]
