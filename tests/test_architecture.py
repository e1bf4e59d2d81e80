"""Rules of the house that a reader can rely on."""

import ast
import json
import re
import tomllib

import pytest
import yaml

from hetero2 import __version__
from hetero2.paths import ROOT
from hetero2.runtime import provenance
from hetero2.runtime.provenance import locked_packages
from tests.conftest import tracked_files

PACKAGE = ROOT / "hetero2"
MODULES = sorted(PACKAGE.rglob("*.py"))
# What a room may import of ours, besides itself and errors.
ALLOWED = {
    "stats": set(),
    "pack": set(),
    "chem": set(),
    "io": {"paths"},
    "config": {"io", "paths"},
    "runtime": {"chem", "config", "io", "paths"},
    "inputs": {"chem", "io", "runtime"},
    "scoring": {"chem", "config", "inputs", "io", "runtime", "stats"},
    "report": {"chem", "inputs", "io", "pack", "runtime"},
    "legacy": {"chem", "io", "report", "scoring", "stats"},
    "workflow": {"config", "inputs", "io", "paths", "runtime"},
}
FILES = [ROOT / name for name in tracked_files()]


def imports(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(module):
    return module.split(".")[1] if module.startswith("hetero2.") and module != "hetero2.__version__" else None


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_dependency_rule(path):
    own = path.relative_to(PACKAGE).parts[0]
    for module in imports(path):
        if module.split(".")[0] == "rdkit":
            assert own == "chem", "only chem imports RDKit"
        if own in ALLOWED and part(module) is not None:
            assert part(module) in ALLOWED[own] | {own, "errors"}, f"{own} must not import {module}"
        if own not in ("stages", "commands", "cli.py"):
            assert part(module) != "stages", "only the command line imports stages"


def test_verify_imports_the_standard_library_alone():
    import sys

    names = {name.split(".")[0] for name in imports(PACKAGE / "pack/verify.py")}
    assert names <= set(sys.stdlib_module_names)


def test_modules_are_small_and_functions_short():
    """verify.py must work as a single copied file; the compiler keeps what it compiled by the file of its source."""
    lengths = []
    for path in MODULES:
        text = path.read_text()
        assert text.count("\n") < 300 or path.name in ("verify.py", "kernels.py"), path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lengths.append(node.end_lineno - node.body[0].lineno + 1)
    assert sorted(lengths)[int(len(lengths) * 0.9)] <= 30


def test_the_snakefile_is_a_table_of_contents():
    assert (ROOT / "Snakefile").read_text().count("\n") < 60
    assert (ROOT / "rules/common.smk").read_text().count("\n") < 100
    order = re.findall(r'include: "rules/(\w+).smk"', (ROOT / "Snakefile").read_text())
    assert order == [
        "common",
        "input",
        "decoys",
        "scores",
        "audit",
        "controls",
        "summary",
        "truth",
        "cost_lift",
        "report",
        "pack",
        "registry",
    ]


def test_every_rule_is_a_command_with_log_benchmark_environment_and_code_digest():
    for path in (ROOT / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            for slot in ('"""', "output:", "log:", "benchmark:", "conda:", "resources:", "code=", "python -m hetero2 "):
                assert slot in rule, (path.name, rule.split(":")[0], slot)
            assert "run:" not in rule
            assert "script:" not in rule


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "hetero2.__version__"}
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)[1] == __version__


def test_conda_environments_carry_the_versions_of_the_lock():
    locked = {package["name"]: package["version"] for package in locked_packages()}
    for path in (ROOT / "envs").glob("*.yaml"):
        pins = dict(
            re.fullmatch(r"(\S+) =(\S+)", pin).groups() for pin in yaml.safe_load(path.read_text())["dependencies"]
        )
        assert pins.pop("python") == "3.11"
        assert pins == {name: locked[name] for name in pins}, path.name


def test_locks_have_hashes_and_no_addresses():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "index" not in text.replace("--no-emit-index-url", "")
        assert text.count("==") <= text.count("--hash=sha256:")
    dev = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE))
    run = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert {name: dev[name] for name in run} == run


def test_the_installed_packages_are_those_of_the_lock():
    assert provenance.environment()["matches_lock"]


def test_no_path_of_a_machine_and_no_host_of_a_registry():
    words = [b"/" + b"home/", b"/" + b"root/", b"/" + b"work/", b"pypi" + b".org", b"files.python" + b"hosted"]
    for path in FILES:
        found = [word for word in words if word in path.read_bytes()]
        assert not found, (path, found)


def test_every_schema_is_valid_and_explains_its_fields():
    import jsonschema

    for path in (ROOT / "schemas").glob("*.json"):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == path.name
        assert schema["title"]
        assert schema["description"]
        for name, field in schema["properties"].items():
            assert {"description", "const", "$ref"} & set(field) or path.name == "config.schema.json", (path.name, name)
        if path.name != "config.schema.json":
            assert path.name.removesuffix(".schema.json") in (ROOT / "docs/contracts/README.md").read_text(), path.name


def test_row_schemas_use_only_what_the_checks_of_tables_know():
    known = {"type", "description", "enum", "const", "minLength", "pattern", "minimum", "exclusiveMinimum", "maximum"}
    for path in (ROOT / "schemas").glob("*.json"):
        properties = json.loads(path.read_text())["properties"]
        kinds = [
            field.get("type", "string" if {"const", "enum"} & set(field) else "object") for field in properties.values()
        ]
        if not any("object" in kind or "array" in kind for kind in kinds):
            assert all(set(field) <= known for field in properties.values()), path.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_a_module_imports_is_read_off_its_lines_as_the_parser_reads_it(path):
    ours = {name for name in imports(path) if name.split(".")[0] == "hetero2"}
    assert provenance.imported(path) == ours


def test_templates_belong_to_the_code():
    templates = set((PACKAGE / "report/templates").iterdir())
    assert templates
    assert templates <= provenance.module_sources("hetero2.stages.report")


def test_all_code_that_makes_a_pack_is_in_its_code_digest():
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    used = set(re.findall(r'flow\.digest\("stages\.(\w+)"', rules)) | {"pack", "report"}
    assert used - {"registry_row", "separation"} == set(provenance.STAGES)  # these read finished packs
