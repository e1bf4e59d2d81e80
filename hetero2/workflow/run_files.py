"""What the rules ask about a run: the settings of its jobs, its files and shards."""

import functools
import json
import operator
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.config.consistency import score_format
from hetero2.config.resolve import Config, run_configuration
from hetero2.config.sharding import audited_rows, n_shards
from hetero2.io.files import sha256_bytes
from hetero2.workflow.run_layout import run_file, shard_name, shard_spans
from hetero2.workflow.targets import Runs
from hetero2.workflow.user_file_digests import Contents

# The keys that a data set fills, and the file for each.
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


def _url_variable(url: str) -> str:
    return f"HETERO2_URL_{sha256_bytes(url.encode('utf-8'))[:16].upper()}"


class Setting(str):
    """The value of a configuration key, as it stands in a command; two keys with the same value are two settings.

    Snakemake compares the values of a job's params as a set, by their `repr` and without their names: plain values that
    two keys swap (`k: 4, seed: 3` and `k: 3, seed: 4`) would look unchanged.
    """

    def __new__(cls, key: str, value: object) -> "Setting":
        """A setting that reads as `value` does."""
        setting = super().__new__(cls, value)
        setting.key = key
        return setting

    key: str

    def __repr__(self) -> str:
        return f"{self.key}: {super().__repr__()}"


def as_json(values: Mapping[str, Any]) -> str:
    """Values of dotted keys as JSON of a configuration: the text depends on the names of the keys, too.

    >>> as_json({"decoys.k": 20, "audit.sample.top": 0.1})
    '{"audit": {"sample": {"top": 0.1}}, "decoys": {"k": 20}}'
    """
    part: Config = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        functools.reduce(lambda section, step: section.setdefault(step, {}), sections, part)[name] = value
    return json.dumps(part, sort_keys=True)


class RunFiles:
    """Options, files and shards of each run."""

    def __init__(self, runs: Runs, results: str) -> None:
        self.runs, self.results, self.contents = runs, results, Contents(Path(results))
        self._rows: dict[str, int] = {}
        self._shards: dict[str, list[str]] = {}

    def config(self, run: str) -> Config:
        """Resolved configuration of a run."""
        return self.runs[run][1]

    def target(self, run: str) -> str:
        """Target that a run derives from."""
        return self.runs[run][0]

    def value(self, run: str, key: str) -> Any:
        """Value of a dotted key."""
        return functools.reduce(operator.getitem, key.split("."), self.config(run))

    def config_value(self, run: str, key: str) -> Setting:
        """Value of a dotted key, as it stands in a command: a section as JSON."""
        value = self.value(run, key)
        return Setting(key, json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else value)

    def settings(self, run: str, *keys: str) -> str:
        """Some dotted keys, as the JSON that a verb takes: a part of the configuration."""
        return as_json({key: self.value(run, key) for key in keys})

    def identity(self, run: str) -> str:
        """The target and the configuration that identifies a run, as JSON."""
        public = run_configuration(self.config(run))
        return json.dumps({"target": self.target(run), **public}, sort_keys=True)

    def file(self, key: str) -> str:
        """Path of a file of a run, with its wildcards."""
        return run_file(self.results, key)

    def folder(self, run: str) -> Path:
        """Results folder of a run."""
        return Path(self.results) / run

    def rows(self, run: str) -> int:
        """Rows that are audited, at most; the library is read once to count them."""
        if run not in self._rows:
            self._rows[run] = audited_rows(self.config(run))
        return self._rows[run]

    def shards(self, run: str) -> list[str]:
        """Names of the shards of a run."""
        if run not in self._shards:
            count = n_shards(self.config(run), self.rows(run))
            self._shards[run] = [shard_name(number) for number in range(count)]
        return self._shards[run]

    def shard_count(self, run: str) -> Setting:
        """Number of shards of a run."""
        return Setting("shards", len(self.shards(run)))

    def shard_files(self, key: str) -> Any:
        """Input function: this file of every shard of the run, in order."""
        pattern = self.file(key)
        return lambda wildcards: [pattern.format(run=wildcards.run, shard=s) for s in self.shards(wildcards.run)]

    def shard_words(self, key: str) -> Any:
        """Parameter function: this file of every shard, as words that bash expands to all of them, in order.

        Linux limits one argument to 128 KB, and the whole command is one argument of bash.
        """
        before, after = self.file(key).split("{shard}")

        def words(wildcards: Any) -> str:
            start = shlex.quote(before.format(run=wildcards.run))
            spans = shard_spans(len(self.shards(wildcards.run)))
            return " ".join(f"{start}{{{first}..{last}}}{after}" for first, last in spans)

        return words

    def brought(self, run: str, key: str) -> str:
        """The user's file for a key, or the one that comes with the data set."""
        section, name = key.split(".")
        value: str | None = self.config(run)[section][name]
        return value if value is not None else self.from_dataset(run, key)

    def from_dataset(self, run: str, key: str) -> str:
        """The file that the run's data set brings for a key."""
        return self.file(_DATASET_FILES[self.config(run)["input"]["dataset"]][key]).format(run=run)

    def runs_with_structures(self, with_structures: bool) -> str:
        """A pattern for the names of the runs whose molecules came with (or without) structures; may match none."""
        names = [run for run, (_, config) in self.runs.items() if config["input"]["structures"] == with_structures]
        return "|".join(map(re.escape, names)) or "(?!)"

    def input_settings(self, run: str) -> str:
        """What `hetero2 input` must know; keys that concern only a sample, only where there is one."""
        sample, keys = self.value(run, "audit.sample"), ["input.sha256", "input.structures"]
        if sample["top"] or sample["random"]:
            keys += ["audit.sample", "audit.seed"]
        if sample["top"]:
            keys.append("scores.higher_is_better")
        return self.settings(run, *keys)

    def excluded(self, run: str) -> list[str]:
        """The decoys excluded from the audit, where structures are known."""
        return [self.file("excluded").format(run=run)] if self.config(run)["input"]["structures"] else []

    def excluded_arguments(self, run: str) -> str:
        """The option that names the excluded decoys."""
        return shlex.join(f"--excluded={path}" for path in self.excluded(run))

    def given(self, run: str, section: str) -> str | None:
        """The file that the user brought for truth or scores: by path, or downloaded; None where there is none."""
        section_config = self.config(run)[section]
        if section_config["url"] is None:
            return None if section_config["path"] is None else str(section_config["path"])
        kind = score_format(section_config) if section == "scores" else "csv"
        return self.file("download").format(run=run, brought=f"{section}.{kind}")

    def downloaded(self, wildcards: Any, key: str) -> str:
        """url or sha256 of the file that a download job fetches."""
        return str(self.config(wildcards.run)[wildcards.brought.split(".")[0]][key])

    def url_variable(self, wildcards: Any) -> str:
        """The environment variable with the URL that a download job fetches, named after a digest of it.

        The URL itself may hold a signature, and Snakemake shows and stores what stands in a command.
        """
        return _url_variable(self.downloaded(wildcards, "url"))

    def url_variables(self) -> dict[str, str]:
        """The URL by the name of its variable, for all downloads of all runs."""
        urls = [self.config(run)[section]["url"] for run in self.runs for section in ("truth", "scores")]
        return {_url_variable(url): url for url in urls if url is not None}

    def url_option(self, run: str, section: str) -> list[str]:
        """The option that says where a file came from, where it was downloaded."""
        url = run_configuration(self.config(run))[section]["url"]
        return [] if url is None else [f"--url={url}"]

    def has_truth(self, run: str) -> bool:
        """Whether a run has truth, and hence cost and lift."""
        return bool(self.config(run)["truth"]["source"] != "none")
