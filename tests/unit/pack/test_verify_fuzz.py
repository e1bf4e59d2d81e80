"""Random changes of the structure of a zip, all else made honest again: what verify calls OK holds no byte too many.

What must be so is said without verify: of what zipfile reads, an independent writer must make the same bytes again.
"""

import copy
import hashlib
import io
import json
import os
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from hetero2.io.files import pretty_json
from hetero2.pack import manifest
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.layout import role
from tests import deflate
from tests.packs import edit, own_folder, relist, zipped
from tests.zips import Entry, build, entries_of, with_crc

LISTS = (b"manifest.json", b"checksums.sha256")
QUICK, CASES = 400, int(os.environ.get("CASES", "100000")) * 4 // 5


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """The entries of a small pack that verifies."""
    folder = own_folder(tmp_path_factory.mktemp("fuzz") / "pack", small=True)
    edit(folder / "environment.json", lambda document: document | {"packages": document["packages"][:2]})
    relist(folder)
    pack = zipped(folder, folder.with_suffix(".zip"))
    assert verify(pack, quick=True) == []
    return entries_of(pack)


# --- what must be so


def is_canonical(data: bytes) -> bool:
    """Whether what zipfile reads of a zip gives the same zip again, and its list of checksums holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        entries, contents = [], {}
        for info in opened.infolist():
            contents[info.filename] = content = opened.read(info)
            packed = content
            if info.compress_type == zipfile.ZIP_DEFLATED:  # zlib may choose: then it is read bit by bit
                start = info.header_offset + 30 + len(info.filename.encode())
                packed = data[start : start + info.compress_size]
                stream = deflate.read(packed)
                if not stream.is_whole(packed) or stream.content != content:
                    return False
            entries.append(Entry(info.filename.encode(), packed, len(content), zlib.crc32(content), info.compress_type))
    sums = contents.pop("checksums.sha256")
    lines = (f"{hashlib.sha256(contents[name]).hexdigest()}  {name}\n" for name in sorted(contents))
    names = [entry.name for entry in entries]
    return names == sorted(set(names)) and build(entries) == data and "".join(lines).encode() == sums


# --- making the rest honest


def content_of(entry: Entry) -> bytes:
    if entry.method == 8:
        try:
            return zlib.decompressobj(-15).decompress(entry.packed)[: entry.size]
        except zlib.error:
            return entry.packed
    return entry.packed[: entry.size]


def resealed(entries: list[Entry]) -> None:
    """Both lists made anew from what the entries hold."""
    contents = {entry.name.decode("utf-8", "replace"): content_of(entry) for entry in entries if entry.is_listed}
    files = [
        {
            "path": name,
            "role": role(name) or "workflow",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_bytes": len(content),
        }
        for name, content in sorted(contents.items())
        if name.encode() not in LISTS
    ]
    by_name = {entry.name: entry for entry in entries}
    facts = json.loads(by_name[LISTS[0]].packed)
    text = pretty_json(manifest.with_files(facts, files))
    for name, sealed in zip(LISTS, (text, manifest.checksums(files, text)), strict=True):
        fresh = sealed.encode()
        by_name[name].packed, by_name[name].size, by_name[name].crc = fresh, len(fresh), zlib.crc32(fresh)


# --- changes: each takes (random, entries, options of build) and changes what it likes


def plain(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.name not in LISTS and entry.is_listed and entry.is_written]


def some(random: Random, entries: list[Entry]) -> Entry:
    return random.choice(plain(entries))


def junk(random: Random) -> bytes:
    signature = random.choice([b"", b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\7\x08", b"PK\5\5"])
    return signature + random.randbytes(random.choice([1, 2, 4, 12, 16, 22, 40]))


def deflated(random: Random, entry: Entry) -> None:
    """Honestly: the first of a few ways whose stream the slow reader finds whole."""
    content, entry.method = content_of(entry), 8
    for level in (random.randrange(1, 10), 9, 6):
        strategy = random.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED])
        deflater = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
        entry.packed = deflater.compress(content) + deflater.flush()
        if deflate.read(entry.packed).is_whole(entry.packed):
            return
    raise AssertionError("no honest stream")


def small(random: Random, entries: list[Entry]) -> Entry:
    return random.choice([entry for entry in plain(entries) if entry.size < 4000])


def nothing(random, entries, options):
    pass


def honestly_deflated(random, entries, options):
    for _ in range(random.randrange(1, 4)):
        entry = small(random, entries)
        if entry.method == 0:
            deflated(random, entry)


def prefix(random, entries, options):
    options |= {"prefix": junk(random), "shifted": random.random() < 0.5}


def gap(random, entries, options):
    some(random, entries).before = junk(random)


def behind(random, entries, options):
    some(random, entries).behind = junk(random)


def before_directory(random, entries, options):
    options["before_directory"] = junk(random)


def before_end(random, entries, options):
    options["before_end"] = junk(random)


def suffix(random, entries, options):
    options["suffix"] = junk(random)


def comment(random, entries, options):
    options["comment"] = junk(random)


def comment_of_an_entry(random, entries, options):
    some(random, entries).central["comment"] = junk(random)


def descriptor(random, entries, options):
    """Sizes and CRC behind the data, with or without a signature, the local ones zero or not."""
    entry = some(random, entries)
    numbers = struct.pack("<3L", entry.crc, len(entry.packed), entry.size)
    entry.behind = random.choice([b"PK\7\x08", b""]) + numbers
    for header in random.choice([[entry.local], [entry.local, entry.central], [entry.central], []]):
        header["flags"] = 8
    if random.random() < 0.5:
        entry.local |= {"crc": 0, "packed": 0, "size": 0}


def extra(random, entries, options):
    entry = some(random, entries)
    path = b"\1" + struct.pack("<L", zlib.crc32(entry.name)) + b"other.csv"
    sizes = struct.pack("<2Q", entry.size, len(entry.packed))
    kind, data = random.choice([(0x7075, path), (1, sizes), (0x5455, b"\1" + bytes(4)), (0xCAFE, random.randbytes(5))])
    for header in random.choice([[entry.local], [entry.local, entry.central], [entry.central]]):
        header["extra"] = struct.pack("<2H", kind, len(data)) + data + random.choice([b"", b"", b"x"])
        if kind == 1 and random.random() < 0.7:
            header |= {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "version": random.choice([20, 45])}


def longer(random, entries, options):
    """More packed bytes than the size says; the CRC is that of the size's, or of both."""
    entry = some(random, entries)
    content = content_of(entry)
    more = content + junk(random)
    entry.packed = with_crc(more, zlib.crc32(content)) if random.random() < 0.7 else more
    entry.method, entry.size, entry.crc = 0, len(content), zlib.crc32(content)


def shorter(random, entries, options):
    entry = some(random, entries)
    entry.packed = entry.packed[: -random.randrange(1, 5)]


def a_size_lie(random, entries, options):
    entry = some(random, entries)
    for header in random.choice([[entry.local], [entry.central], [entry.local, entry.central]]):
        lie = random.choice([0, 1, entry.size + 1, max(entry.size - 1, 0), 0xFFFFFFFF, 0xFFFFFFFE])
        header |= dict.fromkeys(random.choice([["size"], ["packed"], ["size", "packed"]]), lie)


def a_header_lie(random, entries, options):
    entry, change = some(random, entries), random.randrange(1, 256)
    fields = ["version", "flags", "method", "time", "date", "crc", "made_by", "disk", "internal", "external", "offset"]
    name = random.choice(fields)
    places = (
        [entry.central]
        if fields.index(name) > 5
        else random.choice([[entry.local], [entry.central], [entry.local, entry.central]])
    )
    for header in places:
        header[name] = entry.honest()[name] ^ change


def a_link(random, entries, options):
    some(random, entries).central["external"] = 0o120777 << 16


def twice(random, entries, options):
    """A name twice: written twice or listed twice, of the same or of other content, beside the first or at the end."""
    entry = copy.deepcopy(some(random, entries))
    if random.random() < 0.5:
        entry.packed = b"other" + entry.packed
        entry.size, entry.crc, entry.method = len(entry.packed), zlib.crc32(entry.packed), 0
    entry.is_listed, entry.is_written = random.choice([(True, True), (False, True), (True, False)])
    place = next(n for n, listed in enumerate(entries) if listed.name == entry.name)
    entry.offset = entries[0].offset
    entries.insert(random.choice([place, place + 1, len(entries)]), entry)


def hidden(random, entries, options):
    """A file that the directory does not list."""
    entries.insert(random.randrange(len(entries)), Entry(b"hidden.sh", junk(random), is_listed=False))


def phantom(random, entries, options):
    """A second entry of the directory for the bytes of a file."""
    entry = copy.deepcopy(some(random, entries))
    entry.is_written, entry.name = False, random.choice([entry.name, b"hit_curve.csv", b"workflow/rules/z.smk"])
    entries.append(entry)


def folder(random, entries, options):
    entries.append(Entry(random.choice([b"workflow/", b"molecules/", b"workflow/rules/", b"a/"]), b""))
    if random.random() < 0.7:
        entries.sort(key=lambda entry: entry.name)


def order(random, entries, options):
    if random.random() < 0.5:
        options["order"] = random.sample(range(len(entries)), len(entries))
    else:
        random.shuffle(entries)


def another_name(random, entries, options):
    entry = some(random, entries)
    name = random.choice(
        [entry.name.upper(), entry.name + b".", entry.name + b" ", b"./" + entry.name, b"\xff" + entry.name]
    )
    if random.random() < 0.5:
        random.choice([entry.local, entry.central])["name"] = name
    else:
        entry.name = name
        entries.sort(key=lambda entry: entry.name)


def behind_the_stream(random, entries, options):
    entry = small(random, entries)
    if entry.method == 0:
        deflated(random, entry)
    entry.packed += junk(random)


def empty_blocks(random, entries, options):
    entry = small(random, entries)
    if entry.method == 0:
        deflated(random, entry)
    more = random.choice(list(deflate.EMPTY.values()))
    entry.packed = deflate.with_more(entry.packed, more, random.choice([0, 0, 0xFF]))


def padding(random, entries, options):
    entry = small(random, entries)
    if entry.method == 0:
        deflated(random, entry)
    end = deflate.read(entry.packed).end
    value = int.from_bytes(entry.packed, "little") | random.randrange(1, 256) << end
    entry.packed = (value & (1 << 8 * len(entry.packed)) - 1).to_bytes(len(entry.packed), "little")


def a_longer_stream(random, entries, options):
    """A stream that unpacks to more or less than the size."""
    entry = small(random, entries)
    content = content_of(entry)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    changed = content + junk(random) if random.random() < 0.7 else content[:-1]
    entry.packed = deflater.compress(changed) + deflater.flush()
    entry.method, entry.size, entry.crc = 8, len(content), zlib.crc32(content)


def an_end_lie(random, entries, options):
    lies = {"disk": 1, "first": 1, "here": 0, "all": random.choice([0, 0xFFFF, len(entries) - 1]), "size": 46}
    lies |= {"offset": random.choice([0, 0xFFFFFFFF])}
    options["end"] = {name: lies[name] for name in random.sample(sorted(lies), random.randrange(1, 3))}


def a_wide_end(random, entries, options):
    """The 64-bit end record of an archive that does not need it."""
    data = build(entries)
    n_files, size, offset = struct.unpack("<H2L", data[-12:-2])
    more = random.choice([b"", b"", b"more"])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44 + len(more), 45, 45, 0, 0, n_files, n_files, size, offset) + more
    options["before_end"] = record + struct.pack("<4sLQL", b"PK\6\7", 0, offset + size, 1)
    if random.random() < 0.5:
        options["end"] = {"here": 0xFFFF, "all": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}


def two_zips(random, entries, options):
    """A whole zip before, behind or in the comment of the other."""
    inner = build([Entry(b"index.md", b"another pack")])
    options |= random.choice(
        [{"prefix": inner, "shifted": random.random() < 0.5}, {"suffix": inner}, {"comment": inner}]
    )


def inside(random, entries, options):
    """A file whose bytes lie inside the bytes of another."""
    outer, inner = random.sample(plain(entries), 2)
    whole = build([inner])
    outer.packed = content_of(outer) + whole[: whole.index(b"PK\1\2")]
    outer.method, outer.size, outer.crc = 0, len(outer.packed), zlib.crc32(outer.packed)
    data = build(entries)
    inner.is_written = False
    inner.central["offset"] = data.rindex(b"PK\3\4", 0, data.index(outer.packed) + len(outer.packed))


BENIGN = [nothing, honestly_deflated]
CHANGES = [
    prefix, gap, behind, before_directory, before_end, suffix, comment, comment_of_an_entry, descriptor, extra, longer,
    shorter, a_size_lie, a_header_lie, a_link, twice, hidden, phantom, folder, order, another_name, behind_the_stream,
    empty_blocks, padding, a_longer_stream, an_end_lie, a_wide_end, two_zips, inside,
]  # fmt: skip


def case(number: int, honest: list[Entry]) -> tuple[list[str], bytes]:
    """(names of its changes, zip) of a case, the same each time."""
    random = Random(number)
    entries, options = copy.deepcopy(honest), {}
    changes = random.sample(CHANGES, random.choice([0, 1, 1, 1, 1, 2])) or [random.choice(BENIGN)]
    if random.random() < 0.2:
        changes.insert(0, honestly_deflated)
    for change in changes:
        change(random, entries, options)
    if random.random() < 0.8:
        resealed(entries)
    return [change.__name__ for change in changes], build(entries, **options)


def look(numbers: range, honest: list[Entry], path: Path) -> Counter[tuple[str, bool]]:
    """How often each change came, and whether verify called it OK."""
    tally: Counter[tuple[str, bool]] = Counter()
    pristine = build(honest)
    for number in numbers:
        names, data = case(number, honest)
        path.write_bytes(data)
        problems = verify(path, quick=True)
        assert not any("the check could not be completed" in problem for problem in problems), (number, names, problems)
        if not problems:
            assert is_canonical(data), f"case {number}: {names}: verify says OK"
        elif data == pristine or set(names) <= {change.__name__ for change in BENIGN}:
            raise AssertionError(f"case {number}: {names}: honest, but {problems}")
        tally.update((name, not problems) for name in names)
    return tally


def test_what_verify_calls_ok_has_no_byte_too_many(honest, tmp_path):
    tally = look(range(QUICK), honest, tmp_path / "case.zip")
    assert {name for name, _ in tally} == {change.__name__ for change in [*BENIGN, *CHANGES]}
    assert tally["nothing", True]
    assert tally["honestly_deflated", True]


@pytest.mark.fuzz
def test_it_has_none_in_many_cases(honest, tmp_path):
    tally = look(range(QUICK, QUICK + CASES), honest, tmp_path / "case.zip")
    for change in [*BENIGN, *CHANGES]:
        print(f"{change.__name__:<22}{tally[change.__name__, True]:>6} OK {tally[change.__name__, False]:>6} refused")


def test_what_must_be_so_can_fail(honest):
    """The judge of the cases sees what it must: of each change, most zips are not canonical."""
    assert is_canonical(build(honest))
    seen = set()
    for number in range(QUICK):
        names, data = case(number, honest)
        try:
            fine = is_canonical(data)
        except Exception:
            fine = False
        if not fine and len(names) == 1:
            seen |= set(names)
    assert seen == {change.__name__ for change in CHANGES}
