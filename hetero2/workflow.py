"""What the rules ask of the configuration: runs, file names, options, inputs that depend on the source of scores."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2 import config as configuration
from hetero2 import paths, provenance
from hetero2.errors import ConfigError, HeteroError

_DATASET_FILES = {"input.path": "dataset_input", "scores.train": "dataset_train", "truth.path": "dataset_truth"}
FITS_A_JOB = 10
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Plan:
    """The runs of one call of Snakemake: the resolved configuration of each target."""

    def __init__(self, user: Mapping[str, Any], needs_scores: bool = True) -> None:
        self.by_target = {target: configuration.resolve(target, user) for target in configuration.targets()}
        self.runs = {resolved["run_name"]: (target, resolved) for target, resolved in self.by_target.items()}
        self.results = next(iter(self.by_target.values()))["execution"]["results_dir"]
        self._shards: dict[str, list[str]] = {}
        for _, resolved in self.runs.values():
            configuration.check_files(resolved, needs_scores)
            check_baseline_column(resolved)
        _check_writable(Path(self.results))
        self._row_files = {run: row_files(resolved) for run, (_, resolved) in self.runs.items()}

    def run_of(self, target: str) -> str:
        """Name of the run that a target builds."""
        return str(self.by_target[target]["run_name"])

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
        value = self.config(run)[section][name]
        return value if value is not None else self.file(_DATASET_FILES[key]).format(run=run)

    def scores_file(self, run: str) -> str:
        """The scores file of a run."""
        return self.file("score_source").format(run=run, scores_file=paths.scores_file(self.config(run)))

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
        keys = ["dataset_facts"] if self.config(run)["input"]["dataset"] else []
        keys += ["input_facts", "score_facts", *(["truth_facts"] if self.has_truth(run) else [])]
        scores_file = paths.scores_file(self.config(run))
        return [self.file(key).format(run=run, scores_file=scores_file) for key in keys]

    def training(self, run: str) -> dict[str, str]:
        """The training file of a scorer that is fitted, or nothing."""
        fitted = configuration.needs_training(self.config(run))
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
        return shlex.join(words + ([f"--command={scores['command']}"] if scores["command"] else []))

    def score_inputs(self, run: str) -> dict[str, Any]:
        """What the scores file is made from: the user's file, the library's own column, or the request."""
        scores = self.config(run)["scores"]
        if scores["source"] == "external" and scores["path"] is not None:
            return {"path": scores["path"]}
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


def check_baseline_column(config: configuration.Config) -> None:
    """Raise ConfigError unless the library has the column with today's filter, where one is named."""
    column, library = config["selection"]["baseline_column"], config["input"]["path"]
    if column is None:
        return
    if library is None:
        raise ConfigError(
            "configuration: selection.baseline_column goes with input.path: a data set has no such column"
        )
    from hetero2.stages.input import read_column

    try:
        next(iter(read_column(Path(library), column)), None)
    except HeteroError as error:
        raise ConfigError(f"configuration: selection.baseline_column: {error.message}", error.hint) from None


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


def plan_or_exit(user: Mapping[str, Any], workflow: Any) -> Plan:
    """The plan, or one clear message and the end, before any job. The files were merged by Snakemake; they are read
    again since it does not mind a key that occurs twice."""
    try:
        for path in workflow.configfiles:
            configuration.load_yaml(Path(path))
        return Plan(user, needs_scores="score_requests" not in sys.argv)
    except HeteroError as error:
        message, code = str(error), error.exit_code
    except OSError as error:
        message, code = f"configuration: {error.filename}: {error.strerror}", ConfigError.exit_code
    print(f"error: {message}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(code)


def shell_prefix(workflow: Any) -> str:
    """What stands before every command: this checkout's package, one thread, this interpreter unless conda is used."""
    words = [f'export PYTHONPATH={shlex.quote(str(paths.ROOT))}"${{PYTHONPATH:+:$PYTHONPATH}}";']
    words += [f'export {name}="${{{name}:-1}}";' for name in _THREAD_VARIABLES]
    if not workflow.deployment_settings.deployment_method:
        words.append(f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH";')
    text = "set -euo pipefail; " + " ".join(words) + " "
    return text.replace("{", "{{").replace("}", "}}")  # Snakemake fills in what stands in single braces
