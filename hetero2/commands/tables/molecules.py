"""What a caller brings in memory: molecules as a table or as SMILES, labels as truth, scores as a function."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetero2.commands.tables.progress import bar
from hetero2.config.keys import shown
from hetero2.errors import InputError
from hetero2.inputs.truth import read_truth
from hetero2.io.tables import quoted

BATCH = 1024  # structures that a scoring function gets at once
_HINT = (
    "it is called with a list of at most 1024 SMILES and must return as many numbers; of a function of one SMILES, "
    "make lambda batch: [f(smiles) for smiles in batch]"
)


def as_list(data: Any) -> list[Any] | None:
    """The entries of a list, a tuple, an array or a Series; None for anything else, such as a table or a text."""
    if isinstance(data, pa.Array | pa.ChunkedArray):
        return list(data.to_pylist())
    if isinstance(data, Sequence) and not isinstance(data, str | bytes | bytearray):
        return list(map(_plain, data))
    if getattr(data, "ndim", None) == 1 and hasattr(data, "tolist"):  # of numpy, of pandas
        return list(data.tolist())
    return None


def _plain(value: Any) -> Any:
    """A scalar of numpy or torch as Python has it; anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def as_molecules(data: Any, name: str) -> Any:
    """A table as it is; a list of SMILES as a table whose ids are m1, m2, ... Raises InputError for other entries."""
    texts = as_list(data)
    if texts is None:
        return data
    for place, text in enumerate(texts, start=1):
        if not isinstance(text, str) and not _is_missing(text):
            raise InputError(f"{name}: entry {place} is {_shown(text)}, expected a SMILES", "give a list of SMILES")
    smiles = [text if isinstance(text, str) else None for text in texts]
    return pa.table({"id": [f"m{place + 1}" for place in range(len(smiles))], "smiles": pa.array(smiles, pa.string())})


def _shown(value: Any) -> str:
    return shown(value) if isinstance(value, str | int | float) else f"of type {type(value).__name__}"


def _is_hit(name: str, value: Any) -> bool | None:
    """A label; None where there is none. Raises InputError for what is neither true nor false."""
    if _is_missing(value):
        return None
    if not isinstance(value, int | float) or value not in (0, 1):
        raise InputError(
            f"truth: {quoted(name)} is {_shown(value)}, expected True (a hit) or False",
            "compare measured values with what makes a hit first: truth=values >= 7",
        )
    return bool(value)


def _pairs(truth: Any, ids: Sequence[str]) -> Iterable[tuple[str, Any]]:
    """(id, label) of a mapping, of a Series whose index holds ids, or of entries in the order of the molecules."""
    if isinstance(truth, Mapping):
        return [(str(key), value) for key, value in truth.items()]
    values, index = as_list(truth), getattr(truth, "index", None)
    if values is None:
        raise InputError(
            f"truth: expected labels, found {type(truth).__name__}",
            "give a mapping of ids to True or False, a list in the order of the molecules, or frame.set_index('id')"
            "['label']",
        )
    if index is not None and not callable(index):  # of pandas; that of a list is a method
        names = list(index)
        if index.name == "id" or (names and all(isinstance(name, str) for name in names)):
            return [(str(name), value) for name, value in zip(names, values, strict=True)]
    if len(values) != len(ids):
        raise InputError(
            f"truth: {len(values)} labels for {len(ids)} molecules",
            "give one for each, in their order, None where it is unknown; or a mapping of ids to labels",
        )
    return list(zip(ids, values, strict=True))


def labels_of(truth: Any, ids: Sequence[str]) -> dict[str, bool]:
    """Whether molecules are hits, by id, from what `truth` is: a file (customer_truth.v1), or labels in memory.

    Raises InputError for what is no label, for labels of another number of molecules, and where no id is known.
    """
    if isinstance(truth, Path | str):
        hits = read_truth(Path(truth))
    else:
        labels = [(name, _is_hit(name, value)) for name, value in _pairs(truth, ids)]
        hits = {name: label for name, label in labels if label is not None}
    if not hits:
        raise InputError("truth: no molecule has a label", "leave truth out where nothing was measured")
    if not hits.keys() & set(ids):
        first = f"the first is {quoted(next(iter(hits)))}, that of the molecules {quoted(ids[0])}"
        raise InputError(f"truth: none of its {len(hits)} ids is an id of the molecules", first)
    return hits


def _scored(function: Callable[[list[str]], Any], batch: list[str]) -> list[float]:
    """The scores of a batch, NaN where there is none; raises InputError for what the function did wrong."""
    place = f"{len(batch)} structures, the first of them {quoted(batch[0])}"
    try:
        returned = function(list(batch))
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"scores: the function raised {what[:300]} (on {place})", _HINT) from error
    values = as_list(returned)
    if values is None:
        raise InputError(f"scores: the function returned {_shown(returned)}, not a list (for {place})", _HINT)
    if len(values) != len(batch):
        raise InputError(f"scores: the function returned {len(values)} scores for {place}", _HINT)
    return [_number(value, smiles) for value, smiles in zip(values, batch, strict=True)]


def _number(value: Any, smiles: str) -> float:
    if _is_missing(value):
        return math.nan
    try:
        score = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        score = math.nan
    if not math.isfinite(score):
        raise InputError(
            f"scores: the function gave {quoted(smiles)} the score {_shown(value)}, expected a finite number",
            "return nan for a structure that has no score",
        )
    return score


def scores_by(function: Callable[[list[str]], Any], request: pa.Table) -> pa.Table:
    """(id, score) of the structures of a request (score_request.v1) that the function scores; NaN is no score.

    It gets lists of at most 1024 SMILES. Raises InputError where it raises, returns another number of scores, or what
    is no number, and where nothing has a score.
    """
    keys, texts = request["id"].to_pylist(), request["smiles"].to_pylist()
    batches = [texts[first : first + BATCH] for first in range(0, len(texts), BATCH)]
    scored: Iterator[list[float]] = (_scored(function, batch) for batch in batches)
    parts = list(bar(scored, len(texts), "structures scored", len))
    scores = itertools.chain.from_iterable(parts)
    pairs = [(key, score) for key, score in zip(keys, scores, strict=True) if not math.isnan(score)]
    if not pairs:
        raise InputError(f"scores: the function gave none of {len(texts)} structures a score", _HINT)
    names, numbers = zip(*pairs, strict=True)
    return pa.table({"id": list(names), "score": pa.array(numbers, pa.float64())})
