"""The command line: `python -m hetero2 <verb>`, a verb for each stage, and verbs for people.

A verb lives in the module that does its work: `EXAMPLE`, `add_arguments(parser)` and `run(args)`. Only the module of
the chosen verb is imported, so a stage starts fast and depends on nothing that it does not use.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NoReturn

from hetero2.commands.verbs import EXAMPLES, GROUPS, INSIDE, VERBS, Verbs
from hetero2.errors import ConfigError, HeteroError
from hetero2.runtime import log
from hetero2.runtime.lean_imports import lean_imports


def _overview(groups: Mapping[str, Verbs], program: str) -> str:
    width = max(len(verb) for verbs in groups.values() for verb in verbs)
    lines = [f"usage: {program} <verb> [options]"]
    for group, verbs in groups.items():
        lines += ["", f"{group}:", *(f"  {verb:<{width}}  {text}" for verb, (_, text) in verbs.items())]
        lines += [f"  e.g. {EXAMPLES[group]}"] if group in EXAMPLES else []
    return "\n".join([*lines, "", f"`{program} <verb> --help` explains the options of a verb."])


def _for_people() -> str:
    """The overview without the verbs that only the workflow calls."""
    groups = {group: verbs for group, verbs in GROUPS.items() if group != INSIDE}
    return f"{_overview(groups, 'hetero2')}\n`hetero2 --help all` lists those that the workflow calls, too."


def _meant(word: str, words: Collection[str]) -> str:
    """What is like a word that is unknown, as the end of a message; nothing where nothing is like it."""
    import difflib

    near = difflib.get_close_matches(word, words, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _unknown(verb: str, verbs: Verbs, program: str) -> str:
    meant = _meant(verb.replace("_", "-"), verbs)
    return f"unknown verb {verb!r}{meant}\nhint: `{program} --help` lists the verbs"


def _version() -> str:
    """The version, and what a report of a defect needs beside it."""
    from hetero2.commands.doctor import versions

    return "\n".join(versions())


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the option that may be meant; `--help` has the usage."""

    def error(self, message: str) -> NoReturn:
        """Print it, and end with exit code 2."""
        unknown = message.removeprefix("unrecognized arguments: ").split(" ")[0].partition("=")[0]
        meant = _meant(unknown, self._option_string_actions) if unknown.startswith("-") else ""
        self.exit(2, f"error: {log.printable(message)}{meant}\nhint: `{self.prog} --help` explains the options\n")


def _parser(verb: str, verbs: Verbs, program: str) -> tuple[argparse.ArgumentParser, object]:
    module_name, text = verbs[verb]
    with lean_imports():
        module = importlib.import_module(module_name)
    parser = _Parser(
        prog=f"{program} {verb}",
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example:\n  {module.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    parser.add_argument("--log", type=Path, default=None, help="write a log to this file")
    return parser, module


def main(argv: list[str] | None = None, verbs: Verbs = VERBS, program: str = "hetero2") -> int:
    """Run one verb; return its exit code (0 fine, 1 data, 2 configuration or usage, 3 our own defect)."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help"):
        every = {"verbs": verbs} if verbs is not VERBS else GROUPS if words[1:] == ["all"] else None
        print(_for_people() if every is None else _overview(every, program))
        return 0 if words else 2
    if words[0] == "--version":
        print(_version())
        return 0
    if words[0] not in verbs:
        print(f"error: {_unknown(words[0], verbs, program)}", file=sys.stderr)
        return 2
    log.start(None)  # else what is logged before --log is known goes to stderr, a second time
    try:
        return _run(_parser(words[0], verbs, program), words)
    except ModuleNotFoundError as error:  # of a package that the verb needs; what its work raises is caught below
        name = (error.name or "").partition(".")[0]
        if name == "hetero2":
            raise
        is_service = verbs is VERBS and VERBS[words[0]][0].startswith("hetero2.service.")
        hint = "pip install 'hetero2[service]'" if is_service else "`hetero2 doctor` says what is missing"
        return _fail(f"the package {name} is not installed\nhint: {hint}", 2)
    except KeyboardInterrupt:  # Ctrl-C, or SIGTERM: see __main__.py
        return _fail("interrupted", 130)


def _run(parser_and_module: tuple[argparse.ArgumentParser, object], words: list[str]) -> int:
    (parser, module), verb = parser_and_module, words[0]
    args = parser.parse_args(words[1:])
    try:
        _check_log(args.log)
        log.start(args.log)
        code = int(module.run(args) or 0)  # type: ignore[attr-defined]
        sys.stdout.flush()
        log.used()
        return code
    except HeteroError as error:
        return _fail(str(error), error.exit_code)
    except MemoryError:
        return _fail(f"{verb}: not enough memory", HeteroError.exit_code)
    except BrokenPipeError:  # the reader of our output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = error.filename2 or error.filename or verb  # of a copy: the file to be written
        is_no_folder = isinstance(error, FileExistsError) and Path(where).is_file()
        reason = "is a file, expected a folder" if is_no_folder else error.strerror or error
        return _fail(f"{where}: {reason}", HeteroError.exit_code)
    except Exception as error:
        log.logger.error(traceback.format_exc())
        hint = f"the traceback is in {args.log}" if args.log else "run again with --log FILE to keep the traceback"
        return _fail(f"internal error in {verb}: {type(error).__name__}: {error}\nhint: {hint}", 3)


def _check_log(path: Path | None) -> None:
    """Raise ConfigError where a log would take the place of another file."""
    if path is not None and path.suffix != ".log" and path.is_file() and path.stat().st_size:
        raise ConfigError(f"--log: {path}: already exists, and is not a log", "name a file that ends in .log")


def _fail(text: str, code: int) -> int:
    text = log.printable(text)
    log.logger.error(text)
    print(f"error: {text}", file=sys.stderr)
    return code
