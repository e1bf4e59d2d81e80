"""What index.md must have: the parts that every version writes, and the name of every file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hetero2.pack.verification.layout import CRATE, INDEX, PAGES

# The beginnings of lines that each version has written.
_OF_EVERY_INDEX = ("# ", "run_id `", "## The library", "## Files", "## What this proves, and what")
_SINCE_DESCRIPTIONS = (
    "**Next: ",
    "Inputs: ",
    "Decoys: ",
    "Scores: ",
    "Rows: ",
    "Leakage (",
    "Is the pack in order? ",
    "## What the audit says about the score",
    "Verify: ",
)
_FILES_HEADING, _HEADING = "\n## Files\n", "\n## "
_LISTED_NAMES = re.compile(r"^- ((?:`[^`\n]+`(?:, )?)+): ", re.MULTILINE)
_QUOTED_NAME = re.compile(r"`([^`]+)`")
_PAGE_LINK = re.compile(r"\]\((" + re.escape(PAGES) + r"[^()\s]*)\)")


def missing_parts(text: str, names: Iterable[str]) -> Iterator[str]:
    """A line for each part that the text lacks, and for each file of the pack, by `names`, that it does not name."""
    names = set(names)
    due = _OF_EVERY_INDEX + (_SINCE_DESCRIPTIONS if CRATE in names else ())
    starts = tuple(text.split("\n"))
    for part in due:
        if not any(line.startswith(part) for line in starts):
            yield f"{INDEX}: no line begins with {part.strip()!r}: part of it was removed"
    listed_text = text.partition(_FILES_HEADING)[2].partition(_HEADING)[0]
    listed = {name for line in _LISTED_NAMES.findall(listed_text) for name in _QUOTED_NAME.findall(line)}
    linked = set(_PAGE_LINK.findall(text))
    expected = {"workflow/" if name.startswith("workflow/") else name for name in names}
    pages = {name for name in expected if name.startswith(PAGES)}
    for name in sorted(expected - pages - {INDEX} - listed) + sorted(pages - linked):
        yield f"{INDEX}: does not name {name}, which is in the pack"
    for name in sorted(listed - expected) + sorted(linked - pages):
        yield f"{INDEX}: names {name[:200]}, which is not in the pack"
