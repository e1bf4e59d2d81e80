"""Everything that can be found wrong before anything slow: files read whole, the model tried on three structures."""

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.chem.molecules import canonical, parse, structure_hash
from hetero2.config.resolve import Config
from hetero2.errors import InputError
from hetero2.inputs.library import Raw
from hetero2.inputs.sdf import read_any
from hetero2.inputs.training import read_training
from hetero2.inputs.truth import read_truth
from hetero2.io.csv_writer import cell
from hetero2.io.files import write_text
from hetero2.io.tables import quoted
from hetero2.runtime.log import printable
from hetero2.scoring import score_index, score_table
from hetero2.scoring.scorers import command

_TRIED = 3  # structures
_LOOKED_AT = 1000  # structures of the library that are parsed to see whether it holds any
_NAMED = 3


class Note(NamedTuple):
    """A file of the user's that was written in another form: its path, and how it was understood."""

    path: Path
    text: str


class Library(NamedTuple):
    """What was seen of a library: rows, ids in their order, and the first structures that can be read, by SMILES."""

    n_rows: int
    ids: dict[str, None]
    first: list[str]
    n_unusable: int


def read_library(path: Path, structures: bool = True) -> Library:
    """Read a library whole; raises InputError where no row has an id, or none of its first structures can be read."""
    ids, rows, first, unusable = dict[str, None](), 0, list[str](), 0
    looked: list[Raw] = []
    for row in read_any(path, structures):
        rows += 1
        ids[row.id] = None
        if len(looked) < _LOOKED_AT:
            looked.append(row)
    if not rows:
        raise InputError(f"{path}: no row after the header", "give at least one molecule")
    for row in looked if structures else []:
        mol = parse(row.smiles) if not row.status else None
        if mol is None or not row.id.strip():
            unusable += 1
        elif len(first) < _TRIED:
            first.append(canonical(mol))
    if structures and not first:
        raise InputError(
            f"{path}: none of the first {len(looked)} structures can be read; the first is {quoted(looked[0].smiles)}",
            "is it the right column? --smiles-column names another",
        )
    return Library(rows, ids, first, unusable)


def try_model(config: Config, library: Library) -> float:
    """Run the user's model on three structures; the seconds that it took. Raises what a run would raise, now.

    The request has the form of the real one; the training set, where the command takes it, is the whole one.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hetero2-") as name:
        folder = Path(name)
        request, written = folder / "request.csv", folder / "scores.csv"
        lines = [f"{structure_hash(text)},{cell(text)},original,1" for text in library.first]
        write_text(request, "\n".join(["id,smiles,role,n_rows", *lines]) + "\n")
        values = {"request": request, "scores": written, "train": config["scores"]["train"], "seed": 0}
        limit = 60 * config["execution"]["command_minutes"]
        command.run(config["scores"]["command"], values, limit, folder / "command.log")
        table = command.read_scores(written, score_table.index)
        keys = score_index.hash_keys([structure_hash(text) for text in library.first])
        scores, _ = score_index.find(table, keys)
    n_scored = int((scores == scores).sum())
    if not n_scored:
        raise InputError(
            f"the model, tried on {len(library.first)} structures, returned none of their ids",
            "return the column id of {request} unchanged, beside a column score",
        )
    return time.monotonic() - started


def understood(config: Config, notes: Mapping[str, Note], had_scores: bool) -> Iterator[str]:
    """Read every file of a resolved configuration whole, try the model, and say what was understood, a line each.

    notes: how files that were converted were read, by key; had_scores: whether the run already has its scores, so that
    the model need not be tried.
    """
    path = config["input"]["path"]
    if path is None:
        yield f"library   the data set {config['input']['dataset']}"
        library = None
    else:
        library = read_library(Path(path), config["input"]["structures"])
        yield f"library   {_said(notes, 'library', path, f'{library.n_rows:,} molecules')}{_unusable(library)}"
    yield from _model(config, notes, library, had_scores)
    if config["scores"]["train"] is not None:
        training = read_training(Path(config["scores"]["train"]), config["guardrails"]["standardise"])
        count = f"{len(training.ids):,} molecules, {sum(training.labels):,} of them hits"
        yield f"training  {_said(notes, 'train', config['scores']['train'], count)}"
    yield from _truth(config, notes, library)
    n_rows = f" of {library.n_rows:,}" if library else ""
    yield f"to send   the best {config['selection']['k']:,}{n_rows} (--top-k)"


def _said(notes: Mapping[str, Note], key: str, path: str, count: str) -> str:
    """The user's own file, and what was understood of it."""
    note = notes.get(key, Note(Path(path), count))
    return f"{printable(note.path.name)}: {note.text}"


def _unusable(library: Library) -> str:
    if not library.n_unusable:
        return ""
    looked = min(library.n_rows, _LOOKED_AT)
    return f"; of the first {looked:,}, {library.n_unusable:,} cannot be read or have no id, and will be listed"


def _model(config: Config, notes: Mapping[str, Note], library: Library | None, had_scores: bool) -> Iterator[str]:
    scores = config["scores"]
    better = f"{'larger' if scores['higher_is_better'] else 'smaller'} is better"
    if scores["source"] == "command":
        if had_scores or library is None or not library.first:
            tried = "has scored this library already" if had_scores else "not tried"
        else:
            tried = f"tried on {len(library.first)} structures ({try_model(config, library):.1f} s)"
        yield f"model     {printable(scores['command'])}: {tried}; {better}"
    elif scores["path"] is not None:
        yield f"scores    {_said(notes, 'scores', scores['path'], 'by id')}; {better}"
    else:
        yield f"scores    {scores['source']}; {better}"


def _truth(config: Config, notes: Mapping[str, Note], library: Library | None) -> Iterator[str]:
    truth = config["truth"]
    if truth["source"] == "none":
        yield "truth     none: what buying the list is worth cannot be said, only whether the score can be trusted"
    elif truth["path"] is None:
        yield f"truth     {'that of the data set' if truth['source'] == 'external' else truth['source']}"
    else:
        hits = read_truth(Path(truth["path"]), truth["source"])
        own = notes["truth"].path if "truth" in notes else Path(truth["path"])
        n_shared = len(hits) if library is None else check_shared(own, list(hits), library)
        known = f"{len(hits):,} molecules, {sum(hits.values()):,} of them hits"
        others = len(hits) - n_shared
        more = f"; {others:,} are not in the library, and count for nothing" if others else ""
        yield f"truth     {_said(notes, 'truth', truth['path'], known)}{more}"


def check_shared(path: Path, ids: Sequence[str], library: Library) -> int:
    """How many ids of a file are ids of the library; raises InputError where none is."""
    n_shared = sum(name in library.ids for name in ids)
    if not n_shared:
        of_library = [name for name in library.ids if name.strip()][:_NAMED]
        raise InputError(
            f"{path}: none of its {len(ids):,} ids is an id of the library",
            f"its ids are like {', '.join(map(quoted, ids[:_NAMED]))}, those of the library like "
            f"{', '.join(map(quoted, of_library))}",
        )
    return n_shared


def layer_text(layer: Mapping[str, Any]) -> str:
    """A layer of the configuration as a file."""
    import yaml

    return "# Written by `hetero2 run`; what it does not say is as in config/default.yaml.\n" + str(
        yaml.safe_dump(dict(layer), sort_keys=False, allow_unicode=True)
    )
