"""YAML as PyYAML's safe_dump writes a configuration: mappings and lists in blocks, scalars plain or in quotes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_KEY = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*):(?: (.*))?", re.DOTALL)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_LETTERS = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b"}
_LETTERS_OF_UNICODE = {"N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029", '"': '"', "\\": "\\", "/": "/", " ": " "}
# Plain texts that YAML 1.1 does not read as a text.
_NO_TEXT = re.compile(
    r"~|null|Null|NULL||yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"
    r"|[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+][0-9]+)?|[-+]?\.([0-9][0-9_]*|inf|Inf|INF)([eE][-+][0-9]+)?"
    r"|\.(nan|NaN|NAN)|[-+]?0[bxo][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9:]+(\.[0-9]*)?[ \t]*(Z|[-+][0-9:]+)?"
)
_OTHER_BREAK = re.compile("([\x85\u2028\u2029]) *")  # followed by the indent of the next line
MAX_YAML_DEPTH = 50


class YamlScalar(NamedTuple):
    """A scalar as it stands, and whether it was in quotes."""

    text: str
    quoted: bool


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines, self.at = text.split("\n"), 0
        if self.lines.pop() != "":
            raise ValueError("it does not end with a line feed")

    def indent(self) -> int:
        """Of the present line; -1 after the last."""
        if self.at >= len(self.lines):
            return -1
        line = self.lines[self.at]
        return len(line) - len(line.lstrip(" "))

    def block(self, indent: int, depth: int) -> Any:
        """The mapping or list whose lines begin at this indent."""
        if depth > MAX_YAML_DEPTH:
            raise ValueError("it is nested too deeply")
        is_list = self.lines[self.at].startswith("- ", indent)
        return self.sequence(indent, depth) if is_list else self.mapping(indent, depth)

    def mapping(self, indent: int, depth: int) -> dict[str, Any]:
        """Keys in the order of the file, each once."""
        values: dict[str, Any] = {}
        while self.indent() == indent and not self.lines[self.at].startswith("- ", indent):
            line = self.lines[self.at]
            match = _KEY.fullmatch(line, indent)
            if match is None:
                raise ValueError(f"line {self.at + 1}: {line[:80]!r} is no 'key: value'")
            if match.group(1) in values:
                raise ValueError(f"line {self.at + 1}: {match.group(1)} is there twice")
            values[match.group(1)] = self.value(match.group(2), indent, depth)
        return values

    def sequence(self, indent: int, depth: int) -> list[Any]:
        """The items of a list; a mapping or list in it begins on the line of its dash."""
        items: list[Any] = []
        while self.indent() == indent and self.lines[self.at].startswith("- ", indent):
            rest = self.lines[self.at][indent + 2 :]
            if _KEY.fullmatch(rest) or rest.startswith("- "):
                self.lines[self.at] = " " * (indent + 2) + rest
                items.append(self.block(indent + 2, depth + 1))
            else:
                items.append(self.value(rest, indent, depth))
        return items

    def value(self, rest: str | None, indent: int, depth: int) -> Any:
        """What follows a key or dash: a scalar on its line and further ones, or a block below it."""
        self.at += 1
        if not rest:
            inner = self.indent()
            is_list_of_key = inner == indent and self.lines[self.at].startswith("- ", indent)
            if inner > indent or is_list_of_key:
                return self.block(inner, depth + 1)
            return YamlScalar("", False)
        if rest in ("[]", "{}"):
            return [] if rest == "[]" else {}
        lines, n_quotes = [rest], _n_quotes(rest, rest[0])
        while self.at < len(self.lines):
            is_blank = not self.lines[self.at].strip(" ")
            if not (n_quotes % 2 if rest[0] in "'\"" else is_blank or self.indent() > indent):
                break
            lines.append(self.lines[self.at])
            n_quotes += _n_quotes(lines[-1], rest[0])
            self.at += 1
        return _scalar(lines)


def _n_quotes(line: str, quote: str) -> int:
    """Quotes of a kind on a line; a scalar ends where their number becomes even, since one within it is doubled."""
    return (re.sub(r"\\.", "", line) if quote == '"' else line).count(quote)


def _folded_lines(lines: list[str]) -> str:
    """Lines of a scalar as one text: a line end is a space, and an empty line a line feed."""
    parts, n_empty = [lines[0]], 0
    for line in lines[1:]:
        if not line.strip(" "):
            n_empty += 1
            continue
        parts += ["\n" * n_empty if n_empty else " ", line.lstrip(" ")]
        n_empty = 0
    return "".join(parts)


def _scalar(lines: list[str]) -> YamlScalar:
    first = lines[0][0]
    if first == "'":
        return YamlScalar(_OTHER_BREAK.sub(r"\1", _folded_lines(lines)[1:-1]).replace("''", "'"), True)
    if first == '"':
        return YamlScalar(_unescaped(lines), True)
    if first in "&*!|>%@`?{}[]#,":
        raise ValueError(f"{lines[0][:80]!r} is no plain text")
    return YamlScalar(_folded_lines(lines), False)


def _unescaped(lines: list[str]) -> str:
    """A text in double quotes; a backslash at the end of a line joins it with the next."""
    parts = [lines[0]]
    for line in lines[1:]:
        if parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1]
        else:
            parts.append(" ")
        parts.append(line.lstrip(" "))
    text = "".join(parts)

    def letter(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "xuU" and len(code) > 1:
            return chr(int(code[1:], 16))
        return {**_LETTERS, **_LETTERS_OF_UNICODE}[code]

    return _ESCAPE.sub(letter, text[1:-1])


def read_yaml(text: str) -> Any:
    """The mapping of a configuration, with YamlScalar at its leaves; raises ValueError for what is not written so."""
    if text == "{}\n":
        return {}
    reader = _Reader(text)
    document = reader.block(0, 0)
    if reader.at < len(reader.lines):
        raise ValueError(f"line {reader.at + 1}: not expected here")
    return document


def _plain(value: Any) -> str:
    """The plain text of a value other than a text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text.replace("e", ".0e", 1) if isinstance(value, float) and "e" in text and "." not in text else text


def is_same(node: Any, value: Any) -> bool:
    """Whether a node of read_yaml has this value of JSON."""
    if isinstance(value, dict):
        return isinstance(node, dict) and node.keys() == value.keys() and all(is_same(node[k], value[k]) for k in value)
    if isinstance(value, list):
        return isinstance(node, list) and len(node) == len(value) and all(map(is_same, node, value))
    if not isinstance(node, YamlScalar):
        return False
    if isinstance(value, str):
        return node.text == value and (node.quoted or not _NO_TEXT.fullmatch(node.text))
    return not node.quoted and node.text == _plain(value)
