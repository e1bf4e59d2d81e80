"""One file that verifies packs, `verify.py`, written from the modules of the package `verification`."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from hetero2.pack import verification

_PACKAGE = verification.__name__
_FUTURE = "from __future__ import annotations"
_COMMAND = f"{_PACKAGE}.command"  # its docstring is that of the file
_END = '\n\nif __name__ == "__main__":\n    sys.exit(main())\n'


def _folder() -> Path:
    return Path(verification.__path__[0])


def sources() -> dict[str, str]:
    """The text of every module of the package by its dotted name; an `__init__` holds a docstring and nothing else."""
    folder = _folder()
    return {
        ".".join((_PACKAGE, *path.relative_to(folder).with_suffix("").parts)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
        if path.name != "__init__.py"
    }


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    yield from (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{_PACKAGE}.")


def _in_order(trees: dict[str, ast.Module]) -> list[str]:
    """The modules, each after those that it imports; else in the order of their names."""
    needs = {
        name: {node.module for node in _imports(tree) if isinstance(node, ast.ImportFrom) and _is_ours(node)}
        for name, tree in trees.items()
    }
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(str(name) for name in sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def _names(tree: ast.Module) -> Iterator[str]:
    """What a module defines at its top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        for target in targets:
            yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


def _check_names(trees: dict[str, ast.Module]) -> None:
    """Raise ValueError where modules put in one file would not mean the same."""
    owners: dict[str, str] = {}
    for module, tree in trees.items():
        for name in _names(tree):
            owner = owners.setdefault(name, module)
            if owner != module:
                raise ValueError(f"{module}: {name} is defined in {owner} too, so one file cannot hold both")
        for node in _imports(tree):
            if any(alias.asname for alias in node.names):
                raise ValueError(f"{module}: line {node.lineno}: one file cannot hold an import under another name")


def _body(text: str, tree: ast.Module, heading: str) -> str:
    """A module without its imports and docstring, below its heading as a comment."""
    lines = text.splitlines()
    dropped = {number for node in _imports(tree) for number in range(node.lineno, (node.end_lineno or 0) + 1)}
    first = tree.body[0]
    dropped |= set(range(1, (first.end_lineno or 0) + 1))
    kept = "\n".join(line for number, line in enumerate(lines, start=1) if number not in dropped).strip("\n")
    comment = "\n".join(f"# {line}".rstrip() for line in heading.splitlines())
    return f"\n\n# {'-' * 117}\n{comment}\n\n{kept}\n"


def _merged_imports(trees: dict[str, ast.Module]) -> str:
    """The imports of the standard library of all modules: modules first, then names, as ruff sorts them."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for tree in trees.values():
        for node in _imports(tree):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif not _is_ours(node) and node.module != "__future__":
                names.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
    modules.add("sys")  # for the last line of the file
    return "\n".join(
        [
            *(f"import {module}" for module in sorted(modules)),
            *(f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)),
        ]
    )


def text() -> str:
    """The program; raises ValueError where the modules cannot stand in one file."""
    modules = sources()
    trees = {name: ast.parse(source) for name, source in modules.items()}
    _check_names(trees)
    about = {name: ast.get_docstring(tree) or "" for name, tree in trees.items()}
    headings = {**about, _COMMAND: "The command line."}
    bodies = "".join(_body(modules[name], trees[name], headings[name]) for name in _in_order(trees))
    head = f'#!/usr/bin/env python3\n"""{about[_COMMAND]}\n"""'
    return f"{head}\n\n{_FUTURE}\n\n{_merged_imports(trees)}\n{bodies}{_END}"
