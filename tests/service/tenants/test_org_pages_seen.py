"""The pages of an organisation in Chromium: what a viewer and a stranger see, how each looks, and by keyboard."""

import pytest

from tests.service import browsing
from tests.service.browsing import press, sign_in
from tests.service.tenants import operations
from tests.service.test_pages import AXE, SEVERE, WIDER
from tools import look

pytestmark = [pytest.mark.service, browsing.needs_chromium]


def test_a_viewer_sees_no_buttons(both, opened):
    acme = both[0]
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


def test_a_stranger_sees_what_does_not_exist(both, opened):
    acme, globex = both
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
def test_every_page_is_whole_and_keeps_nobody_out(both, opened, tmp_path, size, scheme):
    """Pictures of each lie in tmp_path for people."""
    if not AXE.is_file():
        pytest.skip("no axe-core here (npm ci in tests/browser)")
    page = opened(size, bypass_csp=True, color_scheme=scheme)  # else the policy keeps axe out, too
    severe = {}
    for number, name in enumerate(every_page(page, both[0])):
        look.picture(page, tmp_path / f"{number:02} {name}.png")
        assert page.evaluate(WIDER) <= 0, name
        assert page.locator("h1").count() == 1, name
        page.evaluate(AXE.read_text(encoding="utf-8"))
        violations = page.evaluate("() => axe.run()")["violations"]
        wrong = [(rule["id"], rule["nodes"][0]["html"][:300]) for rule in violations if rule["impact"] in SEVERE]
        severe |= {name: wrong} if wrong else {}
    assert severe == {}


def test_by_keyboard_alone(both, opened):
    """Under the policy as it is: invite somebody without a click."""
    page = opened()
    sign_in(page, both[0].site)
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
    assert page.evaluate("() => document.activeElement.value").startswith(both[0].site.url)
