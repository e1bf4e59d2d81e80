"""The table of all molecules: what it holds is in summary.csv, and order, filters, search and pages are right."""

from collections import Counter
from collections.abc import Iterator

import pytest

from hetero2.report.text.vocabulary import CALL, STATUS, VERDICT
from hetero2.report.text.words import clipped
from tests.browser.runs import FILLERS, summary
from tests.browser.table import Table
from tools import look

DIRECTIONS = ("ascending", "descending")
NUMBERS = {"score": "score", "p": "p_value", "AUC": "auc_tie_aware", "decoys": "n_decoys_scored"}
WORDS_OF = {  # heading of a column: its name in summary.csv, and the words for its codes
    "status": ("status", STATUS.get),
    "stands out": ("call", CALL.word),
    "above decoys": ("verdict", VERDICT.word),
}
FILTERS = {"status": "status", "call": "stands out"}
DIGITS = {"p": 0.05, "AUC": 0.005, "score": 1e-3, "decoys": 0.0}  # what rounding may change
WORDS = ("filler-01", "left out", "lidocaine", "c1ccccc1", "<script>", "HYPERLINK", "no such text")


@pytest.fixture
def table(browser, report):
    """(the table, the rows of summary.csv); nothing that is done to it may make the page complain."""
    with look.opened(browser, report.page) as seen:
        yield Table(seen.page), summary(report.results)
        assert not seen.complaints + seen.beyond()


def units(text: str) -> bytes:
    """Scripts of pages compare texts by their units of UTF-16."""
    return text.encode("utf-16-be")


def filled_first(cells: list[str]) -> list[str]:
    """The cells that are not empty; the empty ones must all be last."""
    filled = [cell for cell in cells if cell]
    assert cells[: len(filled)] == filled
    return filled


def sorted_cells(shown: Table, heading: str) -> Iterator[tuple[bool, list[str]]]:
    """(whether descending, the cells of the column that are not empty) for both directions."""
    for direction in DIRECTIONS:
        assert shown.sort(heading) == direction, heading
        yield direction == "descending", filled_first([row[heading] for row in shown.rows()])


def test_sorts_numbers(table):
    shown, rows = table
    for heading, column in NUMBERS.items():
        numbers = sorted(float(row[column]) for row in rows if row[column])
        for descending, cells in sorted_cells(shown, heading):
            values = list(map(float, cells))
            assert values == sorted(values, reverse=descending), heading
            assert sorted(values) == pytest.approx(numbers, rel=DIGITS[heading]), heading


def test_sorts_texts(table):
    shown, rows = table
    for heading in (*WORDS_OF, "id"):
        for descending, cells in sorted_cells(shown, heading):
            assert cells == sorted(cells, key=units, reverse=descending), heading
            if heading in WORDS_OF:
                column, word = WORDS_OF[heading]
                assert Counter(cells) == Counter(word(row[column]) for row in rows if row[column]), heading


def test_only_the_sorted_heading_says_so_and_the_keyboard_works_it(table):
    shown, _ = table
    shown.sort("id")
    shown.heading("score").locator("button").press("Enter")
    said = shown.page.locator("#all > thead th[aria-sort]")
    assert said.count() == 1
    assert said.get_attribute("aria-sort") == shown.heading("score").get_attribute("aria-sort") == "ascending"


def test_every_row_of_the_summary_is_there(table):
    shown, rows = table
    assert shown.counts() == (len(rows), len(rows))
    pairs = Counter((clipped(row["id"], 80)[:40], STATUS[row["status"]]) for row in rows)
    assert Counter((row["id"][:40], row["status"]) for row in shown.rows()) == pairs


def test_filters(table):
    shown, rows = table
    for what, heading in FILTERS.items():
        column, word = WORDS_OF[heading]
        for value, count in Counter(word(row[column]) for row in rows if row[column]).items():
            shown.choose(what, value)
            assert shown.counts() == (count, len(rows)), value
            assert [row[heading] for row in shown.rows()] == [value] * count
        shown.page.locator(f"#filter-{what}").select_option(index=0)


def test_filters_and_search_work_together_and_can_be_taken_back(table):
    shown, rows = table
    shown.choose("status", STATUS["SKIP"])
    shown.search("methane")
    count = sum((row["id"], row["status"]) == ("methane", "SKIP") for row in rows)
    assert shown.counts() == (count, len(rows))
    shown.search("")
    shown.page.locator("#filter-status").select_option(index=0)
    assert shown.counts() == (len(rows), len(rows))


def test_searches_all_cells(table):
    shown, rows = table
    everything = shown.rows()
    for words in WORDS:
        matching = [row for row in everything if any(words.lower() in cell.lower() for cell in row.values())]
        shown.search(words)
        assert shown.counts() == (len(matching), len(rows)), words
        assert shown.rows() == matching, words


def test_turns_pages(browser, hostile):
    with look.opened(browser, hostile.page) as seen:
        shown = Table(seen.page)
        shown.search("filler-")
        first = shown.page_of_rows()
        assert seen.page.locator("#previous").is_disabled()
        assert 0 < len(first) < FILLERS
        assert len({row["id"] for row in shown.rows()}) == FILLERS
        assert seen.page.locator("#next").is_disabled()
        shown.search("filler-001")  # a search starts at its first page
        assert [row["id"] for row in shown.page_of_rows()] == ["filler-001"]
