"""Solve envs/*.yaml for each platform into pins that conda and Snakemake install without solving: `make conda-lock`.

python -m tools.conda_lock [--check] [--channel URL] [--platform NAME]

`envs/NAME.PLATFORM.pin.txt` names every package by address and sha256, which conda checks (24.9 or newer).
"""

import argparse
import asyncio
import hashlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import rattler
import yaml

from hetero2.errors import ConfigError, HeteroError
from hetero2.io.files import write_text
from tools.made_files import ROOT

PLATFORMS = ("linux-64", "linux-aarch64", "osx-arm64")
# What the oldest machine of a platform offers: Debian 11 and macOS 13; none has a GPU.
_SYSTEM = {
    "linux": {"__unix": "0", "__linux": "5.10", "__glibc": "2.28"},
    "osx": {"__unix": "0", "__osx": "13.0"},
}
_PINNED = re.compile(r"(?P<url>\S+/(?P<name>[\w.-]+)-(?P<version>[^-/\s]+)-[^-/\s]+\.(?:conda|tar\.bz2))#[0-9a-f]{64}")
_EXACT = re.compile(r"([\w.-]+) ==?([\w.]+)")
_HINT = "make conda-lock"


@dataclass(frozen=True)
class Environment:
    """What an env file asks for: channels by priority, and requirements as conda writes them."""

    name: str
    channels: tuple[str, ...]
    requirements: tuple[str, ...]
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "Environment":
        """An env file; raises ConfigError where a version is not exact."""
        text = path.read_bytes()
        document = yaml.safe_load(text)
        requirements = tuple(document["dependencies"])
        for requirement in requirements:
            if not _EXACT.fullmatch(requirement):
                raise ConfigError(
                    f"{path.name}: {requirement!r}: expected a name and an exact version", "numpy ==2.4.6"
                )
        channels = tuple(channel for channel in document["channels"] if channel != "nodefaults")
        return cls(path.stem, channels, requirements, hashlib.sha256(text).hexdigest())

    def head(self, platform: str) -> str:
        """First line of its pins: whether they are of this env file can be read off it."""
        return f"# {self.name}.yaml sha256:{self.sha256} platform: {platform}"


def environments(root: Path = ROOT) -> list[Environment]:
    """The env files, by name."""
    return [Environment.read(path) for path in sorted((root / "envs").glob("*.yaml"))]


def solve(environment: Environment, platform: str, channels: Sequence[str] = ()) -> list[rattler.RepoDataRecord]:
    """The packages of an environment on a platform, from its own channels or from `channels`; raises HeteroError."""
    system = [
        rattler.GenericVirtualPackage(rattler.PackageName(name), rattler.Version(version), rattler.BuildString("0"))
        for name, version in _SYSTEM[platform.partition("-")[0]].items()
    ]
    try:
        return asyncio.run(
            rattler.solve(
                list(channels or environment.channels),
                list(environment.requirements),
                platforms=[platform, "noarch"],
                virtual_packages=system,
            )
        )
    except Exception as error:  # rattler has an error of its own for each step
        lines = [line.strip(" └├─│") for line in str(error).splitlines()]
        raise HeteroError(f"{environment.name}.yaml on {platform}: {'; '.join(filter(None, lines))}") from error


def pins(environment: Environment, platform: str, channels: Sequence[str] = ()) -> str:
    """What `solve` finds, as conda reads it; raises HeteroError where the channel gives no sha256 of a package."""
    records = solve(environment, platform, channels)
    unchecked = [record.file_name for record in records if not record.sha256]
    if unchecked:
        raise HeteroError(f"{environment.name}.yaml on {platform}: the channel gives no sha256 of {unchecked[0]}")
    addresses = sorted(f"{record.url}#{record.sha256.hex()}" for record in records)
    return "\n".join([environment.head(platform), "@EXPLICIT", *addresses, ""])


def problems(environment: Environment, platform: str, text: str) -> list[str]:
    """Why a file does not hold the pins of an environment: one line each, none where it does."""
    where = f"{environment.name}.{platform}.pin.txt"
    lines = text.splitlines()
    if lines[:2] != [environment.head(platform), "@EXPLICIT"]:
        return [f"{where}: is not of this {environment.name}.yaml; {_HINT}"]
    matches = [(line, _PINNED.fullmatch(line)) for line in lines[2:]]
    malformed = [line for line, match in matches if match is None]
    if malformed:
        return [f"{where}: {malformed[0]!r}: expected an address of a package, # and its sha256; {_HINT}"]
    versions = {match["name"]: match["version"] for _, match in matches if match}
    wrong = []
    for requirement in environment.requirements:
        name, wanted = _EXACT.fullmatch(requirement).groups()  # type: ignore[union-attr] # was read so
        version = versions.get(name)
        if version != wanted and not (" =" + wanted in requirement and f"{version}.".startswith(f"{wanted}.")):
            wrong.append(f"{where}: {name} is {version or 'missing'}, expected {wanted}; {_HINT}")
    return wrong


def check(root: Path = ROOT) -> list[str]:
    """What is wrong with the pins that are there; a pin of no env file or platform of ours is wrong too."""
    files = {path.name: path.read_text(encoding="utf-8") for path in (root / "envs").glob("*.pin.txt")}
    wrong = []
    for environment in environments(root):
        for platform in PLATFORMS:
            text = files.pop(f"{environment.name}.{platform}.pin.txt", None)
            wrong += problems(environment, platform, text) if text is not None else []
    return [*wrong, *(f"{name}: is of no env file and platform; remove it" for name in sorted(files))]


def write(root: Path, channels: Sequence[str], platforms: Sequence[str]) -> None:
    """Write the pins of all environments, or none where one of them cannot be solved."""
    texts = {
        root / "envs" / f"{environment.name}.{platform}.pin.txt": pins(environment, platform, channels)
        for environment in environments(root)
        for platform in platforms
    }
    for path, text in texts.items():
        write_text(path, text)
        print(f"{path.relative_to(root)}: {len(text.splitlines()) - 2} packages")


def main(words: Sequence[str] | None = None) -> int:
    """Write pins, or compare those that are there with the env files; exit codes as of hetero2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 where pins disagree with envs/"
    )
    parser.add_argument("--channel", action="append", default=[], help="instead of the channels of the env files")
    parser.add_argument("--platform", action="append", choices=PLATFORMS, default=[], help="default: all of them")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    args = parser.parse_args(words)
    try:
        wrong = check(args.root) if args.check else []
        if not args.check:
            write(args.root, args.channel, args.platform or PLATFORMS)
    except HeteroError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
