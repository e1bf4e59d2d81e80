"""The files that a user brings are named, found and readable before any job."""

import pytest

from hetero2.config.resolve import resolve
from hetero2.config.user_files import check_files, user_files
from hetero2.errors import ConfigError

TARGET = "value_utility_realtruth"
MINE = {"run_name": "mine", "input": {"path": "my.csv"}, "scores": {"source": "external"}, "truth": {"source": "none"}}


def test_files_that_are_not_there_or_not_read_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"input\.path: .*no such file"):
        check_files(resolve(TARGET, MINE))
    (tmp_path / "my.xlsx").write_text("")
    with pytest.raises(ConfigError, match="unknown suffix"):
        check_files(resolve(TARGET, MINE | {"input": {"path": str(tmp_path / "my.xlsx")}}))


def test_braces_in_a_path_are_refused(tmp_path):
    (tmp_path / "{a}.csv").write_text("id,smiles\n")
    with pytest.raises(ConfigError, match="braces"):
        check_files(resolve(TARGET, MINE | {"input": {"path": str(tmp_path / "{a}.csv")}}))


def test_the_program_of_a_command_is_watched_where_it_is_the_users_own(tmp_path):
    model = tmp_path / "model"
    model.write_text("#!/bin/sh\n")
    for word, watched in ((str(model), True), ("model", False), ("/usr/bin/python3", False)):
        command = {"source": "command", "command": f"{word} {{request}} {{scores}}"}
        found = user_files(resolve(TARGET, MINE | {"scores": command}))
        assert (model in found.values()) == watched
