"""The configuration of a run: three layers merged, validated, and split in what identifies a run and what does not."""

import copy
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetero2.config import keys
from hetero2.config.consistency import SUITE, command_words
from hetero2.config.load import AmbiguousError, as_layer, plain_value
from hetero2.config.overlays import overlay
from hetero2.config.user_files import local_paths
from hetero2.config.validate import defaults, validate
from hetero2.errors import ConfigError
from hetero2.io.url_policy import recorded

SUITE_STRATEGIES = {"strict": "rewire_strict_v1", "chain": "decoy_strategy.v1"}
# A section that says where something comes from is taken whole, without pins of another file.
_ORIGIN_KEYS = {
    "input": {"path", "dataset"},
    "scores": {"source", "path", "url", "command"},
    "truth": {"source", "path", "url"},
}
_OUTSIDE = ("execution", "suite_strategy", "release")
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
    for section, origin_keys in _ORIGIN_KEYS.items():
        changed = user.get(section)
        if isinstance(changed, Mapping) and origin_keys & set(changed):
            kept[section] = copy.deepcopy(defaults[section])
    return kept


def _typed(value: Any, schema: dict[str, Any], place: keys.Place = ()) -> Any:
    """Words of the command line as what they mean: `--config selection='{k: 20}'` reaches us as the word "20"."""
    if isinstance(value, dict):
        return {key: _typed(inner, keys.inner(schema, key), (*place, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner, keys.inner(schema, number), (*place, number)) for number, inner in enumerate(value)]
    kinds = keys.kinds(schema)
    if not isinstance(value, str) or not kinds or "string" in kinds or "object" in kinds:
        return value
    try:
        return plain_value(value)
    except AmbiguousError as error:
        raise ConfigError(f"configuration: {keys.dotted(place)}: {error}", error.hint) from None


def _migrated(user: Mapping[str, Any]) -> Mapping[str, Any]:
    """The user's layer in today's keys: a number as audit.sample is what audit.control_sample is now."""
    audit = user.get("audit")
    if not isinstance(audit, Mapping) or not str(audit.get("sample", "")).isdecimal():
        return user
    rest = {key: value for key, value in audit.items() if key != "sample"}
    return {**user, "audit": {"control_sample": audit["sample"], **rest}}


def resolve(target: str, user: Mapping[str, Any], variant: str | None = None) -> Config:
    """The whole configuration of a target (or of one `variant` of it) with the user's layer on top, validated.

    Raises ConfigError. Nothing is read but YAML; whether user files exist is checked by `check_files`.
    """
    layer = overlay(target)
    variants = layer.pop("variants", {})
    if variant is not None:
        layer = merge(layer, variants[variant])
    default = defaults()
    base = merge(default, layer)
    validate(base, f"config/runs/{target}.yaml")
    user = _migrated(user)
    config: Config = _typed(merge(_without_origins(default, base, user), user), keys.schema())
    validate(config, "configuration")
    local_paths(config)
    _name(config, target, user)
    if config["input"]["dataset"] == SUITE:
        _apply_suite_strategy(config, user)
    if variant is not None:
        config["run_name"] += f"_{variant}"
    return config


def _name(config: Config, target: str, user: Mapping[str, Any]) -> None:
    """A run without a name of its own is named after its target, unless its library is the user's."""
    if config["run_name"] is not None:
        return
    if {"path", "dataset"} & set(user.get("input", {})):
        raise ConfigError(
            "configuration: run_name is not set, but input is yours", "add a line such as: run_name: my-library"
        )
    config["run_name"] = target


def _apply_suite_strategy(config: Config, user: Mapping[str, Any]) -> None:
    """The decoys of a suite run, unless the user's layer names others; a chain never shares a folder with strict."""
    if "strategy" not in user.get("decoys", {}):
        config["decoys"]["strategy"] = SUITE_STRATEGIES[config["suite_strategy"]]
    if config["suite_strategy"] != "strict" and user.get("run_name") is None:
        config["run_name"] += f"_{config['suite_strategy']}"


def resolve_settings(target: str, settings: Mapping[str, Any] | Path | str | None) -> Config:
    """As `resolve`, with the user's layer as `as_layer` takes it: strictly of the types of its keys."""
    return resolve(target, as_layer(settings))


def complete_sections(target: str, layer: Mapping[str, Any]) -> Config:
    """The sections of a layer, each with every key: the target's where the layer has none. Raises ConfigError."""
    config = resolve_settings(target, layer)
    return {section: config[section] for section in layer}


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
        ("screen", "known"),
        ("screen", "today"),
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
    if public["screen"]["known"] is None:
        del public["screen"]
    if not public["understood"]:
        del public["understood"]
    return public


def _without_folder(word: str) -> str:
    is_file = "/" in word and os.path.exists(word)  # noqa: PTH110 - Path.exists raises where a folder may not be read
    return Path(word).name if is_file else word
