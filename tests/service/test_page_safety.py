"""What keeps the pages safe: their policy, headers and cookie, forms of other sites, and reports that are hostile."""

import re

import pytest

from tests.service import sites
from tests.service.browsing import Browser, follow, needs_chromium, sign_in

pytestmark = pytest.mark.service
# Everything that a page may try on the site that shows it; what became of it is written where the test reads it.
HOSTILE = b"""<!doctype html><meta charset="utf-8"><title>Report</title><h1>A report</h1>
<pre id="log"></pre><form id="form" method="post" action="/logout"></form>
<script>
const log = (name, text) => { document.getElementById("log").append(`${name}: ${text}\\n`); };
const attempt = (name, act) => { try { log(name, "did " + act()); } catch (error) { log(name, "refused"); } };
const later = (name, promise) => promise.then(() => log(name, "did"), () => log(name, "refused"));
attempt("cookie", () => document.cookie);
attempt("storage", () => localStorage.length);
attempt("parent", () => parent === window ? missing : parent.document.title);
attempt("opener", () => window.open("/runs") ? "open" : missing);
later("fetch", fetch("/api/v1/me", {credentials: "include"}));
later("fetch opaque", fetch("/", {mode: "no-cors", credentials: "include"}));
const request = new XMLHttpRequest();
request.onload = () => log("xhr", "did"); request.onerror = () => log("xhr", "refused");
attempt("xhr began", () => { request.open("GET", "/api/v1/runs"); request.send(); return 1; });
attempt("beacon", () => navigator.sendBeacon("/logout", "x"));
const image = new Image();
image.onload = () => log("image", "did"); image.onerror = () => log("image", "refused");
image.src = "/static/style.css";
const script = document.createElement("script");
script.onload = () => log("script", "did"); script.onerror = () => log("script", "refused");
script.src = "/static/htmx.min.js"; document.body.append(script);
const frame = document.createElement("iframe"); frame.src = "/"; document.body.append(frame);
attempt("worker", () => new Worker("/static/htmx.min.js") && 1);
document.getElementById("form").submit();
if (parent !== window) attempt("top", () => { top.location = "/new"; return 1; });
setTimeout(() => log("end", "reached"), 1000);
</script>"""
REFUSED = ("cookie", "storage", "parent", "opener", "fetch", "fetch opaque", "xhr", "image", "script")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with sites.served(tmp_path_factory.mktemp("site")) as served:
        yield served


@pytest.fixture
def client(site):
    with Browser(base_url=site.url) as opened:
        yield opened


@pytest.fixture
def signed_in(site, client):
    assert client.sign_in(token=site.token).headers["location"] == "/welcome"
    return client


def _signed_in_page(browser, site):
    page = browser.new_page()
    sign_in(page, site)
    return page


def _refused(log):
    """The lines of a hostile report by what it tried."""
    return dict(line.split(": ", 1) for line in log.strip().splitlines())


@needs_chromium
def test_a_hostile_report_reaches_nothing_from_its_frame(browser, site):
    run_id = site.complete({"report.html": HOSTILE})
    page = _signed_in_page(browser, site)
    answers = []
    page.on("response", lambda answer: answers.append(answer.url.removeprefix(site.url)))
    page.goto(f"{site.url}/runs/{run_id}")
    frame = page.frame_locator("iframe")
    frame.get_by_text("end: reached").wait_for(timeout=15_000)
    said = _refused(frame.locator("#log").inner_text())
    assert {name: said.get(name) for name in REFUSED} == dict.fromkeys(REFUSED, "refused")
    assert page.url == f"{site.url}/runs/{run_id}", "it moved the page that shows it"
    ours = {f"/runs/{run_id}", f"/runs/{run_id}/report", "/static/style.css", "/static/htmx.min.js"}
    assert {answer for answer in answers if not answer.startswith("data:")} <= ours
    page.goto(f"{site.url}/new")
    assert page.url == f"{site.url}/new", "it signed the person out"
    page.close()


@needs_chromium
def test_a_hostile_report_reaches_nothing_alone(browser, site):
    run_id = site.complete({"report.html": HOSTILE})
    page = _signed_in_page(browser, site)
    page.goto(f"{site.url}/runs/{run_id}/report")
    page.get_by_text("end: reached").wait_for(timeout=15_000)
    said = _refused(page.locator("#log").inner_text())
    assert {name: said.get(name) for name in REFUSED} == dict.fromkeys(REFUSED, "refused")
    page.goto(f"{site.url}/new")
    assert page.url == f"{site.url}/new", "it signed the person out"
    page.close()


@needs_chromium
def test_a_report_runs_its_own_script_and_its_links_leave_it_in_place(browser, site):
    report = b"<!doctype html><title>R</title><style>h1 {color: rgb(1, 2, 3)}</style><h1>A</h1><a href=a.csv>list</a>"
    run_id = site.complete({"report.html": report + b"<script>document.body.append('it ran')</script>"})
    page = _signed_in_page(browser, site)
    page.goto(f"{site.url}/runs/{run_id}")
    frame = page.frame_locator("iframe")
    frame.get_by_text("it ran").wait_for()
    assert frame.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)"
    frame.get_by_role("link").click()
    page.wait_for_timeout(500)
    assert frame.get_by_text("it ran").is_visible()
    page.goto(f"{site.url}/runs/{run_id}/report")
    follow(page, "list")
    page.get_by_role("heading", name="A report cannot open files").wait_for()
    follow(page, "The run, with its files")
    page.wait_for_url(f"{site.url}/runs/{run_id}")
    page.close()


def test_every_page_stands_under_a_strict_policy(site, signed_in):
    complete, failed = site.complete({"report.html": b"<p>", "a.csv": b"id\n"}), site.failed("error: no")
    paths = ["/", "/runs-table", "/new", "/new/demo", "/new/screen", "/login", "/nothing", "/new/nothing", "/runs/x"]
    paths += [
        f"/runs/{complete}",
        f"/runs/{failed}",
        f"/runs/{site.paused()}",
        f"/runs/{site.queued()}",
        f"/runs/{site.queued()}/state",
    ]
    for path in paths:
        answer = signed_in.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; "), path
        assert "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy, path
        for name, value in (
            ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"), ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ):  # fmt: skip
            assert answer.headers[name] == value, (path, name)
        assert answer.headers["content-type"].startswith("text/html"), path
        inline = r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:"
        assert re.findall(inline, answer.text) == [], path
        assert re.findall(r'(?:src|href|action)="(?!/|#|data:,)', answer.text) == [], path


def test_files_of_a_run_are_kept_never_shown(site, signed_in):
    run_id = site.complete({"report.html": HOSTILE, "a.csv": b"id\n"})
    for name in ("report.html", "a.csv"):
        answer = signed_in.get(f"/runs/{run_id}/files/{name}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"].startswith("sandbox")
    shown = signed_in.get(f"/runs/{run_id}/report")
    policy = shown.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'; ")
    assert "allow-same-origin" not in policy
    assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", ["https://example.org", "http://127.0.0.1:1", "null", "http://127.0.0.1.example"])
def test_forms_of_other_sites_are_refused(site, signed_in, origin):
    paused, run_id = site.paused(), site.queued()
    forms = {
        "/login": {"data": {"token": site.token}},
        "/logout": {},
        "/new/demo": {},
        "/runs": {"data": {"request": '{"workflow": "demo"}', "key": "k"}},
        f"/runs/{run_id}/cancel": {},
        f"/runs/{paused}/scores": {"files": {"scores": ("scores.csv", b"id,score\na,1\n")}},
    }
    before = signed_in.get("/api/v1/runs", headers={"Authorization": f"Bearer {site.token}"}).json()
    for path, form in forms.items():
        answer = signed_in.form(path, **form, headers={"Origin": origin})
        assert answer.status_code == 403, path
        assert "set-cookie" not in answer.headers, path
        assert "The form was on another site." in answer.text
    assert signed_in.get("/api/v1/runs", headers={"Authorization": f"Bearer {site.token}"}).json() == before
    own = signed_in.form(f"/runs/{run_id}/cancel", headers={"Origin": site.url})
    assert own.status_code == 303


def test_errors_are_pages_for_people_and_problems_for_programs(site, signed_in):
    assert signed_in.get("/nothing").headers["content-type"].startswith("text/html")
    assert signed_in.post("/new").status_code == 405
    assert signed_in.post("/new").headers["content-type"].startswith("text/html")
    assert signed_in.form("/runs", {"request": "{", "key": "k"}).status_code == 400
    for path in ("/api/v1/nothing", f"/api/v1/runs/{site.scope.org_id}"):
        answer = signed_in.get(path, headers={"Authorization": f"Bearer {site.token}"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert signed_in.get("/api/v1/me").status_code == 401, "the API takes no cookie"


def test_nothing_is_shown_to_whom_is_not_signed_in(site, client):
    run_id = site.complete({"report.html": b"<p>secret"})
    paths = ["/", "/new", "/new/demo", f"/runs/{run_id}", f"/runs/{run_id}/state", f"/runs/{run_id}/report"]
    paths += [f"/runs/{run_id}/files/report.html", f"/runs/{run_id}/report.html", "/runs-table"]
    for path in paths:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path
    paused, form = site.paused(), {"scores": ("scores.csv", b"id,score\nnobody,1\n")}
    answer = client.form(f"/runs/{paused}/scores", files=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    answer = client.get("/runs-table", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/login")
