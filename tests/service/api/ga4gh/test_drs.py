"""DRS 1.2.0 of a project: files by id, their checksums, and addresses that hold for five minutes."""

import hashlib
import time
import uuid
from urllib.parse import parse_qs, urlsplit

import httpx
import jsonschema
import pytest

from hetero2.service.domain.permissions import Action
from tests.service.api.ga4gh.official import SERVICE, closed
from tests.service.api.ga4gh.places import LIBRARY
from tests.service.api.ga4gh.test_wes import refused

pytestmark = pytest.mark.service
_TEXT = {"type": "string"}
OBJECT = {
    "type": "object",
    "required": ["id", "self_uri", "size", "created_time", "checksums", "access_methods"],
    "properties": {
        "id": {"type": "string", "pattern": r"^[A-Za-z0-9._~-]+$"},
        "name": {"type": "string", "pattern": r"^[A-Za-z0-9._-]+$"},
        "self_uri": {"type": "string", "pattern": r"^drs://[^/:]+/[A-Za-z0-9._~-]+$"},
        "size": {"type": "integer"},
        "created_time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
        "mime_type": _TEXT,
        "checksums": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["checksum", "type"],
                "properties": {"checksum": {"pattern": "^[0-9a-f]{64}$"}, "type": {"const": "sha-256"}},
            },
        },
        "access_methods": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "access_id"],
                "properties": {"type": {"enum": ["https", "s3", "file"]}, "access_id": _TEXT},
            },
        },
    },
}  # fmt: skip
URL = {"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "pattern": "^https?://"}}}
CONTENT = b"id,score\na,1\n"


def checked(answer, schema):
    assert answer.status_code == 200, answer.text
    jsonschema.Draft202012Validator(closed(schema, {})).validate(answer.json())
    return answer.json()


@pytest.fixture
def published(place):
    run_id = place.site.complete({"ranked.csv": CONTENT})
    return place.artifact_ids(run_id)["ranked.csv"]


def test_a_published_file_is_found_by_its_id_and_fetched_without_a_token(place, published):
    with place.client("drs/v1") as drs:
        shown = checked(drs.get("/service-info"), SERVICE)
        assert shown["type"] == {"group": "org.ga4gh", "artifact": "drs", "version": "1.2.0"}
        file = checked(drs.get(f"/objects/{published}"), OBJECT)
        assert (file["id"], file["size"], file["name"]) == (published, len(CONTENT), "ranked.csv")
        assert file["mime_type"] == "text/csv"
        (method,), before = file["access_methods"], place.acts()
        address = checked(drs.get(f"/objects/{published}/access/{method['access_id']}"), URL)["url"]
        assert place.acts()[: len(place.acts()) - len(before)] == ["artifact.sign"]
        content = httpx.get(address, trust_env=False).content
        assert hashlib.sha256(content).hexdigest() == file["checksums"][0]["checksum"]
        assert int(parse_qs(urlsplit(address).query)["expires"][0]) <= time.time() + 300
        refused(drs.get(f"/objects/{published}/access/another"), 404)
        refused(drs.post(f"/objects/{published}"), 405)


def test_an_upload_is_a_file_too_once_all_of_it_has_come(place):
    brought = place.put("my library.csv", LIBRARY)
    with place.client("drs/v1") as drs:
        assert checked(drs.get(f"/objects/{brought}"), OBJECT)["name"] == "my_library.csv"
        before = place.acts().count("upload.sign")
        address = checked(drs.get(f"/objects/{brought}/access/signed"), URL)["url"]
        assert place.acts().count("upload.sign") == before + 1
        assert httpx.get(address, trust_env=False).content == LIBRARY
        headers = {"Authorization": f"Bearer {place.site.token}"}
        announced = {"name": "a.csv", "size": 9, "sha256": "0" * 64}
        answer = httpx.post(f"{place.site.url}/api/v1/uploads", json=announced, headers=headers, trust_env=False)
        refused(drs.get(f"/objects/{answer.json()['id']}"), 404)


def test_a_drs_address_leads_to_the_file_with_the_token_of_its_project_alone(place, other, published):
    with place.client("drs/v1", names="") as drs:
        file = checked(drs.get(f"/objects/{published}"), OBJECT)
        assert file["self_uri"] == f"drs://127.0.0.1/{published}"
    with other.client("drs/v1", names="") as drs:
        refused(drs.get(f"/objects/{published}"), 404)


def test_files_of_others_answer_as_files_that_there_are_not(place, other, published):
    brought = place.put("library.csv", LIBRARY)
    with other.client("drs/v1") as drs:
        for path in ("/objects/{}", "/objects/{}/access/signed"):
            answers = {refused(drs.get(path.format(each)), 404) for each in (published, brought, uuid.uuid4(), "none")}
            assert len(answers) == 1
    for below in (f"{place.org}/{place.project}", "none/none"):
        with other.client("drs/v1", names=below) as drs:
            answers |= {refused(drs.get(f"/objects/{published}"), 404), refused(drs.get("/service-info"), 404)}
    assert len(answers) == 1


def test_an_address_without_a_token_needs_the_right_to_give_it(place, published):
    with place.client("drs/v1", token=place.limited(Action.READ_RUNS)) as drs:
        assert drs.get(f"/objects/{published}").status_code == 200
        assert "artifacts:sign" in refused(drs.get(f"/objects/{published}/access/signed"), 403)
    with place.client("drs/v1", token=place.limited(Action.SIGN_ARTIFACTS)) as drs:
        assert "runs:read" in refused(drs.get(f"/objects/{published}"), 403)
        assert "runs:read" in refused(drs.get("/service-info"), 403)
    with place.client("drs/v1", token="") as drs:
        refused(drs.get(f"/objects/{published}"), 401)
