"""The table of a report, worked as a person works it: buttons, boxes, lists and pages."""

import re

from playwright.sync_api import Locator, Page

Row = dict[str, str]


class Table:
    """The table of all molecules on an open page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.headings = [text.strip() for text in page.locator("#all > thead th").all_text_contents()]

    def heading(self, name: str) -> Locator:
        """The cell that holds a heading."""
        return self.page.locator("#all > thead th").nth(self.headings.index(name))

    def sort(self, name: str) -> str | None:
        """Press the button of a heading; what it then says of the order."""
        self.heading(name).locator("button").click()
        return self.heading(name).get_attribute("aria-sort")

    def counts(self) -> tuple[int, int]:
        """(rows that match, rows in all), as the page says."""
        counter = re.match(r"([\d,]+) of ([\d,]+) rows", self.page.locator("#shown").inner_text())
        assert counter, self.page.locator("#shown").inner_text()
        return int(counter[1].replace(",", "")), int(counter[2].replace(",", ""))

    def page_of_rows(self) -> list[Row]:
        """The rows that are to be seen now."""
        lines = self.page.locator("#all > tbody").evaluate(
            "body => [...body.rows].map(row => [...row.cells].map(cell => cell.textContent))"
        )
        return [dict(zip(self.headings, cells, strict=True)) for cells in lines]

    def rows(self) -> list[Row]:
        """The rows of all pages, from the first page on."""
        for _ in iter(self.page.locator("#previous").is_enabled, False):
            self.page.locator("#previous").click()
        rows = self.page_of_rows()
        for _ in iter(self.page.locator("#next").is_enabled, False):
            self.page.locator("#next").click()
            rows += self.page_of_rows()
        return rows

    def search(self, words: str) -> None:
        """Type into the search box."""
        self.page.locator("#search").fill(words)

    def choose(self, what: str, value: str) -> None:
        """Choose from the list of `what`, which is status or call."""
        self.page.locator(f"#filter-{what}").select_option(label=value)
