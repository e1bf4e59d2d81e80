"""What the rules ask about a run: where its scores come from, and what refits its model."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hetero2.config.consistency import is_brought, needs_training, score_format, scores_file
from hetero2.config.resolve import Config, run_configuration
from hetero2.config.score_sources import SUITE_VARIANTS
from hetero2.config.user_files import user_files
from hetero2.workflow.run_files import RunFiles
from hetero2.workflow.run_layout import shard_name
from hetero2.workflow.targets import Runs
from hetero2.workflow.user_file_digests import file_names

FITS_A_JOB = 10


class ScoreFiles(RunFiles):
    """Where the scores of each run come from, and what refits its model."""

    def __init__(self, runs: Runs, results: str) -> None:
        super().__init__(runs, results)
        self._row_files: dict[str, list[str]] = {}
        self._brought: dict[str, frozenset[str]] = {}

    def row_files(self, run: str) -> list[str]:
        """The files that rows of the library name as their scores; the library is read once for them."""
        if run not in self._row_files:
            self._row_files[run] = row_files(self.config(run))
        return self._row_files[run]

    def brought_files(self, run: str) -> list[str]:
        """All files of a run that the user brought."""
        return [*map(str, user_files(self.config(run)).values()), *self.row_files(run)]

    def _brought_by(self, run: str) -> frozenset[str]:
        if run not in self._brought:  # asked for every job, and a library can name a file in each row
            self._brought[run] = frozenset(self.brought_files(run))
        return self._brought[run]

    def contents_of(self, run: str, inputs: Any) -> str:
        """sha256 of those of the inputs of a job that the user brought, in their order."""
        brought = self._brought_by(run)
        return " ".join(self.contents.sha256(name) for name in file_names(inputs) if name in brought)

    def by_content(self, run: str, inputs: Any, mark: Callable[[str], str]) -> Any:
        """The inputs of a job, with the user's files marked: their contents decide whether it reruns, not their times.

        Snakemake itself compares contents only of small files: a large one that was only touched would rerun all.
        """
        if isinstance(inputs, str):
            return mark(inputs) if inputs in self._brought_by(run) else inputs
        if isinstance(inputs, dict):
            return {key: self.by_content(run, inner, mark) for key, inner in inputs.items()}
        return [self.by_content(run, inner, mark) for inner in inputs]

    def scores_file(self, run: str) -> str:
        """The scores file of a run."""
        return self.file("score_source").format(run=run, scores_file=scores_file(self.config(run)))

    def score_index(self, run: str) -> str:
        """The index by which scores of a table are looked up."""
        return self.file("score_index").format(run=run, scores_file=scores_file(self.config(run)))

    def command_seconds(self, run: str) -> int:
        """Time limit of the user's command: a matter of execution, so not a parameter that reruns it."""
        return int(60 * self.config(run)["execution"]["command_minutes"]) or 1

    def score_settings(self, run: str) -> str:
        """What is recorded of the source of scores, as JSON."""
        public = run_configuration(self.config(run))["scores"]
        return json.dumps(
            {"higher_is_better": public["higher_is_better"], "command": public["command"]}, sort_keys=True
        )

    def training(self, run: str) -> dict[str, str]:
        """The training file of a scorer that is fitted, or nothing."""
        fitted = needs_training(self.config(run))
        return {"train": self.brought(run, "scores.train")} if fitted else {}

    def known_training(self, run: str) -> list[str]:
        """The training set of the model, where one is known: fitted here, or named by the user."""
        if self.config(run)["scores"]["train"] is not None:
            return [str(self.config(run)["scores"]["train"])]
        return list(self.training(run).values())

    def training_arguments(self, run: str) -> str:
        """The option --train, where a training set is known."""
        return shlex.join(f"--train={path}" for path in self.known_training(run))

    def screen_inputs(self, run: str) -> dict[str, str]:
        """The files that the screen learns from: known measurements, else the training set; today's score, if given."""
        screen, training = self.config(run)["screen"], self.known_training(run)
        files = {name: str(screen[name]) for name in ("known", "today") if screen[name] is not None}
        return ({"known": training[0]} if training else {}) | files

    def screen_files(self, run: str) -> list[str]:
        """The ranked library and the record of a screen, where a run has something to learn from and structures."""
        has_screen = "known" in self.screen_inputs(run) and self.config(run)["input"]["structures"]
        return [self.file(key).format(run=run) for key in ("screen_list", "screen_facts")] if has_screen else []

    def screen_results(self, run: str) -> str:
        """The options of `hetero2 utility` that name the results of the screen."""
        words = zip(("--screen", "--screen-facts"), self.screen_files(run), strict=False)
        return shlex.join(word for pair in words for word in pair)

    def screen_arguments(self, run: str) -> str:
        """The options of `hetero2 screen-model` that name its files."""
        return shlex.join(f"--{name}={path}" for name, path in self.screen_inputs(run).items())

    def leakage_inputs(self, run: str) -> dict[str, Any]:
        """What leakage.csv is made from besides the library."""
        inputs: dict[str, Any] = {"train": self.known_training(run)}
        if self.config(run)["input"]["structures"]:
            inputs["leaks"] = self.file("leaks").format(run=run)
        return inputs | ({"truth": self.file("truth").format(run=run)} if self.has_truth(run) else {})

    def leakage_arguments(self, run: str) -> str:
        """The options of `hetero2 leakage-list` that depend on what is known."""
        inputs = self.leakage_inputs(run)
        options = [f"--{key}={inputs[key]}" for key in ("leaks", "truth") if key in inputs]
        return " ".join([shlex.join(options), self.training_arguments(run)])

    def control_inputs(self, run: str) -> dict[str, Any]:
        """What controls.json is made from besides sample and scores: refits and cross-validation where possible."""
        audit, train = self.config(run)["audit"], self.training(run)
        total = audit["model_seeds"] * (audit["refits"] + 1) if train and audit["refits"] else 0
        names = [shard_name(number) for number in range(-(-total // FITS_A_JOB))]
        inputs: dict[str, Any] = {"refits": [self.file("refit").format(run=run, chunk=name) for name in names]}
        return inputs | ({**train, "cross_validation": self.file("cross_validation").format(run=run)} if train else {})

    def query_arguments(self, run: str) -> str:
        """The option of `hetero2 control-sample` for decoys as queries, which only refits audit."""
        return "--decoys-as-queries" if self.control_inputs(run)["refits"] else ""

    def control_settings(self, run: str) -> str:
        """What `hetero2 controls` must know; the number of refits only where the scorer can be refitted."""
        refits = ["audit.refits"] if self.control_inputs(run)["refits"] else []
        return self.settings(run, "audit.seed", "guardrails.standardise", *refits)

    def control_arguments(self, run: str) -> str:
        """The options of `hetero2 controls` that depend on whether the scorer can be refitted."""
        inputs = self.control_inputs(run)
        words = ["--refits", *inputs["refits"]] if inputs["refits"] else []
        if "train" in inputs:
            words += [f"--train={inputs['train']}", "--cross-validation", inputs["cross_validation"]]
        words += ["--why-not", "audit.refits_is_0" if "train" in inputs else "the_scorer_cannot_be_fitted_again"]
        return shlex.join(words)

    def diagnosis_inputs(self, run: str) -> dict[str, str]:
        """Where the labels of the diagnosis come from: the truth, else the training set, else nowhere."""
        if self.has_truth(run):
            return {"truth": self.file("truth").format(run=run)}
        known = self.known_training(run)
        inputs = {"train": known[0]} if known else {}
        folds = self.file("cross_validation").format(run=run)
        return inputs | ({"cross_validation": folds} if self.training(run) else {})

    def diagnosis_arguments(self, run: str) -> str:
        """The options of `hetero2 diagnosis` that name the sources of labels."""
        return shlex.join(f"--{key.replace('_', '-')}={path}" for key, path in self.diagnosis_inputs(run).items())

    def score_inputs(self, run: str) -> dict[str, Any]:
        """What the scores file is made from: the user's file, the library's own column, or the request."""
        scores, suite = self.config(run)["scores"], self.config(run)["input"]["dataset"] == "suite"
        user_scores, training = self.given(run, "scores"), self.known_training(run)
        train = {"train": training[0]} if training else {}
        if user_scores is not None:
            keyed = self.config(run)["input"]["structures"] and score_format(scores) != "json"
            return {"path": user_scores, **({"library": self.file("input").format(run=run)} if keyed else {}), **train}
        if suite and scores["source"] in ("external", *SUITE_VARIANTS):
            return {"path": self.from_dataset(run, "scores.path"), **train}
        if scores["source"] == "external":
            return {"library": self.file("input").format(run=run), "rows": self.row_files(run), **train}
        inputs: dict[str, Any] = {"request": self.file("score_request").format(run=run)}
        if scores["source"] == "command":
            files = user_files(self.config(run))
            model = [str(path) for key, path in files.items() if key.startswith("scores.command[")]
            return inputs | {"model": model} | train
        return inputs | train

    def model_files(self, run: str) -> list[str]:
        """The files that the user's command names, where the scores come from one."""
        return list(self.score_inputs(run).get("model", []))

    def score_arguments(self, run: str) -> str:
        """The options of `hetero2 score-source` that depend on the source of scores."""
        inputs, words = self.score_inputs(run), list[str]()
        if "path" in inputs:
            words += [f"--path={inputs['path']}", *self.url_option(run, "scores")]
        if "library" in inputs:
            words += ["--input", inputs["library"]]
        if "rows" in inputs:
            words.append(f"--folder={Path(self.config(run)['input']['path'] or '.').parent}")
        if "request" in inputs:
            words += ["--request", inputs["request"]]
        if "model" in inputs:
            words += ["--command-file", *inputs["model"]]
        if "train" in inputs:
            words.append(f"--train={inputs['train']}")
        return shlex.join(words)


def row_files(config: Config) -> list[str]:
    """The files named in the column scores_input, if that is where the scores are, so that a change of one is seen."""
    if config["scores"]["source"] != "external" or is_brought(config["scores"]) or not config["input"]["path"]:
        return []
    from hetero2.inputs.library import read_library

    library = Path(config["input"]["path"])
    if library.suffix.lower() == ".sdf":
        return []
    named = {row.scores_input.strip() for row in read_library(library, config["input"]["structures"])} - {""}
    return sorted(str(library.parent / name) for name in named if (library.parent / name).is_file())
