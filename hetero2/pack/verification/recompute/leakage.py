"""leakage.csv: copies in the library, decoys left out, and ids of the truth that match nothing, again from the tables.

What was compared with the training set, or as a compound (another tautomer), cannot be known: that set is in no pack.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import LEAKAGE, MANIFEST, SUMMARY, TRUTH
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, RECOMPUTED, Subject

_COPY, _UNKNOWN_ID = "duplicate_in_library", "truth_id_unknown"
_OF_ROW = (_COPY, "molecule_in_training", "molecule_near_training")
_COMPOUND = "compound"
_NO_STRUCTURE = 0


class _StructuresOfRows:
    """The structure of each row of the summary as a number, and the first row that has it; 40 bytes a row."""

    def __init__(self, evidence: Evidence) -> None:
        rows = evidence.rows(SUMMARY, "structure_hash")
        self.number = array("Q", (_structure_number(structure) for (structure,) in rows))
        self.first = array("q", range(len(self.number)))
        order = sorted(range(len(self.number)), key=self.number.__getitem__)  # stable: the first row comes first
        for before, row in zip(order, order[1:]):
            if self.number[row] == self.number[before] != _NO_STRUCTURE:
                self.first[row] = self.first[before]


def _structure_number(structure: str) -> int:
    return int(structure[:16], 16) if structure else _NO_STRUCTURE


def _copies(evidence: Evidence, structures: _StructuresOfRows) -> Iterator[tuple[str, str]]:
    """(id, id of the first) of every later row of the same structure."""
    ids = evidence.summary.texts("id")
    for row, first in enumerate(structures.first):
        if first != row and ids[first] != ids[row]:
            yield ids[row], ids[first]


def _unknown_ids(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Ids of the truth that are not in the library, as they follow each other."""
    if evidence.is_readable(TRUTH) and evidence.json(MANIFEST)["truth"] is not None:
        for (molecule_id,) in evidence.rows(TRUTH, "molecule_id"):
            if evidence.summary.place(molecule_id) is None:
                yield molecule_id, ""


def _has_training_set(evidence: Evidence) -> bool:
    """A data set that comes with the project brings its own; a user names one."""
    source = evidence.config.get("input") or {}
    roles = {entry["role"] for entry in evidence.json(MANIFEST)["inputs"]}
    return bool(source.get("dataset")) or "training set" in roles


def check_leakage(evidence: Evidence, problems: Problems) -> None:
    """Compare line by line what can be computed; the rest must fit."""
    structures = _StructuresOfRows(evidence)
    has_train = _has_training_set(evidence)
    expected = {_COPY: _copies(evidence, structures), _UNKNOWN_ID: _unknown_ids(evidence)}
    n_excluded, before = array("q", bytes(8 * len(evidence.summary))), ("", "")
    lines = evidence.rows(LEAKAGE, "kind", "id", "structure_hash", "other_id", "match")
    for n_line, (kind, molecule_id, structure, other_id, match) in enumerate(lines, start=1):
        where, row = f"{LEAKAGE}: row {n_line}: {molecule_id[:80]!r}", evidence.summary.place(molecule_id)
        if kind == _UNKNOWN_ID or (kind == _COPY and match != _COMPOUND):
            line = (molecule_id, other_id)
            skipped = kind == _UNKNOWN_ID and has_train  # ids of the training set are no unknown ones
            computed = next((pair for pair in expected[kind] if pair == line or not skipped), None)
            if computed != line:
                problems.add(
                    f"{where}: {kind} of {other_id[:80]!r}, where the tables give {computed or 'no further one'}"
                )
                expected[kind] = iter(())
        elif row is None:
            problems.add(f"{where}: {SUMMARY} has no molecule of this id")
        elif kind.startswith("decoy") and (molecule_id, structure) != before:
            before = (molecule_id, structure)
            n_excluded[row] += 1
        problems.add_all(
            f"{where}: {text}" for text in _misfits(evidence, structures, kind, row, structure, other_id, match)
        )
        if "training" in kind and not has_train:
            problems.add(f"{where}: {kind}, but the configuration names no training set")
    for kind, rest in expected.items():
        line_missing = None if kind == _UNKNOWN_ID and has_train else next(rest, None)
        if line_missing is not None and not any(problem.startswith(f"{LEAKAGE}: row") for problem in problems):
            problems.add(f"{LEAKAGE}: {kind} of {line_missing[0][:80]!r} is missing")
    _check_excluded(evidence, n_excluded, problems)


def _misfits(
    evidence: Evidence,
    structures: _StructuresOfRows,
    kind: str,
    row: int | None,
    structure: str,
    other_id: str,
    match: str,
) -> Iterator[str]:
    """Where structures of a line are not those of the molecules that it names."""
    if kind in _OF_ROW and row is not None and structures.number[row] != _structure_number(structure):
        yield f"structure_hash is not that of {SUMMARY}"
    if kind.endswith("in_library") and match != _COMPOUND:
        other = evidence.summary.place(other_id)
        if other is None or structures.number[other] != _structure_number(structure):
            yield f"{other_id[:80]!r} has another structure in {SUMMARY}"


def _check_excluded(evidence: Evidence, n_excluded: array[int], problems: Problems) -> None:
    """Every decoy that is left out of the audit of a molecule is listed."""
    rows = evidence.rows(SUMMARY, "id", "status", "n_decoys_excluded")
    for row, (molecule_id, status, excluded) in enumerate(rows):
        if status == "OK" and int(excluded or 0) != n_excluded[row]:
            problems.add(
                f"{SUMMARY}: row {row + 1}: {molecule_id[:80]!r}: n_decoys_excluded is {excluded}, "
                f"{LEAKAGE} lists {n_excluded[row]} decoys of it"
            )


LEAKS = (
    Subject(
        f"{LEAKAGE}: copies in the library, ids of the truth; n_decoys_excluded of {SUMMARY}",
        RECOMPUTED,
        f"{SUMMARY}, {TRUTH}",
        (LEAKAGE, SUMMARY, MANIFEST),
        check_leakage,
    ),
    Subject(f"{LEAKAGE}: training set, other forms of a compound", CONSISTENT, f"structures of {SUMMARY}"),
)
