"""The verb verify: the verification of packs, and the one file that verifies them elsewhere."""

import argparse
from pathlib import Path

from hetero2.errors import ConfigError, InputError
from hetero2.io.files import write_text
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


def run(args: argparse.Namespace) -> int:
    """Print the problems of a pack and return 0 if there are none; or what is checked; or write the program."""
    if args.standalone is None:
        return command.run(args)
    if args.pack is not None:
        raise ConfigError(
            f"{args.pack}: with --standalone no pack is verified", "name either a pack or --standalone FILE"
        )
    try:
        write_text(args.standalone, standalone.text())
    except (OSError, InputError) as error:
        reason = f"{args.standalone}: {error.strerror}" if isinstance(error, OSError) else error.message
        raise ConfigError(f"--standalone: {reason}", "name a file that can be written, such as verify.py") from None
    print(f"wrote {args.standalone}: `python3 -I {args.standalone.name} PACK.zip` verifies a pack")
    return 0
