"""What the rules ask of the configuration: runs, file names, options, inputs that depend on the source of scores."""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hetero2 import config as configuration
from hetero2 import paths, provenance
from hetero2.config_sense import needs_training, scores_file
from hetero2.errors import ConfigError, HeteroError
from hetero2.runs import DEFAULT_TARGET, resolve_all
from hetero2.scoring.names import SUITE_VARIANTS

# What a data set brings, and the file that it is.
_DATASET_FILES = {
    "rdkit-freewilson": {
        "input.path": "dataset_input",
        "scores.train": "dataset_train",
        "truth.path": "dataset_truth",
        "facts": "dataset_facts",
    },
    "suite": {"input.path": "suite_input", "scores.path": "suite_scores", "facts": "suite_facts"},
    "stress": {"input.path": "stress_input", "facts": "stress_facts"},
}
FITS_A_JOB = 10
GROUP = "value_known_bad_good"  # makes a pack for each of its variants, and separation.json beside them


class Plan:
    """The runs of one call of Snakemake: the resolved configuration of each target."""

    def __init__(self, user: Mapping[str, Any], asked: Sequence[str] = (), needs_scores: bool = True) -> None:
        self.by_target, self.runs = resolve_all(user, asked)
        self.results = next(iter(self.runs.values()))[1]["execution"]["results_dir"]
        self._shards: dict[str, list[str]] = {}
        for _, resolved in self.runs.values():
            configuration.check_files(resolved, needs_scores)
            check_baseline(resolved)
        _check_writable(Path(self.results))
        self._row_files = {run: row_files(resolved) for run, (_, resolved) in self.runs.items()}

    def runs_of(self, target: str) -> list[str]:
        """Names of the runs that a target builds: one, or one for each of its variants."""
        return self.by_target[target]

    @property
    def targets(self) -> list[str]:
        """Names of all targets."""
        return list(self.by_target)

    @property
    def default_target(self) -> str:
        """What is built where nothing is asked for."""
        return DEFAULT_TARGET

    @property
    def separation(self) -> str:
        """separation.json of known bad and known good."""
        return self.beside_separation("separation.json")[0]

    def beside_separation(self, pattern: str) -> list[str]:
        """Files beside separation.json: those of each variant where the pattern has {run}, else the one."""
        names = self.runs_of(GROUP)
        folder = f"{self.results}/{names[0].removesuffix('_' + configuration.variants(GROUP)[0])}"
        return list(dict.fromkeys(f"{folder}/{pattern.format(run=name)}" for name in names))

    def config(self, run: str) -> configuration.Config:
        """Resolved configuration of a run."""
        return self.runs[run][1]

    def target(self, run: str) -> str:
        """Target that a run derives from."""
        return self.runs[run][0]

    def option(self, run: str, key: str) -> Any:
        """Value of a dotted key: true and false as words, null as none, mappings as JSON."""
        value: Any = self.config(run)
        for part in key.split("."):
            value = value[part]
        if isinstance(value, Mapping | bool):
            return json.dumps(value, sort_keys=True)
        return "none" if value is None else value

    def sections(self, run: str, *names: str) -> str:
        """Whole sections of what identifies a run, as JSON."""
        public = configuration.run_configuration(self.config(run))
        return json.dumps({name: public[name] for name in names}, sort_keys=True)

    def identity(self, run: str) -> str:
        """The target and the configuration that identifies a run, as JSON."""
        public = configuration.run_configuration(self.config(run))
        return json.dumps({"target": self.target(run), **public}, sort_keys=True)

    def file(self, key: str) -> str:
        """Path of a file of a run, with its wildcards."""
        return paths.run_file(self.results, key)

    def folder(self, run: str) -> Path:
        """Results folder of a run."""
        return Path(self.results) / run

    def shards(self, run: str) -> list[str]:
        """Names of the shards of a run."""
        if run not in self._shards:
            count = configuration.n_shards(self.config(run))
            self._shards[run] = [paths.shard_name(number) for number in range(count)]
        return self._shards[run]

    def shard_files(self, key: str) -> Any:
        """Input function: this file of every shard of the run, in order."""
        pattern = self.file(key)
        return lambda wildcards: [pattern.format(run=wildcards.run, shard=s) for s in self.shards(wildcards.run)]

    def brought(self, run: str, key: str) -> str:
        """The user's file for a key, or the one that comes with the data set."""
        section, name = key.split(".")
        value: str | None = self.config(run)[section][name]
        return value if value is not None else self.from_dataset(run, key)

    def from_dataset(self, run: str, key: str) -> str:
        """The file that the run's data set brings for a key."""
        return self.file(_DATASET_FILES[self.config(run)["input"]["dataset"]][key]).format(run=run)

    def truth_file(self, run: str) -> str:
        """The truth before it is taken in: the user's, that of the data set, or what the proxy rule wrote."""
        if self.config(run)["truth"]["source"] == "proxy_rule_v1":
            return self.file("proxy_truth").format(run=run)
        return self.brought(run, "truth.path")

    def scores_file(self, run: str) -> str:
        """The scores file of a run."""
        return self.file("score_source").format(run=run, scores_file=scores_file(self.config(run)))

    def baseline(self, run: str) -> list[str]:
        """Today's filter, where there is one."""
        selection = self.config(run)["selection"]
        if selection["baseline_column"] is not None:
            return [self.brought(run, "input.path")]
        return [] if selection["baseline"] is None else [selection["baseline"]]

    def utility_arguments(self, run: str) -> str:
        """The options of `hetero2 utility` that may be left out."""
        selection = self.config(run)["selection"]
        words = [f"--baseline={path}" for path in self.baseline(run)] + self.k_list(run)
        price, column = selection["price_per_evaluation"], selection["baseline_column"]
        words += [] if column is None else [f"--baseline-column={column}"]
        return shlex.join(words + ([] if price is None else [f"--price={price}"]))

    def k_list(self, run: str) -> list[str]:
        """Further K, as an option."""
        further = self.config(run)["selection"]["k_list"]
        return ["--k-list", *map(str, further)] if further else []

    def has_truth(self, run: str) -> bool:
        """Whether a run has truth, and so cost and lift."""
        return bool(self.config(run)["truth"]["source"] != "none")

    def utility_files(self, run: str) -> list[str]:
        """Truth and cost and lift, as far as the run has them."""
        keys = ["truth", "cost_lift", "utility"] if self.has_truth(run) else []
        return [self.file(key).format(run=run) for key in keys]

    def pack_arguments(self, run: str) -> str:
        """The options of `hetero2 pack` that depend on whether there is truth."""
        words = ("--truth", "--cost-lift", "--utility")
        return shlex.join(word for pair in zip(words, self.utility_files(run), strict=False) for word in pair)

    def command_seconds(self, run: str) -> int:
        """Time limit of the user's command: a matter of execution, so no parameter that runs it again."""
        return int(60 * self.config(run)["execution"]["command_minutes"]) or 1

    def score_settings(self, run: str) -> str:
        """What is recorded of the source of scores, as JSON."""
        public = configuration.run_configuration(self.config(run))["scores"]
        return json.dumps(
            {"higher_is_better": public["higher_is_better"], "command": public["command"]}, sort_keys=True
        )

    def facts(self, run: str) -> list[str]:
        """Records of what went in, as far as the run has them."""
        found = [self.from_dataset(run, "facts")] if self.config(run)["input"]["dataset"] else []
        keys = ["input_facts", "score_facts", *(["truth_facts"] if self.has_truth(run) else [])]
        name = scores_file(self.config(run))
        return found + [self.file(key).format(run=run, scores_file=name) for key in keys]

    def training(self, run: str) -> dict[str, str]:
        """The training file of a scorer that is fitted, or nothing."""
        fitted = needs_training(self.config(run))
        return {"train": self.brought(run, "scores.train")} if fitted else {}

    def control_inputs(self, run: str) -> dict[str, Any]:
        """What controls.json is made from besides panel and scores: refits and cross-validation where they can be."""
        audit, train = self.config(run)["audit"], self.training(run)
        total = audit["model_seeds"] * (audit["refits"] + 1) if train and audit["refits"] else 0
        names = [paths.shard_name(number) for number in range(-(-total // FITS_A_JOB))]
        found: dict[str, Any] = {"refits": [self.file("refit").format(run=run, chunk=name) for name in names]}
        return found | ({**train, "cross_validation": self.file("cross_validation").format(run=run)} if train else {})

    def control_arguments(self, run: str) -> str:
        """The options of `hetero2 controls` that depend on whether the scorer can be fitted anew."""
        found = self.control_inputs(run)
        words = ["--n-refits", str(self.config(run)["audit"]["refits"])] if found["refits"] else []
        words += ["--refits", *found["refits"]] if found["refits"] else []
        words += (
            ["--train", found["train"], "--cross-validation", found["cross_validation"]] if "train" in found else []
        )
        words += ["--why-not", "audit.refits_is_0" if "train" in found else "the_scorer_cannot_be_fitted_again"]
        return shlex.join(words)

    def refit_arguments(self, run: str) -> str:
        """The options that say which learner is fitted anew."""
        scores = self.config(run)["scores"]
        words = ["--source", scores["source"], f"--train={self.training(run)['train']}"]
        words += [] if scores["higher_is_better"] else ["--higher-is-better", "false"]
        return shlex.join(words + ([f"--command={scores['command']}"] if scores["command"] else []))

    def score_inputs(self, run: str) -> dict[str, Any]:
        """What the scores file is made from: the user's file, the library's own column, or the request."""
        scores, suite = self.config(run)["scores"], self.config(run)["input"]["dataset"] == "suite"
        if scores["source"] == "external" and scores["path"] is not None:
            return {"path": scores["path"]}
        if suite and scores["source"] in ("external", *SUITE_VARIANTS):
            return {"path": self.from_dataset(run, "scores.path")}
        if scores["source"] == "external":
            return {"library": self.file("input").format(run=run), "rows": self._row_files[run]}
        found: dict[str, Any] = {"request": self.file("score_request").format(run=run)}
        if scores["source"] == "command":
            files = configuration.user_files(self.config(run))
            model = [str(path) for key, path in files.items() if key.startswith("scores.command[")]
            return found | {"model": model} | self.training(run)
        return found | self.training(run)

    def score_arguments(self, run: str) -> str:
        """The options of `hetero2 score-source` that depend on the source of scores."""
        scores, found = self.config(run)["scores"], self.score_inputs(run)
        words: list[str] = ["--source", scores["source"]]
        if "path" in found:
            words += [f"--path={found['path']}", "--sha256", scores["sha256"] or "none"]
        if "library" in found:
            folder = str(Path(self.config(run)["input"]["path"] or ".").parent)
            words += ["--input", found["library"], f"--folder={folder}"]
        if "request" in found:
            words += ["--request", found["request"]]
        if "model" in found:
            words += [f"--command={scores['command']}", "--command-file", *found["model"]]
        if "train" in found:
            words.append(f"--train={found['train']}")
        return shlex.join(words)


def _check_writable(folder: Path) -> None:
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ConfigError(f"configuration: execution.results_dir: {folder}: cannot be written, since {there} cannot")


def check_baseline(config: configuration.Config) -> None:
    """Raise ConfigError unless today's filter, where there is one, can be read: before any job."""
    column, library = config["selection"]["baseline_column"], config["input"]["path"]
    file, key = config["selection"]["baseline"], "baseline" if column is None else "baseline_column"
    if column is None and file is None:
        return
    if column is not None and library is None:
        raise ConfigError(
            "configuration: selection.baseline_column goes with input.path: a data set has no such column"
        )
    from hetero2.stages.baseline import read_baseline

    try:
        found = read_baseline(Path(file or library), column)
    except HeteroError as error:
        raise ConfigError(f"configuration: selection.{key}: {error.message}", error.hint) from None
    if not found:
        raise ConfigError(f"configuration: selection.{key}: {file or library}: no molecule has a score there")


def row_files(config: configuration.Config) -> list[str]:
    """The files named in the column scores_input, if that is where the scores are: a change of one is seen."""
    if config["scores"]["source"] != "external" or config["scores"]["path"] is not None or not config["input"]["path"]:
        return []
    from hetero2.stages.input import read_library

    library = Path(config["input"]["path"])
    named = {name.strip() for _, _, name in read_library(library)} - {""}
    return sorted(str(library.parent / name) for name in named if (library.parent / name).is_file())


def digest(module: str, environment: str) -> str:
    """Digest of the code that a rule runs and of its environment: an edit of either runs the rule again."""
    modules = provenance.module_sources(f"hetero2.{module}")
    code = provenance.files_digest(modules | provenance.contract_sources(modules))
    return f"{code[:16]}-{provenance.environment_digest(environment)[:16]}"
