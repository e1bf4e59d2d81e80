"""Names: a pack must unpack to the same files on every system, and no name may hide or disguise part of itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from hetero2.pack.verification.layout import CHECKSUMS, MANIFEST, role
from hetero2.pack.verification.limits import MAX_DEPTH, MAX_NAME
from hetero2.pack.verification.problems import Problems

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)
_HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (including bidirectional), surrogate, line and paragraph characters


def name_problem(name: str) -> str | None:
    """Why a pack may not hold this name, or None."""
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return f"a name of more than {MAX_DEPTH} parts"
    if name.endswith("/"):
        return "an entry for a folder; a pack holds files only"
    if "\\" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
        return "a name that could leave the folder"
    if not name.isprintable() and any(unicodedata.category(letter) in _HIDDEN for letter in name):
        return "a name with control, bidirectional or surrogate characters"
    if any(part[-1] in ". " for part in parts):
        return "a name with a part that ends in a dot or a space"
    if any(_DEVICE.fullmatch(part.split(".")[0].rstrip(" ")) for part in parts):
        return "a device name on Windows"
    if any(len(part.encode("utf-8", "surrogatepass")) > MAX_NAME for part in parts):
        return f"a name with a part of more than {MAX_NAME} bytes"
    return None


def _folded(name: str) -> str:
    """The form that all names share which some file system treats as one and the same."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())


def check_names(names: Iterable[str], problems: Problems) -> bool:
    """Report names that are unsafe, clash on some file system, or belong in no pack; return whether all are safe."""
    before, n_strange = len(problems), 0
    spellings: dict[str, str] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        problem = name_problem(name)
        if problem is not None:
            problems.add(f"{name!r}: {problem}")
            continue
        if name not in (MANIFEST, CHECKSUMS) and role(name) is None:
            problems.add(f"{name}: extra file, no pack holds a file of this name")
            n_strange += 1
        places = [place for place, letter in enumerate(name) if letter == "/"]
        for path in (name, *(name[:place] for place in places)):
            folded = _folded(path)
            (files if path is name else folders).add(folded)
            same = spellings.setdefault(folded, path)
            if same != path:
                problems.add(f"{path!r}: the same name as {same!r} where case or Unicode form is ignored")
    problems.add_all(f"{spellings[path]!r}: both a file and a folder" for path in sorted(files & folders))
    return len(problems) == before + n_strange
