"""The conda recipe and CITATION.cff say what requirements.in, pyproject.toml and the package say."""

import ast
import functools
import re
import tomllib
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hetero2 import __version__
from hetero2.commands.verbs import VERBS
from hetero2.runtime import provenance
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


def brought(names):
    """Packages that come with these, by what their metadata asks for on this machine."""
    packages, waiting = set(), [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in packages:
            packages.add(name)
            needs = map(Requirement, metadata.requires(name) or [])
            waiting += [canonicalize_name(need.name) for need in needs if not need.marker or need.marker.evaluate()]
    return packages


OWNERS = metadata.packages_distributions()


@functools.cache
def packages_of(path):
    """Packages of others that a module imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    names = {name for module in modules for name in OWNERS.get(module.partition(".")[0], [])}
    return {canonicalize_name(name) for name in names} - {"hetero2"}


def rules():
    """Name, environment and verb of every rule."""
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for name, body in re.findall(r"^rule (\w+):\n((?: .*\n|\n)+)", path.read_text(), re.MULTILINE):
            yield name, re.search(r"envs/(\w+)\.yaml", body)[1], name.replace("_", "-")


@pytest.mark.parametrize(("rule", "environment", "verb"), list(rules()))
def test_the_environment_of_a_rule_has_what_its_verb_imports(rule, environment, verb):
    """Under `--sdm conda` a job finds nothing else."""
    dependencies = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())["dependencies"]
    present = brought(name.split()[0] for name in dependencies if not name.startswith("python "))
    sources = provenance.module_sources(VERBS[verb][0]) | provenance.module_sources("hetero2.runtime.log")
    needed = {name: path.name for path in sources if path.suffix == ".py" for name in packages_of(path)}
    assert needed, "nothing was read off its modules"
    assert not {name: file for name, file in needed.items() if name not in present}, rule


def test_every_rule_has_an_environment():
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    assert len(list(rules())) == len(re.findall(r"^rule ", text, re.MULTILINE)) > 30
