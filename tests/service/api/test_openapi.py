"""The document of the API: kept with the code, readable, and true of the service that runs."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.service import serving
from tools import service_openapi, service_reference

pytestmark = pytest.mark.service
# What a request that is wrong gets is tested one by one; here it is that nothing fails and all that comes is declared.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
SECONDS = int(os.environ.get("SECONDS_OF_FUZZING", "30"))


@pytest.fixture(scope="module")
def document():
    return json.loads(service_openapi.PATH.read_text())


def operations(document):
    return [operation for methods in document["paths"].values() for operation in methods.values()]


def test_the_document_is_that_of_the_code():
    assert service_openapi.PATH.read_text() == service_openapi.text(), "python -m tools.service_openapi"
    page = service_reference.text(json.loads(service_openapi.text()))
    assert service_reference.PATH.read_text() == page, "python -m tools.service_openapi"


def test_every_reference_of_the_document_leads_somewhere(document):
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert names - set(document["components"]["schemas"]) == set()
    assert "EventShown" in names


def test_every_operation_is_named_described_and_says_its_problems(document):
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))
    for operation in operations(document):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"])
        assert re.fullmatch(r"[A-Z].*\.", operation["description"]), operation
        assert {"400", "422", "429", "500", "503"} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            assert (serving.MEDIA_TYPE in response.get("content", {})) == (status >= "400"), operation
    public = {operation["operationId"] for operation in operations(document) if "security" not in operation}
    assert public == {"list_workflows", "get_workflow", "get_signed_file", "head_signed_file"}


def test_requests_made_from_the_document_find_no_defect(tmp_path, capsys):
    rates = dict.fromkeys(("rate_token", "rate_org", "rate_address", "rate_runs", "rate_checks"), 10**6)
    with serving.served(tmp_path / "service", "--workers=0", max_upload=1_000_000, **rates) as server:
        words = (
            f"-m schemathesis.cli run {server.url}/api/v1/openapi.json --checks {CHECKS} --max-time {SECONDS} "
            "--no-color --continue-on-failure --suppress-health-check all --warnings off --header"
        )
        done = subprocess.run(
            [sys.executable, *words.split(), f"Authorization: Bearer {server.token}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "NO_PROXY": "*"},
            timeout=60 + 10 * SECONDS,
        )
        log = (server.folder / "server.log").read_text()
    with capsys.disabled():
        print("\n" + "\n".join(line for line in done.stdout.splitlines() if re.search(r"\d+ (generated|passed)", line)))
    assert done.returncode == 0, done.stdout[-15_000:] + done.stderr
    defects = [line for line in log.splitlines() if '"level": "error"' in line]
    assert defects == []
    assert str(ROOT) not in done.stdout
