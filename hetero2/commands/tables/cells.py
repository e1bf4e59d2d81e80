"""Cells of tables that people open in spreadsheets."""

from __future__ import annotations

from hetero2.config.arguments import checked_arguments


@checked_arguments
def spreadsheet_cell(text: str) -> str:
    """The text of a cell with an apostrophe before what a spreadsheet would run as a formula; numbers stay as they are.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("-0.25")
    ("'=1+1", '-0.25')
    """
    from hetero2.report.spreadsheet import neutral

    return neutral(text)
