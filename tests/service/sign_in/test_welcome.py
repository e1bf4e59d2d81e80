"""The first owner, who has a token only, says who they are; in Chromium, and what is refused."""

import pytest

from hetero2.service.core import FIRST_OWNER
from hetero2.service.db import orgs
from hetero2.service.db.access import tokens, users
from hetero2.service.domain.permissions import Action
from tests.service import sites
from tests.service.browsing import Browser, follow, needs_chromium, press
from tests.service.sign_in.people import PASSWORD

pytestmark = pytest.mark.service


@pytest.fixture
def new(tmp_path):
    with sites.served(tmp_path) as site:
        yield site


@needs_chromium
def test_from_the_printed_token_to_an_account_and_out_and_in_again(new, opened):
    page = opened("phone")
    page.goto(new.url)
    page.get_by_label("Token").fill(new.token)
    page.keyboard.press("Enter")
    page.wait_for_url("**/welcome")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill("Ada@Acme.Example")
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_label("Name of your organisation").fill("runs")
    press(page, "Go on")
    page.get_by_role("alert").get_by_text("is no word of this service").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_label("Name of your organisation").fill("acme")
    page.get_by_label("New password").fill(PASSWORD)
    press(page, "Go on")
    page.wait_for_url(f"{new.url}/")
    press(page, "Sign out")
    page.wait_for_url("**/login")
    page.get_by_label("E-mail address").fill("ada@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{new.url}/")
    follow(page, "Account")
    page.get_by_role("heading", name="Ada Lovelace").wait_for()
    page.get_by_role("main").get_by_text("acme", exact=True).wait_for()
    with new.service.reading(new.scope) as session:
        assert orgs.get(session, new.scope.org_id).name == "acme"


def test_it_is_said_once_and_by_a_token_without_limits(new):
    with Browser(base_url=new.url) as opened, Browser(base_url=new.url) as limited:
        assert opened.sign_in(token=new.token).headers["location"] == "/welcome"
        assert opened.get("/").status_code == 200, "it may be left for later"
        with new.service.writing(new.scope) as session:
            owner = users.by_email(session, new.scope.org_id, FIRST_OWNER)
            text = tokens.add(session, new.scope, owner.id, "x", new.service.now(), [Action.READ_RUNS])[1]
        assert limited.sign_in(token=text).headers["location"] == "/"
        said = {"name": "Ada", "email": "ada@acme.example", "password": PASSWORD, "org": "acme"}
        assert limited.form("/welcome", said).status_code == 403
        opened.get("/account")
        for wrong in ({"email": "ada"}, {"name": " "}, {"password": "short"}, {"org": "a b"}, {"org": "api"}):
            assert opened.form("/welcome", said | wrong).status_code == 422
        assert opened.form("/welcome", said).headers["location"] == "/"
        opened.get("/account")
        assert opened.form("/welcome", said | {"email": "eve@acme.example"}).status_code == 409
        assert opened.get("/welcome").headers["location"] == "/"
        assert opened.sign_in(token=new.token).headers["location"] == "/"
        with new.service.reading(new.scope) as session:
            assert users.by_email(session, new.scope.org_id, "eve@acme.example") is None
