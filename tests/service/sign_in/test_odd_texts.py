"""Texts that one database refuses and the other keeps: NUL, half a surrogate pair, numbers and times out of range."""

import base64
import json
from uuid import uuid4

import httpx
import pytest

from hetero2.service.domain.permissions import OrgRole
from hetero2.service.sign_in import id_token
from hetero2.service.workflows.registry import WORKFLOWS

pytestmark = pytest.mark.service
_NUL, _HALF = "\\u0000", "\\ud800"  # as JSON has them
_TOO_EARLY, _TOO_LATE = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.fixture(scope="module")
def api(place):
    headers = {"Authorization": f"Bearer {place.site.token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=f"{place.site.url}/api/v1", headers=headers, timeout=60, trust_env=False) as client:
        yield client


def _record(sha256):
    version = WORKFLOWS["screen"].version
    return (
        f'{{"record": {{"workflow": "screen", "version": "{version}", "name": "x", "parameters": '
        f'{{}}, "inputs": {{"library": {{"sha256": "{sha256}"}}}}}}}}'
    )


@pytest.mark.parametrize("text", [_NUL, _HALF])
def test_no_body_brings_a_text_that_no_database_keeps(api, text):
    for path, body in (
        ("/invitations", f'{{"email": "a{text}@acme.example", "role": "member"}}'),
        ("/runs", f'{{"workflow": "audit_scores", "parameters": {{"settings": {{"{text}": {{}}}}}}}}'),
        ("/runs", f'{{"workflow": "{text}"}}'),
        ("/runs:rerun", _record(text)),
        ("/runs:rerun", f'{{"manifest": {{"{text}": "{text}"}}}}'),
        ("/tokens", f'{{"name": "t", "actions": ["{text}"]}}'),
    ):
        answer = api.post(path, content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), path


def test_a_number_that_no_json_has_is_not_taken(api):
    for number in ("1e400", "-1e400", "1" * 5000):
        answer = api.post("/runs", content=f'{{"workflow": "demo", "parameters": {{"x": {number}}}}}')
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_no_address_has_a_nul(place, api):
    for path in ("/runs?workflow=%00", "/audit?act=%00", "/members/%00"):
        assert api.get(path).status_code == 400
    assert place.browser().get("/invitations/%00").status_code == 400


def test_times_that_utc_does_not_have_are_refused(api):
    for moment in (_TOO_EARLY, _TOO_LATE):
        cursor = base64.urlsafe_b64encode(json.dumps([moment, uuid4().hex]).encode()).decode()
        for path in ("/runs", "/audit"):
            assert api.get(path, params={"cursor": cursor}).json()["code"] == "invalid"
        assert api.post("/tokens", json={"name": "t", "expires_at": moment}).json()["code"] == "invalid"


def test_numbers_that_a_database_does_not_have_are_refused(place, api):
    run_id = place.site.queued()
    assert api.get(f"/runs/{run_id}/events", params={"after": 2**63}).json()["code"] == "invalid"
    assert api.get(f"/runs/{run_id}/events", headers={"Last-Event-ID": f"{2**63}"}).json()["code"] == "invalid"


def test_no_form_brings_a_nul(place):
    opened = place.browser()
    for field in ("org", "email", "password"):
        said = {"org": place.org, "email": "ada@acme.example", "password": "some words of mine"}
        assert opened.sign_in(**{**said, field: said[field] + "\0"}).status_code == 400
    owner = place.by_password(place.person(OrgRole.OWNER))
    assert owner.form("/members/invite", {"email": "a\0@acme.example", "role": "member"}).status_code == 400


def test_the_form_that_starts_a_run_is_read_as_strictly_as_the_api_reads(place):
    opened = place.by_password(place.person())
    before = len(place.events("run.create"))
    for value in ("Infinity", "NaN", "1e400", '"\\u0000"', "[" * 50_000):
        request = f'{{"workflow": "demo", "parameters": {{}}, "inputs": {{}}, "version": {value}}}'
        assert opened.form("/runs", {"request": request, "key": uuid4().hex}).status_code == 400
        request = f'{{"workflow": "audit_scores", "parameters": {{"settings": {{"audit": {{"x": {value}}}}}}}}}'
        assert opened.form("/runs", {"request": request, "key": uuid4().hex}).status_code == 400
    assert len(place.events("run.create")) == before


def test_what_a_provider_says_is_kept_only_as_far_as_it_can_be():
    said = {"sub": "1", "email": "a\0@acme.example", "email_verified": True, "name": "Ada\0 \u202eL"}
    assert id_token.person(said) == id_token.Person("1", "", "Ada L")


def test_one_address_has_one_account_however_it_is_written(api):
    written = ("J\u00f6rg@acme.example", "Jo\u0308rg@ACME.example", " j\u00f6rg@acme.example ")
    answers = [api.post("/invitations", json={"email": text.strip(), "role": "member"}).json() for text in written]
    assert {answer["email"] for answer in answers} == {"j\u00f6rg@acme.example"}
    is_open = [row["email"] for row in api.get("/invitations").json()]
    assert is_open.count("j\u00f6rg@acme.example") == 1


@pytest.mark.parametrize("email", ["ada\u200b@acme.example", "\u202eada@acme.example", "\u0130" * 64 + "@acme.example"])
def test_an_address_has_no_character_that_nobody_sees(api, email):
    assert api.post("/invitations", json={"email": email, "role": "member"}).json()["code"] == "invalid"


def test_nobody_is_invited_as_the_first_owner_who_could_name_the_organisation(api):
    answer = api.post("/invitations", json={"email": "Owner@localhost", "role": "member"})
    assert answer.json()["code"] == "invalid"
