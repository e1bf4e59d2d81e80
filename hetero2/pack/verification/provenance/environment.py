"""environment.json: what was locked follows from requirements.lock in the pack."""

from __future__ import annotations

import re
from typing import Any

from hetero2.pack.verification.evidence import Evidence
from hetero2.pack.verification.layout import ENVIRONMENT, LOCK, MANIFEST
from hetero2.pack.verification.problems import Problems
from hetero2.pack.verification.recompute.subject import CONSISTENT, RECOMPUTED, Subject

_PINNED_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH_OF_PACKAGE = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locked_in(text: str) -> list[dict[str, Any]]:
    """name, version and sha256 of the packages of a lock, in its order."""
    packages: list[dict[str, Any]] = []
    for line in text.splitlines():
        pinned = _PINNED_PACKAGE.match(line)
        if pinned:
            packages.append({"name": pinned.group(1), "version": pinned.group(2), "sha256": []})
        if packages:
            packages[-1]["sha256"] += _HASH_OF_PACKAGE.findall(line)
    return packages


def _numbers(version: str) -> list[int]:
    """A version as numbers, as 2026.9.1 and 2026.09.1 are the same."""
    return [int(part) for part in re.findall(r"[0-9]{1,9}", version)]


def check_environment(evidence: Evidence, problems: Problems) -> None:
    """Packages as the lock has them, whether what was installed is that, and the versions that the manifest names."""
    environment, versions = evidence.json(ENVIRONMENT), evidence.json(MANIFEST)["versions"]
    locked, packages = locked_in(evidence.text(LOCK)), environment["packages"]
    if [{key: package.get(key) for key in ("name", "version", "sha256")} for package in packages] != locked:
        problems.add(f"{ENVIRONMENT}: packages are not those of {LOCK}")
    differences = [package["name"] for package in packages if package["installed"] not in (None, package["version"])]
    if environment["matches_lock"] != (not differences):
        problems.add(
            f"{ENVIRONMENT}: matches_lock is {environment['matches_lock']}, other versions are installed of: "
            f"{', '.join(map(str, differences))[:200] or 'none'}"
        )
    if environment["lock_sha256"] != evidence.digests[LOCK]:
        problems.add(f"{ENVIRONMENT}: lock_sha256 is not the sha256 of {LOCK}")
    installed = {package["name"]: package["installed"] for package in packages if package["installed"]}
    for name, said in versions.items():
        expected = environment["python"] if name == "python" else installed.get(name, said)
        if _numbers(str(said)) != _numbers(str(expected)):
            problems.add(f"{MANIFEST}: versions.{name} is {said}, {ENVIRONMENT} has {expected}")


ENVIRONMENT_FACTS = (
    Subject(
        f"{ENVIRONMENT}: packages, matches_lock, lock_sha256",
        RECOMPUTED,
        LOCK,
        (ENVIRONMENT, MANIFEST),
        check_environment,
    ),
    Subject(f"{MANIFEST}: versions", CONSISTENT, f"what {ENVIRONMENT} says was installed"),
)
