"""Types of command-line options: a wrong value is a usage error, reported by argparse."""

import argparse
import os
from typing import Any

from hetero2.errors import ConfigError
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


def _at_least(text: str, minimum: int) -> int:
    if not text.isdecimal() or not minimum <= int(text) < 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {2**32 - 1}")
    return int(text)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def add_shard(parser: argparse.ArgumentParser) -> None:
    """Name the part of a library that a job is about."""
    parser.add_argument("--shard", type=natural, default=0, help="which part of it, from 0")
    parser.add_argument("--shards", type=positive, default=1, help="of how many parts")


def check_shard(args: argparse.Namespace) -> None:
    """Raise ConfigError where there is no such part."""
    if args.shard >= args.shards:
        raise ConfigError(f"--shard is {args.shard}, but there are {args.shards}, counted from 0")
