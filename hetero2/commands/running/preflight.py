"""Everything that can be found wrong before anything slow: files read whole, the model tried on three structures."""

import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.campaign.measurements import read_measurements_alone
from hetero2.chem.molecules import canonical, parse, structure_hash
from hetero2.config.consistency import command_words
from hetero2.config.resolve import Config
from hetero2.errors import ConfigError, InputError
from hetero2.inputs.recognised.in_form import InForm
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
_LOOKED_AT = 100_000  # rows of the library whose structures are parsed, at some 0.2 ms each
_NAMED = 3
# Where the configuration names each file.
_KEYS = {
    "library": ("input", "path"),
    "train": ("scores", "train"),
    "scores": ("scores", "path"),
    "truth": ("truth", "path"),
    "known": ("screen", "known"),
}
_PLACEHOLDER = re.compile(r"\{[A-Za-z_]+\}")
_PLACEHOLDERS = {"{request}", "{scores}", "{train}", "{seed}"}
_OF_A_SHELL = {"|", ">", ">>", "<", "&&", "||", ";", "&", "2>&1"}


class Library(NamedTuple):
    """What was seen of a library: rows, ids in their order, and the first structures that can be read, by SMILES.

    Of all rows, how many lack an id or repeat one; of the first `n_parsed`, how many have no structure to read.
    """

    n_rows: int
    ids: dict[str, None]
    first: list[str]
    n_without_id: int = 0
    n_repeated: int = 0
    n_parsed: int = 0
    n_unreadable: int = 0


def read_library(path: Path, structures: bool = True) -> Library:
    """Read a library whole; raises InputError where no row has an id, or no structure of the first can be read."""
    ids, first, example = dict[str, None](), list[str](), ""
    rows = without_id = repeated = parsed = unreadable = 0
    for row in read_any(path, structures):
        rows += 1
        if not row.id.strip():
            without_id += 1
        elif row.id in ids:
            # of a table with a line per decoy, only the first line of a molecule is a row
            repeated += row.decoy is None
        else:
            ids[row.id] = None
        if structures and parsed < _LOOKED_AT:
            parsed += 1
            example = example or row.smiles
            mol = None if row.status else parse(row.smiles)
            unreadable += mol is None
            if mol is not None and row.id.strip() and len(first) < _TRIED:
                first.append(canonical(mol))
    if not rows:
        raise InputError(f"{path}: no row after the header", "give at least one molecule")
    if without_id == rows:
        raise InputError(f"{path}: {rows:,} of {rows:,} rows have no id", _hint(path, _WITHOUT_ID))
    if structures and unreadable == parsed:
        which = f"first {parsed:,}" if parsed < rows else f"{parsed:,}"
        raise InputError(
            f"{path}: none of the {which} structures can be read; the first is {quoted(example)}",
            _hint(path, _UNREADABLE),
        )
    return Library(rows, ids, first, without_id, repeated, parsed, unreadable)


_WITHOUT_ID = {
    ".smi": "write the id after the SMILES, behind a tab or a space",
    ".sdf": "give each record its id as title, or in a data item that --id-column names",
    "": "give each molecule an id of its own; --id-column names another column",
}
_UNREADABLE = {
    ".smi": "a line is the SMILES, a tab or space, then the id",
    ".sdf": "is it an SD file (V2000 or V3000)?",
    "": "is it the right column? --smiles-column names another",
}


def _hint(path: Path, hints: Mapping[str, str]) -> str:
    return hints.get(path.suffix.lower(), hints[""])


def try_model(config: Config, library: Library) -> tuple[float, int]:
    """Run the user's model on three structures; (the seconds that it took, how many got no score).

    Raises what a run would raise, now. The request has the form of the real one; the training set, where the command
    takes it, is the whole one.
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
    return time.monotonic() - started, len(scores) - n_scored


def check_named_once(layer: Mapping[str, Any], own: Mapping[str, Path]) -> None:
    """Raise ConfigError where a file of the call is another one than the configuration names for the same."""
    for role, (section, key) in _KEYS.items():
        other = (layer.get(section) or {}).get(key)
        if role in own and other is not None and Path(str(other)) != own[role]:
            raise ConfigError(f"{own[role]}: {section}.{key} of the configuration is {other}", "name one of the two")


def understood(config: Config, files: InForm, had_scores: bool) -> Iterator[str]:
    """Read every file of a resolved configuration whole, try the model, and say what was understood, a line each.

    files: the user's own, and how they were read; had_scores: whether the run already has its scores, so that
    the model need not be tried.
    """
    path = config["input"]["path"]
    if path is None:
        yield f"library   the data set {config['input']['dataset']}"
        library = None
    else:
        library = read_library(Path(path), config["input"]["structures"])
        yield f"library   {_said(files, 'library', path, f'{library.n_rows:,} molecules')}{unusable(library)}"
    yield from _model(config, files, library, had_scores)
    if config["scores"]["train"] is not None:
        training = read_training(Path(config["scores"]["train"]), config["guardrails"]["standardise"])
        count = f"{len(training.ids):,} molecules, {sum(training.labels):,} of them hits"
        yield f"training  {_said(files, 'train', config['scores']['train'], count)}"
    yield from _truth(config, files, library)
    yield from _known(config, files)
    k = config["selection"]["k"]
    if library is not None and k > library.n_rows:
        yield f"to send   all {library.n_rows:,}, since there are no more (--top-k {k:,})"
    else:
        yield f"to send   the best {k:,}{f' of {library.n_rows:,}' if library else ''} (--top-k)"


def _said(files: InForm, role: str, path: str, count: str) -> str:
    """The user's own file, and what was understood of it."""
    file = files.brought.get(role)
    if file is None or not file.was_converted:
        return f"{printable(files.own.get(role, Path(path)).name)}: {count}"
    return f"{printable(files.own[role].name)}: {file.understood}"


def unusable(library: Library) -> str:
    """What of a library cannot be used, and how many structures were looked at where that is not all of them."""
    counts = [
        (library.n_unreadable, "have no structure that can be read"),
        (library.n_without_id, "have no id"),
        (library.n_repeated, "repeat the id of an earlier one"),
    ]
    parts = [f"{count:,} {what}" for count, what in counts if count]
    text = f"; {', '.join(parts)}: they will be listed, and not scored" if parts else ""
    if 0 < library.n_parsed < library.n_rows:
        text += f"; the structures of the first {library.n_parsed:,} were looked at"
    return text


def _known(config: Config, files: InForm) -> Iterator[str]:
    path = config["screen"]["known"]
    if path is not None:
        unused = "; without a truth they are not used: `hetero2 screen` ranks a library by them"
        unused = unused if config["truth"]["source"] == "none" else ""
        count = len(read_measurements_alone(Path(path), config["guardrails"]["standardise"]).measurements)
        yield f"known     {_said(files, 'known', path, f'{count:,} molecules with results')}{unused}"


def _model(config: Config, files: InForm, library: Library | None, had_scores: bool) -> Iterator[str]:
    scores = config["scores"]
    better = f"{'larger' if scores['higher_is_better'] else 'smaller'} is better"
    if scores["source"] == "command":
        if had_scores or library is None or not library.first:
            tried = "has scored this library already" if had_scores else "not tried"
        else:
            seconds, n_without = try_model(config, library)
            few = f", {n_without} of which got no score" if n_without else ""
            tried = f"tried on {len(library.first)} structures{few} ({seconds:.1f} s)"
        yield f"model     {printable(scores['command'])}: {tried}; {better}{_as_it_stands(scores['command'])}"
    elif scores["path"] is not None:
        yield f"scores    {_said(files, 'scores', scores['path'], 'by id')}; {better}"
    else:
        yield f"scores    {scores['source']}; {better}"


def _as_it_stands(text: str) -> str:
    """What of a command looks like a placeholder of ours, or a sign for a shell, and is neither."""
    words = command_words(text)
    names = [name for word in words for name in _PLACEHOLDER.findall(word) if name not in _PLACEHOLDERS]
    odd = [*names, *(word for word in words if word in _OF_A_SHELL)]
    if not odd:
        return ""
    verb = "are handed on as they stand" if len(odd) > 1 else "is handed on as it stands"
    return f"; {printable(' and '.join(dict.fromkeys(odd)))} {verb}, since there is no shell"


def _truth(config: Config, files: InForm, library: Library | None) -> Iterator[str]:
    truth = config["truth"]
    if truth["source"] == "none":
        yield "truth     none: what buying the list is worth cannot be said, only whether the score can be trusted"
    elif truth["path"] is None:
        yield f"truth     {'that of the data set' if truth['source'] == 'external' else truth['source']}"
    else:
        hits = read_truth(Path(truth["path"]), truth["source"])
        own = files.own.get("truth", Path(truth["path"]))
        n_shared = len(hits) if library is None else check_shared(own, list(hits), library)
        known = f"{len(hits):,} molecules, {sum(hits.values()):,} of them hits"
        others = len(hits) - n_shared
        more = f"; {others:,} are not in the library, and count for nothing" if others else ""
        yield f"truth     {_said(files, 'truth', truth['path'], known)}{more}"


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
