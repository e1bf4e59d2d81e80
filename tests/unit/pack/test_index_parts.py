"""index.md has every part that its version writes, and names each file of the pack."""

import pytest

from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.layout import DESCRIPTIONS, INDEX, PAGES
from hetero2.pack.verification.presentation.index_parts import missing_parts
from tests.packs import relist

ANSWER = "**Next: "
SECTIONS = ("Inputs: ", "Rows: ", "Leakage (", "Is the pack in order? ", "## What the audit says", "Verify: ")


def problems_with(pack, text):
    (pack / INDEX).write_text(text)
    relist(pack)
    return [str(problem) for problem in verify(pack)]


@pytest.mark.parametrize("part", ["# ", "run_id `", ANSWER, *SECTIONS])
def test_verify_sees_a_line_that_was_taken_out(pack, part):
    lines = (pack / INDEX).read_text().split("\n")
    assert any(line.startswith(part) for line in lines)
    problems = problems_with(pack, "\n".join(line for line in lines if not line.startswith(part)))
    assert any(problem.startswith(f"{INDEX}: no line begins with '{part.strip()}") for problem in problems), problems


def test_verify_sees_an_answer_that_the_report_has_and_the_index_does_not(pack):
    text = (pack / INDEX).read_text().replace("**", "")
    assert any("is not that of index.md" in problem for problem in problems_with(pack, text))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_verify_sees_an_index_that_was_cut(pack, share):
    text = (pack / INDEX).read_text()
    problems = problems_with(pack, text[: int(share * len(text))])
    assert any(problem.startswith(f"{INDEX}: no line begins with") for problem in problems)
    assert f"{INDEX}: does not name checksums.sha256, which is in the pack" in problems


def test_each_file_of_the_pack_is_named_and_no_other(pack):
    text = (pack / INDEX).read_text()
    names = {path.relative_to(pack).as_posix() for path in pack.rglob("*") if path.is_file()}
    assert list(missing_parts(text, names)) == []
    page = f"{PAGES}00000012.html"
    assert list(missing_parts(text, names | {page})) == [f"{INDEX}: does not name {page}, which is in the pack"]
    assert list(missing_parts(text + f"- [m]({page}) stands out: yes\n", names | {page})) == []
    for name in (*DESCRIPTIONS, "summary.csv", "scores.csv"):
        assert f"{INDEX}: names {name}, which is not in the pack" in list(missing_parts(text, names - {name}))
