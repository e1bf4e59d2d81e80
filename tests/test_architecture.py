"""Rules of the house that a reader can rely on."""

import ast
import functools
import io
import json
import re
import shutil
import sys
import tomllib
import types
from pathlib import Path

import pytest
import yaml
from snakemake import parser
from snakemake.sourcecache import LocalSourceFile

from hetero2 import __version__, cli
from hetero2.paths import ROOT
from hetero2.runtime import provenance
from hetero2.runtime.provenance import locked_packages
from tests.conftest import run, tracked_files
from tools import local_names

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
    "screening": {"chem", "stats"},
    "campaign": {"chem", "inputs", "io", "pack", "report", "runtime", "screening", "stats"},
    "scoring": {"chem", "config", "inputs", "io", "runtime", "screening", "stats"},
    "report": {"chem", "inputs", "io", "pack", "runtime"},
    "legacy": {"chem", "io", "report", "scoring", "stats"},
    "workflow": {"campaign", "config", "inputs", "io", "paths", "runtime"},
}
# Of modules in a folder, where it is not 12.
MOST_MODULES = {
    "hetero2": 7,  # __init__ and __main__ among them
    "hetero2/stages": 40,  # one a rule
}
# Share of local names that say nothing of what they hold.
MOST_EMPTY_NAMES = 0.02
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
    room = path.relative_to(PACKAGE).parts[0]
    for module in imports(path):
        if module.split(".")[0] == "rdkit":
            assert room == "chem", "only chem imports RDKit"
        if room in ALLOWED and part(module) is not None:
            assert part(module) in ALLOWED[room] | {room, "errors"}, f"{room} must not import {module}"
        if room not in ("stages", "commands", "cli.py"):
            assert part(module) != "stages", "only the command line imports stages"


def test_verification_imports_the_standard_library_alone():
    """Whoever receives a pack checks it with one file, written from these modules."""
    for path in (PACKAGE / "pack/verification").rglob("*.py"):
        others = {name for name in imports(path) if not name.startswith("hetero2.pack.verification.")}
        assert {name.split(".")[0] for name in others} <= sys.stdlib_module_names, path


def test_modules_are_small_and_functions_short():
    """The compiler keeps what it compiled by the file of its source, so kernels.py stays whole."""
    lengths = []
    for path in MODULES:
        text = path.read_text()
        assert text.count("\n") < 300 or path.name == "kernels.py", path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                lengths.append(node.end_lineno - node.body[0].lineno + 1)
    assert sorted(lengths)[int(len(lengths) * 0.9)] <= 30


def calls_of(tree, name):
    """Every call of a function, as it is written: `workflow.include`."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == name]


@functools.cache
def parsed(path):
    """A file of the workflow as Snakemake's own parser translates it to Python."""
    cache = types.SimpleNamespace(open=lambda source: io.StringIO(Path(source.path).read_text()))
    text, _ = parser.parse(LocalSourceFile(str(path)), types.SimpleNamespace(sourcecache=cache), {})
    return ast.parse(text)


def rules():
    """(file, name, calls by slot) of each rule in rules/; a slot has the name that Snakemake gives it: shellcmd"""
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("__rule_"):
                calls = [call for call in node.decorator_list if isinstance(call, ast.Call)]
                yield path.name, node.name.removeprefix("__rule_"), {call.func.attr: call for call in calls}


RULES = list(rules())


def test_the_snakefile_is_a_table_of_contents():
    assert (ROOT / "Snakefile").read_text().count("\n") <= 80
    assert (ROOT / "rules/common.smk").read_text().count("\n") < 100
    order = [Path(call.args[0].value).stem for call in calls_of(parsed(ROOT / "Snakefile"), "workflow.include")]
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
        "screen",
        "campaign",
        "diagnosis",
        "report",
        "pack",
        "registry",
    ]


def test_no_line_of_the_workflow_is_long():
    for path in (ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")):
        assert max(map(len, path.read_text().splitlines())) <= 120, path.name


@pytest.mark.parametrize(("file", "name", "slots"), RULES, ids=[name for _, name, _ in RULES])
def test_every_rule_is_a_command_with_log_benchmark_environment_and_code_digest(file, name, slots):
    needed = {"docstring", "output", "log", "benchmark", "conda", "resources", "params", "shellcmd"}
    assert needed <= set(slots), f"{file}: {name} lacks {needed - set(slots)}"
    assert not {"script", "notebook", "wrapper"} & set(slots)
    assert "code" in {keyword.arg for keyword in slots["params"].keywords}
    assert words_of(slots)[:3] == ["python", "-m", "hetero2"]


def words_of(slots):
    return ast.literal_eval(slots["shellcmd"].args[0]).split()


def test_rule_verb_and_module_are_one_name():
    """The rules of the Snakefile itself (all, score_requests, the targets) run nothing."""
    names = {name for _, name, _ in RULES}
    assert {name: words_of(slots)[3] for _, name, slots in RULES} == {name: name.replace("_", "-") for name in names}
    assert {cli.VERBS[name.replace("_", "-")][0] for name in names} == {f"hetero2.stages.{name}" for name in names}
    assert {path.stem for path in (PACKAGE / "stages").glob("*.py")} - {"__init__"} == names


def test_folders_are_small_and_say_what_they_hold():
    for folder in {path.parent for path in MODULES}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py" or folder == PACKAGE]
        most = MOST_MODULES.get(folder.relative_to(ROOT).as_posix(), 12)
        assert len(modules) <= most, f"{folder}: {len(modules)} modules"
        body = ast.parse((folder / "__init__.py").read_text()).body
        sentence = ast.get_docstring(ast.Module(body, []))
        assert sentence.endswith("."), folder
        assert "\n" not in sentence, folder
        assert [ast.unparse(node.targets[0]) for node in body[1:]] == (["__version__"] if folder == PACKAGE else [])


@pytest.mark.parametrize("folder", local_names.FOLDERS)
def test_local_names_say_what_they_hold(folder):
    share, empty, _ = local_names.share(sorted((ROOT / folder).rglob("*.py")))
    assert share <= MOST_EMPTY_NAMES, f"`python -m tools.local_names {folder}` lists them: {empty}"


def lint_imports(folder):
    """What import-linter finds in a copy of the package."""
    program = Path(sys.executable).with_name("lint-imports")
    return run(program, "--no-cache", "--no-logo", cwd=folder, env={"PYTHONPATH": str(folder)}, check=False)


PLANTED = {
    "inputs/sdf.py": "from hetero2.workflow import targets",
    "stats/benefit/hit_curve.py": "from hetero2.paths import ROOT",
    "scoring/command.py": "from hetero2.stages import audit",
    "stages/audit.py": "from rdkit import Chem",
    "config/load.py": "import snakemake",
    "io/files.py": "import pandas",
    "service/app.py": "from hetero2.commands import show",
    "screening/funnel.py": "from hetero2.io import files",
}


def test_import_linter_sees_an_import_that_no_room_may_have(tmp_path):
    for name in tracked_files():
        if name.startswith("hetero2/") or name == "pyproject.toml":
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tmp_path / name)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    whole = lint_imports(tmp_path)
    assert whole.returncode == 0, whole.stdout
    assert f"Contracts: {len(contracts)} kept, 0 broken." in whole.stdout
    for name, line in PLANTED.items():
        path = tmp_path / "hetero2" / name
        if not path.parent.exists():
            path.parent.mkdir()
            (path.parent / "__init__.py").write_text('"""A room that is not there yet."""\n')
        path.write_text(f"{path.read_text() if path.exists() else ''}\n{line}\n")
    broken = lint_imports(tmp_path)
    assert broken.returncode == 1
    assert f"Contracts: 0 kept, {len(contracts)} broken." in broken.stdout
    for name in PLANTED:
        assert f"hetero2.{name.removesuffix('.py').replace('/', '.')} -> " in broken.stdout


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "hetero2.__version__"}
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)[1] == __version__


def test_conda_environments_carry_the_versions_of_the_lock():
    locked = {package["name"]: package["version"] for package in locked_packages()}
    for path in (ROOT / "envs").glob("*.yaml"):
        pins = dict(
            re.fullmatch(r"(\S+) ==?([\d.]+)", pin).groups() for pin in yaml.safe_load(path.read_text())["dependencies"]
        )
        assert pins.pop("python") == "3.11"
        assert pins == {name: locked[name] for name in pins}, path.name


def test_locks_have_hashes_and_no_addresses():
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-service.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "index" not in text.replace("--no-emit-index-url", "")
        assert text.count("==") <= text.count("--hash=sha256:")
    run, dev, service = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / f"requirements{name}.lock").read_text(), re.MULTILINE))
        for name in ("", "-dev", "-service")
    )
    assert {name: dev[name] for name in run} == run
    both = service.keys() & dev.keys()  # they are installed into one environment
    assert {name: service[name] for name in both} == {name: dev[name] for name in both}


def test_the_installed_packages_are_those_of_the_lock():
    assert provenance.environment()["matches_lock"]


def test_no_path_of_a_machine_and_no_host_of_a_registry():
    words = [b"/" + b"home/", b"/" + b"root/", b"/" + b"work/", b"pypi" + b".org", b"files.python" + b"hosted"]
    for path in FILES:
        present = [word for word in words if word in path.read_bytes()]
        assert not present, (path, present)


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
    checked = {"type", "description", "enum", "const", "minLength", "pattern", "minimum", "exclusiveMinimum", "maximum"}
    for path in (ROOT / "schemas").glob("*.json"):
        properties = json.loads(path.read_text())["properties"]
        kinds = [
            field.get("type", "string" if {"const", "enum"} & set(field) else "object") for field in properties.values()
        ]
        if not any("object" in kind or "array" in kind for kind in kinds):
            assert all(set(field) <= checked for field in properties.values()), path.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_a_module_imports_is_read_off_its_lines_as_the_parser_reads_it(path):
    ours = {name for name in imports(path) if name.split(".")[0] == "hetero2"}
    assert provenance.imported(path) == ours


def test_templates_belong_to_the_code():
    templates = set((PACKAGE / "report/templates").iterdir())
    assert templates
    assert templates <= provenance.module_sources("hetero2.stages.report")


def test_all_code_that_makes_a_pack_is_in_its_code_digest():
    digested = {
        ast.literal_eval(call.args[0]).removeprefix("stages.")
        for path in (ROOT / "rules").glob("*.smk")
        for call in calls_of(parsed(path), "flow.digest")
    }
    used = digested | {"pack", "report"}
    of_other_packs = {
        "registry_row",
        "separation",
        "campaign_batch",
        "campaign_report",
        "campaign_simulation",
    }  # these read finished packs, or make others
    assert used - of_other_packs == set(provenance.STAGES)
