"""Signing in at a provider of OpenID Connect: the good way, whose account it is, and answers that are no answers."""

import contextlib
import re
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hetero2.service.db.access import invitations, users
from hetero2.service.domain.permissions import OrgRole, ProjectRole
from tests.service import sites
from tests.service.browsing import follow, needs_chromium, press
from tests.service.postgres import free_port
from tests.service.sign_in.people import Place, is_in
from tests.service.tenants import two_orgs

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def issuer():
    port = free_port()
    # In a process of its own: in this one, what its libraries warn of would be errors.
    words = [sys.executable, "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                assert process.poll() is None
                with contextlib.suppress(httpx.ConnectError):
                    httpx.get(f"http://127.0.0.1:{port}/jwks")
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request, issuer, tmp_path_factory):
    """A place whose people may sign in at the provider."""
    folder = tmp_path_factory.mktemp("house")
    settings = {"oidc_issuer": issuer, "oidc_client_id": "hetero2", "oidc_client_secret": "hidden", "oidc_name": "Acme"}
    with contextlib.ExitStack() as closing:
        if request.param == "sqlite":
            yield Place(closing.enter_context(sites.served(folder, **settings)), "", closing)
            return
        where = two_orgs.database(request.getfixturevalue("postgres_url"))
        tenants = two_orgs.served(folder, where, "globex", "acme", **settings, oidc_org="acme")
        yield Place(closing.enter_context(tenants)[1].site, "acme", closing)


def _somebody(issuer, subject, **claims):
    """Let the provider know somebody of this subject."""
    said = {"email": f"{subject}@acme.example", "email_verified": True, "name": "Ada L.", **claims}
    httpx.put(f"{issuer}/users/{subject}", json=said).raise_for_status()
    return said["email"]


def _answer(opened, subject, **form):
    """The address by which the provider sends a browser back."""
    begun = opened.get("/oidc/begin")
    assert begun.status_code == 303, begun.text
    back = httpx.post(begun.headers["location"], data={"sub": subject, **form})
    assert back.status_code == 302, back.text
    return back.headers["location"].removeprefix(str(opened.base_url).rstrip("/"))


def _invite(house, email, **more):
    owner = house.principal(house.person(OrgRole.OWNER))
    with house.service.writing(owner) as session:
        return invitations.create(session, owner, email, OrgRole.MEMBER, house.service.now(), **more)[1]


@needs_chromium
def test_somebody_invited_signs_in_there_in_chromium_and_comes_again(house, issuer, browser):
    email = _somebody(issuer, "chromium")
    text = _invite(house, email, project_id=house.site.scope.project_id, project_role=ProjectRole.RUNNER)
    for start in (f"/invitations/{text}", "/login"):
        context = browser.new_context()
        page = context.new_page()
        page.goto(house.site.url + start)
        follow(page, "Sign in with Acme")
        page.get_by_placeholder("sub").fill("chromium")
        press(page, "Authorize")
        page.wait_for_url(f"{house.site.url}/")
        page.get_by_role("heading", name="Runs").wait_for()
        session = next(cookie for cookie in context.cookies() if cookie["name"] == "hetero2_session")
        assert (session["sameSite"], session["httpOnly"]) == ("Strict", True)
        assert not [cookie for cookie in context.cookies() if cookie["name"] == "hetero2_oidc"]
        context.close()
    with house.service.reading(house.org_id) as session:
        user = users.by_subject(session, house.org_id, issuer, "chromium")
    assert (user.email, user.name, user.password_hash) == (email, "Ada L.", None)
    assert [event.act for event in house.events() if event.user_id == user.id] == [
        "session.begin", "session.begin", "invitation.accept",
    ]  # fmt: skip


def test_what_is_asked_of_the_provider(house):
    asked = []
    for _ in range(2):
        opened = house.browser()
        answer = opened.get("/oidc/begin?next=https://evil.example/&redirect_uri=https://evil.example/")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert query["redirect_uri"] == [f"{house.site.url}/oidc/callback"]
        assert query["code_challenge_method"] == ["S256"]
        assert query["scope"] == ["openid email profile"]
        assert "hidden" not in answer.headers["location"]
        cookie = answer.headers["set-cookie"].lower()
        assert all(fact in cookie for fact in ("hetero2_oidc=", "httponly", "samesite=lax", "max-age=600", "path=/"))
        asked.append([query[name][0] for name in ("state", "nonce", "code_challenge")])
        assert all(len(text) >= 43 for text in asked[-1])
    assert not set(asked[0]) & set(asked[1])


@pytest.mark.parametrize(
    "who", ["nobody invited", "not verified", "not said", "verified as text", "of a local account"]
)
def test_whom_nobody_invited_is_refused_in_plain_words(house, issuer, who):
    subject = re.sub(r"\W", "-", f"{who}-{house.org}")
    email = _somebody(
        issuer, subject, **{"not verified": {"email_verified": False}, "verified as text": {"email_verified": "true"},
                            "not said": {"email_verified": None}}.get(who, {}),
    )  # fmt: skip
    if who == "of a local account":
        email = _somebody(issuer, subject, email=house.person().email)
    elif who != "nobody invited":
        _invite(house, email)
    opened = house.browser()
    answer = opened.get(_answer(opened, subject))
    assert answer.status_code == 401
    assert "There is no account for you here, or it is disabled." in answer.text
    assert not is_in(opened)
    assert house.events("session.refused")[0].detail == {"reason": "oidc: no account", "address": "127.0.0.1"}
    assert email not in str([vars(event) for event in house.events("session.refused")])


def test_an_account_that_is_disabled_stays_so(house, issuer):
    subject = f"disabled-{house.org}"
    _somebody(issuer, subject)
    user = house.person(password=None, issuer=issuer, subject=subject)
    opened = house.browser()
    assert opened.get(_answer(opened, subject)).status_code == 200
    assert is_in(opened)
    owner = house.principal(house.person(OrgRole.OWNER))
    with house.service.writing(owner) as session:
        users.change(session, owner, user.id, house.service.now(), is_disabled=True)
    assert not is_in(opened)
    assert opened.get(_answer(opened, subject)).status_code == 401
    assert house.events("session.refused")[0].object_id == str(user.id)


def test_an_account_of_another_issuer_is_another(house, issuer):
    subject = f"elsewhere-{house.org}"
    _somebody(issuer, subject)
    house.person(password=None, issuer="https://other.example", subject=subject)
    opened = house.browser()
    assert opened.get(_answer(opened, subject)).status_code == 401


@pytest.mark.parametrize("how", ["again", "again with its cookie", "elsewhere", "other state", "no state", "too late",
                                 "forged cookie", "other issuer"])  # fmt: skip
def test_an_answer_counts_once_in_the_browser_that_asked_and_in_time(house, issuer, clock, how):
    subject = f"once-{house.org}"
    _somebody(issuer, subject)
    with house.service.reading(house.org_id) as session:
        user = users.by_subject(session, house.org_id, issuer, subject)
    if user is None:
        house.person(password=None, issuer=issuer, subject=subject)
    opened = house.browser()
    address = _answer(opened, subject)
    cookie = opened.cookies["hetero2_oidc"]
    if how.startswith("again"):
        assert opened.get(address).status_code == 200
        opened.form("/logout", {"form_token": opened.form_token})
        opened.cookies.clear()
        if how == "again with its cookie":
            opened.cookies.set("hetero2_oidc", cookie)
    elif how == "elsewhere":
        opened = house.browser()
        _answer(opened, subject)
    elif how == "other state":
        address = re.sub(r"state=[^&]+", "state=" + "A" * 43, address)
    elif how == "no state":
        address = re.sub(r"&?state=[^&]+", "", address)
    elif how == "too late":
        clock.forward(seconds=601)
    elif how == "forged cookie":
        header, claims, signature = cookie.split(".")
        opened.cookies.clear()
        opened.cookies.set("hetero2_oidc", f"{header}.{claims}.{'A' * len(signature)}")
    else:
        address += "&iss=https://other.example"
    answer = opened.get(address)
    assert answer.status_code == 401
    assert "This answer belongs to no sign-in of this browser, or was used already." in answer.text
    assert not is_in(opened)


def test_what_the_provider_refuses_is_said_in_plain_words(house):
    opened = house.browser()
    answer = opened.get(_answer(opened, "x", action="deny"))
    if "belongs to no sign-in" in answer.text:  # this provider leaves the state out
        begun = opened.get("/oidc/begin").headers["location"]
        state = parse_qs(urlsplit(begun).query)["state"][0]
        answer = opened.get(f"/oidc/callback?error=access_denied&state={state}")
    assert answer.status_code == 401
    assert "You were not signed in there, or did not agree to it." in answer.text
    begun = opened.get("/oidc/begin").headers["location"]
    state = parse_qs(urlsplit(begun).query)["state"][0]
    answer = opened.get(f"/oidc/callback?error=<b>x</b>&error_description=<script>&state={state}")
    assert "It cannot sign you in (no code)." in answer.text
    assert "<b>x" not in answer.text
    assert "<script>" not in answer.text
    begun = opened.get("/oidc/begin").headers["location"]
    state = parse_qs(urlsplit(begun).query)["state"][0]
    answer = opened.get(f"/oidc/callback?code=made-up&state={state}")
    assert answer.status_code == 401
    assert "The answer of the sign-in page is not valid." in answer.text


def test_nothing_of_the_provider_is_logged_or_kept(house, issuer, caplog, monkeypatch):
    from authlib.integrations.requests_client import OAuth2Session

    caplog.set_level("DEBUG")
    seen = []
    fetch = OAuth2Session.fetch_token
    monkeypatch.setattr(
        OAuth2Session,
        "fetch_token",
        lambda self, *given, **more: (seen.append(fetch(self, *given, **more)), seen[-1])[1],
    )
    subject = f"quiet-{house.org}"
    _somebody(issuer, subject)
    house.person(password=None, issuer=issuer, subject=subject)
    opened = house.browser()
    assert opened.get(_answer(opened, subject)).status_code == 200
    secrets = [seen[0]["access_token"], seen[0]["id_token"], "hidden"]
    logged = str([vars(record) for record in caplog.records if record.name.startswith("hetero2")])
    kept = str([vars(event) for event in house.events()])
    assert not [secret for secret in secrets if secret in logged + kept]


def test_a_provider_that_does_not_answer_is_said_in_plain_words(tmp_path):
    settings = {"oidc_issuer": f"http://127.0.0.1:{free_port()}", "oidc_client_id": "x", "oidc_client_secret": "x"}
    with sites.served(tmp_path, **settings) as site, httpx.Client(base_url=site.url) as client:
        answer = client.get("/oidc/begin")
        assert answer.status_code == 503
        assert "The page where your organisation signs in does not answer." in answer.text


def test_without_a_provider_there_is_no_way_to_one(small):
    opened = small.browser()
    assert "/oidc/" not in opened.get("/login").text
    assert opened.get("/oidc/begin").status_code == opened.get("/oidc/callback").status_code == 404
