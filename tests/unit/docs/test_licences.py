"""The page of licences is what the installed packages say, and what needs attention is named in it."""

import re

import pytest

from tools import licences


def test_the_page_is_current():
    assert licences.PAGE.read_text() == licences.page(), "run make docs"


@pytest.mark.parametrize("lock", licences.LOCKS)
def test_every_package_of_a_lock_has_one_row(lock):
    text = licences.PAGE.read_text()
    for name, version in licences.locked(lock).items():
        assert len(re.findall(rf"^\| {re.escape(name)} \| {re.escape(version)} \| .+ \|$", text, re.MULTILINE)) == 1


def test_what_needs_attention_is_exactly_what_is_named():
    everything = {name for lock in licences.LOCKS for name in licences.locked(lock)}
    assert {name for name in everything if licences.needs_attention(licences.licence(name))} == set(licences.ATTENTION)


@pytest.mark.parametrize(
    "expression", ["AGPL-3.0-only", "MIT AND GPL-3.0-or-later", "SSPL-1.0", "CC-BY-NC-4.0", "words"]
)
def test_a_licence_that_is_not_permissive_needs_attention(expression):
    assert licences.needs_attention(expression)


@pytest.mark.parametrize(
    ("lines", "text", "says"),
    [
        ("License-Expression: ISC\nLicense: MIT\n", "", "ISC"),
        ("License: MPL-2.0 AND MIT\n", "", "MPL-2.0 AND MIT"),
        ("License: some words\nClassifier: License :: OSI Approved :: MIT License\n", "", "MIT"),
        ("License: BSD\n", "Neither the name of the author ...", "BSD-3-Clause"),
        ("License: BSD\n", "", "BSD (which one is in its licence file)"),
        ("", "Permission is hereby\n granted, free of charge, to any person", "MIT"),
        (
            "Classifier: License :: OSI Approved :: BSD License\nClassifier: License :: Public Domain\n",
            "",
            "BSD (which one is in its licence file) OR public domain",
        ),
    ],
)
def test_the_first_place_that_says_it_counts(lines, text, says, tmp_path, monkeypatch):
    install(tmp_path, lines, text)
    monkeypatch.syspath_prepend(tmp_path)
    assert licences.licence("some-package") == says


def test_a_package_that_says_nothing_is_named(tmp_path, monkeypatch):
    install(tmp_path, "", "All rights reserved")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyError, match="some-package: nothing says its licence"):
        licences.licence("some-package")


def install(folder, lines, text):
    information = folder / "some_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.4\nName: some-package\nVersion: 1.0\n{lines}")
    (information / "LICENSE").write_text(text)
    (information / "RECORD").write_text("some_package-1.0.dist-info/LICENSE,,\n")
