"""What the rules ask of the configuration: the runs of a call, their truth and outputs, and checks before any job."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hetero2.config.consistency import baseline_higher_is_better, scores_file
from hetero2.config.overlays import variants
from hetero2.config.resolve import Config
from hetero2.config.user_files import check_files
from hetero2.errors import ConfigError, HeteroError
from hetero2.runtime import provenance
from hetero2.workflow.run_files import as_json
from hetero2.workflow.score_inputs import FITS_A_JOB as FITS_A_JOB
from hetero2.workflow.score_inputs import ScoreFiles
from hetero2.workflow.targets import DEFAULT_TARGET, resolve_all

GROUP = "value_known_bad_good"  # makes a pack for each of its variants, and separation.json beside them


class Plan(ScoreFiles):
    """The runs of one call of Snakemake: the resolved configuration of each target."""

    def __init__(self, user: Mapping[str, Any], asked: Sequence[str] = ()) -> None:
        self.by_target, runs = resolve_all(user, asked)
        super().__init__(runs, next(iter(runs.values()))[1]["execution"]["results_dir"])

    def check(self, needs_scores: bool = True) -> None:
        """Raise one clear error, before any job, unless the user's files are there and can be read."""
        for _, resolved in self.runs.values():
            check_files(resolved, needs_scores)
            check_baseline(resolved)
            check_score_column(resolved)
        for run in self.runs:
            _check_writable(Path(self.results) / run)
        for path in {path for run in self.runs for path in self.brought_files(run)}:
            self.contents.sha256(path)
        self.contents.save()

    def check_screen(self) -> None:
        """Raise ConfigError unless the run of the default target has known molecules to learn from."""
        for run in self.runs_of(self.default_target):
            if "known" not in self.screen_inputs(run):
                raise ConfigError(
                    "configuration: screen.known is needed: the screen learns from molecules with known results",
                    "name a file with id, smiles, and value or label (1 a hit, 0 not)",
                )

    def runs_of(self, target: str) -> list[str]:
        """Names of the runs that a target builds: one, or one for each of its variants."""
        return self.by_target[target]

    @property
    def targets(self) -> list[str]:
        """Names of all targets."""
        return list(self.by_target)

    @property
    def default_target(self) -> str:
        """The target that is built when none is named."""
        return DEFAULT_TARGET

    @property
    def separation(self) -> str:
        """separation.json of known bad and known good."""
        return self.beside_separation("separation.json")[0]

    def beside_separation(self, pattern: str) -> list[str]:
        """Files beside separation.json: one for each variant where the pattern has {run}, else a single one."""
        names = self.runs_of(GROUP)
        folder = f"{self.results}/{names[0].removesuffix('_' + variants(GROUP)[0])}"
        return list(dict.fromkeys(f"{folder}/{pattern.format(run=name)}" for name in names))

    def beside_runs(self, folder: str, *names: str) -> list[str]:
        """Files of a folder of the results that belongs to no run."""
        return [f"{self.results}/{folder}/{name}" for name in names]

    def truth_file(self, run: str) -> str:
        """The truth before it is read: the user's, that of the data set, or what the proxy rule wrote."""
        if self.config(run)["truth"]["source"] == "proxy_rule_v1":
            return self.file("proxy_truth").format(run=run)
        return self.given(run, "truth") or self.from_dataset(run, "truth.path")

    def truth_arguments(self, run: str) -> str:
        """The optional arguments of `hetero2 truth`."""
        return shlex.join(self.url_option(run, "truth"))

    def baseline(self, run: str) -> list[str]:
        """The file of today's filter, where there is one."""
        selection = self.config(run)["selection"]
        if selection["baseline_column"] is not None:
            return [self.brought(run, "input.path")]
        return [] if selection["baseline"] is None else [selection["baseline"]]

    def baseline_sign(self) -> list[str]:
        """A line about each of today's filters: whether larger or smaller is better, and which key says so."""
        lines = []
        for _, config in self.runs.values():
            selection = config["selection"]
            column, stated = selection["baseline_column"], selection["baseline_higher_is_better"]
            name = selection["baseline"] if column is None else f"column {column!r} of {config['input']['path']}"
            if name is not None:
                better = "larger" if baseline_higher_is_better(config) else "smaller"
                key = "scores.higher_is_better" if stated is None else "selection.baseline_higher_is_better"
                lines.append(f"today's filter, {name}: {better} is better (by {key})")
        return list(dict.fromkeys(lines))

    def utility_settings(self, run: str) -> str:
        """What `hetero2 utility` must know; `baseline_higher_is_better` as it follows from the whole configuration."""
        keys = ("k", "k_list", "seed", "baseline_column", "price_per_evaluation")
        values = {f"selection.{key}": self.value(run, f"selection.{key}") for key in keys}
        if self.baseline(run):
            values["selection.baseline_higher_is_better"] = baseline_higher_is_better(self.config(run))
        return as_json({"truth.source": self.value(run, "truth.source"), **values})

    def baseline_arguments(self, run: str) -> str:
        """The option --baseline, where there is a today's filter."""
        return shlex.join(f"--baseline={path}" for path in self.baseline(run))

    def utility_files(self, run: str) -> list[str]:
        """Truth, cost and lift, as far as the run has them."""
        keys = ["truth", "cost_lift", "utility", "hit_curve"] if self.has_truth(run) else []
        return [self.file(key).format(run=run) for key in keys]

    def _truth_words(self, run: str) -> list[str]:
        words = ("--truth", "--cost-lift", "--utility", "--hit-curve")
        return [word for pair in zip(words, self.utility_files(run), strict=False) for word in pair]

    def pages_arguments(self, run: str) -> str:
        """The options of `hetero2 pages` that depend on whether there is truth."""
        return shlex.join(self._truth_words(run)[:2])

    def is_full(self, run: str) -> bool:
        """Whether the pack of a run holds all artefacts."""
        return bool(self.config(run)["pack"]["artifacts"] == "full")

    def shards_if_full(self, key: str) -> Any:
        """Input function: this file of every shard, where the pack holds all artefacts."""
        files = self.shard_files(key)
        return lambda wildcards: files(wildcards) if self.is_full(wildcards.run) else []

    def words_if_full(self, *keys: str) -> Any:
        """Parameter function: an option for each, with this file of every shard, where the pack holds all artefacts."""
        options = {key: self.shard_words(key) for key in keys}

        def words(wildcards: Any) -> str:
            if not self.is_full(wildcards.run):
                return ""
            return " ".join(f"--{key} {files(wildcards)}" for key, files in options.items())

        return words

    def result_arguments(self, run: str) -> str:
        """The options of `hetero2 report` and `hetero2 pack` that depend on whether there is truth."""
        return shlex.join(self._truth_words(run))

    def facts(self, run: str) -> list[str]:
        """Records of what went in, as far as the run has them."""
        dataset = [self.from_dataset(run, "facts")] if self.config(run)["input"]["dataset"] else []
        keys = ["input_facts", "score_facts", *(["truth_facts"] if self.has_truth(run) else [])]
        name = scores_file(self.config(run))
        return dataset + [self.file(key).format(run=run, scores_file=name) for key in keys]


def _check_writable(folder: Path) -> None:
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ConfigError(
            f"configuration: execution.results_dir: {folder}: cannot be written",
            f"{there} is no folder, its disk is read-only, or you have no permission: ls -ld {shlex.quote(str(there))}",
        )


def check_score_column(config: Config) -> None:
    """Raise ConfigError unless the library has the column by which its top is sampled: before any job."""
    column, library = config["audit"]["sample"]["score_column"], config["input"]["path"]
    if column is None:
        return
    from hetero2.inputs.library import read_library

    try:
        next(read_library(Path(library), more=column), None)
    except HeteroError as error:
        raise ConfigError(f"configuration: audit.sample.score_column: {error.message}", error.hint) from None


def check_baseline(config: Config) -> None:
    """Raise ConfigError unless today's filter, where there is one, can be read: before any job."""
    column, library = config["selection"]["baseline_column"], config["input"]["path"]
    file, key = config["selection"]["baseline"], "baseline" if column is None else "baseline_column"
    if column is None and file is None:
        return
    if column is not None and library is None:
        raise ConfigError(
            "configuration: selection.baseline_column goes with input.path: a data set has no such column"
        )
    from hetero2.inputs.baseline import read_baseline

    try:
        scores = read_baseline(Path(file or library), column)
    except HeteroError as error:
        raise ConfigError(f"configuration: selection.{key}: {error.message}", error.hint) from None
    if not scores:
        raise ConfigError(f"configuration: selection.{key}: {file or library}: no molecule has a score there")


def digest(module: str, environment: str) -> str:
    """Digest of the code that a rule runs and of its environment: an edit of either reruns the rule."""
    modules = provenance.module_sources(f"hetero2.{module}")
    code = provenance.files_digest(modules | provenance.contract_sources(modules))
    return f"{code[:16]}-{provenance.environment_digest(environment)[:16]}"
