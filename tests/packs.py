"""The stored old pack as a folder, and packs made of it whose lists agree with their files again."""

import csv
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hetero2.io.files import pretty_json, read_json, write_text
from hetero2.pack import archive, manifest
from hetero2.pack.descriptions import crate, datapackage
from hetero2.pack.verification.layout import CHECKSUMS, CRATE, DATAPACKAGE, DESCRIPTIONS, MANIFEST
from tests.conftest import OWN_PACK


def own_folder(folder: Path, small: bool = False) -> Path:
    """The stored old pack, unpacked; `small`: without the parts of workflow/ that no check reads."""
    with zipfile.ZipFile(OWN_PACK) as opened:
        opened.extractall(folder)
    if small:
        shutil.rmtree(folder / "workflow/envs")
        relist(folder)
    return folder


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    """Change a JSON file of a pack and write it in canonical form."""
    write_text(path, pretty_json(change(json.loads(path.read_text(encoding="utf-8")))))


def relist(folder: Path) -> None:
    """Make both lists, and the descriptions by other standards, agree with the files again, as a forger would."""
    facts = read_json(folder / MANIFEST)
    try:
        files = manifest.list_files(folder)
    except KeyError:  # a file that no pack holds
        files = facts["files"]
    if (folder / CRATE).is_file() and (folder / DATAPACKAGE).is_file():
        files = _redescribe(folder, facts, files)
    text = pretty_json(manifest.with_files(facts, files))
    write_text(folder / MANIFEST, text)
    write_text(folder / CHECKSUMS, manifest.checksums(files, text))


def _redescribe(folder: Path, facts: dict[str, Any], files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write the descriptions anew; the files with them. They stay as they are where the manifest is too odd for it."""
    rest = [entry for entry in files if entry["path"] not in DESCRIPTIONS]
    texts = descriptions(folder, facts, [entry for entry in rest if (folder / entry["path"]).is_file()])
    for name, text in texts.items():
        write_text(folder / name, text)
    described = [*rest, *(manifest.entry(folder, name) for name in texts)]
    return sorted(described, key=lambda entry: entry["path"]) if texts else files


def descriptions(folder: Path, facts: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, str]:
    """The descriptions of the files of a pack, of which tables and schemas are in the folder; none of an odd one."""
    try:
        documents = {
            CRATE: crate.document(manifest.with_files(facts, files)),
            DATAPACKAGE: datapackage.document(folder, facts, files),
        }
        return {name: pretty_json(document) for name, document in documents.items()}
    except (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError, csv.Error):
        return {}


def zipped(folder: Path, out: Path, compress: bool = False) -> Path:
    """The zip of a folder, as the product writes it."""
    files = [(path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file()]
    archive.write_zip(files, out, compress)
    return out
