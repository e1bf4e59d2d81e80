"""score-source: obtain the scores file of a run, from the user's file, the user's model or a reference scorer."""

import argparse
import itertools
import math
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetero2.config.score_sources import REFERENCES, STAND_INS
from hetero2.errors import ConfigError, HeteroError, InputError
from hetero2.inputs.training import read_training
from hetero2.io.csv_reader import read_csv
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import canonical_json, check_sha256, copy_file, pretty_json, read_json, sha256_file, write_text
from hetero2.io.tables import quoted, read_parquet, to_table
from hetero2.runtime.cli_types import json_object, positive
from hetero2.runtime.log import gate_ok, logger, progress
from hetero2.runtime.progress import JobProgress, LineCounter
from hetero2.runtime.provenance import file_facts
from hetero2.runtime.settings import add_settings
from hetero2.scoring import hetero_scores, pair_table, score_index, score_table
from hetero2.scoring.library_ids import LibraryIds, read_library_ids
from hetero2.scoring.scorers import command, stand_ins

EXAMPLE = (
    "hetero2 score-source --path my_scores.csv --input input/rows.parquet "
    "--out scores_external.csv --index scores_external.csv.index.npy --facts scores.json"
)
_BATCH = 16_384
Facts = dict[str, Any]


def count_keys(path: Path, table: score_index.Packed, library: LibraryIds) -> int:
    """Number of keys of a table; logs how many are ids. Raises InputError where none can belong to the library."""
    n_keys, n_hashes = int(table.shape[1]), score_index.n_hashes(table)
    n_ids = int((score_index.places(table, library.keys) >= 0).sum()) if n_hashes < n_keys else 0
    n_unknown = n_keys - n_hashes - n_ids
    if n_unknown:
        place, key = score_table.first_unknown_id(path, library) or ("", "")
        if not n_ids and not n_hashes:
            raise InputError(
                f"{path}: none of its {n_unknown} keys is an id of the library or a structure hash: the first is "
                f"{quoted(key)}, in {place}; the first id of the library is {quoted(library.first)}",
                "write ids exactly as in the library, including spaces and capitals",
            )
        logger.warning(
            "%s: keys that are neither ids of the library nor structure hashes are ignored: %d; the first is %s, in %s",
            *(path.name, n_unknown, quoted(key), place),
        )
    n_both = int((score_index.places(table, library.hash_form) >= 0).sum())
    logger.info("%d keys are ids of the library, %d are structure hashes", n_ids, n_hashes - n_both)
    return n_keys - n_both


def external_file(args: argparse.Namespace) -> tuple[Facts, score_index.Packed | None]:
    """(facts, index where it is a table) of the user's file, which is verified, checked and copied as it is."""
    path, sha256, url = args.path, args.sha256, args.url
    table = None
    digest = check_sha256(path, sha256, "scores file")
    if not args.structures:
        _, n_scores = pair_table.check(path)
        facts: Facts = {"schema": pair_table.SCHEMA, "score_key": None, "n_scores": n_scores}
    elif not _is_keyed(args):
        scores = hetero_scores.read(path)
        logger.warning("one hetero_scores.v1 file for all rows: every molecule gets the score of `original`")
        facts = {
            "schema": hetero_scores.SCHEMA,
            "score_key": scores.score_key,
            "n_scores": len(scores.decoys) + 1,
        }
    else:
        library = read_library_ids(args.input)
        table = score_table.index(path, library)
        facts = {"schema": score_table.SCHEMA, "score_key": None, "n_scores": count_keys(path, table, library)}
    copy_file(path, args.out)
    gate_ok(path.name, sha256, facts["schema"], url)
    return {**facts, "name": path.name, "url": url, "inputs": [file_facts("scores", path, digest)]}, table


def row_files(library: Path, folder: Path, out: Path) -> Facts:
    """Gather the files named in the column scores_input, each content once, with the ids that use it."""
    by_digest: dict[str, dict[str, Any]] = {}
    for row in read_parquet(library, "input_row.v1").to_pylist():
        if row["scores_input"] is None or row["status"] is not None:
            continue
        path = folder / row["scores_input"]
        try:
            digest = sha256_file(path)
            if digest not in by_digest:
                document = hetero_scores.load(path)
                hetero_scores.parse(document, str(path))
                by_digest[digest] = {"ids": [], "sha256": digest, "scores": document}
        except (HeteroError, OSError) as error:
            raise InputError(f"library row {row['row'] + 1} (id {row['id']!r}): scores_input: {error}") from None
        by_digest[digest]["ids"].append(row["id"])
    if not by_digest:
        raise InputError(
            "no row of the library names a file in the column scores_input, and scores.path is not set",
            "set scores.path, or choose another scores.source",
        )
    write_text(out, "".join(canonical_json(by_digest[digest]) + "\n" for digest in sorted(by_digest)))
    return {
        "schema": hetero_scores.SCHEMA,
        "score_key": None,
        "n_scores": len(by_digest),
        "name": out.name,
        "inputs": [file_facts("scores of rows", out)],
    }


def _write_table(rows: Iterable[tuple[str, float, float]], out: Path) -> Facts:
    """Write (structure hash, score, weight) as a score table, as they come; memory does not grow with them."""
    source, count = iter(rows), 0

    def batches() -> Iterator[pa.Table]:
        nonlocal count
        while batch := list(itertools.islice(source, _BATCH)):
            count += len(batch)
            records = ({"structure_hash": key, "score": score, "weight": weight} for key, score, weight in batch)
            yield to_table(records, score_table.SCHEMA)

    write_csv(out, batches(), score_table.SCHEMA)
    return {"schema": score_table.SCHEMA, "score_key": None, "n_scores": count, "name": out.name, "inputs": []}


def _requested(request: Path) -> Iterator[dict[str, str]]:
    return (row for _, row in read_csv(request, ["id", "smiles", "role"]))


def _of_command(request: Path, table: score_index.Packed) -> Iterator[tuple[str, float, float]]:
    """The scores of the structures in the request, in its order; raises InputError where there are none."""
    asked, scored, rows = 0, 0, _requested(request)
    while batch := [row["id"] for row in itertools.islice(rows, _BATCH)]:
        scores, weights = score_index.find(table, score_index.hash_keys(batch))
        asked += len(batch)
        for key, score, weight in zip(batch, scores.tolist(), weights.tolist(), strict=True):
            if not math.isnan(score):
                scored += 1
                yield key, score, weight
    logger.info("the command scored %d of %d structures", scored, asked)
    if asked and not scored:
        raise InputError(
            "scores.command: none of the structures in the request was scored", "return its column id unchanged"
        )


def _watch(request: Path, written: Path, log: Path | None) -> Callable[[], None]:
    """What tells those who watch the run how many scores the command has written, where it writes them one by one."""
    lines, n_requested = LineCounter(written), LineCounter(request).count() - 1  # both have a header
    job = JobProgress(log, n_requested)
    return lambda: job.update(min(n_requested, max(0, lines.count() - 1)))


def from_command(args: argparse.Namespace) -> Facts:
    """Run the user's command on the request, and check the scores that it wrote."""
    output = (args.log or args.out).with_suffix(".command.log")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".command-", dir=args.out.parent) as folder:
        request, written = Path(folder) / "request.csv", Path(folder) / "scores.csv"
        copy_file(args.request, request)  # a copy, which the command may change
        files = {"request": request, "scores": written, "train": args.train, "seed": 0}
        command.run(args.command, files, args.time_limit_seconds, output, _watch(request, written, args.log))
        table = command.read_scores(written, score_table.index)
    facts = _write_table(_of_command(args.request, table), args.out)
    return {**facts, "inputs": [file_facts("scores command file", path) for path in args.command_file]}


def from_reference(args: argparse.Namespace) -> Facts:
    """Fit a reference scorer on the training file and apply it to the request."""
    from hetero2.scoring.scorers import reference

    values = reference.predict(
        args.source,
        read_training(args.train, args.standardise),
        (row["smiles"] for row in _requested(args.request)),
        [row["smiles"] for row in _requested(args.request) if row["role"] == "original"],
    )
    rows = progress(_requested(args.request), "structures scored")
    return _write_table(((row["id"], next(values), 1.0) for row in rows), args.out)


def from_stand_in(args: argparse.Namespace) -> Facts:
    """Scores without a model, of the decoys in the suite's scores file or of the request."""
    if args.path:
        document = read_json(args.path)
        hetero_scores.parse(document, str(args.path))
        write_text(args.out, pretty_json(stand_ins.variant(document, args.source), sort_keys=False))
        facts: Facts = {"schema": hetero_scores.SCHEMA, "score_key": None, "n_scores": len(document["decoys"]) + 1}
        return {**facts, "name": args.out.name, "inputs": []}
    structures = ((row["id"], row["role"] == "original") for row in _requested(args.request))
    values = stand_ins.values(args.source, structures)
    return _write_table(((row["id"], next(values), 1.0) for row in _requested(args.request)), args.out)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--path", type=Path, help="external: the user's scores file; stand-ins: that of the suite")
    parser.add_argument("--url", help="external: URL that it was downloaded from, to be recorded")
    parser.add_argument("--input", type=Path, help="external: the numbered library, for its ids or its files")
    parser.add_argument("--folder", type=Path, default=Path(), help="scores_input is relative to this folder")
    parser.add_argument("--request", type=Path, help="score_request.csv")
    parser.add_argument("--train", type=Path, help="training set of the model, for fitting or to be recorded")
    add_settings(
        parser,
        "scores.source",
        "scores.sha256",
        "scores.command",
        "input.structures",
        "guardrails.standardise",
    )
    parser.add_argument("--command-file", type=Path, nargs="*", default=[], help="command: files of the user's model")
    parser.add_argument("--time-limit-seconds", type=positive, default=3600, help="command: stopped after so long")
    parser.add_argument("--settings", type=json_object, default={}, help="JSON: facts of the configuration to record")
    parser.add_argument("--out", type=Path, required=True, help="scores file of the run")
    parser.add_argument("--index", type=Path, required=True, help="where to write the index of a score table")
    parser.add_argument("--facts", type=Path, required=True, help="where to write what is recorded of it")


def _is_keyed(args: argparse.Namespace) -> bool:
    """Whether --path is a table with keys that may be ids of the library."""
    return bool(args.structures) and not args.path.name.lower().endswith(".json")


def _check_arguments(args: argparse.Namespace) -> None:
    needed: dict[str, tuple[str, ...]] = {"external": (), "command": ("command", "request")}
    needed |= dict.fromkeys(REFERENCES, ("train", "request"))
    needed |= dict.fromkeys(STAND_INS, () if args.path else ("request",))
    if args.source == "external" and args.input is None and (args.path is None or _is_keyed(args)):
        raise ConfigError("scores.source external needs --input", "it is the numbered library: hetero2 input writes it")
    for name in needed[args.source]:
        option = "scores.command" if name == "command" else f"--{name}"
        if getattr(args, name) is None:
            raise ConfigError(f"scores.source {args.source} needs {option}")


def run(args: argparse.Namespace) -> None:
    """Obtain and record the scores file."""
    _check_arguments(args)
    table = None
    if args.source == "external":
        if args.path:
            facts, table = external_file(args)
        else:
            facts = row_files(args.input, args.folder, args.out)
    elif args.source == "command":
        facts = from_command(args)
    elif args.source in STAND_INS:
        facts = from_stand_in(args)
    else:
        facts = from_reference(args)
    facts["inputs"] += [file_facts("training set", args.train)] if args.train else []
    facts = {
        "url": None,
        **facts,
        "kind": "scores",
        "source": args.source,
        "sha256": sha256_file(args.out),
        **args.settings,
    }
    if table is None and facts["schema"] == score_table.SCHEMA:
        table = score_table.index(args.out)
    score_index.write_index(args.index, table)
    write_text(args.facts, pretty_json(facts))
