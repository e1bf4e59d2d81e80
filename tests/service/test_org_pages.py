"""The pages of an organisation in Chromium, on both databases: what an owner does there, and whom they invite."""

import csv
from pathlib import Path

import httpx
import pytest

from hetero2.service.db.access import audit
from hetero2.service.web.org import audit as audit_pages
from tests.service import browsing, sites
from tests.service.browsing import follow, press, sign_in
from tests.service.tenants import two_orgs
from tests.service.test_pages import WIDER

pytestmark = [pytest.mark.service, browsing.needs_chromium]
PASSWORD, ANOTHER = "correct horse battery staple", "another battery of horses"


@pytest.fixture(scope="module", params=["embedded", "postgresql"])
def site(request, tmp_path_factory):
    """A service, its first organisation, and the token of its owner."""
    if request.param == "postgresql":
        where = two_orgs.database(request.getfixturevalue("postgres_url"))
        with two_orgs.served(tmp_path_factory.mktemp("tenants"), where, "acme", "globex") as tenants:
            yield tenants[0].site
        return
    with sites.served(tmp_path_factory.mktemp("embedded")) as served:
        yield served


def beside(page, field):
    """What is said beside a field."""
    return page.locator(f"#wrong-{field}").inner_text()


def me(site, token):
    return httpx.get(f"{site.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def rows_of(download):
    """The rows of a table that was downloaded."""
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_an_owner_and_whom_they_invite(site, opened):
    """The whole way: the owner on a desktop, the other on a phone without scripts."""
    owner, ada = opened(), opened("phone", java_script_enabled=False)
    sign_in(owner, site)
    follow(owner, "Projects")
    owner.get_by_label("Name of the project").fill("my project")
    press(owner, "Create the project")
    assert "letters, digits" in beside(owner, "name")
    assert owner.get_by_label("Name of the project").input_value() == "my project"
    for name, said in (("members", "a word of the service"), ("default", "There is a project of this name")):
        owner.get_by_label("Name of the project").fill(name)
        press(owner, "Create the project")
        assert said in beside(owner, "name")
    owner.get_by_label("Name of the project").fill("assays")
    press(owner, "Create the project")
    owner.get_by_role("status").get_by_text("Done.").wait_for()

    follow(owner, "Members")
    follow(owner, "Invite somebody")
    for email, said in (("ada@", "Write an e-mail address"), (f"x{'y' * 70}@z.example", "Write an e-mail address")):
        owner.get_by_label("E-mail address").evaluate(
            "(field, text) => { field.type = 'text'; field.value = text }", email
        )
        press(owner, "Create the invitation")
        assert said in beside(owner, "email")
    owner.get_by_label("E-mail address").fill("ada@acme.example")
    owner.get_by_label("Project", exact=True).select_option("default")
    press(owner, "Create the invitation")
    link = owner.get_by_label("Send this link to ada@acme.example").input_value()
    assert link.startswith(f"{site.url}/invitations/h2i_")
    follow(owner, "All members")
    assert link not in owner.content()
    owner.get_by_text("ada@acme.example").wait_for()

    ada.goto(link)
    ada.get_by_label("Your name").fill("Ada Byron")
    ada.get_by_label("New password").fill(PASSWORD)
    press(ada, "Accept")
    ada.wait_for_url(f"{site.url}/")
    assert "project default" in ada.locator("header").inner_text()
    assert "Ada Byron" in ada.locator("header").inner_text()
    assert ada.get_by_role("link", name="Audit").count() == 0
    assert ada.get_by_role("link", name="New run").count() == 2

    follow(ada, "Tokens")
    ada.get_by_label("Name").fill("=1+1")
    ada.get_by_label("Run and read").check()
    ada.get_by_label("Ends").select_option("In 90 days")
    press(ada, "Create the token")
    token = ada.get_by_label("=1+1").input_value()
    assert set(me(site, token).json()["actions"]) == {"project:read", "runs:read", "runs:write", "artifacts:sign"}
    follow(ada, "I have copied it")
    assert token not in ada.content()
    ada.get_by_role("cell", name="Run and read").wait_for()
    follow(ada, "Revoke =1+1")
    follow(ada, "Keep it")
    assert me(site, token).status_code == 200
    follow(ada, "Revoke =1+1")
    press(ada, "Revoke the token")
    ada.get_by_text("You have none.").wait_for()
    assert me(site, token).status_code == 401

    # In the project: another role, out of it, in again.
    follow(owner, "Projects")
    follow(owner.get_by_role("main"), "default")
    owner.get_by_label("Role of Ada Byron", exact=True).select_option("Viewer")
    press(owner, "Change the role of Ada Byron")
    owner.get_by_role("status").get_by_text("Done.").wait_for()
    ada.goto(site.url)
    assert ada.get_by_role("link", name="New run").count() == 0
    ada.goto(f"{site.url}/new")
    ada.get_by_text("Your role does not allow starting and canceling runs.").wait_for()
    press(owner, "Remove Ada Byron")
    ada.goto(site.url)
    assert ada.url.endswith("/account")
    owner.get_by_label("Person").select_option("Ada Byron, ada@acme.example")
    owner.get_by_role("radio", name="Runner").check()
    press(owner, "Add to the project")
    owner.get_by_label("Role of Ada Byron", exact=True).wait_for()
    follow(ada, "Projects")
    assert "project default" in ada.locator("header").inner_text()

    # Her account: another role, disabled, enabled, a new password.
    follow(owner, "Members")
    follow(owner, "Ada Byron")
    owner.get_by_role("radio", name="Billing").check()
    press(owner, "Change the role")
    owner.locator("dd").get_by_text("Billing").wait_for()
    press(owner, "Disable the account")
    owner.locator("dd").get_by_text("disabled").wait_for()
    ada.goto(site.url)
    assert ada.url.endswith("/login")
    press(owner, "Enable the account")
    press(owner, "Create a link")
    ada.goto(owner.get_by_label("Send this link to ada@acme.example").input_value())
    ada.get_by_label("New password").fill(ANOTHER)
    press(ada, "Set the password")
    ada.get_by_text("Ada Byron").first.wait_for()
    assert ada.evaluate(WIDER) <= 0

    # The last owner stays one.
    follow(owner, "Members")
    follow(owner.get_by_role("main"), "owner")
    press(owner, "Disable the account")
    assert "The organisation would have no owner." in beside(owner, "account")
    owner.get_by_role("radio", name="Member").check()
    press(owner, "Change the role")
    assert "The organisation would have no owner." in beside(owner, "role")

    # Where files may be fetched from.
    owner.goto(f"{site.url}/org")
    owner.get_by_label("Hosts, one a line").fill("data.example.com\nhttps://x.example")
    press(owner, "Save")
    assert beside(owner, "hosts").startswith("https://x.example is not the name of a host")
    owner.get_by_label("Hosts, one a line").fill("Data.example.com\n\nb.example:8443\n")
    press(owner, "Save")
    assert owner.get_by_label("Hosts, one a line").input_value() == "b.example:8443\ndata.example.com"

    # Who did what.
    follow(owner, "Audit")
    owner.get_by_label("By whom").select_option("Ada Byron")
    owner.get_by_label("What was done").select_option("Created a token")
    press(owner, "Show")
    assert owner.locator("tbody tr").count() == 1
    assert owner.locator("tbody tr").inner_text().endswith("Ada Byron\tCreated a token\t=1+1 actions: " + ", ".join((
        "sharing files by a signed address", "seeing who is in the project", "looking at runs and their files",
        "starting and canceling runs",
    )))  # fmt: skip
    with owner.expect_download() as download:
        follow(owner, "Download as a table (CSV)")
    [row] = rows_of(download)
    assert (row["who"], row["act"], row["in_words"], row["about"]) == (
        "Ada Byron", "token.create", "Created a token", "'=1+1",
    )  # fmt: skip
    owner.goto(f"{site.url}/audit?who=service")
    assert "the service" in owner.locator("tbody tr").first.inner_text()
    assert "Ada Byron" not in owner.locator("tbody").inner_text().replace("Ada Byron role", "")


def test_audit_events_come_in_pages_and_the_table_ends_where_it_says(site, opened, monkeypatch):
    monkeypatch.setattr(audit_pages, "MOST", 250)
    with site.service.writing(site.scope) as session:
        for number in range(270):
            audit.note(session, site.scope, "upload.create", None, name=f"file{number}.csv")
    page = opened("phone", java_script_enabled=False)
    sign_in(page, site)
    page.goto(f"{site.url}/audit?act=upload.create&who=service")
    seen = []
    for _ in range(7):
        seen += page.locator("tbody tr td:last-child").all_inner_texts()
        if not page.get_by_role("link", name="Earlier").count():
            break
        follow(page, "Earlier")
        assert page.get_by_label("What was done").input_value() == "upload.create"
    assert [text for text in seen if text.startswith("file")] == [f"file{number}.csv" for number in range(269, -1, -1)]
    follow(page, "Latest")
    page.get_by_text("at most the latest 250 of these").wait_for()
    with page.expect_download() as download:
        follow(page, "Download as a table (CSV)")
    assert [row["about"] for row in rows_of(download)] == [f"file{number}.csv" for number in range(269, 19, -1)]
    for broken in ("cursor=x", "who=nobody"):
        page.goto(f"{site.url}/audit?{broken}")
        assert page.url == f"{site.url}/audit"
