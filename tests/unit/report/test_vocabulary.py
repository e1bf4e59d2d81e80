"""One vocabulary: every code of the files has its words, and people read the words alone."""

import json
import re
from html.parser import HTMLParser

import pytest

from hetero2 import cli
from hetero2.commands import show
from hetero2.pack import accept
from hetero2.report import index
from hetero2.report.text import vocabulary
from hetero2.report.text.findings import CALLS
from hetero2.report.text.vocabulary import ANSWERS, NO, NOT_SHOWN, QUESTIONS, YES, by_interval
from hetero2.stats.diagnosis import answer as decided
from hetero2.stats.diagnosis.competitors import FITTED, UNFITTED
from tests.conftest import ROOT
from tests.pages import VOID

CODES = {code for question in QUESTIONS for code in question.codes if code.isupper()} | {*vocabulary.REMARKS}
CODES |= {*vocabulary.STATUS, "SERIOUS", "CAUTION", "NOTE", "MISSED"}
# In brackets or with an underscore, a code is one whatever it is called.
CODE = re.compile(rf"\[[A-Z][A-Z_, ]+\]|\b[A-Z0-9]+_[A-Z0-9_]+\b|\b(?:{'|'.join(sorted(CODES))})\b")


def enumerated(contract, *keys):
    """The codes that a schema allows at a place."""
    place = json.loads((ROOT / f"schemas/{contract}.schema.json").read_text())
    for key in keys:
        place = place["properties"][key]
    return {code for code in place["enum"] if code is not None}


@pytest.mark.parametrize(
    ("question", "place"),
    [
        (vocabulary.ISOMERS, ("controls.v1", "inference", "verdict")),
        (vocabulary.FAMILIARITY, ("controls.v1", "inference", "explanation")),
        (vocabulary.AUDIT, ("controls.v1", "audit", "status")),
        (vocabulary.PACK, ("acceptance.v1", "outcome")),
        (vocabulary.PACK, ("registry_row.v1", "acceptance", "outcome")),
        (vocabulary.CAMPAIGN, ("campaign_report.v1", "verdict")),
        (vocabulary.CALL, ("summary.v1", "call")),
        (vocabulary.VERDICT, ("summary.v1", "verdict")),
    ],
)
def test_every_code_of_a_schema_has_its_words(question, place):
    assert set(question.codes) == enumerated(*place)


def test_every_status_has_its_words():
    assert set(vocabulary.STATUS) == enumerated("summary.v1", "status") == enumerated("screen.v1", "status")


def test_every_code_of_the_diagnosis_has_its_words_and_the_answer_of_the_file():
    """The codes are written by stats, which the vocabulary may not import."""
    source = (ROOT / "hetero2/stats/diagnosis/answer.py").read_text()
    constants = set(re.findall(r'"([A-Z][A-Z_0-9]{4,})"', source)) - {
        "NO_BETTER_THAN",
        "NOT_SHOWN_BETTER_THAN",
        "CHANCE",
    }
    assert constants <= set(vocabulary.TRUST.codes) | set(vocabulary.REMARKS)
    for name in ("chance", *UNFITTED):
        assert vocabulary.TRUST.word(f"NO_BETTER_THAN_{name.upper()}") == NO
        assert vocabulary.TRUST.word(f"NOT_SHOWN_BETTER_THAN_{name.upper()}") == NOT_SHOWN
    for name in FITTED:
        assert {f"NO_BETTER_THAN_{name.upper()}", f"NOT_SHOWN_BETTER_THAN_{name.upper()}"} <= set(vocabulary.REMARKS)
    assert enumerated("diagnosis.v1", "answer") == {decided.YES, decided.NO, decided.CANNOT_SAY}


def test_every_interpretation_of_the_hardness_curve_has_its_words():
    files = ("hetero2/stats/audit/hardness.py", "hetero2/stages/calls.py")
    source = " ".join((ROOT / file).read_text() for file in files)
    found = set(re.findall(r'"(INCONCLUSIVE_[A-Z_]+|ILLUSION|SIGNAL_ON_HARD|NOT_SHOWN_ON_HARD)"', source))
    assert found == set(vocabulary.LOOKALIKES.codes)


def test_there_are_three_answers_and_no_question_is_asked_twice():
    assert {word for question in QUESTIONS for word, _ in question.codes.values()} <= set(ANSWERS)
    asked = [question.asked for question in QUESTIONS]
    assert len(asked) == len(set(asked))
    assert all(text.endswith("?") for text in asked)
    assert set(CALLS) == set(vocabulary.CALL.codes)


def test_an_interval_is_an_answer():
    assert [by_interval(*ends) for ends in ((0.1, 0.2), (-0.2, -0.1), (-0.1, 0.1), (0.0, 0.1), (None, None))] == [
        YES,
        NO,
        NOT_SHOWN,
        NOT_SHOWN,
        NOT_SHOWN,
    ]


def test_every_criterion_of_a_pack_has_its_words(stored_run):
    pack = stored_run / "pack"
    documents = [json.loads((pack / name).read_text()) for name in ("metrics.json", "manifest.json")]
    documents[1]["config"]["acceptance"] = {"max_fail_rate": 1, "min_median_slack": -1, "min_rows_ok": 1}
    documents[1]["scores"]["source"] = "external"
    names = {one.name for one in accept.content(*documents, json.loads((pack / "utility_report.json").read_text()))}
    names |= {one.name for one in accept.judge(pack)}
    assert names | {"content"} == set(accept.IN_WORDS)  # content: where a pack cannot be read


def test_accept_prints_no_code(stored_run, capsys):
    assert vocabulary.PACK.asked == accept.PACK
    cli.main(["accept", str(stored_run / "pack")])
    printed = capsys.readouterr().out
    assert "Is the pack in order? No: not met: rows that failed." in printed
    assert CODE.findall(printed) == []
    assert not any(name in printed for name in accept.IN_WORDS if "_" in name)


@pytest.mark.parametrize("brief", [True, False])
def test_no_code_is_printed(stored_run, brief):
    text = "\n".join(show.lines(stored_run, brief))
    assert CODE.findall(text.replace("HETERO-2", "")) == []


def test_no_code_is_in_the_first_page_but_in_the_names_of_files(pack):
    text = index.render(pack, json.loads((pack / "manifest.json").read_text()), [])
    assert CODE.findall(re.sub(r"`[^`]*`", "", text)) == []


class Sections(HTMLParser):
    """The texts of each section of a page, by its id."""

    def __init__(self, text):
        super().__init__()
        self.section, self.skipped, self.texts = "", "", {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "section":
            self.section = dict(attributes)["id"]
        if tag in ("svg", "script", "style") and not self.skipped:
            self.skipped = tag

    def handle_endtag(self, tag):
        if tag == self.skipped:
            self.skipped = ""

    def handle_data(self, data):
        if not self.skipped:
            self.texts[self.section] = f"{self.texts.get(self.section, '')} {data}"


def test_only_the_appendix_of_the_report_has_codes(stored_run):
    assert "svg" not in VOID
    texts = Sections((stored_run / "pack/report.html").read_text(encoding="utf-8")).texts
    coded = {name: CODE.findall(text.replace("HETERO-2", "")) for name, text in texts.items()}
    assert [name for name, codes in coded.items() if codes] == ["appendix"], coded


def test_the_glossary_has_the_table_of_codes():
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    lines = [f"| {asked} | {word} | `{code}` | {says} |" for asked, word, code, says in vocabulary.glossary()]
    assert "\n".join(lines) in page
    remarks = [f"| `{code}` | {says} |" for code, says in vocabulary.REMARKS.items()]
    assert "\n".join(remarks) in page
