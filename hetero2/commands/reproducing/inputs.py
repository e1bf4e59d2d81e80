"""The files that a pack's run read: which of them the pack holds, which an installed package, and which must be given.

Nothing that a pack names is opened: of each file only its base name and sha256 are used, and a scoring command is never
taken from a pack, since it may come from anybody.
"""

import shlex
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.commands.reproducing.original import Original, impossible
from hetero2.config.consistency import command_words, score_format
from hetero2.config.resolve import run_configuration
from hetero2.config.user_files import user_files
from hetero2.errors import ConfigError
from hetero2.io.files import sha256_file
from hetero2.pack.verification.layout import SCORES, TRUTH

Layer = dict[str, Any]
DOWNLOADED = "downloaded"  # folder of what the run downloaded, which the rerun takes from the pack
_TO_BE_GIVEN = {  # key: what the file is
    "input.path": "library",
    "scores.train": "training set",
    "selection.baseline": "today's filter",
    "screen.known": "known measurements",
    "screen.today": "today's score",
}


class Needed(NamedTuple):
    """A file that must be given: the key that names it, what it is, its base name, its sha256 where one is recorded."""

    key: str
    what: str
    name: str
    sha256: str | None

    def described(self) -> str:
        """What and how to give."""
        option = "--input FILE" if self.key == "input.path" else f"--file {shlex.quote(self.name)}=PATH"
        digest = f", sha256 {self.sha256[:12]}…" if self.sha256 else ", whose sha256 was not recorded"
        return f"{self.name} (the {self.what}{digest}): {option}"


def _digests(original: Original) -> dict[str, str | None]:
    """sha256 by the key of each file, as far as the pack records it."""
    utility = original.json("utility_report.json") or {}
    screen = (utility.get("screen") or {}).get("inputs", [])
    entries = {
        "input.path": original.inputs("library"),
        "scores.train": original.inputs("training set"),
        "selection.baseline": [utility["baseline"]] if utility.get("baseline") else [],
        **{f"screen.{role}": [entry for entry in screen if entry["role"] == role] for role in ("known", "today")},
    }
    return {key: files[0]["sha256"] if files else None for key, files in entries.items()}


def needed(original: Original) -> list[Needed]:
    """The files that must be given, in the order of their keys."""
    digests, wanted = _digests(original), []
    for key, what in _TO_BE_GIVEN.items():
        section, name = key.split(".")
        value = original.config.get(section, {}).get(name)
        if value is not None:
            if not isinstance(value, str) or Path(value).name != value:
                raise impossible(
                    original.path, f"{key} is no name of a file: {value!r}", "no version of hetero2 has written it"
                )
            wanted.append(Needed(key, what, value, digests[key]))
    return wanted


def _given(
    original: Original, wanted: list[Needed], library: Path | None, files: Mapping[str, Path]
) -> dict[str, Path]:
    """The path of each file that is given, by key; raises ConfigError for another file than the run read."""
    names = list(dict.fromkeys(name for file in wanted for name in (file.name, file.key)))
    for name in files:
        if name not in names:
            hint = f"those to be given, by name or key: {', '.join(names) or 'none'}"
            raise ConfigError(f"--file {name}: the run read no file of this name", hint)
    if library is not None and "input.path" not in {file.key for file in wanted}:
        dataset = original.config["input"]["dataset"]
        raise ConfigError(f"--input: the library of this run is the data set {dataset}", "leave the option out")
    paths: dict[str, Path] = {}
    for file in wanted:
        path = library if file.key == "input.path" and library is not None else None
        path = path or files.get(file.key) or files.get(file.name)
        if path is None:
            continue
        if not path.is_file():
            raise ConfigError(f"{path}: no such file", file.described())
        digest = sha256_file(path)
        if file.sha256 is not None and digest != file.sha256:
            raise ConfigError(
                f"{path}: is not the {file.what} of this run: its sha256 is {digest}, the run read {file.sha256}",
                "the file that the run read is needed, byte for byte; of one that `hetero2 run` converted that is the "
                "one in the folder `brought` of its results",
            )
        paths[file.key] = path.absolute()
    return paths


def _check_all_given(original: Original, missing: list[Needed], model: str | None) -> None:
    """Raise ConfigError, naming all at once, where a file or the scoring command is missing."""
    recorded = original.config["scores"]["command"]
    absent = "a file that its run read is" if len(missing) == 1 else f"{len(missing)} files that its run read are"
    reasons = [f"{absent} not in it"] if missing else []
    options = [file.described() for file in missing]
    if recorded is not None and model is None:
        files = [f"{entry['name']}, sha256 {entry['sha256'][:12]}…" for entry in _command_files(original)]
        reads = f", which reads {'; '.join(files)}" if files else ""
        reasons.append(f"its scores were made by a command that no pack carries: {recorded}{reads}")
        options.append(
            "the same command, with the places of its files: --model 'python PATH/model.py {request} {scores}'"
        )
    if reasons:
        raise impossible(original.path, "; ".join(reasons), f"give {'; '.join(options)}")


def _command_files(original: Original) -> list[dict[str, Any]]:
    return original.inputs("scores command file")


def _in_place(key: str, name: str, path: Path, folder: Path) -> str:
    """A place of a file under the name that the run knew it by: its own, or a link."""
    if path.name == name:
        return str(path)
    link = folder / key / name
    link.parent.mkdir(parents=True)
    link.symlink_to(path)
    return str(link)


def _absolute(word: str) -> str:
    """A word of a command with the whole path where it names a file here: the rerun starts in another folder."""
    return str(Path(word).absolute()) if Path(word).is_file() else word


def _check_command(original: Original, layer: Layer) -> None:
    """Raise ConfigError unless a command reads as the recorded one, and its files are the recorded ones."""
    recorded, given = original.config["scores"]["command"], run_configuration(layer)["scores"]["command"]
    if given != recorded:
        raise ConfigError(f"--model: is not the command of this run: {given}", f"the run recorded: {recorded}")
    read = Counter((entry["name"], entry["sha256"]) for entry in _command_files(original))
    paths = [path for key, path in user_files(layer).items() if key.startswith("scores.command[")]
    for path in paths:
        digest = sha256_file(path)
        if not read[path.name, digest]:
            raise ConfigError(f"--model: {path}: is no file that the run read: its sha256 is {digest}")
        read[path.name, digest] -= 1
    if missing := [name for (name, _), count in read.items() if count]:
        raise ConfigError(f"--model: the run's command also read {', '.join(missing)}", "name it with its path")


def layer_of(original: Original, args: Any, folder: Path) -> Layer:
    """The pack's configuration as a user's layer, its files put into `folder` or where they were given.

    args: input, file, model. Raises ConfigError where one is missing, or is another.
    """
    config = {key: dict(value) if isinstance(value, dict) else value for key, value in original.config.items()}
    wanted = needed(original)
    paths = _given(original, wanted, args.input, dict(args.file))
    _check_all_given(original, [file for file in wanted if file.key not in paths], args.model)
    for file in wanted:
        section, name = file.key.split(".")
        config[section][name] = _in_place(file.key, file.name, paths[file.key], folder)
    for section, names in (("scores", SCORES), ("truth", (TRUTH,))):
        for key in ("path", "url"):
            if config[section].get(key) is not None:
                name = next(name for name in names if name in original.pack)
                config[section][key] = _from_pack(original, section, key, name, folder)
    if config["scores"]["command"] is not None:
        words = command_words(args.model)
        config["scores"]["command"] = shlex.join("=".join(map(_absolute, word.split("=", 1))) for word in words)
    elif args.model is not None:
        raise ConfigError("--model: the scores of this run were made by no command", "leave the option out")
    return config


def check_resolved(original: Original, config: Layer) -> None:
    """Raise ConfigError unless a resolved configuration identifies the same run as that of the pack."""
    if config["scores"]["command"] is not None:
        _check_command(original, config)


def _from_pack(original: Original, section: str, key: str, held: str, folder: Path) -> str:
    """Write a file that the pack holds byte for byte; its path, or for a download the URL under which it is known."""
    value = str(original.config[section][key])
    if key == "url" and not value.startswith("file:"):
        kind = score_format(original.config[section]) if section == "scores" else "csv"
        original.write(held, folder / DOWNLOADED / f"{section}.{kind}")
        return value
    name = value.removeprefix("file:") if key == "url" else value
    if Path(name).name != name:
        raise impossible(original.path, f"{section}.{key} is no name of a file: {value!r}", "`hetero2 verify` it")
    path = folder / section / name
    original.write(held, path)
    return path.as_uri() if key == "url" else str(path)
