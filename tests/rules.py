"""The rules of the workflow, as Snakemake's own parser reads them."""

import ast
from pathlib import Path
from types import SimpleNamespace

from snakemake import parser

from tests.conftest import ROOT


def _calls(path: Path) -> ast.Module:
    """A file of rules as the Python that Snakemake makes of it: a decorated function a rule, a decorator a section."""
    source = SimpleNamespace(get_path_or_uri=lambda **_: str(path))
    workflow = SimpleNamespace(sourcecache=SimpleNamespace(open=lambda _: path.open(encoding="utf-8")))
    return ast.parse(parser.parse(source, workflow, linemap={})[0])


def sections() -> dict[str, dict[str, ast.Call]]:
    """For each rule of rules/, its sections: what `resources`, `params` and so on are called with."""
    rules = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for function in ast.walk(_calls(path)):
            if isinstance(function, ast.FunctionDef):
                calls = [decorator for decorator in function.decorator_list if isinstance(decorator, ast.Call)]
                parts = {call.func.attr: call for call in calls if isinstance(call.func, ast.Attribute)}
                if "rule" in parts:
                    rules[_constant(parts["rule"], "name")] = parts
    return rules


def _constant(call: ast.Call, name: str) -> str:
    (value,) = (keyword.value for keyword in call.keywords if keyword.arg == name)
    assert isinstance(value, ast.Constant)
    return str(value.value)


def constants(call: ast.Call | None) -> list[str]:
    """The texts that stand anywhere in a section; none where a rule lacks it."""
    nodes = ast.walk(call) if call else ()
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
