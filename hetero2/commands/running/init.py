"""init: look at a user's files, say what they are, and write a configuration with comments."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hetero2.commands.own_columns import add_columns, names_of
from hetero2.commands.running import preflight
from hetero2.errors import ConfigError
from hetero2.inputs.recognised import converted
from hetero2.inputs.recognised.in_form import InForm, of_own_files
from hetero2.inputs.recognised.labels import Rule
from hetero2.inputs.recognised.written import Brought
from hetero2.inputs.truth import read_truth
from hetero2.io.files import check_file, write_text
from hetero2.runtime.finite import finite
from hetero2.runtime.log import printable

EXAMPLE = "hetero2 init library.csv train.csv truth.csv --out my.yaml"
_ROLES = {"library": "library", "train": "training set", "truth": "truth", "scores": "table of scores"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the files, and where the configuration is written."""
    parser.add_argument("files", nargs="*", type=Path, help="your files, in any order")
    for role, what in _ROLES.items():
        parser.add_argument(f"--{role}", type=Path, help=f"which file is the {what}, where its columns do not show it")
    parser.add_argument("--threshold", type=finite, help="a result of at least this number is a hit")
    parser.add_argument(
        "--lower-is-hit", action="store_true", help="a result of at most --threshold is a hit, as for an IC50"
    )
    columns = add_columns(parser, "column of results, in truth and train")
    columns.add_argument("--score-column", help="column of scores")
    parser.add_argument("--out", type=Path, default=Path("my.yaml"), help="the file to write (default: my.yaml)")


def _roles(args: argparse.Namespace) -> dict[str, Path]:
    """The files by what they are; raises ConfigError where there is none, or two could be the same."""
    stated = {role: getattr(args, role) for role in _ROLES if getattr(args, role) is not None}
    roles: dict[str, Path] = dict(stated)
    for path in args.files:
        check_file(path)
        if path in stated.values():
            continue
        role, why = converted.role_of(path)
        if role in roles:
            raise ConfigError(
                f"{path}: looks like the {_ROLES[role]} ({why}), and so does {roles[role]}",
                f"say which is which: --library {roles[role].name} --train {path.name}, for example",
            )
        roles[role] = path
    if not roles:
        raise ConfigError("no file is named", "hetero2 init library.csv train.csv truth.csv")
    if "library" not in roles:
        raise ConfigError("none of the files is a library: a table of structures without results", "say --library FILE")
    return roles


def _yaml(value: object) -> str:
    """A text as YAML reads it back: in quotes, unless nothing in it could be taken for something else."""
    text = str(value)
    return text if re.fullmatch(r"(?=.*[A-Za-z/])[A-Za-z/][\w./-]*[./-][\w./-]*", text, re.ASCII) else json.dumps(text)


def _text(name: str, n_rows: int, brought: Mapping[str, Brought]) -> Iterator[str]:
    """The configuration, line by line."""
    library = brought["library"]
    yield "# What differs from config/default.yaml, which explains every key."
    yield "# Run it: hetero2 run --configfile FILE"
    yield f"run_name: {_yaml(name)}"
    yield from ("input:", f"  path: {_yaml(library.path)}   # {printable(library.understood)}")
    yield "scores:"
    if "scores" in brought:
        yield "  source: external"
        yield f"  path: {_yaml(brought['scores'].path)}   # {printable(brought['scores'].understood)}"
        yield "  # decoys need scores too: `score_requests` writes the list (docs/bring-your-own.md)"
    elif "train" in brought:
        yield "  source: reference:morgan_rf   # a forest of ours; or source: command, with the line below"
        yield "  # command: python my_model.py {train} {request} {scores}"
    else:
        yield "  source: command"
        yield "  command: python my_model.py {request} {scores}   # reads id,smiles; writes id,score: put your own here"
    if "train" in brought:
        yield f"  train: {_yaml(brought['train'].path)}   # {printable(brought['train'].understood)}"
    yield "  higher_is_better: true   # false for docking scores"
    yield "truth:"
    if "truth" in brought:
        yield f"  path: {_yaml(brought['truth'].path)}   # {printable(brought['truth'].understood)}"
    else:
        yield "  source: none   # with measured results: path: truth.csv; what buying the list is worth needs them"
    yield from ("selection:", f"  k: {max(1, min(50, n_rows // 10))}   # how many molecules you can pay for")


def run(args: argparse.Namespace) -> None:
    """Say what the files are, and write the configuration."""
    if args.out.exists():
        raise ConfigError(f"{args.out}: already exists", "name another file with --out, or remove it")
    roles = _roles(args)
    name = converted.run_name(roles["library"])
    folder = args.out.absolute().parent / f"{name}-brought"
    names = names_of(args)._replace(score=args.score_column)
    brought = converted.convert(roles, names, Rule(args.threshold, args.lower_is_hit), folder)
    with of_own_files(InForm(roles, brought)):
        library = preflight.read_library(brought["library"].path)
    for role, file in brought.items():
        print(printable(f"{role:<9} {roles[role]}: {file.understood}"))
        if role == "library":
            print(f"{'':<9} {library.n_rows:,} molecules{preflight.unusable(library)}")
        if role == "truth":
            ids = list(read_truth(file.path))
            preflight.check_shared(roles[role], ids, library)
        elif role == "scores":
            ids = converted.ids_of(file.path)
        else:
            continue
        if ids:
            print(f"{'':<9} {sum(key in library.ids for key in ids):,} of its {len(ids):,} ids are in the library")
    for role in _ROLES:
        if role not in brought:
            print(f"{role:<9} none")
    write_text(args.out, "\n".join(_text(name, library.n_rows, brought)) + "\n")
    print(
        f"written   {printable(str(args.out))}: look at it, then `hetero2 run --configfile {printable(str(args.out))}`"
    )
