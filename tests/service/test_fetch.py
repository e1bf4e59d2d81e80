"""Files by URL: whatever is asked for, nobody but the allowed host is contacted, and of its answer nothing is told."""

import hashlib
import json
import subprocess
import sys
from functools import cache

import httpx
import pytest

from hetero2.errors import ConfigError
from hetero2.service.client.transfers import LinkedFile
from tests.conftest import ROOT
from tests.service.fetches import ADDRESS, ASKED_ONCE, BODY, MARKER, REFUSED

ALONE = ["unshare", "--map-root-user", "--net", "--mount"]


@cache
def has_networks() -> bool:
    """Whether a process can have a network of its own here."""
    try:
        return subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0
    except OSError:
        return False


pytestmark = [pytest.mark.service, pytest.mark.skipif(not has_networks(), reason="unshare or ip cannot be used here")]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inside")
    words = [*ALONE, sys.executable, "-m", "tests.service.inside", folder]
    done = subprocess.run([str(word) for word in words], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-5000:]
    return json.loads((folder / "answers.json").read_text())


def refused(answer, code="not_fetched", contacts=()):
    assert [tuple(contact) for contact in answer["contacts"]] == list(contacts)
    assert json.loads(answer["text"])["code"] == code, answer["text"]
    assert MARKER not in answer["text"] + json.dumps(answer["headers"])
    assert answer["arriving"] == []
    return json.loads(answer["text"])["detail"]


@pytest.mark.parametrize("url", REFUSED)
def test_nobody_is_contacted(answers, url):
    refused(answers[url])


@pytest.mark.parametrize("path", sorted(ASKED_ONCE))
def test_the_allowed_host_alone_is_asked_and_its_answer_is_not_told(answers, path):
    said = refused(answers[path], contacts=[(ADDRESS, 443)])
    assert said == refused(answers["a name for 127.0.0.1"]), "it can be told whether somebody answered"


def test_without_a_list_nothing_is_fetched(answers):
    assert "not among those" in refused(answers["before hosts are listed"])


def test_a_file_comes_with_its_sha256_alone(answers):
    refused(answers["no sha256"], "invalid")
    refused(answers["no name"], "invalid")
    said = refused(answers["another sha256"], "digest_mismatch", [(ADDRESS, 443)])
    assert answers["stored before"]["keys"] == []
    for name, given in (("good", "file.csv"), ("good, named", "library.csv")):
        upload = json.loads(answers[name]["text"])
        assert (answers[name]["status"], upload["name"], upload["size"]) == (201, given, len(BODY))
        assert upload["is_complete"]
        assert answers[name]["contacts"] == [[ADDRESS, 443]]
        assert upload["sha256"] not in said
    assert [key.rpartition("/")[2] for key in answers["stored"]["keys"]] == [upload["sha256"]]


@pytest.mark.parametrize("path", ["/large", "/large-open"])
def test_a_file_that_is_too_large_is_not_kept(answers, path):
    refused(answers[path], contacts=[(ADDRESS, 443)])


def test_no_credential_and_no_proxy_goes_with_it(answers):
    (request,) = answers["good"]["requests"]
    head = request.split("\r\n")
    assert head[0] == "GET /file.csv?key=1 HTTP/1.1"
    names = {line.partition(":")[0].lower() for line in head[1:] if line}
    assert names == {"host", "user-agent", "accept", "accept-encoding"}
    assert MARKER not in request


def test_a_name_that_changes_its_address_is_connected_to_where_it_was_checked(answers):
    assert answers["rebound once"]["status"] == 201
    assert answers["rebound once"]["contacts"] == [[ADDRESS, 443]]
    refused(answers["rebound twice"])


def test_remote_gives_a_url_in_the_place_of_a_file(answers):
    done = answers["by remote"]
    assert (done["code"], done["contacts"]) == (0, [[ADDRESS, 443]] * 2)
    file = {"name": "file.csv", "size": len(BODY), "sha256": hashlib.sha256(BODY).hexdigest()}
    assert done["inputs"] == {"library": file, "known": file}
    for text in ("https://a.example/x.csv", "https://a.example/x.csv#sha256=12", "https://a.example/#sha256="):
        with pytest.raises(ConfigError, match="needs its sha256"):
            LinkedFile.of(text)


def test_an_organisation_fetches_two_at_once(answers):
    assert answers["at once"]["statuses"] == [422, 422, 429]
    assert answers["after"]["status"] == 201


def test_the_audit_log_has_the_host_and_no_more_of_the_url(answers):
    (event,) = answers["good"]["events"]
    assert event["act"] == "upload.create"
    assert event["detail"].pop("host") == "public.example"
    assert event["detail"].keys() == {"name", "size", "sha256"}
    assert answers["/fails"]["events"] == answers["another sha256"]["events"] == []


def test_what_is_no_name_of_a_host_is_not_listed(still):
    headers = {"Authorization": f"Bearer {still.token}"}
    for host in (
        "*.example 127.0.0.1 2130706433 0x7f.1 a.0x7f [::1] ::1 a.example. localhost https://a.example a.example/x "
        "u@a.example a..example publ\u0131c.example -a.example A.example a.example:"
    ).split():
        answer = httpx.patch(f"{still.url}/api/v1/org", json={"fetch_hosts": [host]}, headers=headers, trust_env=False)
        assert answer.status_code == 422, host
