"""Where a result comes from: digests of the code, of the environment lock, and of the input files."""

import functools
import hashlib
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

from hetero2.io.files import canonical_json, sha256_bytes, sha256_file
from hetero2.paths import LOCK, ROOT, SCHEMAS, WORKFLOW, name_of

# The minor version: a patch release changes no byte of a pack. runtime.json has the whole version.
PYTHON = ".".join(platform.python_version_tuple()[:2])
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(hetero2[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([^\n]+))$", re.MULTILINE
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@functools.cache
def _source(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def imported(path: Path) -> frozenset[str]:
    """Names of this package that a module imports, anywhere in it.

    Matched in its text, since parsing the whole package takes longer than most jobs; a test compares with the parser.
    """
    names: set[str] = set()
    for module, listed, plain in _IMPORT.findall(_text(path)):
        words = [part.split()[0] for part in re.sub(r"#.*|[()]", "", listed or plain).split(",") if part.strip()]
        names |= {module, *(f"{module}.{word}" for word in words)} if module else set(words)
    return frozenset(name for name in names if name.split(".")[0] == "hetero2")


@functools.cache
def _templates(folder: Path) -> frozenset[Path]:
    return frozenset(folder.glob("templates/*"))


@functools.cache
def module_sources(module: str) -> frozenset[Path]:
    """The files of this package that importing `module` reads, also through other modules, and their templates."""
    sources: set[Path] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if path is None or path in sources:
            continue
        sources |= {path, *_templates(path.parent)}
        waiting += [name.rpartition(".")[0]] if "." in name else []
        waiting += imported(path)
    return frozenset(sources)


@functools.cache
def _schemas() -> tuple[Path, ...]:
    return tuple(SCHEMAS.glob("*.json"))


@functools.cache
def _contracts_named(module: Path) -> frozenset[Path]:
    return frozenset(path for path in _schemas() if f'"{path.name[:-12]}"' in _text(module))


def contract_sources(modules: frozenset[Path]) -> frozenset[Path]:
    """The schemas that these modules name, which decide what a stage may read and write."""
    return frozenset().union(*map(_contracts_named, modules))


@functools.cache
def _name_and_digest(path: Path) -> tuple[str, str]:
    return name_of(path), sha256_file(path)


def files_digest(paths: frozenset[Path]) -> str:
    """Digest of names and contents; names are relative to the checkout, so that its folder does not matter.

    A file is read once a process: a run asks for the digest of every rule, and most of their files are the same.
    """
    digest = hashlib.sha256()
    for name, sha256 in sorted(map(_name_and_digest, paths)):
        digest.update(f"{sha256}  {name}\n".encode())
    return digest.hexdigest()


def lock_sha256() -> str:
    """Digest of requirements.lock: the identity of the environment."""
    return sha256_file(LOCK)


@functools.cache
def environment_digest(name: str) -> str:
    """Digest of requirements.lock and of the conda environment of a rule."""
    return files_digest(frozenset({LOCK, WORKFLOW / "envs" / f"{name}.yaml"}))


def run_id(inputs: Any, config: Any, code_digest: str, lock: str) -> str:
    """Identity of a run by content: digest of its inputs, configuration, code and environment lock."""
    identity = {"inputs": inputs, "config": config, "code_digest": code_digest, "environment_lock_sha256": lock}
    return sha256_bytes(canonical_json(identity).encode("utf-8"))


def file_facts(role: str, path: Path, sha256: str | None = None) -> dict[str, Any]:
    """What is recorded of an input file: its base name, never its folder."""
    return {
        "role": role,
        "name": path.name,
        "sha256": sha256 or sha256_file(path),
        "size_bytes": path.stat().st_size,
    }


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def locked_packages() -> list[dict[str, Any]]:
    """Packages of requirements.lock with their hashes, and the version that is installed here."""
    packages: list[dict[str, Any]] = []
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        pinned = _PINNED.match(line)
        if pinned:
            name, version = pinned.groups()
            packages.append({"name": name, "version": version, "installed": _installed(name), "sha256": []})
        if packages:
            packages[-1]["sha256"] += _HASH.findall(line)
    return packages


def lock_differences(packages: list[dict[str, Any]]) -> list[str]:
    """Installed packages whose version is not the locked one; the environment of a rule need not hold all of them."""
    wrong = (p for p in packages if p["installed"] not in (None, p["version"]))
    return [f"{p['name']} {p['installed']} instead of {p['version']}" for p in wrong]


def environment() -> dict[str, Any]:
    """Content of environment.json: interpreter and packages; no host facts."""
    packages = locked_packages()
    return {
        "environment_schema": "environment.v1",
        "python": PYTHON,
        "implementation": platform.python_implementation(),
        "lock_sha256": lock_sha256(),
        "container_digest": None,
        "matches_lock": not lock_differences(packages),
        "packages": packages,
    }


STAGES = (
    "dataset",
    "suite",
    "stress_input",
    "download",
    "input",
    "decoys_shard",
    "decoy_quality",
    "score_request",
    "score_source",
    "leakage",
    "score_only_input",
    "scores",
    "missing_scores",
    "audit",
    "calls",
    "control_sample",
    "refit",
    "cross_validation",
    "controls",
    "summary",
    "proxy_truth",
    "truth",
    "leakage_list",
    "cost_lift",
    "screen_model",
    "screen_shard",
    "screen_list",
    "utility",
    "diagnosis",
    "candidates",
    "report",
    "pages",
    "pack",
)


def workflow_files() -> list[Path]:
    """The workflow that a pack carries: Snakefile, rules and their captions, schemas, environments and the lock."""
    rules = ("rules/*.smk", "rules/captions/*.rst")
    patterns = ("Snakefile", *rules, "schemas/*.json", "envs/*.yaml", "requirements.lock")
    return sorted(path for pattern in patterns for path in WORKFLOW.glob(pattern))


@functools.cache
def pack_digest() -> str:
    """Digest of all code that makes a pack: the modules of its stages and the workflow."""
    modules = [*(f"hetero2.stages.{stage}" for stage in STAGES), "hetero2.workflow.plan"]
    sources = frozenset().union(*(module_sources(module) for module in modules))
    return files_digest(sources | frozenset(workflow_files()))
