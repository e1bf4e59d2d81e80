"""Bytes in a zip that one reader passes over and another reads; names that mean another file on another system."""

import base64
import hashlib
import io
import shutil
import subprocess
import unicodedata
import zipfile
import zlib
from pathlib import Path
from random import Random

import pytest

from hetero2.inputs.summary_rows import page_name
from hetero2.pack import archive, manifest
from hetero2.pack.verification.checking import verify
from hetero2.pack.verification.container.members import inflated, member_blocks
from hetero2.pack.verification.container.safe_names import check_names, name_problem
from hetero2.pack.verification.container.zip_form import Member
from hetero2.pack.verification.layout import CHECKSUMS, MANIFEST, REQUIRED, ROLES, role
from hetero2.pack.verification.presentation.page import policy_of
from hetero2.pack.verification.problems import Problems
from hetero2.paths import ROOT
from hetero2.runtime.provenance import workflow_files
from tests import deflate
from tests.packs import own_folder, relist, zipped
from tests.zips import Entry, build, entries_of, with_crc


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """A zip of the stored old pack with the files that checks read."""
    folder = tmp_path_factory.mktemp("zip")
    return zipped(own_folder(folder / "pack", small=True), folder / "pack.zip")


# --- stored members


def longer(entries):
    """ranked_candidates.csv with bytes behind its size that leave its CRC as it is."""
    entry = next(entry for entry in entries if entry.name == b"ranked_candidates.csv")
    honest = entry.packed
    entry.packed = with_crc(honest + b"BOUGHT,1,elsewhere\n", zlib.crc32(honest))
    return honest


def test_a_member_that_is_longer_than_its_size_is_refused(pack, tmp_path):
    entries = entries_of(pack)
    honest = longer(entries)
    (tmp_path / "hole.zip").write_bytes(build(entries))
    with zipfile.ZipFile(tmp_path / "hole.zip") as opened:
        assert opened.testzip() is None
        assert opened.read("ranked_candidates.csv") == honest
    problem = f"ranked_candidates.csv: it is stored as {len(honest) + 23} bytes, but its size is {len(honest)}"
    assert verify(tmp_path / "hole.zip") == [problem]


@pytest.mark.parametrize("program", ["unzip", "jar"])
def test_other_programs_would_unpack_what_python_does_not_see(program, pack, tmp_path):
    """Why it is refused."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    entries = entries_of(pack)
    honest = longer(entries)
    (tmp_path / "hole.zip").write_bytes(build(entries))
    call = ["unzip", "-q"] if program == "unzip" else ["jar", "xf"]
    subprocess.run([*call, tmp_path / "hole.zip"], cwd=tmp_path, capture_output=True, timeout=120)
    unpacked = (tmp_path / "ranked_candidates.csv").read_bytes()
    assert unpacked != honest
    assert b"BOUGHT,1,elsewhere" in unpacked


def test_a_member_that_is_shorter_than_its_size_is_refused(pack, tmp_path):
    entries = entries_of(pack)
    entries[0].packed = entries[0].packed[:-1]
    (tmp_path / "short.zip").write_bytes(build(entries))
    assert "but its size is" in verify(tmp_path / "short.zip")[0]


# --- deflated members


def deflated(content, level=9, strategy=zlib.Z_DEFAULT_STRATEGY):
    deflater = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return deflater.compress(content) + deflater.flush()


def inflate(packed, size):
    return b"".join(inflated(io.BytesIO(packed), len(packed), size))


def contents(random):
    """Contents of many sizes: noise, letters, numbers as in a table, runs."""
    sizes = [*range(70), *(random.randrange(1, 100_001) for _ in range(40)), 16_383, 32_768, 65_535, 100_000]
    for size in sizes:
        yield random.randbytes(size)
        yield bytes(random.choices(b"ACGT\n", k=size))
        yield ",".join(f"{random.random():.6f}" for _ in range(size // 9 + 1)).encode()[:size]
        yield random.randbytes(1 + size // 50) * 50
        yield bytes(size)


def test_what_zlib_deflates_is_read_at_every_size():
    """Whatever way it deflates, and unless its stream ends with an empty block, as the slow reader sees."""
    random, n_refused = Random(3), 0
    for content in contents(random):
        for level, strategy in ((9, 0), (1, 0), (6, zlib.Z_HUFFMAN_ONLY), (9, zlib.Z_FIXED)):
            packed = deflated(content, level, strategy)
            try:
                assert inflate(packed, len(content)) == content
            except ValueError:
                n_refused += 1
                assert deflate.read(packed).blocks[-1] == 0, (len(content), level, strategy)
    assert n_refused < 20


def with_an_empty_end():
    """Contents that zlib itself ends with an empty block: their last match is the last symbol of a full block."""
    random = Random(1)
    noise = random.randbytes(17_000)
    for size in range(16_370, 16_400):
        content = noise[:size] + noise[:200]
        if deflate.read(deflated(content)).blocks[-1] == 0:
            yield content


def test_a_pack_that_the_product_deflates_always_verifies(tmp_path):
    random, folder = Random(4), tmp_path / "files"
    folder.mkdir()
    hard = list(with_an_empty_end())
    assert hard or zlib.ZLIB_RUNTIME_VERSION != "1.2.13"  # another zlib may fill its blocks in another way
    named = {f"{n:05d}": content for n, content in enumerate([*hard, *contents(random)])}
    for name, content in named.items():
        (folder / name).write_bytes(content)
    archive.write_zip([(name, folder / name) for name in named], tmp_path / "d.zip", compress=True)
    with zipfile.ZipFile(tmp_path / "d.zip") as opened:
        infos = opened.infolist()
        assert {info.filename: opened.read(info) for info in infos} == named
    kinds = [info.compress_type for info in infos]
    assert kinds == [zipfile.ZIP_STORED] * len(hard) + [zipfile.ZIP_DEFLATED] * (len(named) - len(hard))
    with (tmp_path / "d.zip").open("rb") as stream:
        for info in infos:
            place = (
                info.filename,
                info.compress_type,
                info.CRC,
                info.compress_size,
                info.file_size,
                info.header_offset,
            )
            assert b"".join(member_blocks(stream, Member(*place))) == named[info.filename]


def test_the_slow_reader_of_deflate_agrees_with_zlib():
    random = Random(5)
    for content in (random.randbytes(3000), bytes(random.choices(b"ACGT\n", k=3000)), b"", b"a", bytes(70_000)):
        for level, strategy in ((9, 0), (1, 0), (6, zlib.Z_HUFFMAN_ONLY), (9, zlib.Z_FIXED)):
            packed = deflated(content, level, strategy)
            stream = deflate.read(packed)
            assert stream.content == content
            assert stream.is_whole(packed)


@pytest.mark.parametrize("more", deflate.EMPTY)
@pytest.mark.parametrize("padding", [0, 0xFF])
def test_a_stream_with_empty_blocks_at_its_end_is_refused(more, padding):
    random = Random(6)
    for size in [*range(40), *(random.randrange(40, 3000) for _ in range(40))]:
        for content in (random.randbytes(size), bytes(random.choices(b"ACGT\n", k=size)), bytes(size)):
            for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED):
                packed = deflate.with_more(deflated(content, strategy=strategy), deflate.EMPTY[more], padding)
                assert zlib.decompress(packed, -15) == content
                with pytest.raises(ValueError, match="deflate stream"):
                    inflate(packed, size)


def test_a_stream_with_bits_in_its_padding_or_bytes_behind_it_is_refused():
    random, n_padded = Random(7), 0
    for size in range(1, 200):
        content = random.randbytes(size)
        packed = deflated(content, strategy=zlib.Z_HUFFMAN_ONLY)
        end = deflate.read(packed).end
        for bit in range(end, 8 * len(packed)):
            value = int.from_bytes(packed, "little") | 1 << bit
            n_padded += 1
            with pytest.raises(ValueError, match="has bits set in its padding"):
                inflate(value.to_bytes(len(packed), "little"), size)
        for tail in (b"\0", b"\3\0", b"x" * 10, random.randbytes(5)):
            with pytest.raises(ValueError, match="does not end with its last packed byte"):
                inflate(packed + tail, size)
        for wrong in (size - 1, size + 1):
            with pytest.raises((ValueError, zlib.error)):
                inflate(packed, wrong)
    assert n_padded > 100


@pytest.mark.parametrize("packed", [b"", b"\3", b"\3\0\0", b"\1\0\0\xff\xff", b"\2\0\3\0", b"\x03\x80"])
def test_an_empty_file_is_deflated_in_one_way(packed):
    assert inflate(b"\3\0", 0) == b""
    with pytest.raises((ValueError, EOFError)):
        inflate(packed, 0)


# --- names

NAMES = {
    "a device name on Windows": [
        "CON",
        "nul.txt",
        "workflow/rules/aux.smk",
        "com1.html",
        "LPT9",
        "Com\u00b9.x",
        "conout$",
        "nul .x",
    ],
    "ends in a dot or a space": ["a.", "workflow /x", "b ", "workflow/rules./x.smk", "..."],
    "control, bidirectional or surrogate": [
        "a\x07",
        "a\x85",
        "a\u202egpj.csv",
        "\u2066a",
        "a\u200f",
        "\u061ca",
        "a\ufeff",
        "a\u2028",
    ],
    "a part of more than 255 bytes": ["x" * 256, "workflow/rules/" + "x" * 252 + ".smk", "\u00e9" * 128],
    "more than 8 parts": ["a/" * 8 + "a"],
    "could leave the folder": ["../a", "/a", "a//b", "a\\b", "c:x", "a/./b"],
    "an entry for a folder": ["workflow/", "a/b/"],
}


@pytest.mark.parametrize(("reason", "name"), [(reason, name) for reason, names in NAMES.items() for name in names])
def test_a_name_that_is_unsafe_somewhere_is_refused(reason, name, pack, tmp_path):
    entries = sorted([*entries_of(pack), Entry(name.encode(), b"x")], key=lambda entry: entry.name.decode())
    (tmp_path / "names.zip").write_bytes(build(entries))
    problems = verify(tmp_path / "names.zip")
    assert any(reason in problem for problem in problems), problems


@pytest.mark.parametrize("name", ["nul.txt", "a. ", "a\u202eb", "x" * 255, "CON/x"])
def test_the_same_in_a_folder(name, pack, tmp_path):
    with zipfile.ZipFile(pack) as opened:
        opened.extractall(tmp_path / "pack")
    path = tmp_path / "pack" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    problems = verify(tmp_path / "pack")
    assert ("extra file" if name[0] == "x" else " name ") in problems[0]


@pytest.mark.parametrize(
    "names",
    [
        ("summary.csv", "Summary.csv"),
        ("workflow/rules/a.smk", "workflow/rules/A.smk"),
        ("workflow/x", "Workflow/y"),
        ("na\u00efve", "nai\u0308ve"),
        ("\u212b", "\u00c5"),
        ("stra\u00dfe", "STRASSE"),
        ("\ufb01le", "file"),
    ],
)
def test_names_that_are_one_somewhere_are_refused(names):
    problems = Problems()
    assert not check_names(names, problems)
    assert any("the same name as" in problem for problem in problems)


@pytest.mark.parametrize(
    "names", [("a", "a/b"), ("A", "a/b/c"), ("a", "a!", "a/b"), ("molecules", "molecules/00000000.html")]
)
def test_a_file_beside_a_folder_of_its_name_is_refused(names):
    problems = Problems()
    assert not check_names(names, problems)
    assert any("both a file and a folder" in problem for problem in problems)


def test_every_file_that_the_product_packs_has_a_role():
    for path in workflow_files():
        assert role(f"workflow/{path.relative_to(ROOT).as_posix()}") == "workflow"
    assert role(page_name(0)) == role(page_name(99_999_999)) == "page of a molecule"
    assert set(REQUIRED) - {MANIFEST, CHECKSUMS} <= set(ROLES)
    problems = Problems()
    names = [
        *ROLES,
        *(f"workflow/{path.relative_to(ROOT).as_posix()}" for path in workflow_files()),
        page_name(7),
    ]
    assert check_names(names, problems)
    assert problems == []
    for letter in map(chr, range(0x3000)):
        assert unicodedata.category(letter) not in ("Cc", "Cf") or name_problem(f"a{letter}b"), letter


STRANGE = [
    "molecules/1.html",
    "molecules/00000001.svg",
    "molecules/\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668.html",
    "molecules/000000001.html",
    "molecules/a/00000001.html",
    "workflow/run.sh",
    "workflow/rules/evil.py",
    "workflow/Snakefile.bak",
    "workflow/schemas/x/y.json",
    "workflow/.git/config",
    "workflow/envs/x.yml",
    "pack.html",
]


@pytest.mark.parametrize("name", STRANGE)
def test_a_file_without_a_role_is_refused_although_both_lists_have_it(name, tmp_path):
    folder = own_folder(tmp_path / "pack", small=True)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("x")
    with pytest.raises(KeyError):
        manifest.role_of(name)
    text = f"{name}: extra file, no pack holds a file of this name"
    assert text in verify(folder)
    assert text in verify(zipped(folder, tmp_path / "strange.zip"))


def test_the_role_in_the_manifest_is_that_of_the_file(tmp_path):
    folder = own_folder(tmp_path / "pack", small=True)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"role": "truth"', '"role": "summary"'))
    assert "manifest.json: the role of truth.csv is 'summary', not 'truth'" in verify(folder)


def test_a_page_and_another_rule_are_allowed(tmp_path):
    folder = own_folder(tmp_path / "pack")
    (folder / "molecules").mkdir()
    nothing = base64.b64encode(hashlib.sha256(b"").digest()).decode()  # a page of a molecule has no script
    policy = f'<meta http-equiv="Content-Security-Policy" content="{policy_of(nothing)}">'
    (folder / "molecules/00000012.html").write_text(f"{policy}<title>aspirin</title><p>")
    with (folder / "index.md").open("a") as index:
        index.write("\n[aspirin](molecules/00000012.html)\n")
    (folder / "workflow/rules/captions").mkdir()
    (folder / "workflow/rules/captions/pack.rst").write_text("x")
    relist(folder)
    assert verify(folder) == []
    assert verify(zipped(folder, tmp_path / "pages.zip", compress=True)) == []


def test_nothing_between_the_files_and_the_directory(pack, tmp_path):
    for changes in ({"before_directory": b"x"}, {"prefix": b"#!"}, {"suffix": b"x"}, {"comment": b"x"}):
        (tmp_path / "more.zip").write_bytes(build(entries_of(pack), **changes))
        with zipfile.ZipFile(tmp_path / "more.zip") as opened:
            assert opened.testzip() is None
        assert verify(tmp_path / "more.zip"), changes
    assert build(entries_of(pack)) == pack.read_bytes()
    assert Path(tmp_path / "more.zip").exists()
