"""A client of others, gxy-wes, asks for a run, waits for its end, and its files are fetched by DRS."""

import csv
import hashlib
import json
import os
import re
import subprocess
import time
from urllib.parse import urlsplit

import gxy_wes
import httpx
import pytest
from gxy_wes.client import TERMINAL_STATES

from tests.conftest import ROOT
from tests.service import sites
from tests.service.api.ga4gh.places import Place

pytestmark = pytest.mark.service
PAGE = (ROOT / "docs/service.md").read_text()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with sites.served(tmp_path_factory.mktemp("client"), n_workers=1) as site:
        yield Place(site, "default", "default")


@pytest.fixture
def client(place):
    wes = gxy_wes.WesClient(f"{place.site.url}/{place.org}/{place.project}")
    wes.session.trust_env = False
    wes.session.headers["Authorization"] = f"Bearer {place.site.token}"
    with wes.session:
        yield wes


def test_a_screen_from_its_files_to_its_list(place, client, tmp_path):
    library, known = sites.screen_files(tmp_path)
    shown = client.service_info()
    ((type_, versions),) = shown["workflow_type_versions"].items()
    inputs = {"library": "library.csv", "known": place.put("known.csv", known.read_bytes())}
    run_id = client.submit_run(
        workflow_type=type_,
        workflow_type_version=versions["workflow_type_version"][-1],
        workflow_url=next(url for url in shown["tags"] if "/screen/" in url),
        workflow_path=str(library),  # a file to attach, for this client
        params={"inputs": inputs, "parameters": {"seed": 3}},
        engine_parameters={},
    )["run_id"]
    while (state := client.get_run_status(run_id)["state"]) not in TERMINAL_STATES:
        time.sleep(0.2)
    record = client.get_run(run_id)
    assert state == "COMPLETE", record
    assert record["run_log"]["exit_code"] == 0
    assert client.get_run_tasks(run_id)["task_logs"] == []  # a screen is one command
    assert client.list_runs(page_size=1)["runs"][0]["run_id"] == run_id
    assert record["outputs"].keys() == {"ranked.csv", "run_record.json", "log.txt"}
    contents = {}
    with place.client("drs/v1") as drs:
        for name, address in record["outputs"].items():
            file = drs.get(f"/objects{urlsplit(address).path}").json()
            access = drs.get(f"/objects/{file['id']}/access/{file['access_methods'][0]['access_id']}").json()
            contents[name] = httpx.get(access["url"], trust_env=False).content
            assert file["name"] == name
            assert file["checksums"] == [{"type": "sha-256", "checksum": hashlib.sha256(contents[name]).hexdigest()}]
            assert file["size"] == len(contents[name])
        assert contents["log.txt"] == drs.get(record["run_log"]["stdout"]).content
    assert len(list(csv.DictReader(contents["ranked.csv"].decode().splitlines()))) == len(sites.SMILES)
    assert json.loads(contents["run_record.json"])["run_id"] == run_id


def test_what_is_refused_is_an_error_of_the_client_with_the_reason(client):
    with pytest.raises(gxy_wes.WesError, match="workflow_type: is not SMK") as error:
        client.submit_run(workflow_type="gx_workflow_ga", workflow_url="https://example.org/workflow.ga")
    assert error.value.status_code == 400
    run_id = client.submit_run(workflow_type="SMK", workflow_type_version="9", workflow_url="hetero2://demo/1")[
        "run_id"
    ]
    assert client.cancel_run(run_id) == {"run_id": run_id}


def test_the_commands_of_the_page_ask_for_a_run(place, tmp_path):
    (commands,) = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    _, known = sites.screen_files(tmp_path)
    known.rename(tmp_path / "train.csv")
    environment = {"PATH": os.environ["PATH"], "URL": place.site.url, "TOKEN": place.site.token}
    words = ["bash", "-euo", "pipefail", "-c", commands]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with place.client() as wes:
        newest = wes.get("/runs").json()["runs"][0]
        wes.post(f"/runs/{newest['run_id']}/cancel")
    assert newest["tags"] == {"asked_by": "me"}
    assert f'"run_id":"{newest["run_id"]}","state":' in done.stdout
