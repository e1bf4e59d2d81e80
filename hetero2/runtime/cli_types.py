"""Types of command-line options: a wrong value is a usage error, reported by argparse."""

import argparse
from typing import Any

from hetero2.io.files import parse_json


def flag(text: str) -> bool:
    """`true` or `false`."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def json_object(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        value = parse_json(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _at_least(text, 1)


def natural(text: str) -> int:
    """A whole number of at least 0, below 2^32."""
    return _at_least(text, 0)


def sha256(text: str) -> str:
    """64 hex digits."""
    if len(text) != 64 or not set(text.lower()) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a sha256 (64 hex digits)")
    return text


def similarity(text: str) -> float:
    """A Tanimoto similarity above 0, at most 1."""
    return _above_zero(text, 1, "a similarity above 0 and up to 1")


def price(text: str) -> float:
    """A positive amount of money, at most 1e12."""
    return _above_zero(text, 1e12, "a price above 0 and up to 1e12")


def _above_zero(text: str, maximum: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= maximum:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def _at_least(text: str, minimum: int) -> int:
    if not text.isdecimal() or not minimum <= int(text) < 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {2**32 - 1}")
    return int(text)


def add_standardise(parser: argparse.ArgumentParser) -> None:
    """The option that says how structures are standardised first, those of a training set included."""
    text = "largest_fragment: a salt becomes its largest fragment that is not a counter-ion or solvent"
    parser.add_argument("--standardise", choices=["none", "largest_fragment"], default="none", help=text)
