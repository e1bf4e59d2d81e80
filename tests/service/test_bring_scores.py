"""The page of a run that waits for scores, in Chromium: the request, the form, and what is wrong with a file."""

import pytest

from hetero2.service.db import runs, uploads
from hetero2.service.domain.scope import RunKey
from hetero2.service.domain.states import State
from tests.service import browsing, sites
from tests.service.browsing import press, sign_in, tab_to

pytestmark = [pytest.mark.service, browsing.needs_chromium]
REQUEST = b"id,smiles,role\na,CCO,original\nb,CCN,decoy\n"
SCORES = b"id,score\na,1\nb,2\n"


def chosen(name, content=SCORES):
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def opened_run(page, site, run_id):
    sign_in(page, site)
    page.goto(f"{site.url}/runs/{run_id}")
    return page


def state_and_scores(site, run_id):
    """The state of a run, and the name of the file that its job has for scores."""
    with site.service.reading(None) as session:
        run = runs.get(session, RunKey(site.scope, run_id))
        return State(run.state), runs.job_of(session, run).inputs.get("scores", {}).get("name")


def n_uploads(site):
    with site.service.reading(None) as session:
        return len(uploads.page(session, site.scope, 200))


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A service that takes no file above 100 kB."""
    with sites.served(tmp_path_factory.mktemp("narrow"), max_upload=100_000) as site:
        yield site


def test_request_and_scores_by_keyboard(still, opened, tmp_path):
    run_id = still.paused(REQUEST)
    page = opened_run(opened(), still, run_id)
    page.on("filechooser", lambda _: None)
    tab_to(page, "score_request.csv")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "request.csv")
    assert (tmp_path / "request.csv").read_bytes() == REQUEST
    tab_to(page, "scores")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(chosen("scores.csv"))
    tab_to(page, "Upload the scores")
    page.keyboard.press("Enter")
    page.get_by_text("waiting for a worker", exact=True).wait_for()
    assert page.url == f"{still.url}/runs/{run_id}"
    assert page.locator("#scores").count() == 0
    assert state_and_scores(still, run_id) == (State.QUEUED, "scores.csv")


def test_a_file_can_be_dropped_on_the_field(still, opened, tmp_path):
    (tmp_path / "scores.csv").write_bytes(SCORES)
    run_id = still.paused(REQUEST)
    page = opened_run(opened(), still, run_id)
    box = page.locator("#scores").bounding_box()
    assert box["height"] >= 80, "large enough to be aimed at"
    place = {"x": box["x"] + box["width"] - 20, "y": box["y"] + 10}
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "scores.csv")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    press(page, "Upload the scores")
    page.get_by_text("waiting for a worker", exact=True).wait_for()
    assert state_and_scores(still, run_id) == (State.QUEUED, "scores.csv")


def test_wrong_files_on_a_phone_without_javascript(still, opened):
    run_id = still.paused(REQUEST)
    page = opened_run(opened("phone", java_script_enabled=False), still, run_id)
    before = n_uploads(still)
    for wrong, said in (
        (chosen("scores.exe"), "The file scores.exe does not end in .csv, .tsv, "),
        (chosen("scores.csv", b""), "The file scores.csv is empty."),
    ):
        page.get_by_label("Table of scores").set_input_files(wrong)
        press(page, "Upload the scores")
        page.get_by_role("alert").get_by_text(said).wait_for()
        assert page.evaluate("() => document.activeElement.id") == "scores"
        assert state_and_scores(still, run_id) == (State.PAUSED, None)
    assert n_uploads(still) == before
    page.goto(page.url)  # as somebody does who loads the answer to a form anew
    assert page.url == f"{still.url}/runs/{run_id}"
    page.get_by_label("Table of scores").set_input_files(chosen("scores.csv"))
    press(page, "Upload the scores")
    page.get_by_text("waiting for a worker", exact=True).wait_for()
    assert state_and_scores(still, run_id) == (State.QUEUED, "scores.csv")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (150_000, "The file scores.csv has 150.0 kB; the limit is 100.0 kB."),
        (5_000_000, "The file is larger than 100.0 kB, which is the limit."),  # the form is not read to its end
    ],
)
def test_a_file_that_is_too_large(narrow, opened, size, said):
    run_id = narrow.paused(REQUEST)
    page = opened_run(opened(), narrow, run_id)
    page.set_input_files("#scores", chosen("scores.csv", b"x" * size))
    press(page, "Upload the scores")
    page.get_by_role("alert").get_by_text(said).wait_for()
    assert state_and_scores(narrow, run_id) == (State.PAUSED, None)


def test_a_run_that_waits_no_more_keeps_what_it_has(still, opened):
    run_id = still.paused(REQUEST)
    early, late = opened_run(opened(), still, run_id), opened_run(opened(java_script_enabled=False), still, run_id)
    for page, name in ((early, "early.csv"), (late, "late.csv")):
        page.set_input_files("#scores", chosen(name, SCORES + name.encode() + b",3\n"))
        press(page, "Upload the scores")
        page.get_by_text("waiting for a worker", exact=True).wait_for()
    late.get_by_role("alert").get_by_text("The file was not taken: this run does not wait for scores").wait_for()
    assert state_and_scores(still, run_id) == (State.QUEUED, "early.csv")


def test_the_button_pressed_twice_is_no_error(still, opened):
    run_id = still.paused(REQUEST)
    pages = [opened_run(opened(java_script_enabled=False), still, run_id) for _ in range(2)]
    for page in pages:
        page.set_input_files("#scores", chosen("scores.csv"))
        press(page, "Upload the scores")
        page.get_by_text("waiting for a worker", exact=True).wait_for()
        assert page.get_by_role("alert").count() == 0
        assert page.url == f"{still.url}/runs/{run_id}"


def test_the_form_comes_with_the_pause_and_keeps_the_file_that_was_chosen(still, opened):
    """Nobody reloads the page, and its looks for news do not empty the field."""
    run_id, pause = still.pausing(REQUEST)
    page = opened_run(opened(), still, run_id)
    assert page.locator("#scores").count() == 0
    pause()
    page.get_by_role("status").get_by_text("waiting for scores").wait_for()
    page.set_input_files("#scores", chosen("scores.csv"))
    page.locator("#scores").focus()
    page.wait_for_timeout(4500)
    assert page.evaluate("() => document.getElementById('scores').files.length") == 1
    assert page.evaluate("() => document.activeElement.id") == "scores"
