"""The pages of an organisation in Chromium: what an owner does there, whom they invite, a viewer, and a stranger."""

import csv
from pathlib import Path

import httpx
import pytest

from hetero2.service.db.access import audit
from hetero2.service.web.org import audit as audit_pages
from tests.service import browsing, sites
from tests.service.browsing import sign_in
from tests.service.tenants import operations, two_orgs
from tests.service.test_pages import AXE, SEVERE, WIDER
from tools import look

pytestmark = [pytest.mark.service, browsing.needs_chromium]
PASSWORD, ANOTHER = "correct horse battery staple", "another battery of horses"


@pytest.fixture(scope="module")
def tenants(tmp_path_factory, postgres_url):
    """Two organisations on PostgreSQL."""
    where = two_orgs.database(postgres_url)
    with two_orgs.served(tmp_path_factory.mktemp("tenants"), where, "acme", "globex") as both:
        yield both


@pytest.fixture(scope="module", params=["embedded", "postgresql"])
def site(request, tmp_path_factory):
    """A service, its first organisation, and the token of its owner."""
    if request.param == "postgresql":
        yield request.getfixturevalue("tenants")[0].site
        return
    with sites.served(tmp_path_factory.mktemp("embedded")) as served:
        yield served


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def follow(page, name):
    page.get_by_role("link", name=name, exact=True).click()


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
    press(owner, "Take out Ada Byron")
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
        "giving files away by an address", "seeing who is in the project", "looking at runs and their files",
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
    page.get_by_text("the latest 250 of these at most").wait_for()
    with page.expect_download() as download:
        follow(page, "Download as a table (CSV)")
    assert [row["about"] for row in rows_of(download)] == [f"file{number}.csv" for number in range(269, 19, -1)]
    for broken in ("cursor=x", "who=nobody"):
        page.goto(f"{site.url}/audit?{broken}")
        assert page.url == f"{site.url}/audit"


def test_a_viewer_sees_no_buttons(tenants, opened):
    acme = tenants[0]
    runs = [acme.site.queued(), acme.site.failed("no"), acme.site.complete({"a.csv": b"x"}), acme.site.paused()]
    page = opened()
    sign_in(page, acme.as_person("viewer"))
    paths = [
        "/",
        "/members",
        "/projects",
        f"/projects/{acme.site.scope.project_id}",
        "/org",
        *(f"/runs/{run}" for run in runs),
    ]
    for path in paths:
        page.goto(acme.site.url + path)
        assert page.locator("main").get_by_role("button").count() == 0, path
        assert page.locator("main form").count() == 0, path
        offered = page.locator("a[href^='/new'], a[href='/audit'], a[href^='/members/']")
        assert offered.count() == 0, path
    page.goto(f"{acme.site.url}/tokens")
    assert page.get_by_label("Run and read").count() == 0
    page.get_by_label("Read only").check()


def test_a_stranger_sees_what_does_not_exist(tenants, opened):
    acme, globex = tenants
    paths = [
        f"/projects/{acme.site.scope.project_id}", f"/members/{acme.users['owner'].id}", f"/runs/{acme.site.queued()}",
        f"/tokens/{operations.token(acme, 'owner')}/revoke",
    ]  # fmt: skip
    page = opened()
    sign_in(page, globex.site)
    for path in paths:
        page.goto(globex.site.url + path)
        page.get_by_role("heading", name="There is no such page").wait_for()
        assert "acme" not in page.content(), path
    for path in ("/members", "/projects", "/audit", "/tokens", "/org"):
        page.goto(globex.site.url + path)
        assert "acme" not in page.content(), path
        assert "globex" in page.content(), path


def every_page(page, tenant):
    """Go to every page of the organisation in turn; yields what each is."""
    site = tenant.site
    sign_in(page, site)
    operations.invitation(tenant)
    paths = {
        "members": "/members", "member": f"/members/{tenant.users['runner'].id}", "invite": "/members/invite",
        "projects": "/projects?done=1", "tokens": "/tokens",
        "project": f"/projects/{site.scope.project_id}", "audit": "/audit", "settings": "/org", "account": "/account",
        "revoke": f"/tokens/{operations.token(tenant, 'owner')}/revoke", "runs": "/",
        "nothing": f"/members/{site.scope.org_id}",
    }  # fmt: skip
    for name, path in paths.items():
        page.goto(site.url + path)
        yield name
    page.goto(f"{site.url}/members/invite")
    page.get_by_label("E-mail address").fill("owner@acme.example")
    press(page, "Create the invitation")
    page.get_by_role("alert").wait_for()
    yield "wrong invitation"
    page.get_by_label("E-mail address").fill("bob@acme.example")
    press(page, "Create the invitation")
    page.get_by_label("Send this link").wait_for()
    yield "link"
    page.goto(f"{site.url}/projects")
    page.get_by_label("Name of the project").fill("a b")
    press(page, "Create the project")
    page.get_by_role("alert").wait_for()
    yield "wrong project"
    page.goto(f"{site.url}/tokens")
    page.get_by_label("Name").fill("laptop")
    press(page, "Create the token")
    page.get_by_label("laptop").wait_for()
    yield "token"
    page.goto(f"{site.url}/org")
    page.get_by_label("Hosts").fill("no host")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    yield "wrong host"


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_every_page_is_whole_and_keeps_nobody_out(tenants, opened, tmp_path, size, scheme):
    """Pictures of each lie in tmp_path for people."""
    if not AXE.is_file():
        pytest.skip("no axe-core here (npm ci in tests/browser)")
    page = opened(size, bypass_csp=True, color_scheme=scheme)  # else the policy keeps axe out, too
    severe = {}
    for number, name in enumerate(every_page(page, tenants[0])):
        look.picture(page, tmp_path / f"{number:02} {name}.png")
        assert page.evaluate(WIDER) <= 0, name
        assert page.locator("h1").count() == 1, name
        page.evaluate(AXE.read_text(encoding="utf-8"))
        violations = page.evaluate("() => axe.run()")["violations"]
        wrong = [(rule["id"], rule["nodes"][0]["html"][:300]) for rule in violations if rule["impact"] in SEVERE]
        severe |= {name: wrong} if wrong else {}
    assert severe == {}


def test_by_keyboard_alone(tenants, opened):
    """Under the policy as it is: invite somebody without a click."""
    page = opened()
    sign_in(page, tenants[0].site)
    for name, where in (("Members", "**/members"), ("Invite somebody", "**/members/invite")):
        browsing.tab_to(page, name)
        page.keyboard.press("Enter")
        page.wait_for_url(where)
    browsing.tab_to(page, "email")
    page.keyboard.type("eve@acme.example")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    browsing.tab_to(page, "Create the invitation")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="eve@acme.example is invited").wait_for()
    browsing.tab_to(page, "link")
    assert page.evaluate("() => document.activeElement.value").startswith(tenants[0].site.url)
