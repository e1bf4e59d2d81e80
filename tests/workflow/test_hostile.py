"""Ids and structures that try to break out, through a whole run: each of its files, and what it prints, is searched.

tests/browser/test_hostile.py looks at the report in a browser; here are all artefacts, without one.
"""

import csv
import html.parser
import json
import re
import shutil
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.browser.runs import HOSTILE, SMILES
from tests.conftest import DATA, build, run

FORMULAS = (
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\uff1d1+1",
    " =1+1",
    '=IMPORTXML("http://x")',
    "%0A=1+1",
)
CONTROLS = (
    "red \x1b[31m",
    "title \x1b]0;gone\x07",
    "c1 \x9b31m",
    "bell\x07",
    "back\x08\x08\x08space",
    "del\x7f",
    "nel\x85line",
    "form\x0cfeed",
    "zero\u200bwidth",
    "isolate \u2066x\u2069",
    "mark \u200fx",
    "soft\u00adhyphen",
    "tag \U000e0041",
)
WORDS = (
    "../../../../tmp/hetero2-escaped",
    "/etc/passwd",
    "C:\\CON",
    "~root",
    "..",
    ".",
    "a/b",
    "$(touch hacked)",
    "`touch hacked`",
    "; touch hacked",
    "| touch hacked",
    "${HOME}",
    "%n%s",
    "{run}",
    "{{7*7}}",
    "{% raw %}",
    "{wildcards.run}",
    "{0.__class__}",
    "!!python/object/apply:os.system [touch hacked]",
    "&a *a",
    "- x: y",
    "null",
    "1e9",
    "0x10",
    '"',
    "'",
    "''",
    '","',
    "]]>",
    "-->",
    "*/",
    "__proto__",
    "constructor",
    "--out=hacked",
    "-rf",
    "# x",
    "| a | b |",
    "[x](javascript:y)",
    "![x](http://y)",
    "\\",
)
TEXTS = list(dict.fromkeys([*HOSTILE, *FORMULAS, *CONTROLS, *WORDS]))
CONFIG = """\
run_name: hostile
input: {{path: library.csv}}
decoys: {{k: 3}}
scores:
  source: command
  command: {python} model.py {{request}} {{scores}}
truth: {{path: truth.csv}}
selection: {{k: 4}}
audit: {{min_decoys: 2, control_sample: 10}}
pack: {{artifacts: full}}
"""
# What a person or a terminal must not get: controls, and what turns or hides text.
_SEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")

# In a page what turns text is isolated, and what cannot be seen is shown by its number.
_TURNS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2067\ufeff\U000e0000-\U000e007f]")
_ISOLATED = re.compile("\u2068[^\u2068\u2069]*\u2069")


class Ran(NamedTuple):
    results: Path
    printed: str


def table(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        writer.writerows(rows)


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    """Every text as an id, the first ones of molecules that can be audited, the others of texts instead of SMILES."""
    folder = tmp_path_factory.mktemp("hostile") / "user"
    folder.mkdir()
    shutil.copyfile(DATA / "model.py", folder / "model.py")
    structures = [*SMILES, *TEXTS]
    table(folder / "library.csv", ("id", "smiles"), list(zip(TEXTS, structures, strict=False)))
    labels = [(text, ("PASS", "FAIL")[place % 2], "external", "customer_truth.v1") for place, text in enumerate(TEXTS)]
    table(folder / "truth.csv", ("molecule_id", "expensive_label", "truth_source", "truth_version"), labels)
    (folder / "my.yaml").write_text(CONFIG.format(python=sys.executable))
    before = sorted(path.name for path in folder.iterdir())
    done = build(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*before, ".snakemake", "results"])
    printed = done.stdout + done.stderr
    for words in (("show",), ("verify",), ("accept",), ("accept", "--json")):
        answer = run(
            "python", "-m", "hetero2", words[0], folder / "results/hostile", *words[1:], cwd=folder, check=False
        )
        printed += answer.stdout + answer.stderr
    return Ran(folder / "results/hostile", printed)


def texts_of(ran: Ran, *patterns: str) -> dict[str, str]:
    """The texts of files of the results and of their folder's logs, by name."""
    paths = [path for pattern in patterns for path in ran.results.parent.parent.glob(pattern) if path.is_file()]
    assert paths
    return {path.as_posix(): path.read_bytes().decode() for path in paths}


def test_the_run_is_in_order_and_ids_come_back_as_they_were(ran):
    assert "OK: the pack is in order" in ran.printed
    with (ran.results / "summary.csv").open(newline="", encoding="utf-8") as handle:
        ids = [row["id"] for row in csv.DictReader(handle)]
    assert len(ids) == len(TEXTS)
    assert (
        sum(written == text for written, text in zip(ids, TEXTS, strict=True)) >= len(TEXTS) - 3
    )  # blanks at an end are cut


def test_nothing_was_made_elsewhere(ran):
    assert not Path("/tmp/hetero2-escaped").exists()
    assert not list(ran.results.parent.parent.rglob("*hacked*"))


def test_names_in_the_zip_come_from_us(ran):
    with zipfile.ZipFile(ran.results / "hostile_evidence_pack.zip") as archive:
        names = archive.namelist()
    assert [
        name for name in names if not re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", name) or ".." in name
    ] == []


class Elements(html.parser.HTMLParser):
    """Collects what no page of ours has, so that any of it came from a text."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_foreign = tag in ("img", "iframe", "object", "embed", "base", "form", "i")
        is_foreign |= tag == "b" and bool(values)  # ours have no attributes
        is_foreign |= any(name.startswith("on") for name in values)
        is_foreign |= tag == "script" and "src" in values
        is_foreign |= bool(re.match("(javascript|data|https?):", values.get("href", ""), re.IGNORECASE))
        if is_foreign:
            self.foreign.append(self.get_starttag_text() or tag)


def test_pages_have_no_element_from_a_text_and_nothing_that_hides_text(ran):
    for name, text in texts_of(ran, "results/hostile/report.html", "results/hostile/pack/molecules/*.html").items():
        elements = Elements()
        elements.feed(text)
        assert elements.foreign == [], name
        assert _TURNS.findall(text) == [], name
        assert not re.search("[\u2068\u2069]", _ISOLATED.sub("", text)), name
        assert "49" not in re.findall(r"7\*7|7 \* 7|\b49\b(?= \$)", text), name


def test_the_index_has_no_element_link_or_line_from_a_text(ran):
    for name, text in texts_of(ran, "results/hostile/pack/index.md").items():
        assert not re.search(r"(?<!\\)<(script|img|svg|b|i)\b", text), name  # after a backslash it is a text
        assert not re.search(r"\]\((javascript|http)", text), name
        assert _TURNS.findall(text) == [], name
        assert not re.search("[\u2068\u2069]", _ISOLATED.sub("", text)), name


def test_no_cell_for_a_spreadsheet_is_a_formula(ran):
    paths = sorted(ran.results.glob("pack/*_spreadsheet.csv"))
    assert len(paths) == 5
    for path in paths:
        with path.open(newline="", encoding="utf-8") as handle:
            for row in csv.reader(handle):
                for cell in row:
                    plain = unicodedata.normalize("NFKC", cell).lstrip()
                    is_number = re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", plain)
                    assert not plain.startswith(("=", "+", "-", "@")) or is_number, (path.name, cell)


def test_logs_and_what_is_printed_hold_nothing_that_a_terminal_obeys(ran):
    logs = texts_of(ran, "results/hostile/logs/**/*.log", ".snakemake/log/*.log")
    for name, text in {**logs, "printed": ran.printed}.items():
        assert _SEEN.findall(text.replace("\r", "")) == [], name


def test_rows_and_records_are_plain_data(ran):
    for name, text in texts_of(ran, "results/hostile/*.json", "results/hostile/pack/*.json").items():
        assert not re.search(r"\b(NaN|Infinity)\b", text), name
        json.loads(text)
    assert yaml.safe_load((ran.results / "pack/config.yaml").read_text())["run_name"] == "hostile"
    row = (ran.results / "registry_row.json").read_text()
    assert not [text for text in TEXTS if len(text) > 6 and text in row]
