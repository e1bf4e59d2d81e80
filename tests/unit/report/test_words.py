"""Texts of users for people: what turns the direction of text stays in its place, and terminals are not steered."""

import json
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetero2 import cli
from hetero2.pack.verification.presentation.wording import cut
from hetero2.report import index, molecule_page
from hetero2.report.cards import Card
from hetero2.report.text.words import clipped, counted, isolated, number
from hetero2.runtime.log import printable

TURNS = ("\u202e", "\u202d", "\u202b", "\u2067", "\u2066", "\u2068", "\u2069", "\u202c", "\u202a")
RIGHT = ("\u05d0\u05d1", "abc \u0627\u0628 1", "\u0661\u0662")
INVISIBLE = ("\u200b", "\u200d", "\u200f", "\u061c", "\u00ad", "\u2060", "\ufeff", "\u3164", "\ufe0f", "\U000e0041")


def level(text: str) -> int:
    """Isolates that are open after a text (UAX #9, BD9), -1 where one that was open before is closed."""
    depth = 0
    for letter in text:
        depth += {"LRI": 1, "RLI": 1, "FSI": 1, "PDI": -1}.get(unicodedata.bidirectional(letter), 0)
        if depth < 0:
            return -1
    return depth


@pytest.mark.parametrize("turn", TURNS)
def test_no_text_turns_the_direction_of_what_is_around_it(turn):
    for text in (f"gnp{turn}.exe", turn, f"{turn}{RIGHT[0]}", f"\u2067{turn}\u2069\u2069 x"):
        for shown in (clipped(text, 60), isolated(text, 60)):
            assert level(shown) == 0
            assert not {unicodedata.bidirectional(letter) for letter in shown} & {"RLO", "LRO", "RLE", "LRE", "PDF"}
            assert "\ufffd" in shown  # and one sees that something was there


@pytest.mark.parametrize("text", RIGHT)
def test_letters_from_right_to_left_stand_between_isolates(text):
    assert isolated(text, 60) == f"\u2068{text}\u2069"
    assert clipped(text, 60) == text  # where an element isolates


@pytest.mark.parametrize("mark", INVISIBLE)
def test_two_ids_that_differ_in_what_cannot_be_seen_do_not_look_the_same(mark):
    assert clipped(f"a{mark}b", 60) == isolated(f"a{mark}b", 60) == f"a[U+{ord(mark):04X}]b"
    assert clipped(clipped(f"a{mark}b", 60), 60) == clipped(f"a{mark}b", 60)
    assert cut(f"a{mark}b", 60) == clipped(f"a{mark}b", 60), "verification reads the page as it is written"


@pytest.mark.parametrize("text", ["m-1", "é", "CC(=O)O", "=1+1", ""])
def test_other_texts_stay_as_they_are(text):
    assert isolated(text, 60) == clipped(text, 60) == text


class Attributes(HTMLParser):
    """Every attribute of a page, and the text of its title."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._tag = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._tag = tag
        self.texts += [value for _, value in attrs if value]

    def handle_data(self, data):
        if self._tag == "title":
            self.texts.append(data)
        self._tag = ""


@pytest.mark.parametrize("name", ["\u202egnp.exe", *RIGHT, "\u2069\u202eb", 'a" onload="x'])
def test_every_attribute_of_a_page_isolates_an_id(name):
    card = Card(name, 1, "SIGNAL", "why", "numbers", "<svg/>", "<svg/>", "CCO", "hit", [], "", None)
    texts = Attributes(molecule_page.render(card, "run")).texts
    named = [text for text in texts if isolated(name, 60) in text]
    assert len(named) == 2  # the title, and what the drawing says to those who do not see it
    assert all(level(text) == 0 for text in texts)
    assert not any(turn in text for text in texts for turn in TURNS if turn not in ("\u2068", "\u2069"))


def test_the_first_page_isolates_ids_and_names_of_files(pack):
    names = ["\u202egnp.exe", RIGHT[0], "\u2069\u2069 [x](y)"]
    (pack / "molecules").mkdir()
    lines = (pack / "summary.csv").read_text(encoding="utf-8").splitlines()
    places = [lines[0].split(",").index(key) for key in ("id", "report_path")]
    row = next(line.split(",") for line in lines if line.startswith("naproxen,"))
    rows = [
        [{places[0]: name, places[1]: "molecules/1.html"}.get(n, cell) for n, cell in enumerate(row)] for name in names
    ]
    (pack / "summary.csv").write_text("\n".join([lines[0], *map(",".join, rows)]) + "\n", encoding="utf-8")
    facts = json.loads((pack / "manifest.json").read_text())
    facts["inputs"][0]["name"] = f"\u202e`{RIGHT[1]}\n.csv"
    text = index.render(pack, facts, [])
    for line in text.split("\n"):
        assert level(line) == 0, line
    assert not any(turn in text for turn in ("\u202e", "\u202d"))
    assert f"[\u2068{RIGHT[0]}\u2069](molecules/1.html)" in text
    assert f"`\u2068\ufffd\u02cb{RIGHT[1]} .csv\u2069`" in text


@given(st.text())
def test_what_goes_to_a_terminal_is_visible_and_tells_texts_apart(text):
    shown = printable(text)
    assert all(letter == "\n" or letter.isprintable() for letter in shown)
    assert (shown == text) == all(letter == "\n" or letter.isprintable() for letter in text)


def test_an_error_never_steers_the_terminal(tmp_path, capsys):
    name = "a\x1b[31m\u202e\x9b.csv"
    (tmp_path / name).write_text("molecule_id,expensive_label,truth_source,truth_version\na\x1b[1m\u202e,PASS\n")
    call = ["truth", "--path", str(tmp_path / name), "--out", str(tmp_path / "t.csv"), "--facts", str(tmp_path / "f")]
    assert cli.main(call) == 1
    error = capsys.readouterr().err
    assert r"a\x1b[31m\u202e\x9b.csv: line 2: 2 cells" in error
    assert all(letter == "\n" or letter.isprintable() for letter in error)


def test_numbers_for_people():
    assert [number(x) for x in (0, 1234567.0, 0.04, -0.04, -2.5, 86.0)] == [
        "0",
        "1,234,567",
        "0",
        "0",
        "−2.5",
        "86",
    ]
    assert counted(1, "row") == "1 row"
    assert counted(2, "row") == "2 rows"
