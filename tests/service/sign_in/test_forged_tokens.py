"""ID tokens that are forged, each in one way: none of them signs anybody in."""

import contextlib
import json
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from hetero2.service.sign_in import provider as providers
from tests.service import sites
from tests.service.sign_in.people import Place, is_in

pytestmark = pytest.mark.service
HERE = Path(__file__).parent
GOOD = {"email": "johndoe@acme.example", "email_verified": True}


class Forger:
    """The provider, and what its next tokens are like."""

    def __init__(self, process):
        self._process = process
        self.issuer = process.stdout.readline().strip()

    def forge(self, **forgery):
        """Forge the next tokens like this."""
        forgery["claims"] = GOOD | forgery.get("claims", {})
        self._process.stdin.write(json.dumps(forgery) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().strip() == "ok"


@pytest.fixture(scope="module")
def forger():
    if not (HERE / "node_modules/oauth2-mock-server").exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(["node", "provider.mjs"], cwd=HERE, **pipes) as process:
        try:
            yield Forger(process)
        finally:
            process.stdin.close()
            process.wait(20)


@pytest.fixture(scope="module")
def house(forger, tmp_path_factory):
    settings = {"oidc_issuer": forger.issuer, "oidc_client_id": "hetero2", "oidc_client_secret": "hidden"}
    with contextlib.ExitStack() as closing:
        site = closing.enter_context(sites.served(tmp_path_factory.mktemp("house"), **settings))
        opened = Place(site, "", closing)
        opened.person(password=None, issuer=forger.issuer, subject="johndoe")
        yield opened


def _sign_in(house):
    opened = house.browser()
    back = httpx.get(opened.get("/oidc/begin").headers["location"])
    answer = opened.get(back.headers["location"].removeprefix(house.site.url))
    assert (answer.status_code == 200) is is_in(opened)
    return answer


def test_a_token_that_is_right_signs_in(house, forger):
    forger.forge()
    assert _sign_in(house).status_code == 200
    forger.forge(claims={"aud": ["hetero2", "another"], "azp": "hetero2"})
    assert _sign_in(house).status_code == 200


NOW = int(time.time())
FORGED = {
    "alg none": {"sign": "none"},
    "HS256 by the public key": {"sign": "public_key_as_secret"},
    "another key": {"sign": "other_key"},
    "unknown kid": {"sign": "unknown_kid"},
    "wrong aud": {"claims": {"aud": "another"}},
    "for another by us": {"claims": {"aud": "another", "azp": "hetero2"}},
    "no aud": {"drop": ["aud"]},
    "aud of several without azp": {"claims": {"aud": ["hetero2", "another"]}},
    "wrong azp": {"claims": {"azp": "another"}},
    "wrong iss": {"claims": {"iss": "https://other.example"}},
    "iss with a slash": {"claims": {"iss": "ISSUER/"}},
    "no iss": {"drop": ["iss"]},
    "wrong nonce": {"claims": {"nonce": "A" * 43}},
    "no nonce": {"drop": ["nonce"]},
    "expired": {"claims": {"exp": NOW - 3600}},
    "no exp": {"drop": ["exp"]},
    "exp is text": {"claims": {"exp": "tomorrow"}},
    "not valid yet": {"claims": {"nbf": NOW + 3600}},
    "from the future": {"claims": {"iat": NOW + 3600}},
    "no iat": {"drop": ["iat"]},
    "no sub": {"drop": ["sub"]},
    "empty sub": {"claims": {"sub": ""}},
    "sub is a list": {"claims": {"sub": ["johndoe"]}},
    "sub too long": {"claims": {"sub": "j" * 256}},
    "of another access token": {"claims": {"at_hash": "A" * 22}},
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token_signs_nobody_in(house, forger, how):
    forgery = json.loads(json.dumps(FORGED[how]).replace("ISSUER", forger.issuer))
    forger.forge(**forgery)
    before = len(house.events("session.begin"))
    answer = _sign_in(house)
    assert answer.status_code == 401
    assert "The answer of the sign-in page is not valid." in answer.text
    assert house.events("session.refused")[0].detail["reason"] == "oidc: not valid"
    assert len(house.events("session.begin")) == before


def test_an_address_that_is_not_verified_accepts_no_invitation(house, forger):
    from hetero2.service.db.access import invitations
    from hetero2.service.domain.permissions import OrgRole

    owner = house.principal(house.person(OrgRole.OWNER))
    with house.service.writing(owner) as session:
        invitations.create(session, owner, "grace@acme.example", OrgRole.MEMBER, house.service.now())
    claims = {"sub": "grace", "email": "grace@acme.example"}
    for forgery in (
        {"claims": {**claims, "email_verified": False}},
        {"claims": {**claims, "email_verified": "true"}},
        {"claims": {**claims, "email_verified": 1}},
        {"claims": claims, "drop": ["email_verified"]},
    ):
        forger.forge(**forgery)
        assert _sign_in(house).status_code == 401
    forger.forge(claims=claims)
    assert _sign_in(house).status_code == 200


def test_new_keys_are_asked_for_but_not_at_every_token_that_names_one(house, forger, monkeypatch):
    asked = []
    get = providers.Provider._get
    monkeypatch.setattr(
        providers.Provider, "_get", lambda self, address, *more: (asked.append(address), get(self, address, *more))[1]
    )
    forger.forge(sign="unknown_kid")
    for _ in range(3):
        assert _sign_in(house).status_code == 401
    assert asked == [], "a minute has not gone by since its keys were asked for"
    monkeypatch.setattr(providers, "_LEAST_BETWEEN", 0)
    forger.forge(rotate=True)
    answers = [_sign_in(house).status_code for _ in range(2)]
    assert answers == [200, 200]
    assert len(asked) == 1
