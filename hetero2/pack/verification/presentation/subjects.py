"""What is checked of the files that people read."""

from __future__ import annotations

from collections.abc import Iterator

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import (
    CRATE,
    INDEX,
    MANIFEST,
    METRICS,
    PAGES,
    REPORT,
    SPREADSHEET,
    SPREADSHEETS,
    SUMMARY,
)
from hetero2.pack.verification.presentation.claims_of_run import (
    claims_of_acceptance,
    claims_of_leakage,
    claims_of_rows,
    claims_of_run,
)
from hetero2.pack.verification.presentation.claims_of_score import (
    claims_of_controls,
    claims_of_diagnosis,
    claims_of_hardness,
)
from hetero2.pack.verification.presentation.claims_of_worth import claims_of_the_list, claims_of_worth
from hetero2.pack.verification.presentation.copies import check_copies
from hetero2.pack.verification.presentation.index_parts import missing_parts
from hetero2.pack.verification.presentation.page import Page, molecule_page_fault
from hetero2.pack.verification.presentation.table_rows import table_problems
from hetero2.pack.verification.presentation.wording import Claim, false_claims
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, RECOMPUTED, Subject

_CLAIMS = (
    claims_of_run,
    claims_of_rows,
    claims_of_leakage,
    claims_of_acceptance,
    claims_of_diagnosis,
    claims_of_controls,
    claims_of_hardness,
    claims_of_worth,
    claims_of_the_list,
)


def _claims_of(evidence: Evidence) -> list[Claim]:
    claims: list[Claim] = []
    for claims_of in _CLAIMS:
        try:
            claims += claims_of(evidence)
        except (KeyError, StopIteration):  # an older file lacks it: its schema says what must be there
            continue
    return claims


def _numbered(text: str) -> Iterator[tuple[int | None, str]]:
    """The lines of index.md but those that link to the pages of molecules."""
    lines = enumerate(text.split("\n"), start=1)
    yield from ((number, line) for number, line in lines if not line.startswith("- ["))


def check_index(evidence: Evidence, problems: Problems) -> None:
    """Sentences of index.md with numbers, against the files that these come from."""
    claims = evidence.kept("claims", lambda: _claims_of(evidence))
    problems.add_all(false_claims(INDEX, _numbered(evidence.text(INDEX)), claims))


def check_index_parts(evidence: Evidence, problems: Problems) -> None:
    """Nothing was cut out of index.md: its parts, and a line for every file."""
    problems.add_all(missing_parts(evidence.text(INDEX), evidence.pack.sizes))


def _page_of(evidence: Evidence) -> Page:
    page: Page = evidence.kept("page", lambda: Page(evidence.text(REPORT)))
    return page


def check_page(evidence: Evidence, problems: Problems) -> None:
    """Structure of report.html: only our own script, nothing that loads or leads out of the pack."""
    problems.add_all(_page_of(evidence).faults)


def check_molecule_pages(evidence: Evidence, problems: Problems) -> None:
    """Pages of molecules: no script, and the policy that lets none run."""
    for name in evidence.pack.sizes:
        if name.startswith(PAGES):
            fault = molecule_page_fault(name, evidence.text(name))
            if fault is not None:
                problems.add(fault)


def check_report_text(evidence: Evidence, problems: Problems) -> None:
    """Sentences of report.html with numbers, against the files that these come from."""
    lines: list[tuple[int | None, str]] = [(None, line) for line in _page_of(evidence).lines]
    problems.add_all(false_claims(REPORT, lines, evidence.kept("claims", lambda: _claims_of(evidence))))
    in_bold = {line[2:-2] for line in evidence.text(INDEX).split("\n") if line.startswith("**") and line.endswith("**")}
    for name, text in _page_of(evidence).headlines.items():
        if (in_bold or CRATE in evidence) and text not in {" ".join(line.split()) for line in in_bold}:
            problems.add(f"{REPORT}: its {name}, {text[:160]!r}, is not that of {INDEX}")


def check_report_table(evidence: Evidence, problems: Problems) -> None:
    """The table of molecules, against summary.csv, truth.csv and the list to send."""
    page = _page_of(evidence)
    if page.table_json:
        problems.add_all(table_problems(evidence, page))


PRESENTATION = (
    Subject(f"{SPREADSHEET}, {', '.join(SPREADSHEETS)}", RECOMPUTED, "the exact tables", (), check_copies),
    Subject(
        f"{INDEX}: its parts, the files that it names",
        RECOMPUTED,
        "which files there are, and version (has it descriptions)",
        (INDEX,),
        check_index_parts,
    ),
    Subject(
        f"{INDEX}: numbers in its sentences",
        CONSISTENT,
        "the files that each sentence names; words that no version of ours has written are not read",
        (INDEX, MANIFEST, METRICS),
        check_index,
    ),
    Subject(
        f"{REPORT}: structure, scripts, policy",
        RECOMPUTED,
        "the digests of the scripts that our reports have had",
        (REPORT,),
        check_page,
    ),
    Subject(
        f"{PAGES}: scripts, policy",
        CONSISTENT,
        "no page has a script; its numbers and drawings hold by their digest alone",
        (),
        check_molecule_pages,
    ),
    Subject(
        f"{REPORT}: numbers in its sentences",
        CONSISTENT,
        "as of index.md; figures and drawings hold by their digest alone",
        (REPORT, INDEX, MANIFEST, METRICS),
        check_report_text,
    ),
    Subject(
        f"{REPORT}: table of molecules",
        RECOMPUTED,
        f"{SUMMARY}, truth.csv and the list to send; reasons in words are not read",
        (REPORT, SUMMARY, MANIFEST),
        check_report_table,
    ),
)
