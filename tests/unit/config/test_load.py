"""A configuration file costs little to refuse, and a word in it means one thing."""

import json
import time

import pytest
import yaml

from hetero2.config.load import MAX_BYTES, AmbiguousError, load_layer, load_yaml, plain_value
from hetero2.errors import ConfigError


def refused(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.process_time()
    with pytest.raises(ConfigError) as caught:
        load_layer(path)
    assert time.process_time() - began < 1
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(str(path))
    assert "\n" not in caught.value.message
    return caught.value


def bomb():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join(['*' + old] * 9)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(), "line 1: anchors and aliases"),
        ("decoys: &d {k: *d}", "line 1: anchors and aliases"),
        ("decoys: *d", "line 1: anchors and aliases"),
        ("decoys:\n  <<: {k: 4}\n", "line 2: merge keys (<<) are not supported"),
        ("a: " + "[" * 5000 + "]" * 5000, "line 1: more than 20 levels deep"),
        ("a: " + "{b: " * 5000 + "}" * 5000, "line 1: more than 20 levels deep"),
        ("\n".join(" " * n + "a:" for n in range(600)), "line 22: more than 20 levels deep"),
        ("? [a, b]\n: 1", "line 1: a key must be a word"),
        ("? {a: b}\n: 1", "line 1: a key must be a word"),
        ("decoys: {[k]: 1}", "line 1: a key must be a word"),
        ("yes: 1", "line 1: the key yes is not text"),
        ("2024-01-01: 1", "line 1: the key 2024-01-01 is not text"),
        ("# comment\n" * (5 << 20), "larger than 256 kB"),
        ("run_name: a\n---\nrun_name: b", "line 2: a second document"),
        ("run_name: !!python/object/apply:os.system [true]", "line 1: tags (tag:yaml.org,2002:python/object/apply"),
        ("run_name: !!str 010", "line 1: tags"),
        ("run_name: !x 010", "line 1: tags"),
        ("__use_yte__: true\nrun_name: ?1+1", "templates (__use_yte__)"),
        ("decoys:\n\tk: 4", "line 2: not valid YAML"),
        ("decoys: [1", "not valid YAML"),
        (b"run_name: \xe9", "not UTF-8 at byte 10"),
        ("run_name: x".encode("utf-16"), "not UTF-8 at byte 0"),
        (b"run_name: x\0y", "not valid YAML"),
        ("- a", "expected keys and values, found list"),
        ("text", "expected keys and values, found str"),
        ("a: 1\na: 2", "line 2: the key 'a' occurs twice"),
        ("{a: 1, b: {'c': 1, \"c\": 2}}", "line 1: the key 'c' occurs twice"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else str(value)[:24],
)
def test_what_is_no_configuration_is_refused_in_one_line_at_once(tmp_path, text, message):
    assert message in refused(tmp_path / "my.yaml", text).message


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("selection: {k: 010}", "selection.k: 010 is not the same number", "write 10, or '010' in quotes"),
        ("selection: {k: 08}", "selection.k: 08 is not the same number", "write 8"),
        ("selection: {k: -017}", "-017 is not the same number", "write -17"),
        ("selection: {k: 1:10}", "1:10 is not the same number", "write decimal digits"),
        ("selection: {k: 1:30:00}", "1:30:00 is not the same number", "write decimal digits"),
        ("selection: {k: 1_000}", "1_000 is not the same number", "write decimal digits"),
        ("selection: {k: 0x1F}", "0x1F is not the same number", "write decimal digits"),
        ("selection: {k: 0b11}", "0b11 is not the same number", "write decimal digits"),
        ("selection: {k: 0o17}", "0o17 is not the same number", "write decimal digits"),
        ("selection: {k: 1e3}", "1e3 is not the same number", "write 1000"),
        ("audit: {fdr: 1e-1}", "audit.fdr: 1e-1 is not the same number", "write 0.1"),
        ("selection: {k_list: [5, 010]}", "selection.k_list.1: 010 is not", "write 10"),
        ("selection: {k: 5.0}", "selection.k: found 5.0; expected integer", "write k: 5"),
        ("selection: {k: 5.5}", "selection.k: found 5.5; expected integer", None),
        ('selection: {k: "50"}', 'selection.k: found "50"; expected integer', "without quotes: k: 50"),
        ("audit: {fdr: '0.1'}", 'audit.fdr: found "0.1"; expected number', "without quotes: fdr: 0.1"),
        ("scores: {higher_is_better: 'no'}", 'found "no"; expected boolean', "without quotes: higher_is_better: no"),
        ("scores: {higher_is_better: 0}", "found 0; expected boolean", None),
        ("selection: {k: yes}", "selection.k: found yes; expected integer", None),
        ("run_name: 2024-01-01", "run_name: 2024-01-01 without quotes is a date", "write '2024-01-01' in quotes"),
        ("run_name: 2024-01-01 10:00:00", "without quotes is a date", "in quotes"),
        ("run_name: 2024", "run_name: found 2024; expected string or null", "in quotes it is text: run_name: '2024'"),
        ("run_name: 1.10", "run_name: found 1.10; expected string", "run_name: '1.10'"),
        ("run_name: no", "run_name: found no; expected string", "run_name: 'no'"),
        ("run_name: 12:30", "run_name: 12:30 is not the same number", "'12:30' in quotes"),
        ("truth: {sha256: 0" + "1" * 63 + "}", "truth.sha256: 0111", "in quotes for text"),
        ("execution: {download: {ports: ['443']}}", 'ports.0: found "443"; expected integer', "without quotes: 443"),
    ],
)
def test_a_word_that_means_something_else_than_it_seems_is_refused_with_what_to_write(tmp_path, text, message, hint):
    error = refused(tmp_path / "my.yaml", text)
    assert message in error.message
    assert "line 1: " in error.message
    assert error.hint is None if hint is None else hint in error.hint


def test_what_is_plain_is_read_as_it_stands(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_bytes(
        b"\xef\xbb\xbfrun_name: '2024-01-01'\ninput: {path: ~, structures: No}\nselection: {k: 50, k_list: [+5, 0]}\n"
        b"audit: {fdr: .5, sample: {top: 0.5, random: 100}}\nexecution: {command_minutes: 90, results_dir: a:b}\n"
        b'scores: {command: "python m.py {request} {scores}"}\n'
    )
    assert load_layer(path) == {
        "run_name": "2024-01-01",
        "input": {"path": None, "structures": False},
        "selection": {"k": 50, "k_list": [5, 0]},
        "audit": {"fdr": 0.5, "sample": {"top": 0.5, "random": 100}},
        "execution": {"command_minutes": 90, "results_dir": "a:b"},
        "scores": {"command": "python m.py {request} {scores}"},
    }
    for empty in ("", "# nothing\n", "---\n", "{}", "null"):
        path.write_text(empty)
        assert load_layer(path) == {}


CLEAR = ["0", "-1", "+12", "0.5", "1.", "1.5e+3", "true", "Off", "NO", "null", "~", "", "-.inf", "a", "1a", "a:b"]
CLEAR += ["1.2.3", "--", "1-2", "1e", "e1", "01a", "2024-1", "y", "0.0.1"]
UNCLEAR = [
    "010",
    "-010",
    "1:10",
    "1_0",
    "1e3",
    "0x1",
    "0o7",
    "0b1",
    "08",
    "09.5e1",
    "-.5",
    "=",
    "<<",
    "2024-01-01",
    "1_0.5",
]


@pytest.mark.parametrize("word", CLEAR)
def test_what_is_let_through_is_what_the_parser_of_snakemake_reads(word):
    theirs = yaml.load(f"x: {word}", Loader=yaml.FullLoader)["x"]
    assert (type(plain_value(word)), plain_value(word)) == (type(theirs), theirs)


@pytest.mark.parametrize("word", UNCLEAR)
def test_what_versions_of_yaml_read_differently_is_not(word):
    with pytest.raises(AmbiguousError):
        plain_value(word)


def test_json_is_read_strictly(tmp_path):
    path = tmp_path / "my.json"
    path.write_text(json.dumps({"selection": {"k": 50}}, indent="\t"))
    assert load_layer(path) == {"selection": {"k": 50}}
    for text in ('{"a": 1, "a": 2}', '{"a": NaN}', "[" * 5000 + "]" * 5000, "{", '{"selection": {"k": 5.0}}'):
        refused(path, text)


def test_a_folder_or_nothing_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such configuration file"):
        load_yaml(tmp_path / "none.yaml")
    path = tmp_path / "big.yaml"
    path.write_text("a: b\n" + "#" * MAX_BYTES)
    with pytest.raises(ConfigError, match="larger than"):
        load_yaml(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid YAML"),
        ("- a", "found list"),
        ("a: 1\na: 2", "occurs twice"),
        ("{a: 1, b: {c: 1, c: 2}}", "'c' occurs twice"),
    ],
)
def test_a_bad_layer_is_named(tmp_path, text, message):
    path = tmp_path / "my.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_yaml(path)
    assert str(path) in caught.value.message
