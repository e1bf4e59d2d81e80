"""The configuration of a run: three layers merged, validated, and split in what identifies a run and what does not."""

import copy
import gzip
import math
import shlex
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.config.consistency import FREEWILSON, SUITE, check_sense, command_words
from hetero2.config.load import AmbiguousError, Place, dotted, plain_value
from hetero2.config.load import load_yaml as load_yaml
from hetero2.config.user_files import check_files as check_files
from hetero2.config.user_files import local_paths
from hetero2.config.user_files import user_files as user_files
from hetero2.errors import ConfigError
from hetero2.io.contracts import first_problem, validator
from hetero2.io.files import line_ends
from hetero2.io.url_policy import recorded
from hetero2.paths import CONFIG

_FREEWILSON_ROWS = 1017  # before the split: an upper bound of the rows of the library
SUITE_STRATEGIES = {"strict": "rewire_strict_v1", "chain": "decoy_strategy.v1"}
# A section that says where something comes from is taken whole, without pins of another file.
_ORIGIN_KEYS = {
    "input": {"path", "dataset"},
    "scores": {"source", "path", "url", "command"},
    "truth": {"source", "path", "url"},
}
_OUTSIDE = ("execution", "suite_strategy", "release")
_SHARDS, _MAX_SHARDS = 8, 400
_FEW_ROWS, _MANY_ROWS = 256, 2500  # of a shard: about 8 seconds and a minute of work
Config = dict[str, Any]


def merge(base: Config, layer: Mapping[str, Any]) -> Config:
    """A new configuration: `layer` over `base`, section by section."""
    merged = copy.deepcopy(base)
    for key, value in layer.items():
        inner = merged.get(key)
        merged[key] = (
            merge(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else copy.deepcopy(value)
        )
    return merged


def _without_origins(defaults: Config, target: Config, user: Mapping[str, Any]) -> Config:
    kept = copy.deepcopy(target)
    for section, keys in _ORIGIN_KEYS.items():
        mine = user.get(section)
        if isinstance(mine, Mapping) and keys & set(mine):
            kept[section] = copy.deepcopy(defaults[section])
    return kept


def _typed(value: Any, schema: Any, place: Place = ()) -> Any:
    """Words of the command line as what they mean: `--config selection='{k: 20}'` reaches us as the word "20"."""
    if isinstance(value, dict):
        keys = schema.get("properties", {})
        return {key: _typed(inner, keys.get(key, {}), (*place, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner, schema.get("items", {}), (*place, number)) for number, inner in enumerate(value)]
    kinds = schema.get("type", "string")
    if not isinstance(value, str) or "string" in kinds or "object" in kinds:
        return value
    try:
        return plain_value(value)
    except AmbiguousError as error:
        raise ConfigError(f"configuration: {dotted(place)}: {error}", error.hint) from None


def _migrated(user: Mapping[str, Any]) -> Mapping[str, Any]:
    """The user's layer in today's keys: a number as audit.sample is what audit.control_sample is now."""
    audit = user.get("audit")
    if not isinstance(audit, Mapping) or not str(audit.get("sample", "")).isdecimal():
        return user
    rest = {key: value for key, value in audit.items() if key != "sample"}
    return {**user, "audit": {"control_sample": audit["sample"], **rest}}


def targets() -> list[str]:
    """Names of all targets: one overlay in config/runs each."""
    return sorted(path.stem for path in (CONFIG / "runs").glob("*.yaml"))


def _overlay(target: str) -> Config:
    if target not in targets():
        raise ConfigError(f"unknown target {target!r}", f"targets are {', '.join(targets())}")
    return load_yaml(CONFIG / "runs" / f"{target}.yaml")


def variants(target: str) -> list[str]:
    """Names of the packs that a target makes, where it makes several."""
    return list(_overlay(target).get("variants", {}))


def resolve(target: str, user: Mapping[str, Any], variant: str | None = None) -> Config:
    """The whole configuration of a target (or of one `variant` of it) with the user's layer on top, validated.

    Raises ConfigError. Nothing is read but YAML; whether user files exist is checked by `check_files`.
    """
    layer = _overlay(target)
    several = layer.pop("variants", {})
    if variant is not None:
        layer = merge(layer, several[variant])
    defaults = load_yaml(CONFIG / "default.yaml")
    overlay = merge(defaults, layer)
    problem = first_problem(overlay, "config")
    if problem:
        raise ConfigError(f"config/runs/{target}.yaml: {problem}", "config/default.yaml explains every key")
    user = _migrated(user)
    config: Config = _typed(merge(_without_origins(defaults, overlay, user), user), validator("config").schema)
    problem = first_problem(config, "config")
    if problem:
        raise ConfigError(f"configuration: {problem}", "config/default.yaml explains every key")
    local_paths(config)
    if config["run_name"] is None:
        if "path" in user.get("input", {}) or "dataset" in user.get("input", {}):
            raise ConfigError(
                "configuration: run_name is not set, but input is yours", "add a line such as: run_name: my-library"
            )
        config["run_name"] = target
    if config["input"]["dataset"] == SUITE:
        _apply_suite_strategy(config, user)
    if variant is not None:
        config["run_name"] += f"_{variant}"
    check_sense(config)
    return config


def _apply_suite_strategy(config: Config, user: Mapping[str, Any]) -> None:
    """The decoys of a suite run, unless the user's layer names others; a chain never shares a folder with strict."""
    if "strategy" not in user.get("decoys", {}):
        config["decoys"]["strategy"] = SUITE_STRATEGIES[config["suite_strategy"]]
    if config["suite_strategy"] != "strict" and user.get("run_name") is None:
        config["run_name"] += f"_{config['suite_strategy']}"


def run_configuration(config: Config) -> Config:
    """What identifies a run: user files as base names, never as paths; `execution` changes no byte of the evidence,
    for `suite_strategy` stands `decoys.strategy`, and the manifest records `release` beside it."""
    public = {key: copy.deepcopy(value) for key, value in config.items() if key not in _OUTSIDE}
    for section, key in (
        ("input", "path"),
        ("scores", "path"),
        ("scores", "train"),
        ("truth", "path"),
        ("selection", "baseline"),
    ):
        if public[section][key] is not None:
            public[section][key] = Path(public[section][key]).name
    for section in ("scores", "truth"):
        if public[section]["url"] is not None:
            public[section]["url"] = recorded(public[section]["url"])
    if public["scores"]["command"] is not None:
        words = command_words(public["scores"]["command"])
        public["scores"]["command"] = shlex.join("=".join(map(_without_folder, word.split("=", 1))) for word in words)
    if public["input"]["dataset"] is None:
        del public["dataset"]
    return public


def _without_folder(word: str) -> str:
    return Path(word).name if "/" in word and Path(word).exists() else word


def rows_upper_bound(config: Config) -> int:
    """Rows of the library, or a little more (newlines in quoted cells); cheap enough to ask before any job."""
    path = config["input"]["path"]
    if path is None:
        return _FREEWILSON_ROWS if config["input"]["dataset"] == FREEWILSON else int(config["dataset"]["rows"])
    if path.lower().endswith(".parquet"):
        import pyarrow.parquet as pq

        try:
            return int(pq.read_metadata(Path(path).absolute()).num_rows)
        except (OSError, ValueError) as error:
            raise ConfigError(f"configuration: input.path: {path}: not a readable Parquet file: {error}") from None
    count = (lambda block: block.count(b"$$$$")) if path.lower().endswith(".sdf") else line_ends
    try:
        with gzip.open(path) if path.lower().endswith(".gz") else Path(path).open("rb") as handle:
            return sum(map(count, iter(lambda: handle.read(1 << 20), b""))) + 1
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ConfigError(f"configuration: input.path: {path}: not a valid gzip file: {error}") from None


def audited_rows(config: Config) -> int:
    """Rows that are audited, at most: `rows_upper_bound`, save where each decoy has a row of its own."""
    pairs = not config["input"]["structures"] and config["input"]["path"] == config["scores"]["path"]
    each = int(config["decoys"]["k"]) + 1 if pairs else 1  # a line a decoy, and one for the molecule
    return math.ceil(rows_upper_bound(config) / each)


def n_shards(config: Config, rows: int | None = None) -> int:
    """Number of shards (of `rows`, where they were counted before): it changes no byte of the evidence.

    8, so that several cores have work, of 256 to 2500 rows: below, starting a job (some 3 s of CPU) costs too much of
    what it does, above, progress is coarse. At most 400, since each is three jobs, and jobs cost Snakemake time.
    """
    rows = audited_rows(config) if rows is None else rows
    usual = min(_MANY_ROWS, max(_FEW_ROWS, math.ceil(rows / _SHARDS)))
    shard_rows: int = config["execution"]["shard_rows"] or max(usual, math.ceil(rows / _MAX_SHARDS))
    return max(1, math.ceil(rows / shard_rows))
