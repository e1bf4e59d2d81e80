"""Write what verification must keep in step with: the digest of the schemas, and the table of docs/pack.md.

python -m tools.verification [--check]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from hetero2.io.files import sha256_file
from hetero2.pack.verification.contracts import schema_sets
from hetero2.pack.verification.recompute.registry import SUBJECTS
from tools import made_files
from tools.made_files import ROOT

_BEGIN, _END = "<!-- checked: written by make docs -->\n", "<!-- end of checked -->\n"


def present_set() -> str:
    """The digest of the schemas in this checkout, as packs carry them."""
    schemas = (ROOT / "schemas").glob(f"*{schema_sets.ENDING}")
    return schema_sets.schema_set({f"{schema_sets.FOLDER}{path.name}": sha256_file(path) for path in schemas})


def sets_module(text: str) -> str:
    """The module of known sets, with the present one at its end."""
    if f'"{present_set()}"' in text:
        return text
    head, end, tail = text.partition('",\n)\n')
    return f'{head}",\n    "{present_set()}{end}{tail}'


def checked_table() -> str:
    """The table of what is checked, in Markdown; what has one source stands in one line."""
    rows = "".join(f"| {what} | {level} | {source} |\n" for what, level, source, *_ in SUBJECTS)
    return f"| what | checked by | from |\n|---|---|---|\n{rows}"


def page(text: str) -> str:
    """docs/pack.md with the present table."""
    head, begin, rest = text.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    return f"{head}{begin}\n{checked_table()}\n{end}{tail}"


def files() -> Iterator[tuple[Path, str]]:
    """(path, its text)."""
    module = Path(schema_sets.__file__)
    yield module, sets_module(module.read_text(encoding="utf-8"))
    yield ROOT / "docs/pack.md", page((ROOT / "docs/pack.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(made_files.main(__doc__, files()))
