"""run: from a library, a model and a few labels to a report and an evidence pack."""

import argparse
import difflib
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hetero2.commands.own_columns import add_columns, names_of
from hetero2.commands.running import preflight, started
from hetero2.commands.running.settled import settle
from hetero2.config import keys
from hetero2.config.load import AmbiguousError, load_layer, plain_value
from hetero2.config.overlays import targets
from hetero2.config.resolve import merge, resolve
from hetero2.config.score_sources import REFERENCES
from hetero2.config.user_files import check_files
from hetero2.errors import ConfigError
from hetero2.inputs.recognised import converted
from hetero2.inputs.recognised.converted import run_name
from hetero2.inputs.recognised.in_form import AS_THEY_ARE, InForm, of_own_files
from hetero2.inputs.recognised.labels import Rule
from hetero2.io.files import sha256_file, write_text
from hetero2.pack.results import ROW
from hetero2.runtime.cli_types import cores, positive
from hetero2.runtime.finite import finite
from hetero2.runtime.log import printable
from hetero2.workflow import command
from hetero2.workflow.targets import DEFAULT_TARGET

EXAMPLE = 'hetero2 run library.csv --model "python my_model.py {request} {scores}" --truth truth.csv --top-k 50'
Layer = dict[str, Any]
_NO_STAGE = {"total", DEFAULT_TARGET, *targets()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the files, the model, how many to send, and where and how to run."""
    parser.add_argument(
        "library", nargs="?", help="your library (.csv, .tsv, .xlsx, .parquet, .smi, .sdf), or a target"
    )
    score = parser.add_mutually_exclusive_group()
    score.add_argument("--model", help="a command with {request} and {scores}, or reference:morgan_rf and the like")
    score.add_argument(
        "--scores",
        type=Path,
        help="instead of a model: a table of scores, of the library and where you have them of its decoys",
    )
    score.add_argument(
        "--request-scores", action="store_true",
        help="scores come later: stop at the list of structures that need one, score_request.csv",
    )  # fmt: skip
    parser.add_argument(
        "--lower-is-better", action="store_true", default=None, help="smaller scores are better, as in docking"
    )
    parser.add_argument("--train", type=Path, help="labelled molecules that the model was, or is to be, fitted on")
    parser.add_argument("--truth", type=Path, help="measured results of molecules of the library")
    parser.add_argument("--known", type=Path, help="known molecules with results, for a screen beside the score")
    parser.add_argument("--top-k", type=positive, help="how many molecules you can pay for (default 50)")
    parser.add_argument("--out", type=Path, help="the folder that the folder of the run is made in (default: results)")
    parser.add_argument("--name", help="name of the folder of the run (default: that of the library)")
    parser.add_argument(
        "--cores", type=positive, help="jobs at once on this machine (default: all cores; with --profile 1)"
    )
    parser.add_argument(
        "--profile", help="a profile of Snakemake, for a cluster: slurm, cluster-generic, or a folder of yours"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what was understood and what would be done")
    parser.add_argument("--configfile", type=Path, help="a configuration of your own (YAML; `hetero2 init` writes one)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="one key of the configuration; may be repeated",
    )
    columns = add_columns(parser, "column of results, in --truth, --train and --known")
    columns.add_argument("--score-column", help="column of scores, in --scores")
    columns.add_argument("--threshold", type=finite, help="a result of at least this number is a hit")
    columns.add_argument(
        "--lower-is-hit", action="store_true", help="a result of at most --threshold is a hit, as for an IC50"
    )


def run(args: argparse.Namespace) -> int:
    """Understand the files, try the model, then run; the same call again goes on where it was stopped."""
    with tempfile.TemporaryDirectory(prefix="hetero2-") as name:
        target, layer, files = _layer(args, Path(name))
        return start(target, layer, files, args, until="score_requests" if args.request_scores else None)


def start(target: str, layer: Layer, files: InForm, args: argparse.Namespace, until: str | None = None) -> int:
    """Run a target with a layer of the configuration; files: the user's own, and as what they are taken.

    args: cores, profile, dry_run; until: a target of the workflow to stop at.
    """
    config = resolve(target, layer)
    check_files(config)
    folder = Path(config["execution"]["results_dir"]) / config["run_name"]
    had_scores = any((folder / "score_source").glob("scores*.csv"))
    check_writable(folder)
    with of_own_files(files):
        for line in preflight.understood(config, files, had_scores):
            print(line, flush=True)
    layer = settle(layer, files, folder, args.dry_run)
    if args.dry_run:
        with tempfile.TemporaryDirectory(prefix="hetero2-") as empty:
            return _planned(_words(until or target, layer, Path(empty), args), folder)
    print(f"results   {printable(str(folder))}", flush=True)
    before = _finished_at(folder)
    words = _words(until or target, layer, folder, args)
    code = _ended(started.to_its_end(words))
    if code == 0 and before is not None and before == _finished_at(folder):  # Snakemake says only that nothing is to do
        print(printable(f"read      {folder / 'pack' / 'report.html'}, or: hetero2 show {folder}"))
    return code


def _finished_at(folder: Path) -> int | None:
    """When the last file of a run was written, in ns since the epoch; None where it has not finished."""
    row = folder / ROW
    return row.stat().st_mtime_ns if row.is_file() else None


def _words(target: str, layer: Layer, folder: Path, args: argparse.Namespace) -> list[str]:
    """The command for a layer that is written to `folder`."""
    configfile = folder / "run.yaml"
    _write_once(configfile, preflight.layer_text(layer))
    # A cluster's jobs have the cores that their rules ask for; these are of the machine where the run is started.
    n_cores = args.cores or (1 if args.profile else cores())
    words = [*command.words(target, configfile, n_cores), *command.SHOWN_AS_OURS]
    return [*words, *(["--profile", str(command.profile(args.profile))] if args.profile else [])]


def _planned(words: list[str], folder: Path) -> int:
    """Say what a run would do; nothing is run."""
    done = subprocess.run([*words, "--dry-run"], env=started.environment(), check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.rstrip() or done.stdout.rstrip(), file=sys.stderr)
        return _ended(done.returncode)
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE))
    stages = [f"{name} ({count})" if count != "1" else name for name, count in jobs.items() if name not in _NO_STAGE]
    n_jobs = sum(int(count) for name, count in jobs.items() if name not in _NO_STAGE)
    would = (
        f"would run {n_jobs} jobs to {folder}: {', '.join(stages)}" if stages else f"nothing is left to do in {folder}"
    )
    print(printable(f"dry run   {would}"))
    return 0


def _ended(code: int) -> int:
    """The exit code for that of Snakemake, which has said why."""
    return code if code in (0, 1, 2, started.INTERRUPTED) else 1


def _write_once(path: Path, text: str) -> None:
    """Write a file, unless it says the same already."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def _layer(args: argparse.Namespace, folder: Path) -> tuple[str, Layer, InForm]:
    """(target, what differs from it, the user's own files and as what they are taken); what is written, to `folder`."""
    layer: Layer = dict(load_layer(args.configfile)) if args.configfile else {}
    for text in args.set:
        layer = merge(layer, _setting(text))
    is_target = args.library in targets() and not Path(args.library).exists()
    library = None if args.library is None or is_target else Path(args.library)
    named = {"execution.results_dir": args.out, "selection.k": args.top_k}
    for key, value in named.items():
        if value is not None:
            layer = merge(layer, _nested(key.split("."), str(value) if isinstance(value, Path) else value))
    if library is None:
        if not is_target and not layer.get("input"):
            resolve(DEFAULT_TARGET, layer)  # a section whose name is misspelt is the first thing to say
            raise ConfigError(
                "no library is named", f"hetero2 run library.csv --scores scores.csv; `hetero2 demo` shows a result. "
                f"Targets with data of their own: {', '.join(targets())}",
            )  # fmt: skip
        if args.name is not None:
            layer = merge(layer, {"run_name": args.name})
        if args.known is not None:
            layer = merge(layer, {"screen": {"known": str(args.known)}})
        return args.library if is_target else DEFAULT_TARGET, merge(layer, _score(args, {}, layer)), AS_THEY_ARE
    _check_there(library)
    name = args.name or layer.get("run_name") or run_name(library)
    results = Path(layer.get("execution", {}).get("results_dir", "results"))
    if name in targets():
        raise ConfigError(f"{library}: {name} is the name of a target", "give another: --name my-library")
    layer["run_name"] = name
    check_writable(results / name)
    read, files = _files(args, library, folder)
    preflight.check_named_once(layer, files.own)
    layer = merge(layer, read)
    return DEFAULT_TARGET, merge(layer, _score(args, read, layer)), files


def check_writable(folder: Path) -> None:
    """Raise ConfigError where a folder of results, which need not be there yet, cannot be written to."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists() or path.is_symlink())
    if not there.is_dir():
        raise ConfigError(f"--out: {there}: is no folder, so there can be no {folder}", "name another folder")
    try:
        Path(tempfile.mkdtemp(prefix=".hetero2-", dir=there)).rmdir()
    except OSError as error:
        raise ConfigError(f"--out: {there}: cannot be written to: {error.strerror}", "name another folder") from None


def _check_there(library: Path) -> None:
    """Raise ConfigError where there is no such file, with the nearest name of a file or target."""
    if library.is_dir():
        raise ConfigError(f"{library}: is a folder, expected a file of molecules", "name the file in it")
    if library.exists():
        return
    folder = library.parent
    names = [str(folder / path.name) for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    near = difflib.get_close_matches(str(library), [*names, *targets()], n=1)
    hint = f"did you mean {near[0]}?" if near else f"targets with data of their own: {', '.join(targets())}"
    raise ConfigError(f"{library}: no such file, and no target of this name", hint)


def _files(args: argparse.Namespace, library: Path, folder: Path) -> tuple[Layer, InForm]:
    """(the files of the call as the configuration names them, the user's own and as what they are taken)."""
    names = names_of(args)._replace(score=args.score_column)
    every = {"library": library, "train": args.train, "truth": args.truth, "scores": args.scores, "known": args.known}
    files = {role: path for role, path in every.items() if path is not None}
    brought = converted.convert(files, names, Rule(args.threshold, args.lower_is_hit), folder)
    layer: Layer = {"input": {"path": str(brought["library"].path)}}
    scores = {"train": str(brought["train"].path)} if "train" in brought else {}
    if "scores" in brought:
        scores |= {"source": "external", "path": str(brought["scores"].path)}
    layer |= {"scores": scores} if scores else {}
    layer["truth"] = {"path": str(brought["truth"].path)} if "truth" in brought else {"source": "none"}
    layer |= {"screen": {"known": str(brought["known"].path)}} if "known" in brought else {}
    anew = {files[role]: file.understood for role, file in brought.items() if file.was_converted}
    said = [f"{path.name}: {text}; sha256 {sha256_file(path)}" for path, text in anew.items()]
    return (layer | {"understood": said} if said else layer), InForm(files, brought)


def _score(args: argparse.Namespace, files: Mapping[str, Any], layer: Mapping[str, Any]) -> Layer:
    """What the call says of the score; raises ConfigError where nothing does, and the library is the user's."""
    scores: Layer = {}
    if args.model is not None:
        is_reference = args.model in REFERENCES
        if not is_reference and args.model.startswith("reference:"):
            raise ConfigError(
                f"--model {args.model}: no such scorer", f"the scorers of ours are {', '.join(REFERENCES)}"
            )
        scores = {"source": args.model} if is_reference else {"source": "command", "command": args.model}
        if "{train}" in args.model and args.train is None and not layer.get("scores", {}).get("train"):
            raise ConfigError("--model: the command has {train}, but no training set is named", "--train train.csv")
        missing = [word for word in ("{request}", "{scores}") if not is_reference and word not in args.model]
        if missing:
            raise ConfigError(
                f"--model: the command does not contain {' and '.join(missing)}",
                "it reads structures from {request} and writes id,score to {scores}; with {train} it can be refitted",
            )
    elif args.request_scores:
        scores = {"source": "external"}
    elif args.scores is None and files and "source" not in layer.get("scores", {}):
        raise ConfigError(
            "no score is named: what is to be examined?",
            "--model 'python my_model.py {request} {scores}', --scores scores.csv, or with --train a scorer of ours: "
            "--model reference:morgan_rf",
        )
    if args.lower_is_better:
        scores["higher_is_better"] = False
    return {"scores": scores} if scores else {}


def _setting(text: str) -> Layer:
    """`section.key=value` as a layer of the configuration."""
    key, equals, word = text.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise ConfigError(f"--set {text}: expected section.key=value", "--set audit.refits=99, for example")
    if not keys.at(parts):
        allowed = keys.at(parts[:-1]).get("properties") or keys.schema()["properties"]
        raise ConfigError(
            f"--set {text}: {keys.unknown_key(tuple(parts), allowed)}", "config/default.yaml explains every key"
        )
    try:
        value = plain_value(word)
    except AmbiguousError as error:
        raise ConfigError(f"--set {text}: {error}", error.hint) from None
    return _nested(parts, value)


def _nested(parts: Sequence[str], value: Any) -> Layer:
    """A value at its place in a layer."""
    for part in reversed(parts):
        value = {part: value}
    return dict(value)
