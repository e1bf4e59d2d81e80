"""The verb verify: the verification of packs, and the one file that verifies them elsewhere."""

import argparse
import contextlib
import os
from pathlib import Path

from hetero2.errors import ConfigError
from hetero2.pack import standalone
from hetero2.pack.verification import command

EXAMPLE = "hetero2 verify results/value_utility_realtruth/value_utility_realtruth_evidence_pack.zip"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of verification, and where to write the file that needs no package."""
    command.add_arguments(parser)
    parser.add_argument(
        "--standalone",
        type=Path,
        metavar="FILE",
        help="write the program that verifies packs anywhere, as one file for Python 3.9 or newer, and verify nothing",
    )


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; raises ConfigError where that is not possible."""
    hint = "name a file that can be written, such as verify.py"
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a device or pipe"
        raise ConfigError(f"--standalone: {path}: is {what}, expected a file", hint)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"--standalone: {path}: {error.strerror}", hint) from None
    finally:
        with contextlib.suppress(OSError):  # where its folder is none
            temporary.unlink(missing_ok=True)


def run(args: argparse.Namespace) -> int:
    """Print the problems of a pack and return 0 if there are none; or what is checked; or write the program."""
    if args.standalone is None:
        return command.run(args)
    if args.pack is not None:
        raise ConfigError(
            f"{args.pack}: with --standalone no pack is verified", "name either a pack or --standalone FILE"
        )
    _write(args.standalone, standalone.text())
    print(f"wrote {args.standalone}: `python3 -I {args.standalone.name} PACK.zip` verifies a pack")
    return 0
