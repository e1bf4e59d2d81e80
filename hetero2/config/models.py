"""Every key of the configuration: type, limits, default and explanation, each written once.

`schemas/config.schema.json` and `config/default.yaml` are written from here by `make docs`. What must be true of
several keys together is in `consistency`, and asked once every key by itself is right.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hetero2.config import consistency
from hetero2.config.sections import (
    Acceptance,
    Count,
    Execution,
    Pack,
    Path,
    Release,
    Report,
    Section,
    Seed,
    Sha256,
    Share,
    Text,
)


class Input(Section):
    """The library. Give one of the two. Setting either in your own file drops what the target says of `input`."""

    path: Path | None = None
    """your file: .csv, .csv.gz, .parquet with the columns id and smiles; .smi (SMILES, then id); .sdf (title = id)"""
    dataset: Literal["rdkit-freewilson", "suite", "stress"] | None = None
    """rdkit-freewilson, a data set inside an installed package | suite, stress: made by us (docs/targets.md)"""
    sha256: Sha256 | None = None
    """of input.path, in quotes; verified if given, recorded always"""
    structures: bool = True
    """false: no SMILES at all. The file has the columns id,decoy,score (decoy empty: the molecule's own score), or
    id,scores_input. What needs structures is then absent from the pack, and says so (docs/bring-your-own.md)"""


class Dataset(Section):
    """Only read with input.dataset. See docs/flow.md for what each data set is."""

    activity_threshold: float = 7.0
    """PASS when the measured pActivity is at least this; higher makes hits rarer"""
    test_share: float = Field(0.525, gt=0, lt=1)
    """share of the molecules that becomes the library; the rest trains reference scorers"""
    split_seed: Seed = 0
    """seed of the split; whole scaffolds go to one side"""
    source_sha256: dict[str, Sha256] = Field({})
    """file name: sha256 of each source file; a file that differs stops the run"""
    rows: Count = Field(200, le=100_000_000)
    """suite, stress: rows of the library"""
    full_cover_count: int = Field(3, ge=0, le=10)
    """suite: how many molecules have all their decoys in its scores file; the others have one"""
    shuffle_seed: Seed = 0
    """stress: seed of the order of the rows"""


class Guardrails(Section):
    """Which molecules are audited at all; the others become SKIP with a reason."""

    max_atoms: Count = Field(200, le=1000)
    """heavy atoms, at most 1000; larger molecules are skipped (too_many_atoms)"""
    require_connected: bool = True
    """skip molecules of several fragments (disconnected)"""
    standardise: Literal["none", "largest_fragment"] = "none"
    """none | largest_fragment: a salt is its largest fragment that is no counter-ion or solvent"""
    seconds_per_molecule: Count = Field(60, le=86_400)
    """Seconds of CPU, so that a busy machine changes nothing. A molecule whose decoys need more time or memory is
    stopped alone and becomes an ERROR row (timeout, out_of_memory), as does one that crashes the process that works on
    it (worker_crashed). Part of what identifies a run, since it may change rows"""
    mb_per_molecule: int = Field(1024, ge=64, le=1_048_576)
    """MB of memory, beyond what a worker has at the start; Linux only"""


class Quotas(Section):
    """Share of the decoys wanted in each bin of Tanimoto similarity."""

    easy: Share = 0.3
    medium: Share = 0.4
    hard: Share = 0.3


class Decoys(Section):
    """The decoys of each molecule (docs/decoys.md)."""

    strategy: Literal[
        "decoy_strategy.v2",
        "decoy_strategy.v1",
        "rewire_strict_v1",
        "rewire_relax_a_v1",
        "rewire_relax_b_v1",
        "rewire_fallback_aromatic_as_single_v1",
    ] = "decoy_strategy.v2"
    """decoy_strategy.v2: connected isomers that look as common as the molecule. Frozen and only for comparison with old
    results: decoy_strategy.v1 (a chain, first link that yields a decoy) or one of its links:
    rewire_strict_v1, rewire_relax_a_v1, rewire_relax_b_v1, rewire_fallback_aromatic_as_single_v1"""
    k: Count = Field(20, le=1000)
    """decoys per molecule; with fewer than 19 scored decoys the audit cannot hold a 5 % level"""
    seed: Seed = 0
    """change it to draw other decoys"""
    seed_strategy: Literal["per_row", "global"] = "per_row"
    """per_row: seed XOR crc32(id), so that a row keeps its decoys wherever it stands | global"""
    quotas: Quotas = Field(default_factory=Quotas)
    """v2: share of the k decoys wanted by Tanimoto to the molecule: easy < 0.5, medium, hard >= 0.7. They add up to 1.
    What a bin cannot give, the others do; decoy_quality.json says how they were filled."""
    hard_mode: bool = False
    """true: hard decoys only (v1: Tanimoto 0.65 to 0.95), fewer than k where there are not more"""
    quality_sample: int = Field(300, ge=10, le=100_000)
    """molecules looked at for decoy_quality.json; a seeded sample where the library has more"""


class Scores(Section):
    """Where the scores come from. Setting `source` in your own file drops what the target says of `scores`."""

    source: Literal[
        "external",
        "command",
        "screen",
        "reference:morgan_rf",
        "reference:property_linear",
        "reference:property_boosted",
        "reference:nearest_hit",
        "constant",
        "random",
        "synthetic_good",
        "mock",
    ] = "external"
    """external           a file you bring (path), or, without path, the files named in the column scores_input
    command            your model, run on the request: command below
    screen             our screen on the few labels of `train`, centred on the library (docs/screen.md)
    reference:morgan_rf   shipped: a random forest on Morgan fingerprints, fitted on `train`; beside it, for comparison,
        reference:property_linear, reference:property_boosted (bulk properties), reference:nearest_hit (Tanimoto)
    constant, random, synthetic_good   known bad (two) and known good: to see that the audit tells them apart
    mock               for tests of plumbing; never evidence"""
    path: Path | None = None
    """hetero_scores.v1 (.json) or hetero_score_table.v1 (.csv, .csv.gz, .parquet; keyed by structure hash or by id)"""
    url: Text | None = None
    """instead of path: https://.. (or file:///..), with its sha256; see execution.download"""
    format: Literal["json", "csv", "csv.gz", "parquet"] | None = None
    """of scores.url where its name has no suffix: json, csv, csv.gz or parquet"""
    sha256: Sha256 | None = None
    """of scores.path, in quotes, verified if given, recorded always; of scores.url, needed"""
    command: Text | None = None
    """e.g. python my_model.py {request} {scores}: reads id,smiles; writes id,score (same ids). With {train} (and
    {seed}) in it, the model is fitted on scores.train: then it can be tested by refits"""
    higher_is_better: bool = True
    """false for docking scores; holds for audit.sample.score_column too. After ingest, larger is better"""
    train: Path | None = None
    """id,smiles,label (1 hit, 0 not) for reference scorers and {train}; null: the training part of input.dataset. Give
    it with any source of scores: leakage.csv then lists what the library and its decoys share with it"""


class Sample(Section):
    """Which rows are audited."""

    top: float = Field(0, ge=0, le=100_000_000)
    random: float = Field(0, ge=0, le=100_000_000)
    score_column: Text | None = None


class Audit(Section):
    """Which molecules are called as standing out from their decoys (docs/statistics.md)."""

    fdr: float = Field(0.1, gt=0, lt=1)
    """expected share of false ones among the molecules called SIGNAL, over repeated libraries"""
    method: Literal["union", "block_max", "studentised_block_max", "pooled_residuals_bh"] = "union"
    """union | block_max | studentised_block_max | pooled_residuals_bh"""
    min_decoys: Count = Field(19, le=1000)
    """molecules with fewer scored decoys are UNDECIDABLE (at most decoys.k)"""
    sample: Sample = Field(default_factory=Sample)
    """Which rows are audited. top and random: below 1 a share of the rows, else a number; both 0: all. `top` are the
    best by score_column, a column of the library with your model's score; `random` is drawn from the rest. The others
    become SKIP not_sampled"""
    near_tanimoto: float = Field(0.85, ge=0.5, le=1)
    """from this similarity on a molecule of the library is listed as near the training set"""
    control_sample: int = Field(200, ge=10, le=100_000)
    """Molecules looked at for the controls, and for the refits of a model that can be fitted again (a reference scorer,
    or a command with {train}); a seeded sample where the library has more"""
    refits: int = Field(19, ge=0, le=9999)
    """fits on permuted labels: 19 is a quick look, 99 or more a test, 0 none"""
    model_seeds: Count = Field(1, le=20)
    """seeds of the model that each has its refits; 3 to 5 for a test. The median p counts"""
    seed: Seed = 0
    """of the samples, controls and permutations"""


class Truth(Section):
    """What the molecules really did, measured. Setting `path` or `source` in your own file drops what the target says
    of `truth`.
    """

    source: Literal["external", "proxy_rule_v1", "none"] = "external"
    """external: a customer_truth.v1 file | none: no truth, so no cost and lift
    proxy_rule_v1: a hash of the SMILES decides; a test of plumbing that says nothing of molecules"""
    path: Path | None = None
    """null: the truth of input.dataset"""
    url: Text | None = None
    """instead of path: https://.. (or file:///..), with its sha256; see execution.download"""
    sha256: Sha256 | None = None
    """of the truth file, in quotes; verified if given, recorded always; with url, needed"""


class Selection(Section):
    """Which molecules would be bought, for cost and lift."""

    k: Count = Field(50, le=2**32 - 1)
    """molecules that can be paid for downstream; keep it well below the library"""
    k_list: list[Annotated[int, Field(ge=1, le=2**32 - 1)]] = Field([])
    """further K to report; k stays the primary one"""
    baseline: Path | None = None
    """today's filter: a CSV id,score; null: today one buys by the score alone"""
    baseline_column: Text | None = None
    """or: the column of the library that holds it"""
    baseline_higher_is_better: bool | None = None
    """Which way today's filter is better. null: as scores.higher_is_better, which holds for every column of scores;
    where that is false, a baseline of its own file must say"""
    price_per_evaluation: float | None = Field(None, gt=0, le=1e12)
    """what evaluating one molecule costs, in any currency"""
    seed: Seed = 0
    """seed of the random baseline and of the bootstrap"""


class Screen(Section):
    """The screen on a few known molecules (docs/screen.md): results/<run>/screen/ranked.csv."""

    known: Path | None = None
    """known_measurements.v1: id, smiles, and value or label (1 a hit, 0 not); null: no screen"""
    hit_at: float | None = None
    """measured value from which on a molecule is a hit; null: labels say so, or else the better half of the values"""
    lower_is_better: bool = False
    """of measured values, as of an IC50"""
    representative: bool = False
    """true: known molecules are a random sample of the library, rather than picked by somebody"""
    today: Path | None = None
    """the team's score, a table with id and score, as prior mean: what the labels support of it enters the order"""
    today_column: Text = "score"
    """column of it with the score"""
    today_lower_is_better: bool | None = None
    """of today's score, as of docking; null: larger is better, and scores that look like energies are an error"""
    trust: Share = 0.25  # as score_trust.TRUST
    """probability, before any label, that today's score says something"""
    seed: Seed = 0
    """of the sample of the library that the kernel is centred on"""


class Configuration(Section):
    """The whole configuration of a run, after the layers are merged."""

    run_name: str | None = Field(None, pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
    """Results folder of the run under execution.results_dir: letters, digits, _ . and -, at most 100. null: the name of
    the target. A file of your own that changes the input must set it, so that it never mixes with another run."""
    suite_strategy: Literal["strict", "chain"] = "strict"
    """Only for targets that run on the suite of ten molecules, where it is part of the contract (docs/targets.md):
    strict: rewire_strict_v1 | chain: decoy_strategy.v1, which tries one strategy after the other. A chain has folders
    of its own."""
    understood: list[Text] = Field([])
    """How files were read that were brought in another form than that of their contract, a line each. `hetero2 run`
    says it."""
    input: Input = Field(default_factory=Input)
    dataset: Dataset = Field(default_factory=Dataset)
    guardrails: Guardrails = Field(default_factory=Guardrails)
    decoys: Decoys = Field(default_factory=Decoys)
    scores: Scores = Field(default_factory=Scores)
    audit: Audit = Field(default_factory=Audit)
    truth: Truth = Field(default_factory=Truth)
    selection: Selection = Field(default_factory=Selection)
    screen: Screen = Field(default_factory=Screen)
    acceptance: Acceptance = Field(default_factory=Acceptance)
    report: Report = Field(default_factory=Report)
    pack: Pack = Field(default_factory=Pack)
    release: Release = Field(default_factory=Release)
    execution: Execution = Field(default_factory=Execution)

    @model_validator(mode="after")
    def _sections_go_together(self) -> Self:
        consistency.check(self.model_dump())
        return self
