"""report.html taken apart: its scripts, its policy, its table and its text line by line."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from hetero2.pack.verification.layout import REPORT

# sha256 of the scripts that our reports have had (hetero2/report/templates/report.js), the newest first.
KNOWN_SCRIPTS = ("wB9cpijABX7S3PqC7hRLwrTar2V0pl+kX5jL/cSpUi8=", "6Q8t9rW0sEr8dEdaCEdXol/9/0tKGcSg6/yBNdTZNe4=")
HEADLINES = ("answer", "next")  # classes of paragraphs that index.md has too
ROWS_ID = "rows"  # of the element that holds the table as JSON
_TAGS = frozenset(
    "a abbr article b bdi body br button caption circle clippath code col colgroup dd defs desc details div dl dt "
    "ellipse em figcaption figure footer g h1 h2 h3 h4 head header hr html i input label li line lineargradient main "
    "marker meta nav noscript ol option p path pattern polygon polyline pre rect script section select small span stop "
    "strong style sub summary sup svg symbol table tbody td text tfoot th thead time title tr tspan ul use wbr".split()
)
_LOADING = ("src", "action", "formaction", "background", "poster", "srcset", "data", "ping", "srcdoc")
_BLOCKS = frozenset(
    "article body caption div dl figcaption figure footer h1 h2 h3 h4 header html li main nav ol p section svg table "
    "tbody thead title tr ul".split()
)
_ELEMENT = re.compile(
    r"<(?:!DOCTYPE html|(/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z_:][-\w:.]*(?:=\"[^\"<>]*\"|='[^'<>]*')?)*))\s*/?>",
    re.ASCII,
)
_ATTRIBUTE = re.compile(r"([A-Za-z_:][-\w:.]*)(?:=\"([^\"]*)\"|='([^']*)')?", re.ASCII)
_MOST_ELEMENTS = 200_000  # starts and ends: twice those of the largest report
_CELLS = frozenset(("td", "th", "dt", "dd"))


def policy_of(digest: str) -> str:
    """The content security policy of a page with the script of this digest: nothing is fetched, no other one runs."""
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


class Page:
    """A page: `faults` of its structure, `lines` and `headlines` of its text, its table as JSON and as it is shown.

    Read as strictly as our templates write: whatever another reader might take in another way is a fault. O(length).
    """

    def __init__(self, text: str) -> None:
        self.faults: list[str] = []
        self.lines: list[str] = []
        self.headlines: dict[str, str] = {}
        self.table_json = ""
        self.shown_rows: list[list[str]] = []
        self.scripts: list[tuple[dict[str, Any], str]] = []
        self.policies: list[str] = []
        self._text: list[str] = []
        self._headline, self._line = "", 1
        self._in_table = self._in_card = False
        self._read(text)
        self._end_line()
        self._check_scripts()

    def _read(self, text: str) -> None:
        place = n_elements = 0
        while place < len(text):
            start = text.find("<", place)
            start = len(text) if start < 0 else start
            self._take_text(unescape(text[place:start]))
            if start == len(text):
                return
            match = _ELEMENT.match(text, start)
            n_elements += 1
            if match is None or n_elements > _MOST_ELEMENTS:
                self._fault("markup that no report has; the rest was not read")
                return
            self._line += text.count("\n", place, match.end())
            place = self._take_element(text, match)

    def _take_element(self, text: str, match: re.Match[str]) -> int:
        """Take in an element's start or end; where the text goes on."""
        is_end, name, attributes_text = match.group(1), match.group(2), match.group(3)
        if name is None:  # the document type
            return match.end()
        tag = name.lower()
        if is_end:
            self._end(tag)
            return match.end()
        attributes = {
            key.lower(): unescape(double or single) for key, double, single in _ATTRIBUTE.findall(attributes_text)
        }
        self._start(tag, attributes)
        if tag not in ("script", "style"):
            return match.end()
        end = text.find(f"</{name}>", match.end())
        content = text[match.end() : end if end >= 0 else len(text)]
        if end < 0 or "</" in content:
            self._fault(f"a <{tag}> that does not end, or holds another element")
        if tag == "script":
            self.scripts.append((attributes, content))
        self._line += content.count("\n")
        return match.end() + len(content) + len(f"</{name}>")

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        self._check_element(tag, attributes)
        if tag == "meta" and "http-equiv" in attributes:
            self._check_policy(attributes)
        elif tag in _BLOCKS:
            self._end_line()
            self._headline = attributes.get("class", "") if tag == "p" else ""
        elif tag in _CELLS:
            self._text.append("\t")
        if tag == "table":
            self._in_table = attributes.get("id") == "all"
        self._in_card = self._in_card or tag == "article"
        if self._in_table and tag in ("tr", "td"):
            self._take_cell(tag)

    def _end(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._end_line()
        if tag == "table":
            self._in_table = False
        self._in_card = self._in_card and tag != "article"

    def _take_text(self, text: str) -> None:
        if not self._in_card:
            self._text.append(text)
        if self._in_table and self.shown_rows and self.shown_rows[-1]:
            self.shown_rows[-1][-1] += text

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
            self.lines.append(line)
            if self._headline in HEADLINES:
                self.headlines[self._headline] = line

    def _fault(self, text: str) -> None:
        if len(self.faults) < 20:
            self.faults.append(f"{REPORT}: line {self._line}: {text}")

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
        if attributes["http-equiv"].lower() != "content-security-policy" or self.scripts:
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
        if len(ours) != 1 or ours[0][0] or digests[0] not in KNOWN_SCRIPTS:
            self.faults.append(f"{REPORT}: its script is not the one that our reports have, or it has another one")
        elif self.policies != [policy_of(digests[0])]:
            self.faults.append(f"{REPORT}: its content security policy is not the one of our reports")
        if not self.table_json:
            self.faults.append(f"{REPORT}: it has no table of the molecules")


def molecule_page_fault(name: str, text: str) -> str | None:
    """What is wrong with the page of a molecule: it has no script, and its policy lets none run."""
    if "<script" in text.lower():
        return f"{name}: a script; no page of a molecule has one"
    nothing = base64.b64encode(hashlib.sha256(b"").digest()).decode("ascii")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{policy_of(nothing)}">'
    head = unescape(text.partition("<title>")[0])
    return None if policy in head else f"{name}: its content security policy is not the one of our pages"


def shown_table(page: Page) -> Iterator[list[str]]:
    """The rows of the table of molecules that are there without its script."""
    yield from (row for row in page.shown_rows if row)
