"""A text from outside stays a text, wherever the page shows it."""

from hetero2.report.text.words import clipped
from tests.browser.runs import HOSTILE
from tests.browser.table import Table
from tools import look

# Elements and attributes that the page itself never has, so that any of them came from a text.
FOREIGN = """() => [...document.querySelectorAll("*")].filter(one =>
  ["IMG", "IFRAME", "OBJECT", "EMBED", "BASE", "FORM", "LINK"].includes(one.tagName)
  || (one.tagName === "SCRIPT" && (one.src || !["", "application/json"].includes(one.type)))
  || [...one.attributes].some(({ name }) => name.startsWith("on"))
  || /^(javascript|data|https?):/i.test(one.getAttribute("href") ?? "")
).map(one => one.outerHTML.slice(0, 200))"""


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_no_text_becomes_an_element(browser, hostile):
    # Without the page's policy, which would hide a hole by keeping its script from running.
    with look.opened(browser, hostile.page, bypass_csp=True) as seen:
        Table(seen.page).rows()
        assert seen.page.evaluate(FOREIGN) == []
        assert seen.page.locator("script").count() == 2
        assert seen.page.evaluate("() => window.__hacked === undefined")
        assert not seen.complaints + seen.beyond()


def test_no_text_becomes_an_element_without_scripts(browser, hostile):
    with look.opened(browser, hostile.page, java_script_enabled=False) as seen:
        assert seen.page.evaluate(FOREIGN) == []


def test_hostile_texts_are_there_to_read(browser, hostile):
    with look.opened(browser, hostile.page) as seen:
        ids = [squeezed(row["id"]) for row in Table(seen.page).rows()]
        cards = squeezed(" ".join(seen.page.locator("article.card").all_text_contents()))
    for text in HOSTILE:  # what turns the direction of text is replaced by what one sees
        assert any(shown_id.startswith(squeezed(clipped(text[:40], 40))) for shown_id in ids), text[:40]
    assert squeezed(HOSTILE[0]) in cards


def test_a_very_long_name_is_cut(browser, hostile):
    with look.opened(browser, hostile.page) as seen:
        assert "x" * 1000 not in seen.page.locator("body").inner_text()


def test_the_name_of_a_file_is_a_text_too(browser, hostile):
    with look.opened(browser, hostile.page) as seen:
        assert "<img src=x onerror=window.__hacked=1>" in seen.page.locator("main").inner_text()
