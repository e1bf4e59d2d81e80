"""The files written from the models are current, and every key is explained."""

import json

import pytest
import yaml

from hetero2.config import keys
from hetero2.config.models import Configuration
from hetero2.config.score_sources import REFERENCES, STAND_INS
from hetero2.config.validate import defaults
from hetero2.paths import CONFIG
from tools import config_files


@pytest.mark.parametrize(("path", "text"), list(config_files.files()), ids=["schema", "defaults"])
def test_the_written_files_are_those_of_the_models(path, text):
    assert path.read_text(encoding="utf-8") == text, "run make docs"


def test_the_written_defaults_are_those_of_a_run():
    written = yaml.safe_load((CONFIG / "default.yaml").read_text())
    assert json.dumps(written) == json.dumps(defaults())
    assert {name: keys.default(name) for name in Configuration.model_fields} == written


def test_every_source_of_scores_may_be_named():
    assert keys.at(("scores", "source"))["enum"] == ["external", "command", *REFERENCES, *STAND_INS]


def sections(section):
    yield section
    for field in section.model_fields.values():
        if isinstance(field.annotation, type) and hasattr(field.annotation, "model_fields"):
            yield from sections(field.annotation)


def test_every_key_has_a_default_and_no_other_than_its_own_type():
    for section in sections(Configuration):
        assert section.model_config["strict"]
        assert section.model_config["extra"] == "forbid"
        assert not any(field.is_required() for field in section.model_fields.values()), section


def test_every_default_is_explained_and_every_key_has_a_default():
    text = (CONFIG / "default.yaml").read_text()
    for line in text.splitlines():
        if line.startswith("  ") and ":" in line and not line.strip().startswith("#"):
            assert (
                "#" in line or "#" in text[: text.index(line)].splitlines()[-1] or line.strip().startswith("source:")
            ), line
