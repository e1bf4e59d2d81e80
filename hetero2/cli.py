"""The command line: `python -m hetero2 <verb>`, one verb a stage, plus tools for people.

A verb lives in the module that does its work: `EXAMPLE`, `add_arguments(parser)` and `run(args)`. Only the
module of the chosen verb is imported, so a stage starts fast and depends on nothing it does not use.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from hetero2 import __version__
from hetero2.errors import HeteroError
from hetero2.runtime import log

Verbs = Mapping[str, tuple[str, str]]
VERBS: Verbs = {
    "config": ("hetero2.commands.config", "show the resolved configuration of a target"),
    "dataset": ("hetero2.stages.dataset", "write a data set that comes with an installed package"),
    "suite": ("hetero2.stages.suite", "write the suite of ten molecules and its scores file"),
    "stress-input": ("hetero2.stages.stress_input", "write the odd rows of the stress target"),
    "download": ("hetero2.stages.download", "fetch a file by URL and sha256, safely"),
    "input": ("hetero2.stages.input", "read and number a library"),
    "decoys": ("hetero2.commands.decoys", "write decoys for a library, and nothing else"),
    "decoys-shard": ("hetero2.stages.decoys_shard", "build the decoys of one shard of a run"),
    "decoy-quality": ("hetero2.stages.decoy_quality", "measure what could tell molecules from their decoys"),
    "score-request": ("hetero2.stages.score_request", "list every structure that needs a score"),
    "score-source": ("hetero2.stages.score_source", "obtain the scores file of a run"),
    "leakage": ("hetero2.stages.leakage", "find what library, decoys and training set share"),
    "leakage-list": ("hetero2.stages.leakage_list", "write leakage.csv, with ids of the truth that match nothing"),
    "score-only-input": (
        "hetero2.stages.score_only_input",
        "take one shard of what came as ids and scores",
    ),
    "missing-scores": ("hetero2.stages.missing_scores", "list the decoys that have no score"),
    "scores": ("hetero2.stages.scores", "attach scores to the molecules and decoys of one shard"),
    "audit": ("hetero2.stages.audit", "audit one shard: can the score tell a molecule from its decoys"),
    "calls": ("hetero2.stages.calls", "call the molecules that stand out of their decoys, over the library"),
    "control-sample": (
        "hetero2.stages.control_sample",
        "take the sample for controls and refits",
    ),
    "refit": ("hetero2.stages.refit", "fit the model again, on the labels and on permuted ones"),
    "cross-validation": (
        "hetero2.stages.cross_validation",
        "fit the model on folds of whole scaffolds",
    ),
    "controls": ("hetero2.stages.controls", "run the controls and judge the model by its refits"),
    "summary": ("hetero2.stages.summary", "gather the shards into summary.csv and metrics.json"),
    "proxy-truth": ("hetero2.stages.proxy_truth", "label a library by a rule that sees nothing but its SMILES"),
    "truth": ("hetero2.stages.truth", "verify a truth file and take it in"),
    "cost-lift": ("hetero2.stages.cost_lift", "measure what acting on the audit is worth"),
    "utility": ("hetero2.stages.utility", "measure what the audit adds to the present practice"),
    "candidates": ("hetero2.stages.candidates", "write the list to send downstream"),
    "report": ("hetero2.stages.report", "write the report that a person reads first"),
    "pages": ("hetero2.stages.pages", "draw the molecules of one shard, a page each"),
    "pack": ("hetero2.stages.pack", "collect the evidence and zip it"),
    "registry-row": ("hetero2.stages.registry_row", "describe the pack as a registry row"),
    "separation": ("hetero2.stages.separation", "compare known bad and known good scores"),
    "verify": ("hetero2.pack.verify", "verify an evidence pack (zip or folder)"),
    "accept": ("hetero2.pack.accept", "say GO or STOP for a pack, criterion by criterion"),
    "show": ("hetero2.commands.show", "print the result of a run at a glance"),
}


def _overview(verbs: Verbs, program: str) -> str:
    width = max(map(len, verbs))
    lines = [f"  {verb:<{width}}  {text}" for verb, (_, text) in verbs.items()]
    return "\n".join(
        [f"usage: {program} <verb> [options]", "", "verbs:", *lines, "", f"{program} <verb> --help tells its options."]
    )


class _Hidden:
    """A finder that says of pandas that it is not installed."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Raise for pandas, know nothing of other modules."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _without_pandas() -> None:
    """Keep pyarrow from importing pandas, which it does with the first array it makes, and which takes 0.4 s of CPU.

    No stage uses pandas, and pyarrow looks for it only once.
    """
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is not None and "pandas" not in sys.modules:
        sys.meta_path.insert(0, _Hidden)
        pyarrow.array(["the first"])
        sys.meta_path.remove(_Hidden)


def _parser(verb: str, verbs: Verbs, program: str) -> tuple[argparse.ArgumentParser, object]:
    module_name, text = verbs[verb]
    module = importlib.import_module(module_name)
    _without_pandas()
    parser = argparse.ArgumentParser(
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
        print(_overview(verbs, program))
        return 0 if words else 2
    if words[0] == "--version":
        print(f"hetero2 {__version__}")
        return 0
    if words[0] not in verbs:
        print(f"error: unknown verb {words[0]!r}\nhint: {program} --help lists the verbs", file=sys.stderr)
        return 2
    try:
        return _run(_parser(words[0], verbs, program), words)
    except KeyboardInterrupt:  # Ctrl-C, or SIGTERM: see __main__.py
        return _fail("interrupted", 130)


def _run(parser_and_module: tuple[argparse.ArgumentParser, object], words: list[str]) -> int:
    (parser, module), verb = parser_and_module, words[0]
    args = parser.parse_args(words[1:])
    try:
        log.start(args.log)
        code = int(module.run(args) or 0)  # type: ignore[attr-defined]
        sys.stdout.flush()
        log.used()
        return code
    except HeteroError as error:
        return _fail(str(error), error.exit_code)
    except MemoryError:
        return _fail(f"{verb}: not enough memory", HeteroError.exit_code)
    except BrokenPipeError:  # whoever reads what we print has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = error.filename2 or error.filename or verb  # of a copy, the file that was to be written
        return _fail(f"{where}: {error.strerror or error}", HeteroError.exit_code)
    except Exception as error:
        log.logger.error(traceback.format_exc())
        hint = f"the traceback is in {args.log}" if args.log else "run again with --log FILE to keep the traceback"
        return _fail(f"internal error in {verb}: {type(error).__name__}: {error}\nhint: {hint}", 3)


def _fail(text: str, code: int) -> int:
    text = log.printable(text)
    log.logger.error(text)
    print(f"error: {text}", file=sys.stderr)
    return code
