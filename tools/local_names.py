"""The share of local names that do not say what they hold: `python -m tools.local_names`.

It counts the places where a function binds a name of its own: assignments, and the targets of loops, comprehensions
and `with`; an empty name of a parameter counts as well. A name such as `found` leaves the reader to find out what it
is; `n_hits` does not.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EMPTY_NAMES = frozenset({"found", "one", "known", "own", "told", "made", "wanted", "here", "given", "other"})
FOLDERS = ("hetero2", "tools", "benchmarks", "tests")


def bound_names(path: Path) -> Iterator[tuple[str, int]]:
    """(name, line) of every place in a file where a function binds a local name; of parameters only the empty ones."""
    functions = (
        node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef | ast.Lambda)
    )
    seen: set[tuple[str, int, int]] = set()  # a nested function is walked with each function around it
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.arg) and node.arg in EMPTY_NAMES:
                seen.add((node.arg, node.lineno, node.col_offset))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                seen.add((node.id, node.lineno, node.col_offset))
    yield from ((name, line) for name, line, _ in sorted(seen, key=lambda place: place[1:]))


def share(paths: list[Path]) -> tuple[float, Counter[str], int]:
    """(share of empty names, how often each of them is bound, number of all bindings) in these files."""
    names = Counter(name for path in paths for name, _ in bound_names(path))
    empty = Counter({name: names[name] for name in EMPTY_NAMES if names[name]})
    total = names.total()
    return empty.total() / total if total else 0.0, empty, total


def _files(root: Path) -> list[Path]:
    return [root] if root.is_file() else sorted(root.rglob("*.py"))


def main() -> int:
    """Print the share by folder; with paths as arguments also every place in them."""
    for root in map(Path, sys.argv[1:]):
        for path, (name, line) in ((p, place) for p in _files(root) for place in bound_names(p)):
            if name in EMPTY_NAMES:
                print(f"{path}:{line}: {name}")
    for folder in FOLDERS:
        value, empty, total = share(sorted((ROOT / folder).rglob("*.py")))
        print(f"{folder:<12} {100 * value:5.1f} % of {total:,} bindings   {dict(empty.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
