"""Below the command line nothing ends the process, changes its environment or streams, or keeps state in a module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hetero2.paths import ROOT

MODULES = [*(ROOT / "hetero2").rglob("*.py"), *(ROOT / "snakemake_logger_plugin_hetero2").rglob("*.py")]
COMMAND_LINE = {"hetero2/cli.py", "hetero2/__main__.py"}
# (module, what it does) -> why it may.
ALLOWED = {
    ("hetero2/runtime/isolated.py", "os._exit"): "a forked worker must not run what its parent does at exit",
    (
        "hetero2/report/plots/svg.py",
        "os.environ.pop",
    ): "matplotlib fails at import for a backend that it does not know",
    ("hetero2/service/worker/reaper.py", "sys.exit"): "a program of its own, never imported",
    (
        "hetero2/service/worker/reaper.py",
        "os._exit",
    ): "its child becomes the command; told to end, it must do so at once",
}
ENDS = {"os._exit", "os.abort", "sys.exit", "exit", "quit"}
ENVIRONMENT = {"os.putenv", "os.unsetenv", "os.chdir"} | {
    f"os.environ.{name}" for name in ("update", "setdefault", "pop", "popitem", "clear")
}
PROCESS = ("os.environ", "sys.stderr", "sys.stdout", "sys.stdin", "sys.argv", "sys.path")
MUTABLE = {"list", "dict", "set", "Counter", "defaultdict", "deque", "OrderedDict", "bytearray"}
MUTATORS = set(
    "append extend insert remove pop popitem clear add discard update setdefault appendleft sort reverse".split()
)
READ_AT_IMPORT = {
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "os.getenv",
    "os.environ.get",
    "os.getpid",
    "open",
}


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a name or attribute; a subscript is what it is taken of."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return dotted(node.value) if isinstance(node, ast.Subscript) else ""


def written(node: ast.AST) -> list[ast.AST]:
    """What a statement binds or deletes."""
    if isinstance(node, ast.Assign | ast.Delete):
        return list(node.targets)
    return [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For) else []


def containers(tree: ast.Module) -> set[str]:
    """Names of the lists, dictionaries and sets of a module."""
    names = set()
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        is_literal = isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
        called = value.func if isinstance(value, ast.Call) else None
        called = called.value if isinstance(called, ast.Subscript) else called  # Counter[str]()
        if is_literal or (called is not None and dotted(called).split(".")[-1] in MUTABLE):
            names |= {target.id for target in written(node) if isinstance(target, ast.Name)}
    return names


def at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """What runs when the module is imported: all but bodies of functions and the main program of a script."""
    todo: list[ast.AST] = [node for node in tree.body if "__name__" not in ast.unparse(node).split("\n")[0]]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def changes(tree: ast.Module) -> Iterator[str]:
    """Whatever a module does to its process, or keeps in itself."""
    state = containers(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield f"global {', '.join(node.names)}"
        if isinstance(node, ast.Call) and dotted(node.func) in ENDS | ENVIRONMENT:
            yield dotted(node.func)
        if isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
            yield "raise SystemExit"
        yield from (f"{dotted(target)} =" for target in written(node) if dotted(target) in PROCESS)
    for function in functions:
        hidden = {
            name.id for name in ast.walk(function) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        hidden |= {argument.arg for argument in ast.walk(function) if isinstance(argument, ast.arg)}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                owner = dotted(node.func.value)
                yield from [f"{owner}.{node.func.attr}"] if owner in state - hidden else []
            subscripts = (target for target in written(node) if isinstance(target, ast.Subscript))
            yield from (f"{dotted(target)}[..] =" for target in subscripts if dotted(target) in state - hidden)
    for node in at_import(tree):
        if isinstance(node, ast.Call) and dotted(node.func) in READ_AT_IMPORT:
            yield f"{dotted(node.func)} at import"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_leaves_its_process_alone_and_keeps_no_state(path: Path):
    name = str(path.relative_to(ROOT))
    if name not in COMMAND_LINE:
        done = {change for change in changes(ast.parse(path.read_text())) if (name, change) not in ALLOWED}
        assert done == set()


def test_every_exception_is_needed():
    for (name, change), reason in ALLOWED.items():
        assert change in set(changes(ast.parse((ROOT / name).read_text()))), (name, change)
        assert reason


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("def f():\n    sys.exit(1)", "sys.exit"),
        ("def f():\n    raise SystemExit(1)", "raise SystemExit"),
        ("def f():\n    os._exit(1)", "os._exit"),
        ("def f():\n    os.environ['A'] = '1'", "os.environ ="),
        ("def f():\n    del os.environ['A']", "os.environ ="),
        ("def f():\n    os.environ.setdefault('A', '1')", "os.environ.setdefault"),
        ("def f():\n    os.putenv('A', '1')", "os.putenv"),
        ("def f():\n    sys.stderr = None", "sys.stderr ="),
        ("def f():\n    global A\n    A = 1", "global A"),
        ("A = []\ndef f():\n    A.append(1)", "A.append"),
        ("A: dict[str, int] = {}\ndef f():\n    A['a'] = 1", "A[..] ="),
        ("A = Counter[str]()\ndef f():\n    A['a'] += 1", "A[..] ="),
        ("A = time.time()", "time.time at import"),
        ("class C:\n    a = os.getenv('A')", "os.getenv at import"),
    ],
)
def test_each_kind_of_change_is_seen(code: str, change: str):
    assert list(changes(ast.parse(code))) == [change]


@pytest.mark.parametrize(
    "code",
    [
        "A = []\ndef f():\n    A = []\n    A.append(1)",
        "A = {}\ndef f(A):\n    A['a'] = 1",
        "A = {}\nA['a'] = 1",
        "def f():\n    return time.time(), os.environ.get('A')",
    ],
)
def test_what_a_function_keeps_for_itself_is_no_state(code: str):
    assert list(changes(ast.parse(code))) == []
