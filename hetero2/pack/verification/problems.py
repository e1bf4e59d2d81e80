"""Problems: one line each about a pack, by the criterion of acceptance that it breaks."""

from __future__ import annotations

from collections.abc import Iterable

# The criteria of acceptance that a problem can break.
FILES_THERE, SUMS_HOLD, FORM_HOLDS = "required_files", "checksums", "zip_and_contracts"
MAX_PROBLEMS, MAX_LETTERS = 1000, 1000


class Problem(str):
    """One line about a pack; `criterion` is the one of acceptance that it breaks."""

    criterion: str

    def __new__(cls, text: str, criterion: str = FORM_HOLDS) -> Problem:
        """Cut a long text in the middle: it begins with the file and ends with the reason."""
        problem = super().__new__(cls, text if len(text) <= MAX_LETTERS else f"{text[:500]} ... {text[-400:]}")
        problem.criterion = criterion
        return problem


class TooManyProblemsError(Exception):
    """A pack has so many problems that checking stopped."""


class Problems(list[Problem]):
    """The problems of a pack so far."""

    def add(self, text: str, criterion: str = FORM_HOLDS) -> None:
        """Record a problem; raises TooManyProblemsError once there are MAX_PROBLEMS."""
        if len(self) >= MAX_PROBLEMS:
            raise TooManyProblemsError
        self.append(Problem(text, criterion))

    def add_all(self, texts: Iterable[str], criterion: str = FORM_HOLDS) -> None:
        """Record several, in order."""
        for text in texts:
            self.add(text, criterion)
