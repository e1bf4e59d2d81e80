"""Keys of the configuration as options of a verb: their types, limits and defaults are those of the configuration.

A stage takes all of its keys as one option, in the shape of a configuration: `--config '{"decoys": {"k": 10}}'`. A verb
that people type has an option for each key (`--hard-mode true`).
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from hetero2.config import keys
from hetero2.io.files import parse_json
from hetero2.runtime.cli_types import json_object


def add_settings(parser: argparse.ArgumentParser, *dotted_keys: str, **renamed: str) -> None:
    """Add `--config` for some dotted keys; each becomes an attribute of the parsed arguments.

    The attribute has the last part of the key as its name, or the keyword that the key was passed with.

    Keys that are not given are as in config/default.yaml. Another key, or a value not allowed, is a usage error.
    """
    names = {**{key.rpartition(".")[2]: key for key in dotted_keys}, **renamed}
    known = ", ".join(f"{key} ({json.dumps(keys.default(key))})" for key in names.values())
    parser.add_argument(
        "--config",
        dest=argparse.SUPPRESS,
        action=Settings,
        type=json_object,
        names=names,
        metavar="JSON",
        help=f"keys of the configuration, grouped by section; defaults: {known}".replace("%", "%%"),
    )
    parser.set_defaults(**{name: keys.default(key) for name, key in names.items()})


class Settings(argparse.Action):
    """Spreads a part of a configuration over the attributes that its keys are called by."""

    def __init__(self, option_strings: list[str], dest: str, names: Mapping[str, str], **rest: Any) -> None:
        super().__init__(option_strings, dest, **rest)
        self.names = names

    def __call__(self, _: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *__: Any) -> None:
        """Set what is given; raise ArgumentError where it is unknown or wrong."""
        attributes = {key: name for name, key in self.names.items()}
        try:
            for key, value in by_key(values, (), list(attributes)):
                default = getattr(namespace, attributes[key])
                setattr(namespace, attributes[key], _merged(default, value, tuple(key.split("."))))
        except ValueError as error:
            raise argparse.ArgumentError(self, str(error)) from None


def by_key(part: Any, place: keys.Place, known: list[str]) -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of each key in a part of a configuration; raises ValueError where one is unknown."""
    key = keys.dotted(place)
    if key in known:
        yield key, part
    elif place and not any(name.startswith(f"{key}.") for name in known):
        raise ValueError(keys.unknown_key((key,), known))
    elif not isinstance(part, dict):
        raise ValueError(f"{key}: {keys.wrong(part, keys.at(place))}")
    else:
        for name, inner in part.items():
            yield from by_key(inner, (*place, name), known)


def _merged(default: Any, value: Any, place: keys.Place) -> Any:
    """A value in place of its default, key by key where it has keys."""
    part = keys.at(place)
    problem = keys.wrong(value, part)
    if problem:
        raise ValueError(f"{keys.dotted(place)}: {problem}")
    if isinstance(value, list):
        return [_merged(None, item, (*place, number)) for number, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    unknown = [name for name in value if not keys.inner(part, name)]
    if unknown:
        raise ValueError(keys.unknown_key((*place, unknown[0]), part["properties"]))
    return default | {name: _merged(default.get(name), inner, (*place, name)) for name, inner in value.items()}


def add_option(parser: argparse.ArgumentParser, key: str, *flags: str) -> None:
    """Add an option for a dotted key: its description, default and limits; `flags`: other names than its own."""
    name, part, default = key.rpartition(".")[2], keys.at(key.split(".")), keys.default(key)

    def value(word: str) -> Any:
        try:
            return _merged(default, word if "enum" in part else _parsed(word), tuple(key.split(".")))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    usual = {"boolean": "true|false", "object": "JSON", "integer": "N", "number": "X", "string": "TEXT"}
    kind = part.get("type")  # of a key that may be null, a list
    kind = kind if isinstance(kind, str) or kind is None else next(name for name in kind if name != "null")
    parser.add_argument(
        *(flags or [f"--{name.replace('_', '-')}"]),
        dest=name,
        type=value,
        default=default,
        metavar="|".join(part["enum"]) if "enum" in part else usual[str(kind)],
        help=f"{part['description']} (default {json.dumps(default)})".replace("%", "%%"),
    )


def _parsed(word: str) -> Any:
    """A word of the command line: JSON where it is JSON, else text."""
    try:
        return parse_json(word)
    except ValueError:
        return {"true": True, "false": False}.get(word.lower(), word)
