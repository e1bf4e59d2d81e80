"""Files of a configuration, read so that they cost little and mean what they say.

Versions of YAML disagree about words without quotes: `010` is 8 or 10, `1:30` is 90 or text, `1e3` is text or 1000.
Such a word is refused, with the way to write what is meant. So is what a configuration has no use for and what can be
made to cost anything: anchors, merge keys, tags, several documents, deep nesting, a file above `MAX_BYTES`.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from hetero2.config import keys
from hetero2.config.keys import Place, dotted, kind_of, shortened
from hetero2.errors import ConfigError
from hetero2.io.files import parse_json

MAX_BYTES = 256 * 1024  # config/default.yaml, comments and all, has 16 kB
_MAX_DEPTH = 20
_KEYS_HINT = "keys are those of config/default.yaml"
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVE: Callable[..., str] = yaml.resolver.Resolver().resolve
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")  # YAML 1.2: a number
_OCTAL = re.compile(r"[-+]?0o[0-7]+")
Config = dict[str, Any]


class Word(NamedTuple):
    """Where a value of a file stands, and how it is written there."""

    line: int
    text: str
    quoted: bool


class Layer(NamedTuple):
    """The values of a file, and the word of each that is no section and no list."""

    path: Path
    values: Config
    words: dict[Place, Word]


class AmbiguousError(ValueError):
    """A word without quotes that readers of YAML understand in different ways; `hint` says how to write it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def plain_value(text: str) -> Any:
    """What a word without quotes means: None, a bool, an int, a float or text; raises AmbiguousError.

    >>> plain_value("50"), plain_value("0.5"), plain_value("yes"), plain_value("~"), plain_value("my-run")
    (50, 0.5, True, None, 'my-run')
    """
    kind = _RESOLVE(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("yes", "true", "on")
    if kind == "int" and _INTEGER.fullmatch(text) and len(text) <= 100:
        return int(text)
    if kind == "float" and not set(text) & set(":_"):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    if kind == "str" and not _DECIMAL.fullmatch(text) and not _OCTAL.fullmatch(text):
        return text
    raise _ambiguous(text, kind)


def _ambiguous(text: str, kind: str) -> AmbiguousError:
    text = shortened(text)
    quoted = f"'{text}' in quotes for text"
    if kind in ("timestamp", "value", "merge"):
        what = {"timestamp": "a date", "value": "a default value", "merge": "a merge key"}[kind]
        return AmbiguousError(f"{text} without quotes is {what}", f"write {quoted}")
    number = float(text) if _DECIMAL.fullmatch(text) else math.inf
    if abs(number) < 1e15:
        written = str(int(number)) if number.is_integer() else repr(number)
        return AmbiguousError(
            f"{text} is not the same number in every version of YAML", f"write {written}, or {quoted}"
        )
    return AmbiguousError(
        f"{text} is not the same number in every version of YAML", f"write decimal digits, or {quoted}"
    )


class _Events:
    """The events of a YAML document, built into values; what a configuration has no use for is refused."""

    def __init__(self, path: Path, text: str) -> None:
        self._path, self._events = path, yaml.parse(text, Loader=_PARSER)
        self.words: dict[Place, Word] = {}

    def document(self) -> Any:
        """The value of the only document; None where there is none."""
        value = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.words or value is not None:
                    raise self._error(event, "a second document starts (---)", "keep one")
                value = self._value(next(self._events), ())
        return value

    def _value(self, event: Any, place: Place) -> Any:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._error(event, "anchors and aliases (& and *) are not supported", "write the value out")
        if event.tag is not None:
            raise self._error(event, f"tags ({event.tag}) are not supported", "remove it")
        if len(place) > _MAX_DEPTH:
            raise self._error(
                event, f"more than {_MAX_DEPTH} levels deep", "a configuration has three: see config/default.yaml"
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(place)
        return self._section(place)

    def _scalar(self, event: Any, place: Place) -> Any:
        self.words[place] = Word(event.start_mark.line + 1, event.value, not event.implicit[0])
        if not event.implicit[0]:
            return event.value
        try:
            return plain_value(event.value)
        except AmbiguousError as error:
            raise self._error(event, f"{dotted(place)}: {error}", error.hint) from None

    def _list(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*place, len(items))))
        return items

    def _section(self, place: Place) -> Config:
        section: Config = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in section:
                raise self._error(event, f"the key {key!r} occurs twice", "keep one of the two")
            section[key] = self._value(next(self._events), (*place, key))
        return section

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "a key must be a word, not a list, a section or an alias", None)
        if event.implicit[0] and _RESOLVE(yaml.ScalarNode, event.value, (True, False)) != "tag:yaml.org,2002:str":
            what = "merge keys (<<) are not supported" if event.value == "<<" else f"the key {event.value} is not text"
            raise self._error(event, what, _KEYS_HINT)
        return str(event.value)

    def _error(self, event: Any, message: str, hint: str | None) -> ConfigError:
        return ConfigError(f"{self._path}: line {event.start_mark.line + 1}: {message}", hint)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder, expected a YAML or JSON file") from None
    if len(content) > MAX_BYTES:
        raise ConfigError(
            f"{path}: larger than {MAX_BYTES >> 10} kB, so this is not a configuration",
            "config/default.yaml has every key there is; data goes into files that the configuration names",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}", "save the file as UTF-8") from None


def read_file(path: Path) -> Layer:
    """Read YAML, or JSON by its suffix; an empty file has no values. Raises ConfigError with file and line."""
    text, words = _text(path), dict[Place, Word]()
    try:
        if path.name.lower().endswith(".json"):
            values = parse_json(text)
        else:
            events = _Events(path, text)
            values, words = events.document(), events.words
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f"line {error.problem_mark.line + 1}: "
        problem = ": ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(f"{path}: {line}not valid YAML: {problem}", _hint_of(text, error.problem_mark)) from None
    except (yaml.YAMLError, ValueError) as error:
        kind = "JSON" if path.name.lower().endswith(".json") else "YAML"
        raise ConfigError(f"{path}: not valid {kind}: {' '.join(str(error).split())}") from None
    if values is not None and not isinstance(values, dict):
        raise ConfigError(f"{path}: expected keys and values, found {type(values).__name__}")
    return Layer(path, values or {}, words)


def _hint_of(text: str, mark: Any) -> str | None:
    lines = text.splitlines()
    if mark is not None and mark.line < len(lines) and "\t" in lines[mark.line]:
        return "indent with spaces; YAML allows no tabs there"
    return None


def load_yaml(path: Path) -> Config:
    """The values of a file, whatever it is for."""
    return read_file(path).values


def as_layer(settings: Any) -> Mapping[str, Any]:
    """A layer of the configuration that is given as a mapping, as the path of its file, or not at all (None)."""
    if settings is None:
        return {}
    if isinstance(settings, Mapping):
        values: Config = _plain(settings, ())
        _check_types("configuration", values, {})
        return values
    return load_layer(Path(settings))


def _plain(value: Any, place: Place) -> Any:
    """A value in the types that a file has; raises ConfigError for a type, or a depth, that no file has."""
    where = f"configuration: {dotted(place)}"
    if len(place) > _MAX_DEPTH:
        raise ConfigError(f"configuration: nested more than {_MAX_DEPTH} levels deep", "there are no such settings")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ConfigError(f"{where}: the key {keys.shown(key)} is not text", _KEYS_HINT)
        return {key: _plain(inner, (*place, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, (*place, number)) for number, inner in enumerate(value)]
    if isinstance(value, bool | int | float | str | None):
        return value
    raise ConfigError(f"{where}: found {keys.shown(value)}; expected a value that YAML or JSON can hold")


def load_layer(path: Path) -> Config:
    """The values of a layer of the configuration; raises ConfigError where one is of another type than its key.

    The file is checked, since the command line gives numbers as words (`--config selection='{k: 20}'`).
    """
    layer = read_file(path)
    if "__use_yte__" in layer.values:  # Snakemake would run what stands in it
        raise ConfigError(f"{path}: templates (__use_yte__) are not supported", "write the values out")
    _check_types(path, layer.values, layer.words)
    return layer.values


def _check_types(where: Path | str, values: Config, words: Mapping[Place, Word]) -> None:
    """Raise ConfigError where a value is of another type than its key; `words`: how a file writes them."""
    for place, value, kinds in _mistyped(values, keys.schema(), ()):
        word = words.get(place)
        line = "" if word is None else f"line {word.line}: "
        message = f"{where}: {line}{dotted(place)}: found {_shown(value, word)}; expected {' or '.join(kinds)}"
        raise ConfigError(message, type_hint(place, value, kinds, word))


def _shown(value: Any, word: Word | None) -> str:
    if word is None:
        return keys.shown(value)
    return shortened(json.dumps(value, ensure_ascii=False) if isinstance(value, str) else word.text)


def _mistyped(value: Any, schema: dict[str, Any], place: Place) -> Iterator[tuple[Place, Any, list[str]]]:
    """Place, value and allowed types of each value that is of another type than its key; unknown keys are left."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _mistyped(inner, keys.inner(schema, key), (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _mistyped(inner, keys.inner(schema, number), (*place, number))
    else:
        kinds = keys.kinds(schema)
        if kinds and "object" not in kinds and not keys.is_of_kind(value, kinds):
            yield place, value, kinds


def type_hint(place: Place, value: Any, kinds: list[str], word: Word | None = None) -> str | None:
    """How to write what was probably meant; None where that is not known."""
    key = f"{place[-1]}: " if isinstance(place[-1], str) else ""
    if "string" in kinds:
        text = str(value) if word is None else word.text
        return f"in quotes it is text: {key}'{text}'" if kind_of(value) in ("boolean", "integer", "number") else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"write {key}{int(value)}"
    if isinstance(value, str):
        try:
            meant = kind_of(plain_value(value))
        except AmbiguousError as error:
            return error.hint.partition(", or")[0]
        return f"without quotes: {key}{value}" if meant in kinds or (meant, "number") == ("integer", *kinds) else None
    return None
