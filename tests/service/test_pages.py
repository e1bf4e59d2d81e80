"""The pages in Chromium: the whole way through with a real run, by keyboard, on a phone, without scripts."""

import csv
import re
from pathlib import Path

import pytest

from hetero2.service.workflows.registry import WORKFLOWS
from tests import campaigns
from tests.service import browsing, sites
from tests.service.browsing import follow, press, sign_in, tab_to
from tools import look

AXE = Path(__file__).parents[1] / "browser/node_modules/axe-core/axe.min.js"
pytestmark = [pytest.mark.service, browsing.needs_chromium]
SEVERE = ("serious", "critical")
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"
REPORT = b"<!doctype html><html lang=en><title>Report</title><h1>A report</h1>"
LONGEST = 180_000  # milliseconds that a real run may take here


def test_the_whole_way_by_keyboard(working, opened, tmp_path):
    """Nothing is clicked: sign in, new run, files, check, start, watch it live to its end, get its file, sign out."""
    library, known = sites.screen_files(tmp_path)
    page = opened()
    page.on("filechooser", lambda _: None)  # from here on they are caught; else the first may be missed
    page.goto(working.url)
    assert page.url.endswith("/login")
    tab_to(page, "token")
    page.keyboard.type(working.token)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{working.url}/welcome")
    tab_to(page, "Later")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{working.url}/")
    assert page.evaluate("() => document.cookie") == ""
    tab_to(page, "New run")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new")
    tab_to(page, "Screen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/screen")
    for name, file in (("file-library", library), ("file-known", known)):
        tab_to(page, name)
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(file)
    tab_to(page, "Check the files")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Start the run?").wait_for()
    tab_to(page, "Start the run")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/*")
    page.get_by_text("complete", exact=True).wait_for(timeout=LONGEST)  # nobody reloads the page
    tab_to(page, "ranked.csv")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    ranked = Path(download.value.path()).read_text(encoding="utf-8")
    assert len(ranked.splitlines()) > 10
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/login")
    page.goto(f"{working.url}/new")
    assert page.url.endswith("/login")


def test_the_whole_way_on_a_phone_without_javascript(working, opened, tmp_path):
    library, known = sites.screen_files(tmp_path)
    page = opened("phone", java_script_enabled=False)
    sign_in(page, working)
    page.goto(f"{working.url}/new/screen")
    page.get_by_label("Library", exact=True).set_input_files(library)
    page.get_by_label("Molecules with known results").set_input_files(known)
    press(page, "Check the files")
    press(page, "Start the run")
    page.wait_for_url("**/runs/*")
    for _ in range(LONGEST // 1000):
        if page.get_by_text("complete", exact=True).count():
            break
        follow(page, "Look again")
        page.wait_for_timeout(1000)
    with page.expect_download() as download:
        follow(page, "ranked.csv")
    assert Path(download.value.path()).stat().st_size > 100
    press(page, "Run again")
    press(page, "Cancel the run")
    follow(page, "All runs")
    assert page.get_by_role("link", name="library").count() >= 2


def test_a_campaign_from_its_first_round_to_the_next(working, opened, tmp_path):
    """The next round takes the campaign along; only what was measured is brought."""
    library = campaigns.write(tmp_path / "library.csv", "id,smiles", zip(campaigns.IDS, campaigns.SMILES, strict=True))
    page = opened("phone")
    sign_in(page, working)
    page.goto(f"{working.url}/new/campaign_start")
    page.get_by_label("Library", exact=True).set_input_files(library)
    page.get_by_label("How many molecules a round").fill("8")
    press(page, "Check the files")
    page.get_by_text("Today's order is missing").wait_for()
    page.get_by_label("Order that you choose by today").select_option("listed")
    page.get_by_label("A measured value is a hit from").fill("7")
    press(page, "Check the files")
    press(page, "Start the run")
    page.get_by_role("button", name="Next round").wait_for(timeout=LONGEST)
    with page.expect_download() as download:
        follow(page, "next_batch.csv")
    with Path(download.value.path()).open(newline="") as handle:
        ids = [row["id"] for row in csv.DictReader(handle)]
    measured = [(name, campaigns.VALUES[campaigns.IDS.index(name)]) for name in ids]
    press(page, "Next round")
    page.get_by_text("campaign.zip, ").wait_for()
    results = campaigns.write(tmp_path / "results.csv", "id,value", measured)
    page.get_by_label("Results", exact=True).set_input_files(results)
    press(page, "Check the files")
    press(page, "Start the run")
    page.get_by_role("button", name="Next round").wait_for(timeout=LONGEST)
    page.frame_locator("iframe").get_by_text("Is the new order better than today's?").first.wait_for()
    assert page.evaluate(WIDER) <= 0


def every_page(page, site, tmp_path):
    """Go to every page in turn; yields what each is."""
    complete = site.complete({"report.html": REPORT, "ranked_candidates.csv": b"id\nm1\n", "x" * 90 + ".csv": b"id\n"})
    failed = site.failed("error: files/library/my.csv: no column has a name that is usual for the smiles")
    paused = site.paused()
    running = site.queued()
    site.begun(running)
    waiting = site.queued()
    page.goto(f"{site.url}/login")
    yield "login"
    page.get_by_label("Token").fill("h2_wrong")
    page.keyboard.press("Enter")
    page.get_by_text("This token is not valid here.").wait_for()
    yield "wrong token"
    sign_in(page, site)
    paths = {
        "runs": "/",
        "account": "/account",
        "welcome": "/welcome",
        "new": "/new",
        "nothing": "/nothing",
        "no run": f"/runs/{site.scope.org_id}",
    }
    paths |= {f"form of {name}": f"/new/{name}" for name in WORKFLOWS}
    runs = {"complete": complete, "failed": failed, "running": running, "waiting": waiting, "paused": paused}
    paths |= {name: f"/runs/{run_id}" for name, run_id in runs.items()}
    for name, path in paths.items():
        page.goto(site.url + path)
        yield name
    page.goto(f"{site.url}/runs/{paused}")
    page.set_input_files("#scores", [{"name": "scores.exe", "mimeType": "text/csv", "buffer": b"id,score\n"}])
    press(page, "Upload the scores")
    page.get_by_role("alert").wait_for()
    yield "wrong scores"
    library, known = sites.screen_files(tmp_path)
    page.goto(f"{site.url}/new/screen")
    page.get_by_label("A measured value is a hit from").fill("many")
    page.get_by_text("More, rarely needed").click()
    page.get_by_label("Trust in your score").fill("7")
    page.set_input_files("#file-library", library)
    page.set_input_files("#file-known", known)
    press(page, "Check the files")
    page.get_by_role("alert").wait_for()
    yield "wrong form"
    page.get_by_label("A measured value is a hit from").fill("")
    page.get_by_label("Trust in your score").fill("0.5")
    press(page, "Check the files")
    page.get_by_role("heading", name="Start the run?").wait_for()
    yield "start"
    press(page, "Change something")
    page.get_by_text("library.csv, 222 bytes, is here already").wait_for()
    assert page.get_by_label("Trust in your score").input_value() == "0.5"
    yield "form again"


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark"), ("phone", "light")])
def test_every_page_is_whole_and_keeps_nobody_out(still, opened, tmp_path, size, scheme):
    """Pictures of each lie in tmp_path for people."""
    if not AXE.is_file():
        pytest.skip("no axe-core here (npm ci in tests/browser)")
    page = opened(size, bypass_csp=True, color_scheme=scheme)  # else the policy keeps axe out, too
    severe = {}
    for number, name in enumerate(every_page(page, still, tmp_path)):
        look.picture(page, tmp_path / f"{number:02} {name}.png")
        assert page.evaluate(WIDER) <= 0, name
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("() => axe.run({iframes: false})")
        assert found["passes"]
        wrong = [(one["id"], one["nodes"][0]["html"][:300]) for one in found["violations"] if one["impact"] in SEVERE]
        severe |= {name: wrong} if wrong else {}
    assert severe == {}


def test_no_page_asks_for_what_its_policy_forbids(still, opened, tmp_path):
    """Under the policy as it is: no complaint of Chromium on any page (see `opened`), and each has one heading."""
    page = opened()
    for name in every_page(page, still, tmp_path):
        assert page.locator("h1").count() == 1, name
        assert re.search(r"[A-Z]{3}_|\bNone\b|undefined|/api/", page.inner_text("body")) is None, name


def test_what_a_run_does_is_told_and_disturbs_nobody(still, opened):
    """The focus stays where it is while the page brings itself up to date; who listens hears the new state once."""
    run_id = still.queued()
    page = opened()
    sign_in(page, still)
    page.goto(f"{still.url}/runs/{run_id}")
    page.locator("#cancel").focus()
    page.evaluate("() => { document.getElementById('run').kept = true }")
    page.wait_for_timeout(2500)
    assert page.evaluate("() => document.getElementById('run').kept"), "nothing had changed"
    with still.service.writing(None) as session:  # others wait before it
        from hetero2.service.db import runs
        from hetero2.service.domain.scope import RunKey
        from hetero2.service.domain.states import State

        runs.step(session, RunKey(still.scope, run_id), [State.QUEUED], State.INITIALIZING, still.service.now())
    page.get_by_role("status").get_by_text("demo: bringing files in").wait_for()
    assert page.evaluate("() => document.activeElement.id") == "cancel"
    page.keyboard.press("Enter")
    page.get_by_text("being canceled", exact=True).wait_for()


def test_the_form_of_a_run_that_was_is_filled_in(working, opened, tmp_path):
    """After the runs above: their files are here."""
    library, known = sites.screen_files(tmp_path)
    page = opened()
    sign_in(page, working)
    page.goto(f"{working.url}/new/screen")
    page.set_input_files("#file-library", library)
    page.set_input_files("#file-known", known)
    page.get_by_label("The known molecules are a random sample").check()
    press(page, "Check the files")
    press(page, "Start the run")
    page.wait_for_url("**/runs/*")
    press(page, "Cancel the run")
    follow(page, "Run with changes")
    page.wait_for_url("**/new/screen?run=*")
    assert page.locator(".kept").count() == 2
    assert page.get_by_label("The known molecules are a random sample").is_checked()


def test_reasons_are_shown_while_a_run_works_and_while_it_waits(still, opened):
    counts = {"OK": 17, "SKIP": 2, "ERROR": 1}
    progress = {"seconds": 5, "jobs": {"done": 3, "total": 9}, "counts": counts}
    run_id, pause = still.pausing(progress=progress | {"top_reasons": [["invalid_smiles", 2], ["<b>time</b>", 1]]})
    page = opened()
    sign_in(page, still)
    page.goto(f"{still.url}/runs/{run_id}")
    reasons = page.get_by_text("Reasons so far", exact=True).locator("+ dd")
    assert reasons.inner_text() == "invalid smiles: 2, <b>time</b>: 1"
    assert page.get_by_text("17 audited, 2 left out, 1 failed").count() == 1
    pause()
    page.get_by_text("waiting for scores", exact=True).wait_for()
    assert reasons.inner_text() == "invalid smiles: 2, <b>time</b>: 1"
