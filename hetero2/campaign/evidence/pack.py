"""The evidence pack of a campaign: its files, a manifest with the sha256 of each and the chain of its rounds, one zip.

The same files give the same bytes: names are sorted, and nothing in it names a time or a machine.
"""

import contextlib
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hetero2 import __version__
from hetero2.campaign import ledger, rounds
from hetero2.errors import InputError
from hetero2.io.contracts import first_problem, validate
from hetero2.io.files import atomic_path, check_file, parse_json, pretty_json, read_json, sha256_file, write_text
from hetero2.pack import archive

CONTRACT, MANIFEST = "campaign_manifest.v1", "manifest.json"
NAME = "campaign_evidence_pack.zip"
CAMPAIGN, SIMULATION = "campaign", "campaign_simulation"  # kinds of packs
_MAX_BYTES = 1 << 30  # of all files of a pack: a zip may claim any size
_BLOCK = 1 << 20
# What zipfile raises for a zip that is damaged, locked or packed in a way that it does not know.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
Record = dict[str, Any]


def _chain(files: Mapping[str, str], documents: Mapping[str, Record]) -> list[Record]:
    """The rounds of a manifest; files: sha256 by name; documents: each round.json by name."""
    names = sorted(documents, key=lambda name: documents[name]["round"])
    return [
        {
            "round": documents[name]["round"],
            "sha256": files[name],
            "parent_sha256": documents[name]["previous_sha256"],
        }
        for name in names
    ]


def _is_round(name: str) -> bool:
    return name.startswith("rounds/") and name.endswith("/round.json")


def write_pack(out: Path, kind: str, files: Mapping[str, Path]) -> str:
    """Write the zip of these files (name in the pack: file) with its manifest, and its .sha256; return the sha256."""
    digests = {name: sha256_file(path) for name, path in sorted(files.items())}
    documents = {name: read_json(path) for name, path in files.items() if _is_round(name)}
    manifest = {
        "manifest_schema": CONTRACT,
        "kind": kind,
        "hetero2_version": __version__,
        "rounds": _chain(digests, documents),
        "files": [
            {"path": name, "size_bytes": files[name].stat().st_size, "sha256": digest}
            for name, digest in digests.items()
        ],
    }
    validate(manifest, CONTRACT, MANIFEST)
    with tempfile.TemporaryDirectory(prefix="hetero2-") as folder, atomic_path(out) as temporary:
        document = Path(folder, MANIFEST)
        write_text(document, pretty_json(manifest))
        archive.write_zip([*files.items(), (MANIFEST, document)], temporary, compress=True)
    sha256 = sha256_file(out)
    write_text(out.with_name(f"{out.name}.sha256"), f"{sha256}  {out.name}\n")
    return sha256


def _digest(opened: zipfile.ZipFile, name: str) -> str:
    sha = hashlib.sha256()
    with opened.open(name) as stream:
        while block := stream.read(_BLOCK):
            sha.update(block)
    return sha.hexdigest()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip that a campaign wrote, opened; raises InputError where it, or what is read of it here, cannot be read."""
    check_file(path)
    try:
        with zipfile.ZipFile(path) as opened:
            yield opened
    except _UNREADABLE as error:
        raise InputError(
            f"{path}: cannot be read: {error}", "is it the zip that a campaign wrote, and whole?"
        ) from None


def verify_pack(path: Path) -> list[str]:
    """What is wrong with a pack: its files beside its manifest, and the chain of its rounds.

    Raises InputError where it is no pack of a campaign, or cannot be read.
    """
    with reading(path) as opened:
        names = opened.namelist()
        if len(set(names)) < len(names):
            return ["a file is in the zip twice"]
        if sum(member.file_size for member in opened.infolist()) > _MAX_BYTES:
            return [f"it claims to unpack to more than {_MAX_BYTES >> 20} MB"]
        if MANIFEST not in names:
            raise InputError(f"{path}: is no pack of a campaign: there is no {MANIFEST} in it")
        manifest = parse_json(opened.read(MANIFEST).decode("utf-8"))
        problem = first_problem(manifest, CONTRACT)
        if problem is not None:
            raise InputError(f"{path}: {MANIFEST} does not meet {CONTRACT}: {problem}")
        digests = {name: _digest(opened, name) for name in names if name != MANIFEST}
        documents = {name: parse_json(opened.read(name).decode("utf-8")) for name in names if _is_document(name)}
    return [*_listed(manifest, digests), *_linked(manifest, digests, documents)]


def _is_document(name: str) -> bool:
    return name.endswith(".json") and name.split("/")[0] in ("rounds", "measurements")


def _listed(manifest: Record, digests: Mapping[str, str]) -> Sequence[str]:
    """Files that are not what the manifest says."""
    listed = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    problems = [f"{name}: listed, but missing" for name in sorted(listed.keys() - digests.keys())]
    problems += [f"{name}: not listed" for name in sorted(digests.keys() - listed.keys())]
    shared = sorted(listed.keys() & digests.keys())
    return problems + [
        f"{name}: its sha256 is not that of the manifest" for name in shared if listed[name] != digests[name]
    ]


def _linked(manifest: Record, digests: Mapping[str, str], documents: Mapping[str, Any]) -> list[str]:
    """Rounds and measurements that do not name the sha256 of what came before them."""
    contracts = {name: rounds.CONTRACT if _is_round(name) else ledger.CONTRACT for name in sorted(documents)}
    problems = [(name, first_problem(documents[name], contract)) for name, contract in contracts.items()]
    if any(problem for _, problem in problems):
        return [f"{name}: does not meet {contracts[name]}: {problem}" for name, problem in problems if problem]
    of_rounds = {name: document for name, document in documents.items() if _is_round(name)}
    entries = {name: documents[name] for name in sorted(documents.keys() - of_rounds.keys())}
    return [*_unlinked_entries(digests, entries), *_unlinked_rounds(manifest, digests, of_rounds)]


def _unlinked_entries(digests: Mapping[str, str], entries: Mapping[str, Record]) -> Iterator[str]:
    previous = digests.get("campaign.json")
    for name, record in entries.items():
        if record["previous_sha256"] != previous:
            yield f"{name}: previous_sha256 is not that of the entry before"
        if record["sha256"] != digests.get(f"{name.removesuffix('.json')}.csv"):
            yield f"{name}: sha256 is not that of its table"
        previous = digests[name]


def _unlinked_rounds(manifest: Record, digests: Mapping[str, str], documents: Mapping[str, Record]) -> Iterator[str]:
    chain, parent = _chain(digests, documents), None
    if chain != manifest["rounds"]:
        yield f"{MANIFEST}: its rounds are not those of the pack"
    for number, link in enumerate(chain, start=1):
        if link["round"] != number or link["parent_sha256"] != parent:
            yield f"round {link['round']}: does not follow from the round before"
        parent = link["sha256"]
    for name, record in sorted(documents.items()):
        if record["campaign_sha256"] != digests.get("campaign.json"):
            yield f"{name}: campaign_sha256 is not that of campaign.json"
        for entry in record["measurements"]:
            if digests.get(f"measurements/{entry['name']}") != entry["sha256"]:
                yield f"{name}: rests on measurements/{entry['name']}, which is another file here"
