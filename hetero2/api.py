"""The public face of the package: what the verbs and a run do, as functions on tables.

Tables come in as pyarrow Tables, pandas DataFrames, tables of any library with Arrow's C stream, or mappings of column
names to columns, and go out as pyarrow Tables, in results that have `to_pandas()` and that notebooks show. What is
wrong with an input is raised as one of the errors below, with the message that the command line shows; what the system
refuses stays an OSError. Importing this module takes some 10 ms: each function imports what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hetero2.commands.tables.campaigns import Campaign
from hetero2.commands.tables.cells import spreadsheet_cell
from hetero2.commands.tables.results import Audit, CampaignReport, DecoySets, Document, Result, Screened
from hetero2.config.arguments import Count, checked_arguments
from hetero2.errors import ConfigError, ContractError, GateError, HeteroError, InputError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Audit",
    "Campaign",
    "CampaignReport",
    "ConfigError",
    "ContractError",
    "DecoySets",
    "GateError",
    "HeteroError",
    "InputError",
    "Result",
    "Screened",
    "accept",
    "audit",
    "decoys",
    "read_result",
    "resolve_configuration",
    "run_command",
    "score_request",
    "screen",
    "spreadsheet_cell",
    "targets",
    "verify",
]
_DEFAULT_TARGET = "value_utility_realtruth"
Table = Any  # of Arrow, of pandas, of a library with Arrow's C stream, or a mapping of column names to columns
Molecules = Any  # a table with id and smiles; or a list, an array or a Series of SMILES, whose ids are then m1, m2, ..
Labels = Any  # ids to True (a hit) or False; a Series with ids as index; or one for each molecule, None where unknown


@checked_arguments
def decoys(
    molecules: Molecules,
    *,
    k: int = 20,
    strategy: str = "decoy_strategy.v2",
    seed: int = 0,
    seed_strategy: str = "per_row",
    quotas: Mapping[str, float] | None = None,
    hard_mode: bool = False,
    max_atoms: int = 200,
    require_connected: bool = True,
    standardise: str = "none",
    seconds_per_molecule: int = 60,
    mb_per_molecule: int = 1024,
    workers: Count = 1,
) -> DecoySets:
    """Decoys for molecules: connected isomers that look as common as the molecule.

    `molecules`: a table with the columns `id` and `smiles`, or a list of SMILES (ids m1, m2, ..). The options are the
    keys of the sections `decoys` and `guardrails` of the configuration, with the same defaults and limits: `k` decoys
    per molecule at most, `max_atoms` heavy atoms, `seconds_per_molecule` of CPU, `mb_per_molecule` of memory in MB.
    `workers` is the number of processes; it changes nothing in the result.

    A molecule that gets no decoys keeps its row, with status and reason. Raises InputError where the table cannot be
    used, ConfigError for an option out of its range.

    >>> sets = decoys(["CCOC(=O)c1ccc(N)cc1"], k=3)
    >>> sets.molecules["status"].to_pylist(), len(sets.decoys)
    (['OK'], 3)
    """
    from hetero2.commands import decoy_sets
    from hetero2.config.resolve import complete_sections

    section = {"k": k, "strategy": strategy, "seed": seed, "seed_strategy": seed_strategy, "hard_mode": hard_mode}
    section |= {} if quotas is None else {"quotas": dict(quotas)}
    guardrails = {"max_atoms": max_atoms, "require_connected": require_connected, "standardise": standardise}
    guardrails |= {"seconds_per_molecule": seconds_per_molecule, "mb_per_molecule": mb_per_molecule}
    settings = complete_sections(_DEFAULT_TARGET, {"decoys": section, "guardrails": guardrails})
    return DecoySets(*decoy_sets.make(molecules, settings, workers), settings)


@checked_arguments
def score_request(sets: DecoySets, *, training: Path | str | None = None) -> pa.Table:
    """The structures that need a score, each once, to be given to a model (`score_request.v1`).

    Columns: `id` (the structure hash, which is the key of a score), `smiles`, `role` and `n_rows`. Decoys that are
    molecules of the library, or of the `training` set (a CSV with the columns id and smiles), are excluded.
    """
    from hetero2.commands import decoy_sets

    standardise = decoy_sets.settings_of(sets)["guardrails"]["standardise"]
    with decoy_sets.stored(sets.molecules, sets.decoys) as shard:
        _, excluded = decoy_sets.find_leaks(shard, training, standardise, near=1)
        return decoy_sets.request(shard, excluded)


@checked_arguments
def audit(
    sets: DecoySets | Molecules,
    scores: Callable[[list[str]], Any] | Table | Path | str,
    *,
    truth: Labels | Path | str = None,
    select: Count | None = None,
    k: Count = 20,
    higher_is_better: bool = True,
    training: Path | str | None = None,
    fdr: float = 0.10,
    method: str = "union",
    min_decoys: int = 19,
    near_tanimoto: float = 0.85,
    workers: Count = 1,
) -> Audit:
    """Whether a score can be trusted, and what it is worth: by decoys as in a run, and by truth where there is some.

    `sets`: what `decoys` gave, or molecules, whose decoys are then made (`k` for each, on `workers` processes).
    `scores`: a function that takes a list of at most 1024 SMILES and returns as many numbers (NaN: no score); a table
    with a key (`id`, `molecule_id` or `structure_hash`), `score` and, if wanted, `weight`; or the path of a scores file
    (.csv, .csv.gz, .parquet, or `hetero_scores.v1` as .json). The key of a structure is its hash, as in
    `score_request`; a molecule may be named by its id instead. `truth`: whether molecules are hits, in memory or as a
    file (`customer_truth.v1`); `select`: how many molecules would be bought, None for a tenth of those with truth.
    `training`: the CSV (id,smiles) of the molecules that the model was fitted on; decoys among them or in the library
    are excluded. `fdr`: the false discovery rate of the calls; `method`, `min_decoys`: as the keys of `audit`.

    Raises InputError where tables, labels or scores cannot be used, the function fails, or no molecule can be audited;
    ContractError where `sets` are not what `decoys` gave; ConfigError for an option out of its range.
    """
    from hetero2.commands.tables import auditing

    layer = {"fdr": fdr, "method": method, "min_decoys": min_decoys, "near_tanimoto": near_tanimoto}
    made_sets = sets if isinstance(sets, DecoySets) else decoys(sets, k=k, workers=workers)
    return auditing.audit(made_sets, scores, truth, select, higher_is_better, training, layer)


@checked_arguments
def screen(
    library: Molecules | Path | str,
    known: Table | Path | str,
    *,
    today: Table | Path | str = None,
    today_column: str = "score",
    today_lower_is_better: bool | None = None,
    hit_at: float | None = None,
    lower_is_better: bool = False,
    representative: bool = False,
    trust_score: float = 0.25,
    seed: int = 0,
    max_atoms: int = 200,
    require_connected: bool = True,
    standardise: str = "none",
    seconds_per_molecule: int = 60,
    mb_per_molecule: int = 1024,
    workers: Count = 1,
) -> Screened:
    """A library ranked by a few measured molecules, with the numbers and the options of `hetero2 screen`.

    `library`: id and smiles, a list of SMILES, or a file. `known`: id, smiles, and value or label (1 a hit, 0 not).
    `today`: id and `today_column`, your score, if you have one. `hit_at`: value from which on a molecule is a hit, in
    the unit of the values; None: labels say so, or else the better half of the values. `workers`: processes.

    Raises InputError where a table cannot be used or says of no molecule whether it is a hit; ConfigError for an
    option out of its range, and where today's scores look like energies and nobody said which way is better.

    >>> known = {"id": ["k1", "k2"], "smiles": ["CC(=O)Nc1ccccc1", "CCCCO"], "label": [1, 0]}
    >>> screen(["CCCO", "CC(=O)Nc1ccc(O)cc1"], known).table["id"].to_pylist()
    ['m2', 'm1']
    """
    options = {name: value for name, value in locals().items() if name not in ("library", "known", "today", "workers")}
    from hetero2.commands.tables import screening

    return screening.screen(library, known, today, workers, **options)


@checked_arguments
def verify(pack: Path | str, *, sha256: str | None = None, max_unpacked: Count | None = None) -> list[str]:
    """The problems of an evidence pack, one a line; none if it is in order.

    `pack`: a zip, the folder that it unpacks to, or the results folder of a finished run. `max_unpacked`: how many
    bytes a pack that you trust may unpack to; None: a limit in proportion to its size on disk.
    Raises InputError where there is no pack, GateError where the zip has another `sha256`.

    >>> verify("tests/contracts/data/pack.v1.zip")
    []
    """
    from hetero2.io.files import check_sha256
    from hetero2.pack.results import pack_at
    from hetero2.pack.verification.checking import verify as verify_pack

    path = pack_at(Path(pack))
    if sha256 is not None:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, but a sha256 is that of the zip")
        check_sha256(path, sha256, "pack")
    return [str(problem) for problem in verify_pack(path, max_unpacked)]


@checked_arguments
def accept(pack: Path | str, *, max_unpacked: Count | None = None) -> Document:
    """Whether a pack is in order (GO or STOP), criterion by criterion: `acceptance.v1`. Arguments as in `verify`.

    >>> acceptance = accept("tests/contracts/data/pack.v1.zip")
    >>> acceptance["outcome"], [criterion["name"] for criterion in acceptance["criteria"] if not criterion["met"]]
    ('STOP', ['rows_error'])
    """
    from hetero2.pack import accept as pack_accept
    from hetero2.pack.results import pack_at

    return pack_accept.as_json(pack_accept.judge(pack_at(Path(pack)), max_unpacked=max_unpacked))


@checked_arguments
def read_result(path: Path | str, *, max_unpacked: Count | None = None) -> Result:
    """What a finished run says; `path` and `max_unpacked` as in `verify`.

    Nothing is refused because a criterion of `acceptance` is not met: look there before the rest is trusted. Columns
    that packs of earlier versions do not have are null. Raises InputError where no finished run can be read.

    >>> result = read_result("tests/contracts/data/pack.v1.zip")
    >>> result.acceptance["outcome"], result.metrics["counts"]["OK"], len(result.summary)
    ('STOP', 11, 20)
    """
    from hetero2.io.in_memory import from_cells
    from hetero2.pack import results

    pack_path = results.pack_at(Path(path))
    metrics, manifest, rows = results.read(pack_path, max_unpacked)
    summary = from_cells(rows, "summary.v1", f"{pack_path}: summary.csv")
    return Result(metrics, manifest, summary, accept(pack_path, max_unpacked=max_unpacked))


def fetch(url: str, sha256: str, out: Path, hosts: Collection[str], max_bytes: int, seconds: float) -> None:
    """Download a file for somebody who is not trusted, as `hetero2.io.fetch` says: for the service."""
    from hetero2.io import fetch as fetching

    fetching.fetch(url, sha256, out, hosts, max_bytes, seconds)


def targets() -> list[str]:
    """The names of all targets: what a run can be asked for (docs/targets.md)."""
    from hetero2.config import overlays

    return overlays.targets()


@checked_arguments
def resolve_configuration(
    target: str = _DEFAULT_TARGET, settings: Mapping[str, Any] | Path | str | None = None
) -> Document:
    """Every key of the configuration that a run of `target` would use, as `hetero2 config` prints it.

    `settings`: what differs from the target, as a mapping of sections or as the path of a YAML or JSON file; relative
    paths in it are relative to the working directory. Raises ConfigError where a key, a value or a file is wrong.

    >>> resolve_configuration("pilot", {"decoys": {"k": 30}})["decoys"]["k"]
    30
    """
    from hetero2.config.resolve import resolve_settings
    from hetero2.config.user_files import check_files

    config = resolve_settings(target, settings)
    check_files(config)
    return config


@checked_arguments
def run_command(
    target: str = _DEFAULT_TARGET,
    configfile: Path | str | None = None,
    *,
    cores: Count = 1,
    directory: Path | str | None = None,
) -> list[str]:
    """The words of the command that runs `target`, for `subprocess.run`; its results come to `results/<run_name>`.

    `configfile`: YAML or JSON with what differs from the target; it is checked first, as by `resolve_configuration`.
    `cores`: how many jobs run at once. `directory`: the working directory of the run, to which results and relative
    paths belong; None: that of the caller. More options of Snakemake may be appended. Raises ConfigError likewise.

    >>> run_command("pilot", cores=2)[-3:]
    ['--cores', '2', 'pilot']
    """
    from hetero2.config.resolve import resolve_settings
    from hetero2.workflow import command

    resolve_settings(target, configfile)
    return command.words(target, None if configfile is None else Path(configfile), cores, directory)
