"""Files that the user brings, as the configuration names them, and whether they can be read."""

import os
import re
import shlex
import unicodedata
from pathlib import Path
from typing import Any

from hetero2.config.consistency import command_words
from hetero2.errors import ConfigError

_SUFFIXES = {
    "input.path": (".csv", ".csv.gz", ".parquet", ".smi", ".sdf"),
    "scores.path": (".json", ".csv", ".csv.gz", ".parquet"),
    "scores.train": (".csv", ".csv.gz"),
    "truth.path": (".csv",),
    "selection.baseline": (".csv", ".csv.gz"),
    "screen.known": (".csv", ".csv.gz", ".parquet"),
    "screen.today": (".csv", ".csv.gz", ".parquet"),
}
# Programs that run a user's model but are not the model.
_INTERPRETER = re.compile(
    r"(python|pypy|perl|ruby|node|java|julia|Rscript|R|sh|bash|zsh|env|conda|mamba|docker|srun)[\d.]*"
)
_PATHS = (
    "input.path",
    "scores.path",
    "scores.train",
    "truth.path",
    "selection.baseline",
    "screen.known",
    "screen.today",
    "execution.results_dir",
    "execution.download.ca_file",
)
Config = dict[str, Any]


def local_paths(config: Config) -> None:
    """Write the local paths of a configuration as they are used, in place: `~` is the home folder, as in a shell.

    Raises ConfigError for control characters, which no rule can hand on.
    """
    for key in _PATHS:
        *sections, name = key.split(".")
        section = config
        for part in sections:
            section = section[part]
        if section[name] is not None:
            section[name] = str(Path(_local(section[name], key)))
    if config["scores"]["command"] is not None and "~" in config["scores"]["command"]:
        words = command_words(config["scores"]["command"])
        expanded = ["=".join(_expanded(part, "scores.command") for part in word.split("=", 1)) for word in words]
        config["scores"]["command"] = config["scores"]["command"] if words == expanded else shlex.join(expanded)


def _local(path: str, key: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path):
        raise ConfigError(
            f"configuration: {key}: {path!r}: a path with control characters", "rename the file or folder"
        )
    if re.match("[A-Za-z][A-Za-z0-9+.-]*://", path):
        hint = "download the file, or name a folder of your own"
        hint = f"{key.partition('.')[0]}.url takes one" if key in ("scores.path", "truth.path") else hint
        raise ConfigError(f"configuration: {key}: {path}: expected a path of this machine, not a URL", hint)
    if path.startswith("-") and key == "execution.results_dir":
        raise ConfigError(f"configuration: {key}: {path}: starts with a dash, as options do", "choose another name")
    return _expanded(path, key)


def _expanded(path: str, key: str) -> str:
    if not path.startswith("~"):
        return path
    expanded = os.path.expanduser(path)  # noqa: PTH111 - Path.expanduser raises where there is no such user
    if expanded.startswith("~"):
        raise ConfigError(
            f"configuration: {key}: {path}: there is no user {path.partition('/')[0][1:]!r}",
            f"for a file of this name, write ./{path}",
        )
    return expanded


def user_files(config: Config) -> dict[str, Path]:
    """Files that the user brought, by key, as the configuration names them."""
    keys = {"input.path": config["input"]["path"], "scores.path": config["scores"]["path"]}
    keys |= {"scores.train": config["scores"]["train"], "truth.path": config["truth"]["path"]}
    keys["selection.baseline"] = config["selection"]["baseline"]
    keys |= {f"screen.{name}": config["screen"][name] for name in ("known", "today")}
    keys["execution.download.ca_file"] = config["execution"]["download"]["ca_file"]
    files = {key: Path(value) for key, value in keys.items() if value is not None}
    if config["scores"]["command"] is not None:
        program, *words = command_words(config["scores"]["command"])
        is_users = "/" in program and not _INTERPRETER.fullmatch(Path(program).name)
        paths = [Path(part) for word in ([program] if is_users else []) + words for part in word.split("=", 1)]
        files |= {f"scores.command[{number}]": path for number, path in enumerate(paths) if path.is_file()}
    return files


def check_files(config: Config, needs_scores: bool = True) -> None:
    """Raise ConfigError unless every file that the user names is there and has a suffix that we read.

    Without `needs_scores` the scores may still be missing: their request is being made.
    """
    for key, path in user_files(config).items():
        if key == "scores.path" and not needs_scores:
            continue
        if "{" in str(path) or "}" in str(path):
            raise ConfigError(f"configuration: {key}: {path}: braces in a path are not supported", "rename the file")
        if not path.is_file():
            raise ConfigError(
                f"configuration: {key}: {path}: no such file",
                "relative paths start from the folder where you run snakemake",
            )
        allowed = _SUFFIXES.get(key, ())
        if allowed and not path.name.lower().endswith(allowed):
            raise ConfigError(f"configuration: {key}: {path}: unknown suffix; supported: {', '.join(allowed)}")
