import json
import math

import pytest

from hetero2.errors import GateError, InputError
from hetero2.io.files import atomic_path, canonical_json, check_sha256, line_ends, pretty_json, read_json, sha256_file
from hetero2.scoring import hetero_scores


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write_half() -> None:
        with atomic_path(target) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_sha256_gate(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_file(path) == check_sha256(path, digest.upper(), "file") == check_sha256(path, None, "file") == digest
    with pytest.raises(GateError, match="expected 00"):
        check_sha256(path, "00", "file")
    with pytest.raises(InputError, match="no such file"):
        sha256_file(tmp_path / "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1e999}', "too large"),
        ('{"a": "\\ud800"}', "surrogates not allowed"),
        ('{"a": 1, "a": 2}', "occurs twice"),
        ('{"a": ', "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("", "not valid JSON"),
    ],
)
def test_only_strict_json_is_read(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_json(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 20])
def test_ends_of_lines_are_never_counted_short(size):
    text = b"a\r\nb\rc\nd\r\n\r\ne\n\rf"
    blocks = [text[start : start + size] for start in range(0, len(text), size)]
    assert len(text.splitlines()) - 1 <= sum(map(line_ends, blocks)) <= text.count(b"\n") + text.count(b"\r")


def test_a_byte_order_mark_is_skipped_as_in_a_csv(tmp_path):
    path = tmp_path / "a.json"
    document = {
        "schema_version": hetero_scores.SCHEMA,
        "original": {"score": 1, "weight": 1},
        "decoys": {"é": {"score": 2, "weight": 1}},
    }
    path.write_text("\ufeff" + pretty_json(document), encoding="utf-8")
    assert read_json(path) == document
    assert hetero_scores.read(path).decoys == {"é": (2.0, 1.0)}
    path.write_text("\ufeff\ufeff{}", encoding="utf-8")
    with pytest.raises(InputError, match="not valid JSON"):
        read_json(path)


def test_json_must_be_utf8(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(InputError, match="not UTF-8 at byte 7"):
        read_json(path)


def test_what_is_written_is_sorted_and_never_nan():
    assert pretty_json({"b": 1, "a": "é"}) == '{\n  "a": "é",\n  "b": 1\n}\n'
    assert json.loads(canonical_json({"b": [1, 2], "a": None})) == {"a": None, "b": [1, 2]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        pretty_json({"a": math.nan})
