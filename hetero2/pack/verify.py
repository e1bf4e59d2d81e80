#!/usr/bin/env python3
"""Verify an evidence pack: python verify.py PACK.zip|FOLDER

Needs Python 3.9 or newer and nothing else: this one file can be copied and run anywhere. It checks that the zip is
whole and byte for byte in its canonical form, that every required file is there and no other, that every size and
sha256 holds (in manifest.json and in checksums.sha256 alike), that the digests of the payload and of the run come out
the same when computed again, and that JSON and CSV files meet their contracts as far as the standard library can
tell. Since a pack may come from anybody, the memory and time spent on checking it are limited in proportion to its
size on disk (see Limits).
Exit code 0: no problems. 1: problems, each on a line of its own. 2: wrong usage.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import re
import stat
import struct
import sys
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

EXAMPLE = "hetero2 verify results/value_utility_realtruth/value_utility_realtruth_evidence_pack.zip"

MANIFEST, CHECKSUMS = "manifest.json", "checksums.sha256"
REGISTRY_ROW = "registry_row.json"  # in the results folder of a run: its last file
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
DIAGNOSIS = "diagnosis.json"  # in every pack whose workflow has its rule
# Copies for spreadsheets of the other tables with texts of a user: all of them, or in an older pack none.
SPREADSHEETS = tuple(f"{name[:-4]}_spreadsheet.csv" for name in (CANDIDATES, SELECTED_DECOYS, CARD_DECOYS, LEAKAGE))
DECOYS, PAGES = "decoys.parquet", "molecules/"  # with pack.artifacts: full
# The pack described by standards of others: both, or in an older pack neither.
CRATE, DATAPACKAGE = "ro-crate-metadata.json", "datapackage.json"
DESCRIPTIONS = (CRATE, DATAPACKAGE)
REQUIRED_UTILITY = ("truth.csv", "utility_report.json", CONTROLS, CANDIDATES, SELECTED_DECOYS)
# The role of each file, as the manifest states it; no pack holds a file without a role.
ROLES = {
    CANDIDATES: "candidates",
    SELECTED_DECOYS: "decoys of the selected candidates",
    "summary.csv": "summary",
    "metrics.json": "metrics",
    DECOY_QUALITY: "decoy quality",
    LEAKAGE: "leakage",
    MISSING_SCORES: "decoys without a score",
    CONTROLS: "controls",
    HARDNESS_CURVE: "hardness curve",
    DIAGNOSIS: "diagnosis",
    "index.md": "index",
    REPORT: "report",
    SPREADSHEET: "summary for spreadsheets",
    DECOYS: "decoys",
    CARD_DECOYS: "decoys of the molecules that the report draws",
    HIT_CURVE: "hit curve",
    "config.yaml": "configuration",
    "environment.json": "environment",
    "truth.csv": "truth",
    COST_LIFT: "cost and lift",
    "utility_report.json": "utility",
    **dict.fromkeys(SCORES, "scores"),
    **dict.fromkeys(SPREADSHEETS, "copy for spreadsheets"),
    CRATE: "description as a Workflow Run Crate",
    DATAPACKAGE: "description as a data package",
}
_PAGE = re.compile(PAGES + r"[0-9]{8}\.html")
_WORKFLOW = re.compile(
    r"workflow/(Snakefile|requirements\.lock|rules/[\w.-]+\.smk|rules/captions/[\w.-]+\.rst"
    r"|schemas/[\w.-]+\.json|envs/[\w.-]+\.yaml)",
    re.ASCII,
)
NOT_PAYLOAD = (MANIFEST, CHECKSUMS, "environment.json", *DESCRIPTIONS)
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
    DIAGNOSIS: "diagnosis.v1",
    MANIFEST: "manifest.v1",
    "environment.json": "environment.v1",
    COST_LIFT: "cost_lift.v1",
    "utility_report.json": "cost_lift.v2",
}
# The only patterns these schemas use. A pack brings its own schemas, and a pattern could be crafted to run forever.
PATTERNS = ("", "^[0-9a-f]{64}$")
# Exceptions that reading a file of a pack may raise.
UNREADABLE = (zlib.error, OSError, EOFError, ValueError)
BLOCK = 1 << 20


def role(name: str) -> str | None:
    """What a file of a pack is; None for the manifest, the checksums and what no pack holds."""
    if _WORKFLOW.fullmatch(name):
        return "workflow"
    return "page of a molecule" if _PAGE.fullmatch(name) else ROLES.get(name)


# ---------------------------------------------------------------------------------------------------------------------
# Problems, and the limits on what checking a pack may cost.

# The criteria of acceptance that a problem can break.
FILES_THERE, SUMS_HOLD, FORM_HOLDS = "required_files", "checksums", "zip_and_contracts"
MAX_PROBLEMS, MAX_LETTERS = 1000, 1000


class Problem(str):
    """One line about a pack; `criterion` is the one of acceptance that it breaks."""

    criterion: str

    def __new__(cls, text: str, criterion: str = FORM_HOLDS) -> Problem:
        """Cut a long text in the middle: it begins with the file and ends with the reason."""
        problem = super().__new__(cls, text if len(text) <= MAX_LETTERS else f"{text[:500]} ... {text[-400:]}")
        problem.criterion = criterion
        return problem


class TooManyProblemsError(Exception):
    """A pack has so many problems that checking stopped."""


class Problems(list[Problem]):
    """The problems of a pack so far."""

    def add(self, text: str, criterion: str = FORM_HOLDS) -> None:
        """Record a problem; raises TooManyProblemsError once there are MAX_PROBLEMS."""
        if len(self) >= MAX_PROBLEMS:
            raise TooManyProblemsError
        self.append(Problem(text, criterion))

    def add_all(self, texts: Iterable[str], criterion: str = FORM_HOLDS) -> None:
        """Record several, in order."""
        for text in texts:
            self.add(text, criterion)


class Limits(NamedTuple):
    """Upper bounds for one pack: bytes of all files; bytes and values of all JSON; bytes and lines of one table."""

    unpacked: int
    json_bytes: int
    json_values: int
    table_bytes: int
    table_lines: int


# For a pack of up to 16 MiB on disk: under 200 MB of memory and 10 s. For larger packs the limits grow in proportion.
BASE = Limits(512 << 20, 8 << 20, 250_000, 64 << 20, 500_000)
BASE_DISK = 16 << 20
UNLIMITED = 1 << 50  # bytes unpacked, for a pack that we have just built ourselves
MAX_ROW, MAX_FIELD = 4 << 20, 1 << 20  # bytes of one row and characters of one cell of a table
MAX_DEPTH, MAX_NAME, MAX_FOLDER = 8, 255, 100_000  # parts of a name, bytes of a part, entries of a folder (at least)
MAX_WORK = 2_000_000  # comparisons against one schema
HINT = "the limit for a pack of this size (if you trust it, --max-unpacked BYTES raises all limits)"
MAX_NUMBER = 400  # characters of a number in JSON


def limits(on_disk: int, max_unpacked: int | None = None) -> Limits:
    """The limits of a pack of so many bytes on disk, or of one that may unpack to `max_unpacked` bytes."""
    scale = max(1.0, on_disk / BASE_DISK if max_unpacked is None else max_unpacked / BASE.unpacked)
    grown = Limits(*(int(scale * limit) for limit in BASE))
    return grown if max_unpacked is None else grown._replace(unpacked=max_unpacked)


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
    """The end record of the archive; with the 64-bit one where the old one is too small."""
    many = min(n_members, 0xFFFF)
    plain = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, many, many, _clip(directory_size), _clip(offset), 0)
    if n_members < 0xFFFF and max(directory_size, offset) < _BIG:
        return plain
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, n_members, n_members, directory_size, offset)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, offset + directory_size, 1) + plain


# ---------------------------------------------------------------------------------------------------------------------
# The bytes of a member: every one of them, no others, and none that some reader would skip.

_TAIL = 3  # bytes; after its last unpacked byte a deflate stream has at most 15 bits and the padding to a whole byte
_EMPTY_BLOCK, _EMPTY_BITS = 0b0000000_01_1, 10  # a last block with fixed codes that ends where it begins
_EMPTY_STREAM = b"\3\0"
_MARK = b"no block"


def exactly(stream: Any, size: int) -> Iterator[bytes]:
    """The next `size` bytes of a stream, in blocks; raises EOFError where there are fewer."""
    while size:
        block = stream.read(min(size, BLOCK))
        if not block:
            raise EOFError("it ends early")
        size -= len(block)
        yield block


def _ended(inflater: Any, data: bytes) -> tuple[bool, bytes]:
    """Whether a copy of the inflater ends exactly with these bytes, and what they unpack to."""
    probe = inflater.copy()
    try:
        unpacked = probe.decompress(data)
    except zlib.error:
        return False, b""
    return probe.eof and not probe.unused_data, unpacked


def _last_bytes(inflater: Any, tail: bytes, size: int) -> bytes:
    """The last `size` bytes of a deflated member; raises ValueError where its stream holds more than it needs.

    A bit is padding if flipping it changes nothing. The last block is empty if it looks empty and if a stored block put
    in its place is read as one, which happens only where a block begins.
    """
    ended, unpacked = _ended(inflater, tail)
    if not ended or len(unpacked) != size:
        raise ValueError("its deflate stream does not end with its last packed byte")
    if not size:
        raise ValueError("its deflate stream continues after the last byte of its content")
    bits, end = int.from_bytes(tail, "little"), 8 * len(tail)
    while _ended(inflater, (bits ^ 1 << (end - 1)).to_bytes(len(tail), "little")) == (True, unpacked):
        end -= 1
    if bits >> end:
        raise ValueError("its deflate stream has bits set in its padding")
    start = end - _EMPTY_BITS
    if start >= 0 and bits >> start == _EMPTY_BLOCK:
        head = (bits & (1 << start) - 1 | 1 << start).to_bytes((start + 10) // 8, "little")
        stored = struct.pack("<2H", len(_MARK), 0xFFFF - len(_MARK)) + _MARK
        if _ended(inflater, head + stored) == (True, unpacked + _MARK):
            raise ValueError("its deflate stream ends with an empty block")
    return unpacked


def inflated(stream: Any, packed: int, size: int) -> Iterator[bytes]:
    """Unpack the next `packed` bytes of a stream to exactly `size`; raises ValueError, EOFError or zlib.error."""
    if not size:
        if b"".join(exactly(stream, min(packed, _TAIL))) != _EMPTY_STREAM:
            raise ValueError("it is empty, but its deflate stream is not the empty one")
        return
    inflater, left = zlib.decompressobj(-15), size
    for data in exactly(stream, max(packed - _TAIL, 0)):
        pending = True
        while pending:
            block = inflater.decompress(data, BLOCK)
            data, left = inflater.unconsumed_tail, left - len(block)
            if left < 0 or inflater.eof:
                raise ValueError("its deflate stream does not end with its last packed byte")
            pending = bool(data) or len(block) == BLOCK
            if block:
                yield block
    yield _last_bytes(inflater, b"".join(exactly(stream, min(packed, _TAIL))), left)


def member_blocks(stream: Any, member: Member) -> Iterator[bytes]:
    """The content of a member, in blocks; raises one of UNREADABLE where it does not match its header."""
    stream.seek(member.offset + len(local_header(member)))
    stored, crc = member.method == STORED, 0
    for block in exactly(stream, member.size) if stored else inflated(stream, member.packed, member.size):
        crc = zlib.crc32(block, crc)
        yield block
    if crc != member.crc:
        raise ValueError("its CRC in the zip is not that of its content")


# ---------------------------------------------------------------------------------------------------------------------
# Names: a pack must unpack to the same files on every system, and no name may hide or disguise part of itself.

_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)
_HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (including bidirectional), surrogate, line and paragraph characters


def name_problem(name: str) -> str | None:
    """Why a pack may not hold this name, or None."""
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return f"a name of more than {MAX_DEPTH} parts"
    if name.endswith("/"):
        return "an entry for a folder; a pack holds files only"
    if "\\" in name or ":" in name or any(part in ("", ".", "..") for part in parts):
        return "a name that could leave the folder"
    if not name.isprintable() and any(unicodedata.category(letter) in _HIDDEN for letter in name):
        return "a name with control, bidirectional or surrogate characters"
    if any(part[-1] in ". " for part in parts):
        return "a name with a part that ends in a dot or a space"
    if any(_DEVICE.fullmatch(part.split(".")[0].rstrip(" ")) for part in parts):
        return "a device name on Windows"
    if any(len(part.encode("utf-8", "surrogatepass")) > MAX_NAME for part in parts):
        return f"a name with a part of more than {MAX_NAME} bytes"
    return None


def _folded(name: str) -> str:
    """The form that all names share which some file system treats as one and the same."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())


def check_names(names: Iterable[str], problems: Problems) -> bool:
    """Report names that are unsafe, clash on some file system, or belong in no pack; return whether all are safe."""
    before, n_strange = len(problems), 0
    spellings: dict[str, str] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        problem = name_problem(name)
        if problem is not None:
            problems.add(f"{name!r}: {problem}")
            continue
        if name not in (MANIFEST, CHECKSUMS) and role(name) is None:
            problems.add(f"{name}: extra file, no pack holds a file of this name")
            n_strange += 1
        places = [place for place, letter in enumerate(name) if letter == "/"]
        for path in (name, *(name[:place] for place in places)):
            folded = _folded(path)
            (files if path is name else folders).add(folded)
            same = spellings.setdefault(folded, path)
            if same != path:
                problems.add(f"{path!r}: the same name as {same!r} where case or Unicode form is ignored")
    problems.add_all(f"{spellings[path]!r}: both a file and a folder" for path in sorted(files & folders))
    return len(problems) == before + n_strange


# ---------------------------------------------------------------------------------------------------------------------
# Reading a pack: a zip or a folder, as sizes by name and blocks of bytes.


class Pack:
    """An opened pack: sizes by name, how to read each file, and how much JSON may still be read."""

    def __init__(self, sizes: dict[str, int], blocks: Callable[[str], Iterator[bytes]], bounds: Limits) -> None:
        self.sizes, self.blocks, self.bounds = sizes, blocks, bounds
        self.json_bytes, self.json_values = bounds.json_bytes, bounds.json_values

    def __contains__(self, name: object) -> bool:
        return name in self.sizes


def _fits(sizes: Iterable[int], bounds: Limits, problems: Problems) -> bool:
    total = sum(sizes)
    if total > bounds.unpacked:
        problems.add(f"the pack unpacks to {total} bytes, more than {bounds.unpacked}: {HINT}")
    return total <= bounds.unpacked


def _end(stream: Any, size: int) -> tuple[int, int, int]:
    """(members, size of the directory, its offset) from the end record; raises ValueError if that is not canonical."""
    stream.seek(max(size - 98, 0))
    tail = stream.read(98)
    if tail[-22:-18] != b"PK\5\6":
        raise ValueError("it does not end with the end record of a zip")
    counts = struct.unpack("<H2L", tail[-12:-2])
    if counts[0] == 0xFFFF or _BIG in counts:
        if tail[:4] != b"PK\6\6":
            raise ValueError("its 64-bit end record is not where it must be")
        counts = struct.unpack("<3Q", tail[32:56])
    members, directory, offset = counts
    end = end_record(members, directory, offset)
    if tail[-len(end) :] != end or offset + directory + len(end) != size:
        raise ValueError("the end record of the zip is not the canonical one")
    return members, directory, offset


def _wide(fields: list[int], extra: bytes) -> list[int]:
    """Size, packed size and offset; what is too large for its own field is taken from the 64-bit extra field."""
    wide = [place for place, number in enumerate(fields) if number == _BIG]
    if wide:
        numbers = struct.unpack(f"<HH{len(wide)}Q", extra)[2:]
        fields = [numbers[wide.index(place)] if place in wide else number for place, number in enumerate(fields)]
    return fields


def _members(stream: Any, count: int, directory: int, offset: int) -> Iterator[Member]:
    """The entries of the directory as they stand; check_zip_bytes compares their bytes."""
    stream.seek(offset)
    for _ in range(count):
        head = struct.unpack("<4s6H3L5H2L", stream.read(46))
        flags, method, crc, packed, size, (n_name, n_extra, n_comment) = *head[3:5], *head[7:10], head[10:13]
        directory -= 46 + n_name + n_extra + n_comment
        if head[0] != b"PK\1\2" or directory < 0:
            raise ValueError("its directory is damaged")
        name = stream.read(n_name).decode("utf-8" if flags & 0x800 else "cp437")
        size, packed, place = _wide([size, packed, head[16]], stream.read(n_extra))
        stream.seek(n_comment, os.SEEK_CUR)
        yield Member(name, method, crc, packed, size, place)
    if directory:
        raise ValueError("its directory is damaged")


def check_zip_bytes(stream: Any, members: list[Member], start: int, problems: Problems) -> None:
    """Compare every byte outside the members' data with the canonical form; the end record was compared earlier."""
    offset = 0
    for member in members:
        header = local_header(member)
        stream.seek(offset)
        if member.offset != offset or stream.read(len(header)) != header:
            return problems.add(f"{member.name}: local zip header at byte {offset} is not the canonical one")
        offset += len(header) + member.packed
    if offset != start:
        return problems.add(f"the zip has bytes before its directory that belong to no file, at byte {offset}")
    stream.seek(start)
    for member in members:
        header = central_header(member)
        if stream.read(len(header)) != header:
            return problems.add(f"{member.name}: its entry in the zip directory is not the canonical one")
    return None


def _member_problems(members: list[Member]) -> Iterator[str]:
    """Problems with names and sizes in a zip that check_names does not look for."""
    names = [member.name for member in members]
    yield from (f"{name}: the zip holds this name twice" for name, n in Counter(names).items() if n > 1)
    if names != sorted(names):
        yield "the names in the zip are not sorted"
    for member in members:
        if member.method not in (STORED, DEFLATED):
            yield f"{member.name}: unknown compression in the zip"
        elif member.method == STORED and member.packed != member.size:
            yield f"{member.name}: it is stored as {member.packed} bytes, but its size is {member.size}"
        elif member.size > 2000 * member.packed + 4096:
            yield f"{member.name}: the zip claims an impossible compression ratio"


def open_zip(path: Path, problems: Problems, max_unpacked: int | None = None) -> Pack | None:
    """Open a zip and check its form; None if that is not canonical, and its contents are then not checked."""
    size, before = path.stat().st_size, len(problems)
    with path.open("rb") as stream:
        try:
            count, directory, start = _end(stream, size)
            members = list(_members(stream, count, directory, start))
        except (ValueError, struct.error) as error:
            problems.add(f"{path.name}: not a readable zip: {error}")
            return None
        problems.add_all(_member_problems(members))
        if len(problems) == before:
            check_zip_bytes(stream, members, start, problems)
    in_form = len(problems) == before
    bounds = limits(size, max_unpacked)
    safe = check_names((member.name for member in members), problems)
    if not _fits((member.size for member in members), bounds, problems) or not (in_form and safe):
        return None
    by_name = {member.name: member for member in members}

    def blocks(name: str) -> Iterator[bytes]:
        with path.open("rb") as opened:
            yield from member_blocks(opened, by_name[name])

    return Pack({name: member.size for name, member in by_name.items()}, blocks, bounds)


def _file_blocks(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of a file listed as a regular one of this size; raises one of UNREADABLE if it no longer is."""
    flags = (getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    with os.fdopen(os.open(path, os.O_RDONLY | sum(flags)), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError("it is no longer a regular file")
        yield from exactly(stream, size)
        if stream.read(1):
            raise ValueError("it grew while the pack was being checked")


class _Listing:
    """The regular files under a folder: sizes by name and bytes on disk; deeper folders than in a pack are left out."""

    def __init__(self, root: Path, problems: Problems) -> None:
        self.sizes: dict[str, int] = {}
        self.on_disk = self.entries = 0
        self.problems, self.waiting = problems, [(root, "")]
        while self.waiting and not self.is_too_large():
            self._read(*self.waiting.pop())

    def is_too_large(self) -> bool:
        """Whether the folder holds more entries than a pack of its size can."""
        return self.entries > MAX_FOLDER + self.on_disk // 256

    def _read(self, folder: Path, prefix: str) -> None:
        try:
            before = self.entries
            with os.scandir(folder) as entries:
                for entry in entries:
                    self.entries += 1
                    self._take(entry, prefix + entry.name)
                    if self.is_too_large():
                        return
            if self.entries == before and prefix:
                self.problems.add(f"{prefix}: an empty folder; a pack holds files only")
        except OSError as error:
            self.problems.add(f"{prefix or folder.name}: cannot be listed: {error.strerror}")

    def _take(self, entry: os.DirEntry[str], name: str) -> None:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            self.sizes[name] = status.st_size
            self.on_disk += min(status.st_size, 512 * getattr(status, "st_blocks", status.st_size))
        elif not stat.S_ISDIR(status.st_mode):
            self.problems.add(f"{name}: a link or device; a pack holds regular files")
        elif name.count("/") + 1 >= MAX_DEPTH:
            self.problems.add(f"{name}: a folder deeper than any in a pack; it was not entered")
        else:
            self.waiting.append((Path(entry.path), f"{name}/"))


def open_folder(path: Path, problems: Problems, max_unpacked: int | None = None) -> Pack | None:
    """List a folder; links are refused, since they may lead out of it. None if it holds more than a pack can."""
    listing = _Listing(path, problems)
    if listing.is_too_large():
        problems.add(
            f"{path.name}: more than {listing.entries - 1} files and folders: no pack of its size has that many"
        )
        return None
    problems.sort()  # a folder is listed in no particular order
    names, bounds = sorted(listing.sizes), limits(listing.on_disk, max_unpacked)
    check_names(names, problems)
    if not _fits(listing.sizes.values(), bounds, problems):
        return None
    sizes = {name: listing.sizes[name] for name in names}
    return Pack(sizes, lambda name: _file_blocks(path / name, sizes[name]), bounds)


def open_pack(path: Path, problems: Problems, max_unpacked: int | None = None) -> Pack | None:
    """Open a zip or a folder; raises FileNotFoundError where `path` is neither."""
    if path.is_dir():
        return open_folder(path, problems, max_unpacked)
    if not path.is_file():
        raise FileNotFoundError(2, "no such pack", str(path))
    return open_zip(path, problems, max_unpacked)


def digest(pack: Pack, name: str, problems: Problems) -> str:
    """The sha256 of a file of the pack; empty if it cannot be read."""
    sha = hashlib.sha256()
    try:
        for block in pack.blocks(name):
            sha.update(block)
    except UNREADABLE as error:
        problems.add(f"{name}: cannot be read: {error}")
        return ""
    return sha.hexdigest()


# ---------------------------------------------------------------------------------------------------------------------
# JSON, and the schemas that come with a pack.


def _strict_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _number(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if len(text) > MAX_NUMBER:
            raise ValueError(f"a number of {len(text)} characters")
        return kind(text)

    return read


def read_json(pack: Pack, name: str) -> tuple[str, Any]:
    """(text, value) of a JSON file; raises one of UNREADABLE or RecursionError.

    First its size and an upper bound of its number of values are compared with what may still be read of the pack.
    """
    size = pack.sizes.get(name, 0)
    if size > pack.json_bytes:
        raise ValueError(f"with its {size} bytes the pack has more JSON than {HINT}")
    content = b"".join(pack.blocks(name)) if size else b""
    n_values = sum(map(content.count, (b",", b"[", b"{")))
    if n_values > pack.json_values:
        raise ValueError(f"with it the pack has more values in JSON than {HINT}")
    pack.json_bytes, pack.json_values = pack.json_bytes - size, pack.json_values - n_values
    text = content.decode("utf-8")
    value = json.loads(text, parse_constant=_strict_constant, parse_int=_number(int), parse_float=_number(float))
    return text, value


def _is_canonical(text: str, value: Any) -> bool:
    """Compared piece by piece: the canonical text of a nested value can be too large for memory."""
    place = 0
    for piece in json.JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).iterencode(value):
        if not text.startswith(piece, place):
            return False
        place += len(piece)
    return text[place:] == "\n"


def parse_json(pack: Pack, name: str, problems: Problems) -> Any:
    """A JSON file of the pack in its canonical text (sorted keys, two spaces, final newline), or None."""
    if name not in pack:
        return None
    try:
        text, value = read_json(pack, name)
        canonical = name not in SCHEMAS or _is_canonical(text, value)
    except (*UNREADABLE, RecursionError) as error:
        problems.add(f"{name}: not valid JSON: {error}")
        return None
    if name in SCHEMAS and value is None:
        problems.add(f"{name}: is null")
    if not canonical:
        problems.add(f"{name}: not in canonical form (sorted keys, two spaces, final newline)")
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
            return "the schema in the pack has a pattern that none of our schemas has"
        if len(value) < schema.get("minLength", 0) or not re.search(schema.get("pattern", ""), value):
            return f"{value[:80]!r} does not match"
    elif _TYPES["number"](value) and _out_of_range(value, schema):
        return f"{value!r} is out of range"
    return None


def _out_of_range(value: float, schema: dict[str, Any]) -> bool:
    too_small = "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]
    return too_small or not schema.get("minimum", value) <= value <= schema.get("maximum", value)


class SchemaCheck:
    """The part of JSON Schema that our schemas use. A pack brings its own schemas, so checking has a budget."""

    def __init__(self) -> None:
        self.work = MAX_WORK

    def problem(self, value: Any, schema: dict[str, Any], where: tuple[Any, ...]) -> str | None:
        """The first breach, or None; `where` is (place of the parent, step). Raises ValueError for another schema."""
        self._pay(schema)
        problem = _value_problem(value, schema)
        if problem is None and isinstance(value, dict):
            missing = next((key for key in schema.get("required", []) if key not in value), None)
            problem = None if missing is None else f"{missing!r} is missing"
        elif problem is None and isinstance(value, list):
            fits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
            problem = None if fits else f"{len(value)} items are too few or too many"
        if problem is not None:
            return f"{_place(where)}: {problem}"
        for step, item, sub in _inner(value, schema):
            inner_problem = self.problem(item, sub, (where, step)) if isinstance(sub, dict) else None
            if inner_problem is not None:
                return inner_problem
        return None

    def _pay(self, schema: dict[str, Any]) -> None:
        allowed = [*schema.get("enum", []), schema.get("const")]
        if any(isinstance(value, (dict, list)) for value in allowed):
            raise ValueError("enum and const must be plain values")
        self.work -= len(allowed) + len(schema.get("required", [])) + len(schema.get("type", []))
        if self.work < 0:
            raise ValueError("checking it would take too long")


def _place(where: tuple[Any, ...]) -> str:
    steps: list[str] = []
    while where:
        where, step = where
        steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    return "".join(reversed(steps))[1:]


def _inner(value: Any, schema: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """(step, value, schema) of the values inside a value."""
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from ((key, item, properties.get(key, rest)) for key, item in value.items())
    elif isinstance(value, list):
        first, rest = schema.get("prefixItems", []), schema.get("items", {})
        yield from ((i, item, first[i] if i < len(first) else rest) for i, item in enumerate(value))


def check_schemas(pack: Pack, parsed: dict[str, Any], problems: Problems) -> None:
    """Check the JSON files against the schemas that the pack carries."""
    for name, contract in SCHEMAS.items():
        path = f"workflow/schemas/{contract}.schema.json"
        if parsed.get(name) is None:
            continue
        try:
            problem = SchemaCheck().problem(parsed[name], read_json(pack, path)[1], ((), name))
        except (*UNREADABLE, KeyError, TypeError, AttributeError, RecursionError) as error:
            problem = f"{path}: the schema is missing or not readable, so {name} was not checked ({error})"
        if problem:
            problems.add(problem)


# ---------------------------------------------------------------------------------------------------------------------
# Tables.


def _lines(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The lines of a table with their line ends; raises ValueError if one is too long or there are too many."""
    rest, n_lines = b"", 0
    for block in blocks:
        *lines, rest = (rest + block).splitlines(keepends=True)
        n_lines += len(lines)
        if n_lines > limit:
            raise ValueError(f"it has more lines than {HINT}")
        if len(rest) > MAX_ROW:
            raise ValueError(f"a line of more than {MAX_ROW} bytes")
        yield from lines
    yield from filter(None, [rest])


def read_rows(pack: Pack, name: str) -> Iterator[list[str]]:
    """The rows of a table, header first, without blank lines; raises csv.Error or one of UNREADABLE."""
    if pack.sizes[name] > pack.bounds.table_bytes:
        raise ValueError(f"its {pack.sizes[name]} bytes are more than {HINT}")
    n_bytes = 0

    def texts() -> Iterator[str]:
        nonlocal n_bytes
        encoding = "utf-8-sig"
        for line in _lines(pack.blocks(name), pack.bounds.table_lines):
            n_bytes += len(line)
            if n_bytes > MAX_ROW:
                raise ValueError(f"a row of more than {MAX_ROW} bytes")
            yield line.decode(encoding)
            encoding = "utf-8"

    before = csv.field_size_limit(MAX_FIELD)  # of the whole process
    try:
        for cells in csv.reader(texts(), strict=True):
            n_bytes = 0
            if cells:
                yield cells
    finally:
        csv.field_size_limit(before)


def check_table(
    pack: Pack, name: str, columns: list[str], values: dict[str, set[str]], problems: Problems
) -> Counter[tuple[str, ...]]:
    """Check header, cells per row and allowed values of a CSV; count the rows by the columns of `values`."""
    counts: Counter[tuple[str, ...]] = Counter()
    if name not in pack:
        return counts
    try:
        rows = read_rows(pack, name)
        header = next(rows, [])
        missing = [column for column in columns if column not in header]
        if missing:
            problems.add(f"{name}: the column {missing[0]!r} is missing")
            return counts
        places = {header.index(column): allowed for column, allowed in values.items()}
        for n_row, cells in enumerate(rows, start=1):
            if len(cells) != len(header):
                problems.add(f"{name}: row {n_row}: {len(cells)} cells")
                return counts
            wrong = [place for place, allowed in places.items() if cells[place] not in allowed]
            if wrong:
                problems.add(f"{name}: row {n_row}: column {header[wrong[0]]!r} has {cells[wrong[0]]!r}")
                return counts
            counts[tuple(cells[place] for place in places)] += 1
    except (csv.Error, *UNREADABLE) as error:
        problems.add(f"{name}: not a readable CSV: {error}")
    return counts


# ---------------------------------------------------------------------------------------------------------------------
# Checks across files.


def _of_the_report(manifest: Any) -> list[str]:
    """The files of every pack since reports were introduced; its configuration then has a section of that name."""
    config = manifest.get("config") if isinstance(manifest, dict) else None
    if not isinstance(config, dict) or "report" not in config:
        return []
    artifacts = config.get("pack")
    full = isinstance(artifacts, dict) and artifacts.get("artifacts") == "full"
    curve = [HIT_CURVE] if manifest.get("truth") is not None else []
    return [REPORT, CARD_DECOYS, SPREADSHEET, *curve, *([DECOYS] if full else [])]


def check_required(pack: Pack, parsed: dict[str, Any], problems: Problems) -> None:
    """Every file that such a pack must have."""
    manifest, utility = parsed.get(MANIFEST), parsed.get("utility_report.json")
    names = list(REQUIRED)
    if isinstance(manifest, dict) and manifest.get("truth") is not None:
        names += REQUIRED_UTILITY
        state = utility.get("cost_lift_v1") if isinstance(utility, dict) else None
        refused = isinstance(state, dict) and state.get("refused") is True
        if not refused:
            names.append(COST_LIFT)
        elif COST_LIFT in pack:
            problems.add(f"{COST_LIFT}: is present, but utility_report.json says that it was refused")
    names += _of_the_report(manifest)
    names += [DIAGNOSIS] if "workflow/rules/diagnosis.smk" in pack else []
    names += SPREADSHEETS if any(name in pack for name in SPREADSHEETS) else ()
    names += DESCRIPTIONS if any(name in pack for name in DESCRIPTIONS) else ()
    problems.add_all((f"{name}: required, but missing" for name in names if name not in pack), FILES_THERE)
    scores = [name for name in SCORES if name in pack]
    if len(scores) != 1:
        names_found = ", ".join(scores) or "none"
        problems.add(f"scores: exactly one of {', '.join(SCORES)} is required, found {names_found}", FILES_THERE)


def parse_checksums(pack: Pack, problems: Problems) -> dict[str, str]:
    """sha256 by path from checksums.sha256."""
    sums: dict[str, str] = {}
    if pack.sizes.get(CHECKSUMS, 0) > pack.bounds.json_bytes:
        problems.add(f"{CHECKSUMS}: its {pack.sizes[CHECKSUMS]} bytes are more than {HINT}", SUMS_HOLD)
        return sums
    text = b""
    try:
        text = b"".join(pack.blocks(CHECKSUMS)) if CHECKSUMS in pack else b""
    except UNREADABLE as error:
        problems.add(f"{CHECKSUMS}: cannot be read: {error}", SUMS_HOLD)
    start, number = 0, 0
    while start < len(text):
        number, end = number + 1, text.find(b"\n", start) % (len(text) + 1)
        line = text[start:end].decode("utf-8", "replace")
        start = end + 1
        match = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if not match:
            problems.add(f"{CHECKSUMS}: line {number}: not '<sha256>  <path>'", SUMS_HOLD)
        elif match.group(2) in sums:
            problems.add(f"{CHECKSUMS}: line {number}: {match.group(2)} is listed twice", SUMS_HOLD)
        else:
            sums[match.group(2)] = match.group(1)
    if text and (not text.endswith(b"\n") or list(sums) != sorted(sums)):
        problems.add(f"{CHECKSUMS}: not sorted, or without a final newline", SUMS_HOLD)
    return sums


def _listed(manifest: Any, problems: Problems) -> dict[str, dict[str, Any]]:
    files = manifest.get("files") if isinstance(manifest, dict) else None
    entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    by_path = {entry["path"]: entry for entry in entries if isinstance(entry.get("path"), str)}
    if len(by_path) < len(entries) or list(by_path) != sorted(by_path):
        problems.add(f"{MANIFEST}: files are not sorted, or one is listed twice")
    return by_path


def _compare(
    name: str, actual: tuple[str, int], entry: dict[str, Any] | None, sha256: str | None, problems: Problems
) -> None:
    """Compare sha256 and size of a file with both lists."""
    entry_says = None if entry is None else (entry.get("sha256"), entry.get("size_bytes"))
    if sha256 is None and entry is None and name != MANIFEST:
        problems.add(f"{name}: extra file, in neither list")
    elif sha256 != actual[0]:
        agrees = entry_says is not None and entry_says[0] == actual[0]
        problems.add(
            f"{CHECKSUMS}: the line for {name} is wrong or missing (manifest.json agrees with the file)"
            if agrees
            else f"{name}: sha256 is {actual[0]}, {CHECKSUMS} says {sha256}",
            SUMS_HOLD,
        )
    elif name != MANIFEST and entry_says != actual:
        problems.add(f"{MANIFEST}: its entry for {name} is wrong or missing")
    if entry is not None and entry.get("role") != role(name):
        problems.add(f"{MANIFEST}: the role of {name} is {entry.get('role')!r}, not {role(name)!r}")


def check_files(pack: Pack, manifest: Any, problems: Problems) -> dict[str, str]:
    """Hash every file once and compare it with both lists; return the sha256 by path."""
    sums, listed, digests = parse_checksums(pack, problems), _listed(manifest, problems), {}
    for name, size in pack.sizes.items():
        digests[name] = digest(pack, name, problems)
        if digests[name] and name != CHECKSUMS:
            _compare(name, (digests[name], size), listed.get(name), sums.get(name), problems)
    missing = sorted(name for name in set(sums) | set(listed) if name not in pack)
    problems.add_all((f"{name}: listed, but missing" for name in missing), SUMS_HOLD)
    return digests


def payload_sha256(digests: dict[str, str]) -> str:
    """Digest of the payload: the sorted lines '<sha256>  <path>' of all files but those of NOT_PAYLOAD."""
    lines = sorted(f"{sha}  {path}\n" for path, sha in digests.items() if path not in NOT_PAYLOAD)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def check_identity(manifest: Any, digests: dict[str, str], problems: Problems) -> None:
    """Compute payload_sha256 and run_id again."""
    if not isinstance(manifest, dict):
        return
    payload = payload_sha256(digests)
    if manifest.get("payload_sha256") != payload:
        text = "{}: payload_sha256 is {}, the files give {}"
        problems.add(text.format(MANIFEST, manifest.get("payload_sha256"), payload), SUMS_HOLD)
    identity = {key: manifest.get(key) for key in ("inputs", "config", "code_digest", "environment_lock_sha256")}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if manifest.get("run_id") != hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest():
        problems.add(f"{MANIFEST}: run_id is not the digest of inputs, config, code_digest and lock")


def check_provenance(manifest: Any, digests: dict[str, str], problems: Problems) -> None:
    """What the manifest states of truth, scores and lock must hold for the files in the pack."""
    if not isinstance(manifest, dict):
        return
    scores, truth = manifest.get("scores"), manifest.get("truth")
    said = {name: scores.get("sha256") for name in SCORES if name in digests and isinstance(scores, dict)}
    said["truth.csv"] = truth.get("sha256") if isinstance(truth, dict) else None
    said["workflow/requirements.lock"] = manifest.get("environment_lock_sha256")
    config = manifest.get("config")
    source = config.get("truth", {}).get("source") if isinstance(config, dict) else None
    if (source in (None, "none")) != (truth is None):
        problems.add(
            f"{MANIFEST}: truth.source in its config is {source!r}, which contradicts its provenance of the truth"
        )
    for name, sha256 in said.items():
        if digests.get(name) != sha256:
            text = f"{name}: its sha256 is {digests.get(name)}, the provenance in {MANIFEST} says {sha256}"
            problems.add(text, SUMS_HOLD)


def check_report(report: Any, problems: Problems) -> None:
    """The arithmetic of cost_lift_report.json."""
    if not isinstance(report, dict):
        return
    methods = report["methods"]
    for name, method in methods.items():
        if method["hits"] > method["k_effective"] or method["hit_rate"] != method["hits"] / method["k_effective"]:
            problems.add(f"{COST_LIFT}: {name}: hit_rate is not hits / k_effective")
    filtered = methods["filtered_score_plus_audit_topk"]["hit_rate"]
    for key, name in (("score_only", "baseline_score_only_topk"), ("random", "baseline_random")):
        if report[f"uplift_score_plus_audit_vs_{key}"] != filtered - methods[name]["hit_rate"]:
            problems.add(f"{COST_LIFT}: the uplift against {name} is not the difference of the hit rates")


def check_counts(pack: Pack, parsed: dict[str, Any], problems: Problems) -> None:
    """Tables, and that metrics.json counts the rows of summary.csv."""
    status = {"OK", "SKIP", "ERROR"}
    verdict = {"PASS", "FAIL", "SKIP", ""}
    rows = check_table(pack, "summary.csv", SUMMARY_COLUMNS, {"status": status, "verdict": verdict}, problems)
    labels = {"expensive_label": {"PASS", "FAIL"}, "truth_version": {"customer_truth.v1"}}
    check_table(pack, "truth.csv", TRUTH_COLUMNS, labels, problems)
    metrics = parsed.get("metrics.json")
    if not isinstance(metrics, dict):
        return
    counts = {key: sum(n for (s, _), n in rows.items() if s == key) for key in sorted(status)}
    verdicts = {key: rows["OK", key] for key in sorted(verdict - {""})}
    rates = {key: verdicts[key] / counts["OK"] if counts["OK"] else None for key in ("PASS", "FAIL")}
    for key, counted in (
        ("counts", counts),
        ("verdict_counts", verdicts),
        ("pass_rate", rates["PASS"]),
        ("fail_rate", rates["FAIL"]),
    ):
        if metrics.get(key) != counted:
            problems.add(f"metrics.json: {key} is {metrics.get(key)}, the rows of summary.csv give {counted}")


def _check(pack: Pack, problems: Problems) -> None:
    try:
        parsed = {name: parse_json(pack, name, problems) for name in SCHEMAS}
        check_required(pack, parsed, problems)
        digests = check_files(pack, parsed[MANIFEST], problems)
        check_schemas(pack, parsed, problems)
        check_identity(parsed[MANIFEST], digests, problems)
        check_provenance(parsed[MANIFEST], digests, problems)
        check_report(parsed[COST_LIFT], problems)
        check_counts(pack, parsed, problems)
    except TooManyProblemsError:
        raise
    except Exception as error:  # a pack can be crafted to break a reader: that counts as a problem of the pack
        problems.add(f"the check could not be completed: {type(error).__name__}: {error}")


def verify(path: Path, max_unpacked: int | None = None) -> list[Problem]:
    """All problems of a pack, none if it is in order; raises FileNotFoundError if there is no pack at `path`.

    `max_unpacked` is the number of bytes it may unpack to; None means a limit in proportion to its size on disk.
    """
    problems = Problems()
    try:
        pack = open_pack(path, problems, max_unpacked)
        if pack is not None:
            _check(pack, problems)
    except TooManyProblemsError:
        problems.append(Problem(f"{path.name}: more than {MAX_PROBLEMS} problems: the rest was not checked"))
    return problems


def pack_at(path: Path) -> Path:
    """The zip of a finished run where `path` is its results folder; any other path as it is."""
    if not (path / REGISTRY_ROW).is_file():
        return path
    zips = sorted(path.glob("*_evidence_pack.zip"))
    return zips[0] if len(zips) == 1 else path / "pack"


def is_no_pack(path: Path) -> bool:
    """Whether it is a folder that has nothing of a pack."""
    return path.is_dir() and not any((path / name).is_file() for name in (MANIFEST, CHECKSUMS))


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
    """Add the arguments: the pack, the sha256 that it must have, and how much it may unpack to."""
    parser.add_argument("pack", type=Path, help="a pack: its zip, what it unpacks to, or the results folder of a run")
    parser.add_argument("--sha256", default=None, help="sha256 that the zip must have")
    add_max_unpacked(parser)


def run(args: argparse.Namespace) -> int:
    """Print the problems; return 0 if there are none."""
    if not (args.pack.is_file() or args.pack.is_dir()):
        what = "neither a file nor a folder" if args.pack.exists() else "no such pack"
        print(f"error: {args.pack}: {what}", file=sys.stderr)
        return 2
    args.pack = pack_at(args.pack)
    if is_no_pack(args.pack):
        print(
            f"error: {args.pack}: no pack, and no finished run\nhint: name a pack's zip, or its folder", file=sys.stderr
        )
        return 2
    if args.sha256 is not None and args.pack.is_dir():
        print("error: --sha256 is the digest of a zip, but a folder was given", file=sys.stderr)
        return 2
    problems = verify(args.pack, args.max_unpacked)
    if args.pack.is_file():
        sha = hashlib.sha256()
        with args.pack.open("rb") as stream:
            for block in exactly(stream, args.pack.stat().st_size):
                sha.update(block)
        print(f"sha256  {sha.hexdigest()}  {printable(args.pack.name)}")
        if args.sha256 and args.sha256.lower() != sha.hexdigest():
            problems.append(Problem(f"{args.pack.name}: sha256 is not the expected {args.sha256.lower()}", SUMS_HOLD))
    for problem in problems:
        print(f"PROBLEM {printable(problem)}")
    print(f"FAILED: {len(problems)} problem(s)" if problems else "OK: the pack is in order")
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


if __name__ == "__main__":
    sys.exit(main())
