"""The pack that is to be made again: verified, and read without trusting what it says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.chem.molecules import RDKIT_VERSION
from hetero2.config.overlays import targets
from hetero2.errors import ConfigError
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.command import PACK_HINT, pack_at, why_no_pack
from hetero2.pack.verification.container.folders import open_pack
from hetero2.pack.verification.container.pack import Pack
from hetero2.pack.verification.form.json_text import parse_json
from hetero2.pack.verification.layout import MANIFEST
from hetero2.pack.verification.problems import Problems
from hetero2.runtime import provenance

Facts = dict[str, Any]
_OUTSIDE = ("execution", "release", "suite_strategy")  # sections that no configuration in a pack has


class Original(NamedTuple):
    """A pack whose check found no problem: where it is, its manifest, and its files."""

    path: Path
    manifest: Facts
    pack: Pack

    @property
    def config(self) -> Facts:
        """The configuration of its run."""
        return dict(self.manifest["config"])

    def inputs(self, role: str) -> list[Facts]:
        """The files of a role that went into its run: name, sha256 and size_bytes of each."""
        return [entry for entry in self.manifest["inputs"] if entry["role"] == role]

    def json(self, name: str) -> Any:
        """A JSON file of the pack; None where it has none of this name."""
        return parse_json(self.pack, name, Problems()) if name in self.pack else None

    def write(self, name: str, out: Path) -> None:
        """Write a file of the pack to `out`."""
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("wb") as stream:
            for block in self.pack.blocks(name):
                stream.write(block)


def impossible(path: Path, reason: str, hint: str) -> ConfigError:
    """The error that says why a pack cannot be made again here, and what to do."""
    return ConfigError(f"{path}: cannot be reproduced here: {reason}", hint)


def opened(path: Path, max_unpacked: int | None) -> Original:
    """The pack at `path`, a zip, a folder or the results of a run; raises ConfigError where it has problems."""
    path = pack_at(path)
    if (why := why_no_pack(path)) is not None:
        raise ConfigError(f"{path}: {why}", PACK_HINT)
    problems = verify(path, max_unpacked)
    pack = None if problems else open_pack(path, Problems(), max_unpacked)
    if pack is None:
        raise impossible(path, f"it does not verify: {problems[0]}", f"`hetero2 verify {path}` lists every problem")
    manifest = parse_json(pack, MANIFEST, Problems())
    return Original(path, manifest, pack)


def check_code(original: Original, takes_other_code: bool) -> None:
    """Raise ConfigError unless the code here is that of the pack, or may be another."""
    manifest = original.manifest
    outside = [name for name in _OUTSIDE if name in original.config]
    if outside or manifest["target"] not in targets():
        what = f"its configuration has the section {outside[0]}" if outside else "its target is unknown here"
        raise impossible(original.path, what, "no version of hetero2 has written such a pack")
    made, here = manifest["code_digest"], provenance.pack_digest()
    if made != here and not takes_other_code:
        commit = manifest.get("source_commit")
        source = f"commit {commit}" if commit else f"the code that made it, of version {manifest['tool_version']}"
        raise impossible(
            original.path,
            f"it was made by other code of hetero2 (code digest {made[:12]}…, here {here[:12]}…)",
            f"install {source}, with the packages of workflow/requirements.lock; or run it by the code here with "
            "--other-code",
        )


def other_packages(original: Original) -> Iterator[str]:
    """What of the software is another here than where the pack was made, each as `name here instead of there`."""
    environment = original.json("environment.json")
    there = {entry["name"]: entry.get("installed") for entry in environment["packages"]}
    here: Facts = {entry["name"]: entry["installed"] for entry in provenance.locked_packages()}
    if environment["python"] != provenance.PYTHON:
        yield f"Python {provenance.PYTHON} instead of {environment['python']}"
    if original.manifest["versions"]["rdkit"] != RDKIT_VERSION:
        yield f"RDKit {RDKIT_VERSION} instead of {original.manifest['versions']['rdkit']}"
    for name in sorted({*there, *here} - {"rdkit"}):
        if there.get(name) != here.get(name):
            yield f"{name} {here.get(name) or 'absent'} instead of {there.get(name) or 'absent'}"
