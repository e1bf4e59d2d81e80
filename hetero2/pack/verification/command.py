"""Verify an evidence pack: python verify.py PACK.zip|FOLDER

Needs Python 3.9 or newer and nothing else: this one file can be copied and run anywhere. It checks that the zip is
whole and byte for byte in its canonical form, that every required file is there and no other, that every size and
sha256 holds (in manifest.json and in checksums.sha256 alike), that JSON and tables meet the contracts of their version,
and that whatever follows from other files of the pack does so when it is computed again; --explain lists what is
computed, what only agrees, and what only has its digest. Since a pack may come from anybody, the memory and time spent
on checking it are limited in proportion to its size on disk (see Limits).
Exit code 0: no problems. 1: problems, each on a line of its own. 2: wrong usage.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.container.members import exactly
from hetero2.pack.verification.layout import CHECKSUMS, MANIFEST, REGISTRY_ROW
from hetero2.pack.verification.problems import SUMS_HOLD, Problem
from hetero2.pack.verification.recompute.registry import SUBJECTS

PACK_HELP = "a pack: its zip, the folder that it unpacks to, or the results folder of a run"
PACK_HINT = "name the zip of a pack, the folder that it unpacks to, or the results folder of a run"


def pack_at(path: Path) -> Path:
    """The zip of a finished run where `path` is its results folder; any other path as it is."""
    try:
        if not (path / REGISTRY_ROW).is_file():
            return path
        zips = sorted(path.glob("*_evidence_pack.zip"))
    except OSError:  # why_no_pack says why it cannot be read
        return path
    return zips[0] if len(zips) == 1 else path / "pack"


def why_no_pack(path: Path) -> str | None:
    """Why there is nothing to verify at a path; None for a file, and for a folder that has something of a pack."""
    try:
        if path.is_dir():
            os.scandir(path).close()
            holds_pack = any((path / name).is_file() for name in (MANIFEST, CHECKSUMS))
            return None if holds_pack else "no pack, and no finished run"
        if path.is_file():
            path.open("rb").close()
            return None
        return "neither a file nor a folder" if path.exists() else "no such pack"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def printable(text: str) -> str:
    """The text as one line, with nothing that could break it or hide part of it, and printable on standard output."""
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def byte_size(text: str) -> int:
    """A number of bytes, such as 3000000000, 500M or 20G (powers of 1024)."""
    match = re.fullmatch(r"([0-9]{1,15})([KMGT]?)", text.upper())
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes such as 500M or 20G")
    return int(match.group(1)) << 10 * " KMGT".index(match.group(2) or " ")


def sha256_digits(text: str) -> str:
    """A sha256 in lower case."""
    if not re.fullmatch("[0-9a-f]{64}", text.lower()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a sha256: 64 hexadecimal digits")
    return text.lower()


def add_max_unpacked(parser: argparse.ArgumentParser) -> None:
    """Add the option for packs larger than the limits allow; verify and accept share it."""
    parser.add_argument(
        "--max-unpacked",
        type=byte_size,
        metavar="BYTES",
        help="how much a pack that you trust may unpack to, such as 20G; raises the other limits as well; "
        "default: 32 times its size on disk, but at least 512M",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the pack, the sha256 that it must have, how far to check it, and how much it may unpack to."""
    parser.add_argument("pack", type=Path, nargs="?", help=PACK_HELP)
    parser.add_argument(
        "--sha256",
        type=sha256_digits,
        metavar="DIGEST",
        help="the sha256 that the zip must have, as you received it by another channel",
    )
    parser.add_argument(
        "--quick", action="store_true", help="check the list of files, digests and form only; recompute nothing"
    )
    parser.add_argument(
        "--explain", action="store_true", help="list what is checked in every file, and against what; verify nothing"
    )
    add_max_unpacked(parser)


def explained() -> Iterator[str]:
    """What is checked, by what: a line each."""
    for what, level, source, *_ in SUBJECTS:
        yield f"{level:<12}  {what}\n{'':<12}    from: {source}"


def run(args: argparse.Namespace) -> int:
    """Print the problems, and return 0 if there are none; or what is checked."""
    if args.explain:
        print("\n".join(explained()))
        return 0
    if args.pack is None:
        print(f"error: no pack is named\nhint: {PACK_HINT}; --help lists the options", file=sys.stderr)
        return 2
    args.pack = pack_at(args.pack)
    why = why_no_pack(args.pack)
    if why is not None:
        print(f"error: {printable(str(args.pack))}: {why}\nhint: {PACK_HINT}", file=sys.stderr)
        return 2
    if args.sha256 is not None and args.pack.is_dir():
        print(
            f"error: --sha256 is the digest of a zip, but {printable(str(args.pack))} is a folder\nhint: name the zip",
            file=sys.stderr,
        )
        return 2
    problems = verify(args.pack, args.max_unpacked, args.quick)
    if args.pack.is_file():
        sha = hashlib.sha256()
        with args.pack.open("rb") as stream:
            for block in exactly(stream, args.pack.stat().st_size):
                sha.update(block)
        print(f"sha256  {sha.hexdigest()}  {printable(args.pack.name)}")
        if args.sha256 and args.sha256 != sha.hexdigest():
            problems.append(Problem(f"{args.pack.name}: its sha256 is not the expected {args.sha256}", SUMS_HOLD))
    for problem in problems:
        print(f"PROBLEM {printable(problem)}")
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    print(f"FAILED: {count}" if problems else "OK: the pack is in order")
    return 1 if problems else 0


def main() -> int:
    """Run as a standalone program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
