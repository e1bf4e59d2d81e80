"""The notebooks run from the first cell to the last, and are kept without what they printed."""

import ast
import json
import sys

import nbformat
import pytest

from tests.conftest import ROOT, run

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# As a kernel does it: the cells one after the other in one namespace, and the last value of each is shown.
RUN = """
import ast, json, sys
namespace = {"__name__": "__main__"}
for number, source in enumerate(json.load(sys.stdin), start=1):
    tree = ast.parse(source, f"cell {number}")
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"cell {number}", "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace)
        print(value._repr_html_() if hasattr(value, "_repr_html_") else value)
"""


def code(path):
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def shown(path, folder):
    (folder / "run.py").write_text(RUN)
    (folder / "cells.json").write_text(json.dumps(code(path)))
    call = ["sh", "-c", 'exec "$0" -W error::FutureWarning run.py < cells.json', sys.executable]
    return run(*call, cwd=folder, env={"PYTHONPATH": str(ROOT)}).stdout


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_holds_no_output(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_ten_lines_lead_from_smiles_and_a_function_to_an_answer():
    _, answer, *_ = code(ROOT / "notebooks/audit_a_function.ipynb")
    assert len([line for line in answer.splitlines() if line]) <= 10
    assert ast.unparse(ast.parse(answer).body[-1]) == "audit"


def test_the_audit_of_a_function_runs(tmp_path):
    printed = shown(ROOT / "notebooks/audit_a_function.ipynb", tmp_path)
    assert "the 30 best by score hold " in printed
    page = (ROOT / "docs/api.md").read_text()
    assert code(ROOT / "notebooks/audit_a_function.ipynb")[1] in page
    quoted = [line.removeprefix("> ") for line in page.splitlines() if line.startswith("> ")]
    assert len(quoted) == 2
    assert all(sentence in printed for sentence in quoted)
    assert printed.count("<svg") == 2
    assert "enrichment_factor_5_percent" in printed


def test_the_campaign_runs(tmp_path):
    printed = shown(ROOT / "notebooks/campaign.ipynb", tmp_path)
    assert "screen on 40 labels" in printed
    assert "round 3: today 15 picks, 15 measured" in printed
    assert "the new order" in printed
    assert printed.count("<svg") == 3
