#!/usr/bin/env python3
"""Verify an evidence pack: python verify.py PACK.zip|FOLDER

Needs Python 3.9 or newer and nothing else: this one file can be copied and run anywhere. It checks that the zip is
whole and byte for byte in its canonical form, that every required file is there and no other, that every size and
sha256 holds (in manifest.json and in checksums.sha256 alike), that the digests of the payload and of the run can be
computed again, and that JSON and CSV files meet their contracts as far as the standard library can tell.
Exit code 0: nothing found. 1: problems, each named on a line of its own. 2: wrong usage.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import os
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

EXAMPLE = "hetero2 verify results/value_utility_realtruth/value_utility_realtruth_evidence_pack.zip"

MANIFEST, CHECKSUMS = "manifest.json", "checksums.sha256"
REQUIRED = ("summary.csv", "metrics.json", "index.md", "config.yaml", "environment.json", MANIFEST, CHECKSUMS)
COST_LIFT = "cost_lift_report.json"
SCORES = (
    "scores.csv",
    "scores.json",
    *(f"scores_external.{end}" for end in ("json", "jsonl", "csv", "csv.gz", "parquet")),
)
DECOY_QUALITY = "decoy_quality.json"  # in every pack since decoy_strategy.v2
# In every pack since the calls.
CONTROLS, HARDNESS_CURVE = "controls.json", "hardness_curve.csv"
CANDIDATES, SELECTED_DECOYS = "ranked_candidates.csv", "selected_decoys.csv"
LEAKAGE, MISSING_SCORES = "leakage.csv", "missing_decoy_scores.csv"  # in every pack since score ingest
# In every pack since the report, the curve with truth.
REPORT, CARD_DECOYS, SPREADSHEET = "report.html", "card_decoys.csv", "summary_spreadsheet.csv"
HIT_CURVE = "hit_curve.csv"
# Copies for spreadsheets of the other tables with texts of a user: all of them, or in an older pack none.
SPREADSHEETS = tuple(f"{name[:-4]}_spreadsheet.csv" for name in (CANDIDATES, SELECTED_DECOYS, CARD_DECOYS, LEAKAGE))
DECOYS, PAGES = "decoys.parquet", "molecules/"  # with pack.artifacts: full
AUDITED = (LEAKAGE, MISSING_SCORES, DECOY_QUALITY, CONTROLS, HARDNESS_CURVE, CANDIDATES, SELECTED_DECOYS)
REQUIRED_UTILITY = ("truth.csv", "utility_report.json", CONTROLS, CANDIDATES, SELECTED_DECOYS)
KNOWN = {
    *REQUIRED,
    *REQUIRED_UTILITY,
    COST_LIFT,
    *AUDITED,
    *SCORES,
    REPORT,
    CARD_DECOYS,
    SPREADSHEET,
    *SPREADSHEETS,
    HIT_CURVE,
    DECOYS,
}
NOT_PAYLOAD = (MANIFEST, CHECKSUMS, "environment.json", "ro-crate-metadata.json", "datapackage.json")
SUMMARY_COLUMNS = (
    "id status reason skip_reason verdict gate slack margin n_decoys n_decoys_generated n_decoys_scored "
    "decoy_strategy_used warnings_count report_path seed_used spectral_gap spectral_entropy spectral_entropy_norm"
).split()
TRUTH_COLUMNS = ["molecule_id", "expensive_label", "truth_source", "truth_version"]
# JSON files whose schema lies in the pack itself, under workflow/schemas.
SCHEMAS = {
    "metrics.json": "metrics.v1",
    DECOY_QUALITY: "decoy_quality.v1",
    CONTROLS: "controls.v1",
    MANIFEST: "manifest.v1",
    "environment.json": "environment.v1",
    COST_LIFT: "cost_lift.v1",
    "utility_report.json": "cost_lift.v2",
}
# The patterns of these schemas. A pack brings its schemas, and a pattern could be made to run for ever.
PATTERNS = ("", "^[0-9a-f]{64}$")
# What reading a member may raise; a compression that this Python does not know is a RuntimeError too.
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError)
MAX_JSON, BLOCK = 256 << 20, 1 << 20

# ---------------------------------------------------------------------------------------------------------------------
# The canonical zip: every header byte follows from name, method, sizes, checksum and offset. The writer uses the same.

STORED, DEFLATED = 0, 8
_BIG, _DATE_1980, _UNIX_FILE = 0xFFFFFFFF, 0x21, 0o100644 << 16


class Member(NamedTuple):
    """One file of the archive; offset is that of its local header."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def _flags(name: str) -> int:
    return 0 if name.isascii() else 0x800


def _version(member: Member) -> int:
    return 45 if max(member.packed, member.size, member.offset) >= _BIG else 20


def _clip(number: int) -> int:
    return min(number, _BIG)


def local_header(member: Member) -> bytes:
    """The local file header of a member."""
    name, big = member.name.encode(), max(member.packed, member.size) >= _BIG
    sizes = (_BIG, _BIG) if big else (member.packed, member.size)
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.packed) if big else b""
    version = 45 if big else 20
    fields = (
        b"PK\3\4",
        version,
        _flags(member.name),
        member.method,
        0,
        _DATE_1980,
        member.crc,
        *sizes,
        len(name),
        len(extra),
    )
    return struct.pack("<4s5H3L2H", *fields) + name + extra


def central_header(member: Member) -> bytes:
    """The entry of a member in the central directory."""
    name = member.name.encode()
    numbers = [n for n in (member.size, member.packed, member.offset) if n >= _BIG]
    extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    version, sizes = _version(member), (_clip(member.packed), _clip(member.size))
    head = (b"PK\1\2", version, 3, version, _flags(member.name), member.method, 0, _DATE_1980, member.crc, *sizes)
    tail = (len(name), len(extra), 0, 0, 0, _UNIX_FILE, _clip(member.offset))
    return struct.pack("<4s2B5H3L5H2L", *head, *tail) + name + extra


def end_record(n_members: int, directory_size: int, offset: int) -> bytes:
    """What closes the archive; with the 64-bit record where the old one is too small."""
    many = min(n_members, 0xFFFF)
    plain = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, many, many, _clip(directory_size), _clip(offset), 0)
    if n_members < 0xFFFF and max(directory_size, offset) < _BIG:
        return plain
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, n_members, n_members, directory_size, offset)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, offset + directory_size, 1) + plain


# ---------------------------------------------------------------------------------------------------------------------
# Reading a pack: a zip or a folder, as names and streams.


class Pack(NamedTuple):
    """What is in a pack: names, and how to open one of them."""

    names: list[str]
    open: Callable[[str], Any]


def _read_blocks(stream: Any) -> Iterator[bytes]:
    while True:
        block = stream.read(BLOCK)
        if not block:
            return
        yield block


def _unsafe(name: str) -> bool:
    parts = name.split("/")
    return (
        name.startswith("/") or "\\" in name or ":" in name or any(p in ("", ".", "..") for p in parts) or "\0" in name
    )


def check_zip_bytes(path: Path, members: list[Member]) -> list[str]:
    """Compare every byte outside the members' data with the canonical form."""
    with path.open("rb") as handle:
        offset = 0
        for member in members:
            expected = local_header(member)
            handle.seek(offset)
            if member.offset != offset or handle.read(len(expected)) != expected:
                return [f"{member.name}: local zip header at byte {offset} is not the canonical one"]
            offset += len(expected) + member.packed
        handle.seek(offset)
        start = offset
        for member in members:
            expected = central_header(member)
            if handle.read(len(expected)) != expected:
                return [f"{member.name}: its entry in the zip directory is not the canonical one"]
            offset += len(expected)
        if handle.read() != end_record(len(members), offset - start, start):
            return [f"{path.name}: the end record of the zip is not the canonical one"]
    return []


def open_zip(path: Path, problems: list[str]) -> Pack | None:
    """Open a zip and check its form; None where it cannot be read."""
    try:
        archive = zipfile.ZipFile(path)
        infos = archive.infolist()
        members = [
            Member(i.filename, i.compress_type, i.CRC, i.compress_size, i.file_size, i.header_offset) for i in infos
        ]
    except (zipfile.BadZipFile, OSError, ValueError, struct.error, NotImplementedError) as error:
        problems.append(f"{path.name}: not a readable zip: {error}")
        return None
    names = [member.name for member in members]
    problems += [f"{n}: the zip holds this name twice" for n, count in Counter(names).items() if count > 1]
    problems += [f"{n!r}: a name that could leave the folder" for n in names if _unsafe(n)]
    if names != sorted(names):
        problems.append(f"{path.name}: the names in the zip are not sorted")
    problems += [f"{m.name}: unknown compression in the zip" for m in members if m.method not in (STORED, DEFLATED)]
    problems += [
        f"{m.name}: the zip claims an impossible compression ratio" for m in members if m.size > 2000 * m.packed + 4096
    ]
    if not problems:
        problems += check_zip_bytes(path, members)
    if problems:  # what a malformed archive holds is not looked into
        archive.close()
        return None
    return Pack(names, archive.open)


def open_folder(path: Path, problems: list[str]) -> Pack:
    """List a folder; links are refused, since they lead elsewhere."""
    names = []
    for folder, folders, files in os.walk(path):
        for name in sorted(folders + files):
            full = Path(folder, name)
            relative = full.relative_to(path).as_posix()
            kind = stat.S_IFMT(full.lstat().st_mode)
            if kind == stat.S_IFREG:
                names.append(relative)
            elif kind != stat.S_IFDIR:
                problems.append(f"{relative}: a link or device; a pack holds plain files")
            elif not any(full.iterdir()):
                problems.append(f"{relative}/: an empty folder; a pack holds files only")
    return Pack(sorted(names), lambda name: (path / name).open("rb"))


def digest(pack: Pack, name: str, problems: list[str]) -> tuple[str, int]:
    """(sha256, size) of a file of the pack; ("", 0) where it cannot be read."""
    sha, size = hashlib.sha256(), 0
    try:
        with pack.open(name) as stream:
            for block in _read_blocks(stream):
                sha.update(block)
                size += len(block)
    except UNREADABLE as error:
        problems.append(f"{name}: cannot be read: {error}")
        return "", 0
    return sha.hexdigest(), size


def read_bytes(pack: Pack, name: str) -> bytes:
    """Content of a small file; empty where it is missing, cannot be read or is too large to look into."""
    if name not in pack.names:
        return b""
    try:
        with pack.open(name) as stream:
            content = stream.read(MAX_JSON + 1)
    except UNREADABLE:
        return b""
    return content if len(content) <= MAX_JSON else b""


# ---------------------------------------------------------------------------------------------------------------------
# What the files say.


def _strict_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def parse_json(pack: Pack, name: str, problems: list[str]) -> Any:
    """A JSON file of the pack in its canonical text (sorted keys, two spaces, final newline), or None."""
    if name not in pack.names:
        return None
    try:
        text = read_bytes(pack, name).decode("utf-8")
        value = json.loads(text, parse_constant=_strict_constant)
        canonical = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    except (ValueError, RecursionError) as error:
        problems.append(f"{name}: not valid JSON: {error}")
        return None
    if name in SCHEMAS and value is None:
        problems.append(f"{name}: is null")
    if name in SCHEMAS and text != canonical:
        problems.append(f"{name}: not in canonical form (sorted keys, two spaces, final newline)")
    return value


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


def _value_problem(value: Any, schema: dict[str, Any]) -> str | None:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        return "expected {}, found {}".format(" or ".join(kinds), type(value).__name__)
    if "const" in schema and value != schema["const"]:
        return "expected {!r}, found {!r}".format(schema["const"], value)
    if "enum" in schema and value not in schema["enum"]:
        return "found {!r}, allowed are {}".format(value, schema["enum"])
    if isinstance(value, str):
        if schema.get("pattern", "") not in PATTERNS:
            return "the schema in the pack has a pattern that none of ours has"
        if len(value) < schema.get("minLength", 0) or not re.search(schema.get("pattern", ""), value):
            return f"{value[:80]!r} does not match"
    elif _TYPES["number"](value) and _out_of_range(value, schema):
        return f"{value!r} is out of range"
    return None


def _out_of_range(value: float, schema: dict[str, Any]) -> bool:
    too_small = "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]
    return too_small or not schema.get("minimum", value) <= value <= schema.get("maximum", value)


def schema_problem(value: Any, schema: dict[str, Any], where: str) -> str | None:
    """The first breach of the part of JSON Schema that our schemas use, or None."""
    problem = _value_problem(value, schema)
    if problem:
        return f"{where}: {problem}"
    inner: list[tuple[Any, dict[str, Any], str]] = []
    if isinstance(value, dict):
        missing = sorted(set(schema.get("required", [])) - set(value))
        if missing:
            return f"{where}: {missing[0]!r} is missing"
        properties, other = schema.get("properties", {}), schema.get("additionalProperties", {})
        inner = [(v, properties.get(k, other), f"{where}.{k}") for k, v in value.items()]
    elif isinstance(value, list):
        first, rest = schema.get("prefixItems", []), schema.get("items", {})
        inner = [(v, first[i] if i < len(first) else rest, f"{where}[{i}]") for i, v in enumerate(value)]
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"{where}: {len(value)} items are too few or too many"
    for item, sub, path in inner:
        found = schema_problem(item, sub, path) if isinstance(sub, dict) else None
        if found:
            return found
    return None


def check_schemas(pack: Pack, parsed: dict[str, Any], problems: list[str]) -> None:
    """Check the JSON files against the schemas that the pack carries."""
    for name, contract in SCHEMAS.items():
        path = f"workflow/schemas/{contract}.schema.json"
        if parsed.get(name) is None:
            continue
        try:
            problem = schema_problem(parsed[name], json.loads(read_bytes(pack, path)), name)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, re.error):
            problem = f"{path}: the schema is missing or not readable, so {name} was not checked"
        if problem:
            problems.append(problem)


def check_table(
    pack: Pack, name: str, columns: list[str], values: dict[str, set[str]], problems: list[str]
) -> Counter[tuple[str, ...]]:
    """Check header, cells a row and allowed values of a CSV; count the rows by the columns of `values`."""
    rows = 0
    counts: Counter[tuple[str, ...]] = Counter()
    if name not in pack.names:
        return counts
    try:
        with pack.open(name) as stream:
            reader = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""), strict=True)
            header = next(reader, [])
            missing = [column for column in columns if column not in header]
            if missing:
                problems.append(f"{name}: the column {missing[0]!r} is missing")
                return counts
            places = {header.index(column): allowed for column, allowed in values.items()}
            for cells in filter(None, reader):
                rows += 1
                wrong = [header[i] for i, allowed in places.items() if i < len(cells) and cells[i] not in allowed]
                if len(cells) != len(header) or wrong:
                    what = (
                        f"column {wrong[0]!r} has {cells[header.index(wrong[0])]!r}" if wrong else f"{len(cells)} cells"
                    )
                    problems.append(f"{name}: row {rows}: {what}")
                    return counts
                counts[tuple(cells[i] for i in places)] += 1
    except (ValueError, csv.Error, *UNREADABLE) as error:
        problems.append(f"{name}: not a readable CSV: {error}")
    return counts


def _of_the_report(manifest: Any) -> list[str]:
    """What a pack has that was made since there is a report: its configuration then has a section of that name."""
    config = manifest.get("config") if isinstance(manifest, dict) else None
    if not isinstance(config, dict) or "report" not in config:
        return []
    artifacts = config.get("pack")
    full = isinstance(artifacts, dict) and artifacts.get("artifacts") == "full"
    curve = [HIT_CURVE] if manifest.get("truth") is not None else []
    return [REPORT, CARD_DECOYS, SPREADSHEET, *curve, *([DECOYS] if full else [])]


def check_required(pack: Pack, parsed: dict[str, Any], problems: list[str]) -> None:
    """Every file that such a pack must have."""
    manifest, utility = parsed.get(MANIFEST), parsed.get("utility_report.json")
    names = list(REQUIRED)
    if isinstance(manifest, dict) and manifest.get("truth") is not None:
        names += REQUIRED_UTILITY
        state = utility.get("cost_lift_v1") if isinstance(utility, dict) else None
        refused = isinstance(state, dict) and state.get("refused") is True
        if not refused:
            names.append(COST_LIFT)
        elif COST_LIFT in pack.names:
            problems.append(f"{COST_LIFT}: is here, but utility_report.json says that it was refused")
    names += _of_the_report(manifest)
    names += SPREADSHEETS if any(name in pack.names for name in SPREADSHEETS) else ()
    problems += [f"{name}: required, but missing" for name in names if name not in pack.names]
    found = [name for name in SCORES if name in pack.names]
    if len(found) != 1:
        problems.append(f"scores: exactly one of {', '.join(SCORES)} is required, found {', '.join(found) or 'none'}")
    strange = [name for name in pack.names if name not in KNOWN and not name.startswith(("workflow/", PAGES))]
    problems += [f"{name}: extra file, no pack holds one of this name" for name in strange]


def parse_checksums(pack: Pack, problems: list[str]) -> dict[str, str]:
    """sha256 by path from checksums.sha256."""
    found: dict[str, str] = {}
    text = read_bytes(pack, CHECKSUMS).decode("utf-8", "replace")
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        match = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if not match:
            problems.append(f"{CHECKSUMS}: line {number}: not '<sha256>  <path>'")
        elif match.group(2) in found:
            problems.append(f"{CHECKSUMS}: line {number}: {match.group(2)} is listed twice")
        else:
            found[match.group(2)] = match.group(1)
    if text and (not text.endswith("\n") or list(found) != sorted(found)):
        problems.append(f"{CHECKSUMS}: not sorted, or without a final newline")
    return found


def _listed(manifest: Any, problems: list[str]) -> dict[str, dict[str, Any]]:
    files = manifest.get("files") if isinstance(manifest, dict) else None
    entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    paths = [str(entry.get("path")) for entry in entries]
    if len(set(paths)) < len(paths) or paths != sorted(paths):
        problems.append(f"{MANIFEST}: files are not sorted, or one is listed twice")
    return {str(entry.get("path")): entry for entry in entries}


def check_files(pack: Pack, manifest: Any, problems: list[str]) -> dict[str, str]:
    """Hash every file once and compare it with both lists; return the sha256 by path."""
    sums, listed, digests = parse_checksums(pack, problems), _listed(manifest, problems), {}
    for name in pack.names:
        found, size = digest(pack, name, problems)
        digests[name] = found
        if not found or name == CHECKSUMS:
            continue
        entry, known = listed.get(name), sums.get(name)
        if known is None and entry is None and name != MANIFEST:
            problems.append(f"{name}: extra file, in neither list")
        elif known != found:
            agrees = entry is not None and entry.get("sha256") == found
            problems.append(
                f"{CHECKSUMS}: the line for {name} is wrong or missing (manifest.json agrees with the file)"
                if agrees
                else f"{name}: sha256 is {found}, {CHECKSUMS} says {known}"
            )
        elif name != MANIFEST and (entry is None or (entry.get("sha256"), entry.get("size_bytes")) != (found, size)):
            problems.append(f"{MANIFEST}: its entry for {name} is wrong or missing")
    for name in sorted((set(sums) | set(listed)) - set(pack.names)):
        problems.append(f"{name}: listed, but missing")
    return digests


def payload_sha256(digests: dict[str, str]) -> str:
    """Digest of the payload: the sorted lines '<sha256>  <path>' of all files but those of NOT_PAYLOAD."""
    lines = sorted(f"{sha}  {path}\n" for path, sha in digests.items() if path not in NOT_PAYLOAD)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def check_identity(manifest: Any, digests: dict[str, str], problems: list[str]) -> None:
    """Compute payload_sha256 and run_id again."""
    if not isinstance(manifest, dict):
        return
    found = payload_sha256(digests)
    if manifest.get("payload_sha256") != found:
        problems.append(
            "{}: payload_sha256 is {}, the files give {}".format(MANIFEST, manifest.get("payload_sha256"), found)
        )
    identity = {key: manifest.get(key) for key in ("inputs", "config", "code_digest", "environment_lock_sha256")}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if manifest.get("run_id") != hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest():
        problems.append(f"{MANIFEST}: run_id is not the digest of inputs, config, code_digest and lock")


def check_provenance(manifest: Any, digests: dict[str, str], problems: list[str]) -> None:
    """What the manifest says of truth, scores and lock must be true of the files in the pack."""
    if not isinstance(manifest, dict):
        return
    scores, truth = manifest.get("scores"), manifest.get("truth")
    said = {name: scores.get("sha256") for name in SCORES if name in digests and isinstance(scores, dict)}
    said["truth.csv"] = truth.get("sha256") if isinstance(truth, dict) else None
    said["workflow/requirements.lock"] = manifest.get("environment_lock_sha256")
    config = manifest.get("config")
    source = config.get("truth", {}).get("source") if isinstance(config, dict) else None
    if (source in (None, "none")) != (truth is None):
        problems.append(
            f"{MANIFEST}: truth.source of its config is {source!r}, which its provenance of the truth denies"
        )
    for name, sha256 in said.items():
        if digests.get(name) != sha256:
            problems.append(f"{name}: its sha256 is {digests.get(name)}, the provenance in {MANIFEST} says {sha256}")


def check_report(report: Any, problems: list[str]) -> None:
    """The arithmetic of cost_lift_report.json."""
    if not isinstance(report, dict):
        return
    methods = report["methods"]
    for name, method in methods.items():
        if method["hits"] > method["k_effective"] or method["hit_rate"] != method["hits"] / method["k_effective"]:
            problems.append(f"{COST_LIFT}: {name}: hit_rate is not hits / k_effective")
    filtered = methods["filtered_score_plus_audit_topk"]["hit_rate"]
    for key, name in (("score_only", "baseline_score_only_topk"), ("random", "baseline_random")):
        if report[f"uplift_score_plus_audit_vs_{key}"] != filtered - methods[name]["hit_rate"]:
            problems.append(f"{COST_LIFT}: the uplift against {name} is not the difference of the hit rates")


def check_counts(pack: Pack, parsed: dict[str, Any], problems: list[str]) -> None:
    """Tables, and that metrics.json counts the rows of summary.csv."""
    status = {"OK", "SKIP", "ERROR"}
    verdict = {"PASS", "FAIL", "SKIP", ""}
    rows = check_table(pack, "summary.csv", SUMMARY_COLUMNS, {"status": status, "verdict": verdict}, problems)
    labels = {"expensive_label": {"PASS", "FAIL"}, "truth_version": {"customer_truth.v1"}}
    check_table(pack, "truth.csv", TRUTH_COLUMNS, labels, problems)
    metrics = parsed.get("metrics.json")
    if not isinstance(metrics, dict):
        return
    found = {key: sum(n for (s, _), n in rows.items() if s == key) for key in sorted(status)}
    verdicts = {key: rows["OK", key] for key in sorted(verdict - {""})}
    rates = {key: verdicts[key] / found["OK"] if found["OK"] else None for key in ("PASS", "FAIL")}
    for key, counted in (
        ("counts", found),
        ("verdict_counts", verdicts),
        ("pass_rate", rates["PASS"]),
        ("fail_rate", rates["FAIL"]),
    ):
        if metrics.get(key) != counted:
            problems.append(f"metrics.json: {key} is {metrics.get(key)}, the rows of summary.csv give {counted}")


def verify(path: Path) -> list[str]:
    """All problems of a pack, none if it is in order; raises FileNotFoundError where there is nothing at `path`."""
    problems: list[str] = []
    if path.is_dir():
        pack: Pack | None = open_folder(path, problems)
    elif path.is_file():
        pack = open_zip(path, problems)
    else:
        raise FileNotFoundError(2, "no such pack", str(path))
    if pack is None:
        return problems
    try:
        parsed = {name: parse_json(pack, name, problems) for name in SCHEMAS}
        check_required(pack, parsed, problems)
        digests = check_files(pack, parsed[MANIFEST], problems)
        check_schemas(pack, parsed, problems)
        check_identity(parsed[MANIFEST], digests, problems)
        check_provenance(parsed[MANIFEST], digests, problems)
        check_report(parsed[COST_LIFT], problems)
        check_counts(pack, parsed, problems)
    except Exception as error:  # a pack can be made to break a reader: that is a problem of the pack
        problems.append(f"{path.name}: could not be checked to the end: {type(error).__name__}: {error}")
    return problems


def printable(text: str) -> str:
    """One line that no name or value can break up or hide."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("pack", type=Path, help="evidence pack: a zip or the folder that it unpacks to")
    parser.add_argument("--sha256", default=None, help="sha256 that the zip must have")


def run(args: argparse.Namespace) -> int:
    """Print what was found; 0 if nothing."""
    if not args.pack.exists():
        print(f"error: {args.pack}: no such pack", file=sys.stderr)
        return 2
    if args.sha256 is not None and args.pack.is_dir():
        print("error: --sha256 is that of the zip, but a folder was given", file=sys.stderr)
        return 2
    csv.field_size_limit(MAX_JSON)
    problems = verify(args.pack)
    if args.pack.is_file():
        with args.pack.open("rb") as stream:
            sha = hashlib.sha256()
            for block in _read_blocks(stream):
                sha.update(block)
        print(f"sha256  {sha.hexdigest()}  {args.pack.name}")
        if args.sha256 and args.sha256.lower() != sha.hexdigest():
            problems.append(f"{args.pack.name}: sha256 is not the expected {args.sha256.lower()}")
    for problem in problems:
        print(f"PROBLEM {printable(problem)}")
    print(f"FAILED: {len(problems)} problem(s)" if problems else "OK: the pack is in order")
    return 1 if problems else 0


def main() -> int:
    """Run as a program of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
