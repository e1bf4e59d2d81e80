"""What an operator gets wrong with `hetero2 admin` is said in plain words, and changes nothing."""

import pytest

from hetero2.errors import ConfigError
from hetero2.service.commands import admin

pytestmark = pytest.mark.service


def _admin(tmp_path, *words):
    import argparse

    parser = argparse.ArgumentParser()
    admin.add_arguments(parser)
    return admin.run(parser.parse_args([*words, "--folder", str(tmp_path / "service")]))


@pytest.mark.parametrize("role", ["server", "worker"])
def test_who_does_not_own_the_tables_makes_no_organisation(where, tmp_path, role):
    with pytest.raises(ConfigError, match="permission denied") as refused:
        _admin(tmp_path, "create-org", "mine", "--owner", "a@b.example", "--database", getattr(where, role))
    assert "owner of the tables" in refused.value.hint


@pytest.mark.parametrize("email", ["owner@localhost", "a\udcff@b.example", "a\u200b@b.example", "a\n@b.example"])
def test_an_owner_has_an_address_of_their_own(where, tmp_path, email):
    with pytest.raises(ConfigError):
        _admin(tmp_path, "create-org", "mine", "--owner", email, "--database", where.owner)


def test_what_is_not_utf8_is_no_name(where, tmp_path):
    with pytest.raises(ConfigError, match="UTF-8"):
        _admin(tmp_path, "token", "a@b.example", "--org", "\udcff", "--database", where.owner)
