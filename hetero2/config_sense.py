"""Whether the parts of a configuration go together: what no schema of single keys can say."""

import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.errors import ConfigError
from hetero2.scoring.names import SUITE_VARIANTS

Config = dict[str, Any]
FREEWILSON, SUITE, STRESS = "rdkit-freewilson", "suite", "stress"


def _check_finite(value: Any, where: str) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_finite(inner, f"{where}.{key}".lstrip("."))
    elif isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"configuration: {where}: found {value}; expected a finite number")


def _check_pins(config: Config) -> None:
    for section in ("input", "scores"):
        if config[section]["sha256"] is not None and config[section]["path"] is None:
            raise ConfigError(f"configuration: {section}.sha256 goes with {section}.path, which is not set")
    if config["truth"]["sha256"] is not None and config["truth"]["source"] != "external":
        raise ConfigError(f"configuration: truth.sha256 is set, but truth.source is {config['truth']['source']}")


def _check_scores(config: Config) -> None:
    dataset, scores = config["input"]["dataset"], config["scores"]
    if (scores["source"] == "command") != (scores["command"] is not None):
        raise ConfigError("configuration: scores.command goes with scores.source: command, and the other way round")
    if scores["path"] is not None and scores["source"] != "external":
        raise ConfigError("configuration: scores.path goes with scores.source: external")
    if scores["source"] == "external" and scores["path"] is None and dataset in (FREEWILSON, STRESS):
        raise ConfigError(f"configuration: scores.path is needed: the data set {dataset} comes without a scores file")
    if needs_training(config) and scores["train"] is None and dataset != FREEWILSON:
        raise ConfigError("configuration: scores.train is needed: the scorer is fitted on labelled molecules")
    if scores["command"] is not None:
        words = command_words(scores["command"])
        if config["audit"]["model_seeds"] > 1 and needs_training(config) and not any("{seed}" in w for w in words):
            raise ConfigError(
                "configuration: audit.model_seeds is more than 1, but scores.command takes no {seed}",
                "its fits would all be the same",
            )


def _check_truth(config: Config) -> None:
    truth = config["truth"]
    if truth["path"] is not None and truth["source"] != "external":
        raise ConfigError(f"configuration: truth.path is set, but truth.source is {truth['source']}")
    if truth["source"] == "external" and truth["path"] is None and config["input"]["dataset"] != FREEWILSON:
        raise ConfigError("configuration: truth.path is needed", "without measured labels, set truth.source: none")


def check_sense(config: Config) -> None:
    """Raise ConfigError where a configuration that meets its schema contradicts itself."""
    origin, selection = config["input"], config["selection"]
    _check_finite(config, "")
    _check_pins(config)
    if abs(sum(config["decoys"]["quotas"].values()) - 1) > 1e-6:
        raise ConfigError("configuration: decoys.quotas: the shares of easy, medium and hard must add up to 1")
    if (origin["path"] is None) == (origin["dataset"] is None):
        raise ConfigError("configuration: input: give exactly one of path and dataset")
    if selection["baseline"] is not None and selection["baseline_column"] is not None:
        raise ConfigError("configuration: selection: give at most one of baseline and baseline_column")
    _check_scores(config)
    _check_truth(config)


def needs_training(config: Config) -> bool:
    """Whether the scorer is fitted on scores.train, and so can be fitted anew."""
    scores = config["scores"]
    return scores["source"].startswith("reference:") or "{train}" in (scores["command"] or "")


def command_words(command: str) -> list[str]:
    """The words of a scoring command; raises ConfigError where it cannot be split or lacks a placeholder."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"configuration: scores.command cannot be read: {error}") from None
    for placeholder in ("{request}", "{scores}"):
        if not any(placeholder in word for word in words):
            raise ConfigError(
                f"configuration: scores.command lacks {placeholder}", "e.g. python my_model.py {request} {scores}"
            )
    return words


def scores_file(config: Mapping[str, Any]) -> str:
    """Name of the scores file of a run: as it was brought (`scores_external.*`), or `scores.*` where we made it."""
    scores, suite = config["scores"], config["input"]["dataset"] == SUITE
    if scores["source"] != "external":
        return "scores.json" if suite and scores["source"] in SUITE_VARIANTS else "scores.csv"
    if scores["path"] is None:
        return "scores_external.json" if suite else "scores_external.jsonl"
    name = Path(scores["path"]).name.lower()
    return "scores_external.csv.gz" if name.endswith(".csv.gz") else f"scores_external{Path(name).suffix}"
