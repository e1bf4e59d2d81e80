"""The command line: groups of verbs, unknown verbs, and what a process of it does not import."""

import ast
import importlib
import re
import subprocess
import sys

import pytest

from hetero2 import cli
from tests.conftest import ROOT


def test_the_overview_has_all_verbs_in_their_groups(capsys):
    assert list(cli.GROUPS) == ["start here", "decide", "evidence", "service", "inside the workflow"]
    assert sum(map(len, cli.GROUPS.values())) == len(cli.VERBS), "a verb stands in one group"
    assert cli.main(["--help", "all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:-1] for line in lines if line.endswith(":") and not line.startswith(" ")] == list(cli.GROUPS)
    words = [line.split()[0] for line in lines if line.startswith("  ")]
    assert [word for word in words if word != "e.g."] == list(cli.VERBS)
    assert all(len(line) <= 100 for line in lines)


def test_a_person_sees_the_verbs_for_people_and_an_example_of_each_group(capsys):
    assert cli.main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for group, verbs in cli.GROUPS.items():
        assert (f"{group}:" in lines) == (group != cli.INSIDE)
        assert all(any(line.startswith(f"  {verb} ") for line in lines) == (group != cli.INSIDE) for verb in verbs)
    examples = [line.split("e.g. ")[1].split() for line in lines if "e.g. " in line]
    assert [words[0] for words in examples] == ["hetero2"] * 4
    for group, words in zip(cli.EXAMPLES, examples, strict=True):
        assert words[1] in cli.GROUPS[group]


def test_without_a_verb_the_overview_is_printed_and_the_call_has_failed(capsys):
    assert cli.main([]) == 2
    assert capsys.readouterr().out.startswith("usage: hetero2 <verb> [options]\n")


def test_the_version(capsys):
    assert cli.main(["--version"]) == 0
    printed = capsys.readouterr().out
    assert re.fullmatch(r"hetero2 [\d.]+ \(.*\)\nPython 3.*\nrdkit \S+, snakemake \S+, .*\n", printed)


@pytest.mark.parametrize(
    ("verb", "meant"),
    [("deocys", "decoys"), ("verfy", "verify"), ("cost_lift", "cost-lift"), ("shwo", "show"), ("nonsense", None)],
)
def test_an_unknown_verb_is_met_with_the_nearest(capsys, verb, meant):
    assert cli.main([verb]) == 2
    printed = capsys.readouterr()
    asked = f"; did you mean {meant!r}?" if meant else ""
    assert printed.err == f"error: unknown verb {verb!r}{asked}\nhint: `hetero2 --help` lists the verbs\n"
    assert printed.out == ""


def test_verbs_of_another_program_have_no_groups(capsys):
    verbs = {"release": ("tools.release.verb", "plan a release")}
    assert cli.main(["--help"], verbs, "python -m tools.release") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("usage: python -m tools.release <verb> [options]\n\nverbs:\n  release  plan a release\n")
    assert cli.main(["relaese"], verbs, "python -m tools.release") == 2
    assert "did you mean 'release'?" in capsys.readouterr().err


@pytest.mark.parametrize("verb", cli.VERBS)
def test_a_verb_is_a_sentence_and_its_module_says_how_it_is_called(verb):
    module_name, text = cli.VERBS[verb]
    assert text[0].islower()
    assert text[-1] != "."
    body = ast.parse(ROOT.joinpath(*module_name.split(".")).with_suffix(".py").read_text()).body
    assert {"add_arguments", "run"} <= {node.name for node in body if isinstance(node, ast.FunctionDef)}
    examples = [
        node.value for node in body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLE"
    ]
    assert [ast.literal_eval(example).split()[:2] for example in examples] == [["hetero2", verb]]


def test_help_of_a_verb_shows_its_example(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["verify", "--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "Verify an evidence pack (zip or folder)." in printed
    assert importlib.import_module("hetero2.pack.verify").EXAMPLE in printed


def modules_after(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_the_command_line_imports_the_module_of_its_verb_alone():
    loaded = modules_after("import hetero2.cli")
    assert not {"pyarrow", "numpy", "rdkit", "yaml", "difflib", "hetero2.api"} & loaded
    loaded = modules_after("from hetero2.cli import main; main(['verify', 'nothing.zip'])")
    assert not {"pyarrow", "numpy", "rdkit", "yaml"} & loaded


def test_pyarrow_does_not_bring_pandas_along():
    """It does so with the first array that it makes, where nobody keeps it from it."""
    call = "from hetero2.cli import main; main(['audit', '--molecules=a', '--scores=b', '--run=c', '--out=d'])"
    loaded = modules_after(f"{call}; import pyarrow; pyarrow.array(['a'])")
    assert "pyarrow" in loaded
    assert "pandas" not in loaded
    assert "pandas" in modules_after("import pyarrow; pyarrow.array(['a'])")


def test_a_log_takes_no_other_files_place(tmp_path, capsys):
    path = tmp_path / "known.csv"
    path.write_text("id,smiles,label\n")
    assert cli.main(["verify", str(path), "--log", str(path)]) == 2
    assert "is not a log" in capsys.readouterr().err
    assert path.read_text() == "id,smiles,label\n"


def test_a_package_that_is_not_installed_is_one_error(capsys, monkeypatch):
    monkeypatch.setattr(cli, "VERBS", {})

    def missing(*_):
        raise ModuleNotFoundError("No module named 'rdkit'", name="rdkit.Chem")

    monkeypatch.setattr(cli, "_parser", missing)
    assert cli.main(["any"], {"any": ("nowhere", "does nothing")}) == 2
    assert "the package rdkit is not installed" in capsys.readouterr().err
