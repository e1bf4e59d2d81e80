"""selected_decoys.csv and card_decoys.csv: their scores, and the audit of each molecule again from its decoys."""

from __future__ import annotations

import hashlib
import itertools
import math
from array import array
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import CANDIDATES, CARD_DECOYS, MANIFEST, SELECTED_DECOYS, SUMMARY
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.candidates import bin_of, selection_sizes
from hetero2.pack.verification.recompute.score_file import is_read, scores_of
from hetero2.pack.verification.recompute.subject import RECOMPUTED, Subject
from hetero2.pack.verification.recompute.summary_rows import WEIGHTED

_DECOY_COLUMNS = (
    "id",
    "rank",
    "decoy_index",
    "decoy_smiles",
    "decoy_hash",
    "score",
    "excluded",
    "tanimoto",
    "hardness",
)


class DecoyRow(NamedTuple):
    """A line of one of the two tables; a column that it lacks is ''."""

    molecule_id: str
    rank: str
    place: str
    smiles: str
    key: str
    score: str
    excluded: str
    tanimoto: str
    hardness: str


class _Audits:
    """What summary.csv says of each audited molecule; 40 bytes a row."""

    def __init__(self, evidence: Evidence) -> None:
        self.generated, self.scored, self.tied = array("q"), array("q"), array("q")
        self.p_value, self.is_weighted = array("d"), bytearray()
        columns = ("n_decoys", "n_decoys_scored", "n_decoys_tied", "p_value", "warnings")
        for generated, scored, tied, p_value, warnings in evidence.rows(SUMMARY, *columns):
            self.generated.append(int(generated))
            self.scored.append(int(scored))
            self.tied.append(int(tied or -1))
            self.p_value.append(float(p_value or "nan"))
            self.is_weighted.append(WEIGHTED in warnings)


def _row_problems_of_decoy(evidence: Evidence, row: DecoyRow, is_card: bool) -> Iterator[str]:
    """Of a decoy by itself."""
    if row.smiles and hashlib.sha256(row.smiles.encode()).hexdigest() != row.key:
        yield "decoy_hash is not the sha256 of decoy_smiles"
    if row.hardness != bin_of(row.tanimoto):
        yield f"hardness is {row.hardness!r}, tanimoto {row.tanimoto} gives {bin_of(row.tanimoto)!r}"
    if row.excluded and row.score:
        yield "is excluded, but has a score"
    if is_read(evidence) and scores_of(evidence).problem is None:
        scores = scores_of(evidence)
        expected = scores.of_decoy(row.molecule_id, row.key)
        if row.score and float(row.score) != expected:
            yield f"score is {row.score}, {scores.name} has {expected}"
        elif is_card and not row.score and not row.excluded and not math.isnan(expected):
            yield f"score is empty, {scores.name} has {expected}"


def _audit_again(evidence: Evidence, audits: _Audits, row: int, decoys: list[DecoyRow]) -> Iterator[str]:
    """Of a molecule, from all its decoys."""
    if [decoy.place for decoy in decoys] != list(map(str, range(len(decoys)))) or len(decoys) != audits.generated[row]:
        yield f"{len(decoys)} decoys, {SUMMARY} has {audits.generated[row]}; their decoy_index counts from 0"
        return
    scores = [float(decoy.score) for decoy in decoys if decoy.score]
    if len(scores) != audits.scored[row]:
        yield f"{len(scores)} decoys with a score, n_decoys_scored of {SUMMARY} is {audits.scored[row]}"
        return
    if not scores:
        return
    own = evidence.summary.numbers("score")[row]
    p_value, tied = (1 + sum(score >= own for score in scores)) / (len(scores) + 1), scores.count(own)
    if (p_value, tied) != (audits.p_value[row], audits.tied[row]):
        yield (
            f"its decoys give p_value {p_value} with {tied} tied, {SUMMARY} has {audits.p_value[row]} with "
            f"{audits.tied[row]}"
        )
    below = sum(score < own for score in scores)
    auc, said = (below + tied / 2) / len(scores), evidence.summary.numbers("auc_tie_aware")[row]
    if not audits.is_weighted[row] and auc != said:
        yield f"its decoys give auc_tie_aware {auc}, {SUMMARY} has {said}"


def _check_decoys(evidence: Evidence, name: str, problems: Problems) -> list[tuple[str, str]]:
    """Check a table; (id, rank) of its molecules, in order."""
    audits, molecules = evidence.kept("audits", lambda: _Audits(evidence)), []
    rows = map(DecoyRow._make, evidence.rows(name, *_DECOY_COLUMNS))
    most = max(audits.generated, default=0)
    for molecule_id, group in itertools.groupby(rows, key=itemgetter(0)):
        where, row = f"{name}: {molecule_id[:80]!r}", evidence.summary.place(molecule_id)
        decoys = list(itertools.islice(group, most + 1))
        for decoy in decoys:
            texts = _row_problems_of_decoy(evidence, decoy, name == CARD_DECOYS)
            problems.add_all(f"{where}: decoy {decoy.place}: {text}" for text in texts)
        molecules.append((molecule_id, decoys[0].rank))
        if row is None:
            problems.add(f"{where}: {SUMMARY} has no molecule of this id")
        elif evidence.summary.texts("status")[row] == "OK":
            problems.add_all(f"{where}: {text}" for text in _audit_again(evidence, audits, row, decoys))
    return molecules


def check_selected_decoys(evidence: Evidence, problems: Problems) -> None:
    """The decoys of exactly the molecules that the list selects and that have some."""
    molecules = _check_decoys(evidence, SELECTED_DECOYS, problems)
    audits, expected = evidence.kept("audits", lambda: _Audits(evidence)), []
    most = selection_sizes(evidence)[-1]
    for molecule_id, rank in itertools.islice(evidence.rows(CANDIDATES, "id", "rank"), most):
        row = evidence.summary.place(molecule_id)
        if row is not None and audits.generated[row]:
            expected.append((molecule_id, rank))
    if molecules != expected:
        pairs = itertools.zip_longest(molecules, expected, fillvalue=("none", ""))
        said, wanted = next(pair for pair in pairs if pair[0] != pair[1])
        problems.add(
            f"{SELECTED_DECOYS}: has the decoys of {said[0][:80]!r} (rank {said[1]}) where the list of candidates "
            f"selects {wanted[0][:80]!r} (rank {wanted[1]})"
        )


def check_card_decoys(evidence: Evidence, problems: Problems) -> None:
    """All decoys of every molecule in it."""
    molecules = _check_decoys(evidence, CARD_DECOYS, problems)
    if len(set(molecules)) < len(molecules):
        problems.add(f"{CARD_DECOYS}: the decoys of a molecule are not together")


DECOY_ROWS = (
    Subject(
        f"{SELECTED_DECOYS}: molecules, scores; p_value and auc_tie_aware of these in {SUMMARY}",
        RECOMPUTED,
        f"scores file, {CANDIDATES}, {SUMMARY}",
        (SELECTED_DECOYS, CANDIDATES, SUMMARY, MANIFEST),
        check_selected_decoys,
    ),
    Subject(
        f"{CARD_DECOYS}: scores; p_value and auc_tie_aware of these molecules in {SUMMARY}",
        RECOMPUTED,
        f"scores file, {SUMMARY}",
        (CARD_DECOYS, SUMMARY, MANIFEST),
        check_card_decoys,
    ),
)
