"""Decoys and their audit for tables in memory; for the functions of the stages, a library is one shard."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from hetero2.commands.tables.molecules import as_molecules
from hetero2.commands.tables.progress import bar
from hetero2.commands.tables.results import DecoySets
from hetero2.config.resolve import complete_sections
from hetero2.errors import ContractError, HeteroError, InputError
from hetero2.inputs.library import rows_of_table
from hetero2.inputs.summary_rows import lines
from hetero2.inputs.usable_rows import with_an_id
from hetero2.io.files import TABLES, check_file
from hetero2.io.in_memory import as_contract, as_table
from hetero2.io.tables import read_parquet, to_table, write_parquet
from hetero2.scoring import score_table
from hetero2.scoring.library_ids import LibraryIds, has_good_id
from hetero2.scoring.score_lookup import ScoreLookup, TableLookup, open_lookup
from hetero2.stages import audit, calls, decoys_shard, leakage, score_request, score_source, scores, summary
from hetero2.stages.input import mark

Record = dict[str, Any]
TARGET = "value_utility_realtruth"  # whose defaults hold
_RUN = "api"  # in the place of the name of a run


class Shard(NamedTuple):
    """The files of one shard: its molecules, their decoys, the score of each, and the scores as they were given."""

    molecules: Path
    decoys: Path
    items: Path
    scores: Path


class Audited(NamedTuple):
    """Of an audit: summary.v1, metrics.v1, hardness_curve.v1, and the facts of the library."""

    summary: pa.Table
    metrics: Record
    hardness_curve: pa.Table
    library: Record


def make(library: Any, settings: Mapping[str, Any], workers: int) -> tuple[pa.Table, pa.Table]:
    """(molecule.v1, decoy.v1) of a table with id and smiles, or of a list of SMILES.

    `settings`: the sections `decoys` and `guardrails`.
    """
    table = as_table(as_molecules(library, "molecules"), "molecules")
    rows = list(with_an_id(mark(rows_of_table("molecules", table)), "molecules")) if len(table) else []
    if not rows:
        raise InputError("molecules: no row", "give at least one molecule")
    options = decoys_shard.decoy_options({**settings["decoys"], **settings["guardrails"]})
    pairs = list(bar(decoys_shard.molecules_with_decoys(rows, options, workers), len(rows), "molecules with decoys"))
    molecules = to_table((record for record, _ in pairs), "molecule.v1")
    return molecules, to_table((decoy for _, decoys in pairs for decoy in decoys), "decoy.v1")


def settings_of(sets: Any) -> Record:
    """The settings of decoy sets; raises InputError or ContractError where these are not what `decoys` gave."""
    if not isinstance(sets, DecoySets):
        raise InputError(f"sets: expected what `decoys` gave, found {type(sets).__name__}", "audit(decoys(..), ..)")
    if not isinstance(sets.settings, Mapping) or set(sets.settings) != {"decoys", "guardrails"}:
        raise ContractError("sets.settings: expected the sections decoys and guardrails, as `decoys` gave them")
    return complete_sections(TARGET, sets.settings)


@contextlib.contextmanager
def stored(molecules: Any, decoys: Any) -> Iterator[Shard]:
    """The tables that `make` gave in a temporary folder; errors call its files by their names alone."""
    with tempfile.TemporaryDirectory(prefix="hetero2-") as folder:
        shard = Shard(*(Path(folder, f"{name}.parquet") for name in Shard._fields))
        write_parquet(shard.molecules, as_contract(molecules, "molecule.v1", "molecules"), "molecule.v1")
        write_parquet(shard.decoys, as_contract(decoys, "decoy.v1", "decoys"), "decoy.v1")
        try:
            yield shard
        except HeteroError as error:
            for path in shard:
                error.message = error.message.replace(str(path), path.stem)
            raise


def ids_of(shard: Shard) -> list[str]:
    """The ids of the molecules, in the order of the library."""
    ids: list[str] = read_parquet(shard.molecules, "molecule.v1", ["id"])["id"].to_pylist()
    return ids


def find_leaks(shard: Shard, training: Path | str | None, standardise: str, near: float) -> tuple[pa.Table, pa.Table]:
    """(leakage.v1: what library, decoys and training set share; the decoys that are therefore excluded)."""
    train = {} if training is None else leakage.read_train(Path(training), standardise)
    leaks = leakage.find_leaks([shard.molecules], [shard.decoys], train, near)
    return leakage.as_table(leaks), to_table(leakage.excluded(leaks), "excluded_decoy.v1")


def request(shard: Shard, excluded: pa.Table) -> pa.Table:
    """The structures that need a score (score_request.v1)."""
    return pa.concat_tables(list(score_request.request([shard.molecules], [shard.decoys], excluded)))


def _score_lookup(given_scores: Any, shard: Shard, molecules: pa.Table) -> tuple[ScoreLookup, bool]:
    """(the scores of a table or of a file, whether they may name molecules by their ids)."""
    path = Path(given_scores) if isinstance(given_scores, Path | str) else shard.scores
    if path is shard.scores:
        pq.write_table(as_table(given_scores, "scores"), path)
    check_file(path)
    if not path.name.lower().endswith(TABLES):
        return open_lookup(path, path, ()), False
    library = LibraryIds(molecules["id"].filter(has_good_id(molecules["reason"])))
    index = score_table.index(path, library)
    score_source.count_keys(path, index, library)
    return TableLookup(path, index), True


def audit_scores(
    shard: Shard, given_scores: Any, higher_is_better: bool, excluded: pa.Table, settings: Mapping[str, Any]
) -> Audited:
    """Audit a shard by the scores of a table or of a file; `settings`: as of `make`, with `audit`."""
    molecules = read_parquet(shard.molecules, "molecule.v1")
    lookup, by_id = _score_lookup(given_scores, shard, molecules)
    scored = scores.rows_with_scores(shard.molecules, by_id)
    decoys = read_parquet(shard.decoys, "decoy.v1", ["row", "decoy_index", "decoy_hash"])
    items = scores.attach(scored, decoys, lookup, 1 if higher_is_better else -1, excluded)
    write_parquet(shard.items, items, "score_item.v1")
    min_decoys = min(settings["audit"]["min_decoys"], settings["decoys"]["k"])
    called, curve, library = calls.of_library(
        [(shard.molecules, shard.decoys, shard.items)],
        settings["audit"]["fdr"],
        settings["audit"]["method"],
        min_decoys,
    )
    rows = lines(molecules, audit.audit_shard(molecules, items, _RUN), called)
    counts = summary.LibraryCounts()
    counts.add(rows)
    metrics = counts.metrics({name: settings[name] for name in ("guardrails", "decoys")})
    return Audited(rows, metrics, curve, library)
