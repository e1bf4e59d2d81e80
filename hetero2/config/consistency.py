"""Whether the parts of a configuration go together: what no schema of single keys can say."""

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hetero2.config.score_sources import REFERENCES, SUITE_VARIANTS
from hetero2.errors import ConfigError, GateError
from hetero2.io.files import TABLES
from hetero2.io.url_policy import Rules, check_url, shown_safely, split

Config = dict[str, Any]
FREEWILSON, SUITE, STRESS = "rdkit-freewilson", "suite", "stress"
FORMATS = ("json", "csv", "csv.gz", "parquet")


def is_brought(section: Mapping[str, Any]) -> bool:
    """Whether the user names the file of a section, by path or by URL."""
    return section["path"] is not None or section.get("url") is not None


def _check_pins(config: Config) -> None:
    for section in ("input", "scores", "truth"):
        path, url, sha256 = (config[section].get(key) for key in ("path", "url", "sha256"))
        if path is not None and url is not None:
            raise ConfigError(f"configuration: {section}: give at most one of path and url")
        if url is not None:
            _check_url(section, url, sha256)
        pins_dataset = section == "truth" and config["input"]["dataset"] == FREEWILSON
        if sha256 is not None and path is None and url is None and not pins_dataset:
            or_url = "" if section == "input" else f" or {section}.url"
            raise ConfigError(f"configuration: {section}.sha256 goes with {section}.path{or_url}, which is not set")
    if config["truth"]["sha256"] is not None and config["truth"]["source"] != "external":
        raise ConfigError(f"configuration: truth.sha256 is set, but truth.source is {config['truth']['source']}")


def _check_url(section: str, url: str, sha256: str | None) -> None:
    try:
        split(url)
    except ValueError as error:
        raise ConfigError(f"configuration: {section}.url: {shown_safely(url)}: {error}") from None
    if section == "truth" and urlsplit(url).path.lower().endswith((".gz", ".parquet", ".json", ".zip")):
        raise ConfigError(f"configuration: truth.url: {shown_safely(url)}: truth is read as a plain .csv")
    if sha256 is None:
        raise ConfigError(
            f"configuration: {section}.url needs {section}.sha256: nothing is trusted by its name",
            "ask whoever publishes the file for its sha256 (sha256sum FILE)",
        )


def _check_scores(config: Config) -> None:
    dataset, scores = config["input"]["dataset"], config["scores"]
    if (scores["source"] == "command") != (scores["command"] is not None):
        raise ConfigError("configuration: scores.command goes with scores.source: command, and the other way round")
    for key in ("path", "url"):
        if scores[key] is not None and scores["source"] != "external":
            raise ConfigError(f"configuration: scores.{key} goes with scores.source: external")
    if scores["format"] is not None and scores["url"] is None:
        raise ConfigError("configuration: scores.format goes with scores.url; a path says it by its suffix")
    if scores["url"] is not None and score_format(scores) is None:
        raise ConfigError(
            f"configuration: scores.url: {shown_safely(scores['url'])}: its name has no suffix that we read",
            f"set scores.format to one of {', '.join(FORMATS)}",
        )
    if scores["source"] == "external" and not is_brought(scores) and dataset in (FREEWILSON, STRESS):
        raise ConfigError(f"configuration: scores.path is needed: the data set {dataset} comes without a scores file")
    if needs_training(config) and scores["train"] is None and dataset != FREEWILSON:
        raise ConfigError(
            "configuration: scores.train is needed: the scorer is fitted on labelled molecules",
            "name a table with id, smiles and label (1 a hit, 0 not)",
        )
    if scores["command"] is not None:
        words = command_words(scores["command"])
        if config["audit"]["model_seeds"] > 1 and needs_training(config) and not any("{seed}" in w for w in words):
            raise ConfigError(
                "configuration: audit.model_seeds is more than 1, but scores.command takes no {seed}",
                "its fits would all be the same",
            )


def _check_truth(config: Config) -> None:
    truth = config["truth"]
    for key in ("path", "url"):
        if truth[key] is not None and truth["source"] != "external":
            raise ConfigError(f"configuration: truth.{key} is set, but truth.source is {truth['source']}")
    if truth["source"] == "external" and not is_brought(truth) and config["input"]["dataset"] != FREEWILSON:
        raise ConfigError(
            "configuration: truth.path or truth.url is needed", "without measured labels, set truth.source: none"
        )


def _check_download(config: Config) -> None:
    section = config["execution"]["download"]
    rules = Rules(section["hosts"], section["ports"], section["allow_addresses"])
    rules.networks()
    urls = [config[name]["url"] for name in ("scores", "truth") if config[name]["url"] is not None]
    for url in urls:
        try:
            check_url(url, rules)
        except GateError as error:
            raise ConfigError(f"configuration: {error.message}", error.hint) from None
    hosts = {urlsplit(url).hostname for url in urls}
    if section["token_host"] is not None and urls and section["token_host"].lower() not in hosts:
        of_urls = ", ".join(sorted(str(host) for host in hosts))
        raise ConfigError(
            f"configuration: execution.download.token_host: {section['token_host']!r} is the host of no url ({of_urls})"
        )
    if (section["token_variable"] is None) != (section["token_host"] is None):
        raise ConfigError(
            "configuration: execution.download: token_variable goes with token_host: only it gets the token"
        )


def _check_sample(config: Config) -> None:
    sample, path = config["audit"]["sample"], config["input"]["path"]
    for key in ("top", "random"):
        if sample[key] > 1 and not float(sample[key]).is_integer():
            raise ConfigError(f"configuration: audit.sample.{key}: found {sample[key]}; a number of rows is whole")
    if (sample["top"] > 0) != (sample["score_column"] is not None):
        raise ConfigError(
            "configuration: audit.sample.top goes with audit.sample.score_column, and the other way round"
        )
    if sample["score_column"] is not None and (path is None or not path.lower().endswith(TABLES)):
        raise ConfigError(
            "configuration: audit.sample.score_column names a column of input.path, so that must be a table",
            f"give the library as {', '.join(TABLES)}, or set audit.sample.top: 0",
        )


def _check_without_structures(config: Config) -> None:
    origin, scores, sample = config["input"], config["scores"], config["audit"]["sample"]
    if origin["structures"]:
        return
    if origin["path"] is None or not origin["path"].lower().endswith(TABLES):
        raise ConfigError(
            "configuration: input.structures is false, so input.path must be a table of ids",
            f"give it as {', '.join(TABLES)}",
        )
    if scores["source"] != "external":
        raise ConfigError(
            f"configuration: input.structures is false, but scores.source is {scores['source']}",
            "without structures nothing can be scored here: set scores.source: external",
        )
    if config["truth"]["source"] == "proxy_rule_v1":
        raise ConfigError("configuration: input.structures is false, so proxy_rule_v1 has no SMILES to look at")
    if is_brought(scores) and score_format(scores) == "json":
        raise ConfigError(
            "configuration: input.structures is false, and one hetero_scores.v1 file cannot serve all molecules",
            "give a table id,decoy,score as scores.path, or a file for each row in the column scores_input",
        )
    if scores["train"] is not None or sample["top"] or sample["random"]:
        key = "scores.train" if scores["train"] is not None else "audit.sample"
        raise ConfigError(f"configuration: input.structures is false, so {key} has nothing to work on; remove it")


def check(config: Config) -> None:
    """Raise ConfigError where a configuration, whose keys are each right by themselves, contradicts itself."""
    origin, selection = config["input"], config["selection"]
    _check_pins(config)
    if abs(sum(config["decoys"]["quotas"].values()) - 1) > 1e-6:
        raise ConfigError("configuration: decoys.quotas: the shares of easy, medium and hard must add up to 1")
    if (origin["path"] is None) == (origin["dataset"] is None):
        raise ConfigError("configuration: input: give exactly one of path and dataset")
    if selection["baseline"] is not None and selection["baseline_column"] is not None:
        raise ConfigError("configuration: selection: give at most one of baseline and baseline_column")
    _check_baseline_sign(config)
    _check_scores(config)
    _check_truth(config)
    _check_download(config)
    _check_sample(config)
    _check_without_structures(config)


def baseline_higher_is_better(config: Config) -> bool:
    """Which way today's filter is better: as every column of scores, unless the configuration says otherwise."""
    stated: bool | None = config["selection"]["baseline_higher_is_better"]
    return bool(config["scores"]["higher_is_better"]) if stated is None else stated


def _check_baseline_sign(config: Config) -> None:
    selection = config["selection"]
    stated, file = selection["baseline_higher_is_better"], selection["baseline"]
    if stated is not None and file is None and selection["baseline_column"] is None:
        raise ConfigError(
            "configuration: selection.baseline_higher_is_better goes with selection.baseline or baseline_column"
        )
    if stated is None and file is not None and not config["scores"]["higher_is_better"]:
        raise ConfigError(
            f"configuration: selection.baseline: {file}: scores.higher_is_better is false; is it so for this file too?",
            "set selection.baseline_higher_is_better to true (larger is better) or false (smaller is better)",
        )


def needs_training(config: Config) -> bool:
    """Whether the scorer is fitted on scores.train, and so can be fitted again."""
    scores = config["scores"]
    return scores["source"] in REFERENCES or "{train}" in (scores["command"] or "")


def command_words(command: str) -> list[str]:
    """The words of a scoring command; raises ConfigError where it cannot be split or lacks a placeholder."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(
            f"configuration: scores.command cannot be read: {error}", "close the quote; it is split as a shell does it"
        ) from None
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
    if not is_brought(scores):
        return "scores_external.json" if suite else "scores_external.jsonl"
    return f"scores_external.{score_format(scores)}"


def score_format(scores: Mapping[str, Any]) -> str | None:
    """What a scores file is that was brought, by configuration or by its suffix; None where neither says it."""
    name = scores["path"] if scores["path"] is not None else urlsplit(scores["url"]).path
    by_suffix = next((kind for kind in ("csv.gz", *FORMATS) if name.lower().endswith(f".{kind}")), None)
    return scores["format"] or by_suffix
