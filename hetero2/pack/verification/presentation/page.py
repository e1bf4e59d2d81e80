"""report.html taken apart: its scripts, its policy, its table and its text line by line."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from hetero2.pack.verification.layout import REPORT

# sha256 of the scripts that our reports have had (hetero2/report/templates/report.js), the newest first.
KNOWN_SCRIPTS = ("wB9cpijABX7S3PqC7hRLwrTar2V0pl+kX5jL/cSpUi8=", "6Q8t9rW0sEr8dEdaCEdXol/9/0tKGcSg6/yBNdTZNe4=")
HEADLINES = ("answer", "next")  # classes of paragraphs that index.md has too
ROWS_ID = "rows"  # of the element that holds the table as JSON
_TAGS = frozenset(
    "a abbr article b bdi body br button caption circle clippath code col colgroup dd defs desc details div dl dt ellipse em "
    "figcaption figure footer g h1 h2 h3 h4 head header hr html i input label li line lineargradient main marker meta nav "
    "noscript ol option p path pattern polygon polyline pre rect script section select small span stop strong style sub "
    "summary sup svg symbol table tbody td text tfoot th thead time title tr tspan ul use wbr".split()
)
_LOADING = ("src", "action", "formaction", "background", "poster", "srcset", "data", "ping", "srcdoc")
_BLOCKS = frozenset(
    "article body caption div dl figcaption figure footer h1 h2 h3 h4 header html li main nav ol p section svg table tbody "
    "thead title tr ul".split()
)
_CELLS = frozenset(("td", "th", "dt", "dd"))
_LONGEST_LINE = 4000


def policy_of(digest: str) -> str:
    """The content security policy of a page with the script of this digest: nothing is fetched, no other one runs."""
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


class Page(HTMLParser):
    """A page: `faults` of its structure, `lines` and `headlines` of its text, the JSON of its table and the rows that it shows."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.lines: list[str] = []
        self.table_json = ""
        self.shown_rows: list[list[str]] = []
        self.scripts: list[tuple[dict[str, Any], str]] = []
        self.policies: list[str] = []
        self.headlines: dict[str, str] = {}
        self._text: list[str] = []
        self._headline = ""
        self._script: list[str] | None = None
        self._attributes: dict[str, Any] = {}
        self._in_style = self._in_table = False
        self.feed(text)
        self.close()
        self._end_line()
        self._check_scripts()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in the start of an element."""
        attributes = {name: value or "" for name, value in attrs}
        self._check_element(tag, attributes)
        if tag == "script":
            self._script, self._attributes = [], attributes
        elif tag == "style":
            self._in_style = True
        elif tag == "meta" and "http-equiv" in attributes:
            self._check_policy(attributes)
        elif tag in _BLOCKS:
            self._end_line()
            self._headline = attributes.get("class", "") if tag == "p" else ""
        elif tag in _CELLS:
            self._text.append("\t")
        if tag == "table":
            self._in_table = attributes.get("id") == "all"
        if self._in_table and tag in ("tr", "td"):
            self._take_cell(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in an element without content: a script is none, even where it is written like this."""
        self.handle_starttag(tag, attrs)
        if tag not in ("script", "style"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take in the end of an element."""
        if tag == "script" and self._script is not None:
            self.scripts.append((self._attributes, "".join(self._script)))
            self._script = None
        elif tag == "style":
            self._in_style = False
        elif tag in _BLOCKS:
            self._end_line()
        if tag == "table":
            self._in_table = False

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if self._script is not None:
            self._script.append(data)
        elif not self._in_style:
            self._text.append(data)
            if self._in_table and self.shown_rows and self.shown_rows[-1]:
                self.shown_rows[-1][-1] += data

    def _take_cell(self, tag: str) -> None:
        if tag == "tr":
            self.shown_rows.append([])
        elif self.shown_rows:
            self.shown_rows[-1].append("")

    def _end_line(self) -> None:
        text = "".join(self._text)
        self._text = []
        cells = (" ".join(cell.split()) for cell in text.split("\t"))
        line = "\t".join(cell for cell in cells if cell)
        if line:
            self.lines.append(line[:_LONGEST_LINE])
            if self._headline in HEADLINES:
                self.headlines[self._headline] = line

    def _fault(self, text: str) -> None:
        if len(self.faults) < 20:
            self.faults.append(f"{REPORT}: line {self.getpos()[0]}: {text}")

    def _check_element(self, tag: str, attributes: dict[str, Any]) -> None:
        if tag not in _TAGS:
            self._fault(f"an element <{tag[:40]}>, which no report has")
        for name, value in attributes.items():
            if name.startswith("on"):
                self._fault(f"an attribute {name[:40]}, which would run a script")
            elif name in _LOADING:
                self._fault(f"an attribute {name}, which would load something")
            elif name.endswith("href") and (":" in value or value.startswith(("/", "\\"))):
                self._fault(f"a link out of the pack, to {value[:80]!r}")

    def _check_policy(self, attributes: dict[str, Any]) -> None:
        if attributes["http-equiv"].lower() != "content-security-policy" or self.scripts or self._script is not None:
            self._fault("a meta element other than the policy at the top of the page")
        self.policies.append(attributes.get("content", ""))

    def _check_scripts(self) -> None:
        """One script that is ours, one that holds the table, and the policy that lets the former run alone."""
        ours = []
        for attributes, text in self.scripts:
            if attributes.get("type") == "application/json" and attributes.get("id") == ROWS_ID and not self.table_json:
                self.table_json = text
            else:
                ours.append((attributes, text))
        digests = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") for _, text in ours]
        if self._script is not None or len(ours) != 1 or ours[0][0] or digests[0] not in KNOWN_SCRIPTS:
            self.faults.append(f"{REPORT}: its script is not the one that our reports have, or it has another one")
        elif self.policies != [policy_of(digests[0])]:
            self.faults.append(f"{REPORT}: its content security policy is not the one of our reports")
        if not self.table_json:
            self.faults.append(f"{REPORT}: it has no table of the molecules")


def shown_table(page: Page) -> Iterator[list[str]]:
    """The rows of the table of molecules that are there without its script."""
    yield from (row for row in page.shown_rows if row)
