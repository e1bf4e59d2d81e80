"""The command line: `python -m hetero2 <verb>`, a verb for each stage, and verbs for people.

A verb lives in the module that does its work: `EXAMPLE`, `add_arguments(parser)` and `run(args)`. Only the module of
the chosen verb is imported, so a stage starts fast and depends on nothing that it does not use.
"""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from hetero2.errors import ConfigError, HeteroError
from hetero2.runtime import log, pyarrow_alone

Verbs = Mapping[str, tuple[str, str]]
GROUPS: Mapping[str, Verbs] = {
    "start here": {
        "demo": ("hetero2.commands.demo", "write a report from real data, in about a minute"),
        "init": ("hetero2.commands.init", "look at your files and write a configuration with comments"),
        "run": ("hetero2.commands.run", "audit a library and a model, to a report and an evidence pack"),
        "doctor": ("hetero2.commands.doctor", "check this machine and this installation"),
        "completion": ("hetero2.commands.completion", "print what completes verbs and options in a shell"),
        "dataset": ("hetero2.stages.dataset", "write a data set that comes with an installed package"),
        "config": ("hetero2.commands.config", "print the whole configuration of a target"),
        "decoys": ("hetero2.commands.decoys", "write decoys for a library, without a run"),
    },
    "decide": {
        "show": ("hetero2.commands.show", "print the result of a finished run"),
        "screen": ("hetero2.commands.screen", "rank a library by a few known molecules"),
        "campaign": (
            "hetero2.commands.campaign",
            "choose molecules to measure, batch by batch, and learn from results",
        ),
    },
    "evidence": {
        "verify": ("hetero2.pack.verify", "verify an evidence pack (zip or folder)"),
        "compare": ("hetero2.commands.compare", "say where two runs or packs first differ"),
        "accept": ("hetero2.pack.accept", "decide GO or STOP for a pack, criterion by criterion"),
    },
    "inside the workflow": {
        "suite": ("hetero2.stages.suite", "write the suite of ten molecules and its scores file"),
        "stress-input": ("hetero2.stages.stress_input", "write the odd rows of the stress target"),
        "download": ("hetero2.stages.download", "download a file and check its sha256"),
        "input": ("hetero2.stages.input", "read a library and number its rows"),
        "decoys-shard": ("hetero2.stages.decoys_shard", "build the decoys of one shard of a run"),
        "score-only-input": (
            "hetero2.stages.score_only_input",
            "read one shard of a library given as ids and scores only",
        ),
        "decoy-quality": ("hetero2.stages.decoy_quality", "measure what besides structure gives decoys away"),
        "leakage": ("hetero2.stages.leakage", "find molecules that library, decoys and training set share"),
        "score-request": ("hetero2.stages.score_request", "list every structure that needs a score"),
        "score-source": ("hetero2.stages.score_source", "get the scores from a file, a model or a reference scorer"),
        "missing-scores": ("hetero2.stages.missing_scores", "list the decoys that have no score"),
        "scores": ("hetero2.stages.scores", "attach scores to the molecules and decoys of one shard"),
        "audit": ("hetero2.stages.audit", "audit one shard: does the score rank each molecule above its decoys"),
        "calls": ("hetero2.stages.calls", "call the molecules that stand out from their decoys, over the library"),
        "control-sample": ("hetero2.stages.control_sample", "draw the control sample, for controls and refits"),
        "refit": ("hetero2.stages.refit", "fit the model again, on its labels and on permuted ones (Y-randomisation)"),
        "cross-validation": ("hetero2.stages.cross_validation", "cross-validate the model on whole scaffolds"),
        "controls": ("hetero2.stages.controls", "run the controls, and judge the model by its refits"),
        "summary": ("hetero2.stages.summary", "combine the shards into summary.csv and metrics.json"),
        "proxy-truth": ("hetero2.stages.proxy_truth", "label a library by a rule that reads only its SMILES"),
        "truth": ("hetero2.stages.truth", "check a truth file and copy it"),
        "leakage-list": (
            "hetero2.stages.leakage_list",
            "write leakage.csv, with truth ids that match no molecule",
        ),
        "cost-lift": ("hetero2.stages.cost_lift", "measure what acting on the audit is worth (cost_lift.v1)"),
        "utility": ("hetero2.stages.utility", "measure what the list and the audit add to present practice"),
        "diagnosis": ("hetero2.stages.diagnosis", "compare the score with labels, trivial competitors and properties"),
        "candidates": ("hetero2.stages.candidates", "write the list of molecules to send downstream"),
        "report": ("hetero2.stages.report", "write the report that a person reads first"),
        "screen-model": ("hetero2.stages.screen_model", "fit the screen of a library on known measurements"),
        "screen-shard": ("hetero2.stages.screen_shard", "predict the molecules of one shard by the fitted screen"),
        "screen-list": ("hetero2.stages.screen_list", "combine the shards of a screen into the ranked library"),
        "campaign-batch": ("hetero2.stages.campaign_batch", "choose the next batch of a campaign"),
        "campaign-report": ("hetero2.stages.campaign_report", "write the report and the pack of a campaign"),
        "campaign-simulation": ("hetero2.stages.campaign_simulation", "simulate campaigns on known results"),
        "pages": ("hetero2.stages.pages", "draw the molecules of one shard, one page each"),
        "pack": ("hetero2.stages.pack", "collect the evidence and zip it"),
        "registry-row": ("hetero2.stages.registry_row", "describe the pack as a row of the registry"),
        "separation": ("hetero2.stages.separation", "compare scores known to be bad with scores known to be good"),
    },
}
INSIDE = "inside the workflow"
EXAMPLES = {
    "start here": "hetero2 run library.csv --scores scores.csv --truth truth.csv --top-k 50",
    "decide": "hetero2 screen --input library.csv --known known.csv --out ranked.csv",
    "evidence": "hetero2 verify results/library",
}
VERBS: Verbs = {verb: entry for group in GROUPS.values() for verb, entry in group.items()}


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


def _unknown(verb: str, verbs: Verbs, program: str) -> str:
    import difflib

    near = difflib.get_close_matches(verb.replace("_", "-"), verbs, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown verb {verb!r}{meant}\nhint: `{program} --help` lists the verbs"


def _version() -> str:
    """The version, and what a report of a defect needs beside it."""
    from hetero2.commands.doctor import versions

    return "\n".join(versions())


def _parser(verb: str, verbs: Verbs, program: str) -> tuple[argparse.ArgumentParser, object]:
    module_name, text = verbs[verb]
    module = importlib.import_module(module_name)
    pyarrow_alone.forget_pandas()
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
        return _fail(f"{where}: {error.strerror or error}", HeteroError.exit_code)
    except Exception as error:
        log.logger.error(traceback.format_exc())
        hint = f"the traceback is in {args.log}" if args.log else "run again with --log FILE to keep the traceback"
        return _fail(f"internal error in {verb}: {type(error).__name__}: {error}\nhint: {hint}", 3)


def _check_log(path: Path | None) -> None:
    """Raise ConfigError where a log would take the place of another file."""
    if path is not None and path.suffix != ".log" and path.is_file() and path.stat().st_size:
        raise ConfigError(f"--log: {path}: is there already, and is no log", "name a file that ends in .log")


def _fail(text: str, code: int) -> int:
    text = log.printable(text)
    log.logger.error(text)
    print(f"error: {text}", file=sys.stderr)
    return code
