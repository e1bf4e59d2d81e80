"""What a recomputation is about, how far it reaches, and how all of them are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.problems import Problems, TooManyProblemsError

# How far the check of a file or figure reaches: it follows from other files and is computed again; it agrees with
# others that somebody who changes both could keep in agreement; or only its digest holds.
RECOMPUTED, CONSISTENT, DIGEST_ONLY = "recomputed", "consistent", "digest only"
Check = Callable[[Evidence, Problems], None]


class Subject(NamedTuple):
    """A file or figures of it: `what`, how it is checked, and from what (or why by its digest alone).

    `check` is called only if all of `files` are there and in form: else they are a problem already.
    """

    what: str
    level: str
    source: str
    files: tuple[str, ...] = ()
    check: Check | None = None


def check_subjects(subjects: Iterable[Subject], evidence: Evidence, problems: Problems) -> None:
    """Run the checks of those whose files can be read; one that a crafted pack breaks is a problem of the pack."""
    for subject in subjects:
        if subject.check is None or not all(map(evidence.is_readable, subject.files)):
            continue
        try:
            subject.check(evidence, problems)
        except TooManyProblemsError:
            raise
        except Exception as error:
            problems.add(f"{subject.what}: cannot be computed again: {type(error).__name__}: {error}")
