"""report.html as a page: alone, quiet, whole, readable by everyone, on a desktop, a phone and paper."""

import pytest

from tests.browser.pdf import squeezed, text
from tools import look

SIZES = pytest.mark.parametrize("size", look.SIZES)
SEVERE = ("serious", "critical")
# What reaches beyond its box where nobody can scroll to it, as on paper.
CUT = """() => [...document.querySelectorAll("body *")].filter(one => {
  const style = getComputedStyle(one);
  return style.overflowX !== "visible" && style.display !== "inline" && one.clientWidth > 0
    && one.scrollWidth > one.clientWidth + 1;
}).map(one => one.outerHTML.slice(0, 200))"""
WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


def test_looks_quiet_and_alone(browser, report, tmp_path):
    """No console message, no error, no request; pictures of each run lie in tmp_path for people."""
    files, complaints = look.look(browser, report.page, tmp_path)
    assert not complaints
    assert all(file.stat().st_size > 10_000 for file in files)


def test_the_page_is_small(report):
    assert report.page.stat().st_size < 5_000_000


@SIZES
def test_nothing_keeps_people_out(browser, report, size, axe):
    with look.opened(browser, report.page, size, bypass_csp=True) as seen:  # else the policy keeps axe out, too
        seen.page.evaluate(axe)
        axe_result = seen.page.evaluate("() => axe.run()")
    severe = [violation for violation in axe_result["violations"] if violation["impact"] in SEVERE]
    assert not [(violation["id"], violation["help"], violation["nodes"][0]["html"][:300]) for violation in severe]
    assert axe_result["passes"]


@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_phone_shows_the_whole_width(browser, report, media):
    with look.opened(browser, report.page, "phone") as seen:
        seen.page.emulate_media(media=media)
        assert seen.page.evaluate(WIDER) <= 0


def test_paper_cuts_nothing_off(browser, report):
    with look.opened(browser, report.page) as seen:
        seen.page.set_viewport_size(look.PAPER)
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate(WIDER) <= 0
        assert seen.page.evaluate(CUT) == []


def test_the_first_screen_has_the_answer(browser, report):
    with look.opened(browser, report.page) as seen:
        answer = seen.page.locator("#answer")
        first = [answer.locator(selector) for selector in ("h1", ".send", ".answer", ".next")]
        if (report.results / "utility_report.json").exists():
            first.append(answer.locator("table"))
        for element in first:
            box = element.bounding_box()
            assert element.is_visible()
            assert element.inner_text().strip()
            assert box["y"] >= 0
            assert box["y"] + box["height"] <= look.SIZES["desktop"][1]


def test_the_first_molecules_are_drawn_above_the_fold_and_in_the_table(browser, small):
    with look.opened(browser, small.page) as seen:
        for drawing in seen.page.locator("#answer .first svg").all():
            box = drawing.bounding_box()
            assert box["height"] > 50
            assert box["y"] + box["height"] <= look.SIZES["desktop"][1] / 2
        assert seen.page.locator("#answer .first svg").count() == 3
        assert seen.page.locator("#all td.structure svg").count() > 10
        seen.page.locator("#search").fill("phenol")  # drawings move with their rows
        assert seen.page.locator("#all td.structure svg").count() == 1


@SIZES
def test_the_table_is_as_wide_as_the_page(browser, report, size):
    with look.opened(browser, report.page, size) as seen:
        wider = seen.page.locator("#all").evaluate("all => all.parentNode.scrollWidth - all.parentNode.clientWidth")
        assert wider <= 0


def test_every_part_is_there_and_reached_from_the_top(browser, report):
    parts = ["answer", "worth", "trust", "audit", "decoys", "library", "molecules", "table", "appendix", "files"]
    with look.opened(browser, report.page) as seen:
        assert seen.page.locator("section[id]").evaluate_all("all => all.map(one => one.id)") == parts
        for part in parts:
            seen.page.locator(f'nav a[href="#{part}"]').click()
            assert seen.page.locator(f"#{part}").is_visible()
        assert not seen.complaints + seen.beyond()


def test_it_works_without_scripts(browser, report):
    with look.opened(browser, report.page, java_script_enabled=False) as seen:
        page = seen.page
        assert page.locator("#answer h1").is_visible()
        assert page.locator("#answer .answer").is_visible()
        figures = page.locator("figure svg").all()
        assert figures
        assert all(figure.is_visible() and figure.bounding_box()["height"] > 10 for figure in figures)
        assert page.locator("#all > tbody tr").count() > 0


def test_it_prints_the_first_screen(browser, report, tmp_path):
    with look.opened(browser, report.page) as seen:
        shown = [
            seen.page.locator(f"#answer {selector}").inner_text() for selector in ("h1", ".send", ".answer", ".next")
        ]
        paper = text(look.printed(seen.page, tmp_path / look.PDF))
    for shown_text in shown:
        assert squeezed(shown_text) in paper
