"""The conda recipe and CITATION.cff say what requirements.in, pyproject.toml and the package say."""

import re
import tomllib

import pytest
import yaml

from hetero2 import __version__
from tests.conftest import ROOT

# Packages that conda calls otherwise: its `snakemake` and `matplotlib` bring much that no rule uses.
CONDA_NAMES = {"snakemake": "snakemake-minimal", "matplotlib": "matplotlib-base"}
RECIPE = yaml.safe_load((ROOT / "conda/meta.yaml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def constraints(section):
    """Constraint by package name; empty where any version will do."""
    return dict(re.fullmatch(r"(\S+) ?(.*)", words).groups() for words in RECIPE["requirements"][section])


def test_it_needs_at_run_time_what_requirements_in_names():
    lines = (ROOT / "requirements.in").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    needed = constraints("run")
    del needed["python"]
    assert list(needed) == [CONDA_NAMES.get(name, name) for name in wanted]
    assert len(needed) == len(RECIPE["requirements"]["run"]) - 1, "a package is named twice"


def test_python_and_snakemake_have_the_floors_of_the_project():
    floor = PROJECT["project"]["requires-python"]
    assert constraints("run")["python"] == floor
    assert constraints("host")["python"] == floor
    least = re.search(r'^min_version\("(.+)"\)$', (ROOT / "Snakefile").read_text(), re.MULTILINE)[1]
    assert constraints("run")["snakemake-minimal"] == f">={least}"


def test_its_commands_licence_and_summary_are_those_of_the_project():
    scripts = [f"{name} = {place}" for name, place in PROJECT["project"]["scripts"].items()]
    assert RECIPE["build"]["entry_points"] == scripts
    assert RECIPE["about"]["license"] == PROJECT["project"]["license"]
    assert RECIPE["about"]["summary"] == PROJECT["project"]["description"]


def test_it_installs_the_wheel_with_what_builds_it():
    assert RECIPE["build"]["script"].split()[:5] == ["python", "-m", "pip", "install", "."]
    host = {requirement.split()[0] for requirement in RECIPE["requirements"]["host"]}
    assert {"pip", *PROJECT["build-system"]["requires"]} <= host


@pytest.mark.parametrize("name", ["conda/meta.yaml", "CITATION.cff"])
def test_the_version_is_that_of_the_package(name):
    document = yaml.safe_load((ROOT / name).read_text())
    assert document.get("package", document)["version"] == __version__


def test_the_citation_names_who_to_cite_and_the_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["license"] == PROJECT["project"]["license"]
    assert all(author["name"] for author in citation["authors"])
