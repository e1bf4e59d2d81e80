"""Models that can be refitted: reference scorers, and the user's command where it takes a training file."""

import argparse
import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hetero2.chem.molecules import parse_known
from hetero2.chem.scaffold import murcko_scaffold
from hetero2.config.score_sources import REFERENCES
from hetero2.errors import ConfigError, HeteroError
from hetero2.inputs.training import Training
from hetero2.io.csv_writer import cell
from hetero2.io.files import sha256_bytes
from hetero2.runtime.cli_types import positive
from hetero2.scoring import score_table
from hetero2.scoring.scorers import command
from hetero2.scoring.scorers.reference import Reference

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Refittable(Protocol):
    """A model with its training molecules and the structures that it scores."""

    def scores(self, labels: Ints, seed: int, rows: Ints | None = None) -> Floats:
        """(structures,): scores after a fit on these labels of the training molecules, or on some `rows` of them.

        nan where the model gives none.
        """


class ReferenceModel:
    """A reference scorer; features are computed once."""

    def __init__(self, name: str, training: Training, structures: Sequence[str]) -> None:
        self._scorer = Reference(name, training, structures)
        self._features = self._scorer.features(structures)

    def scores(self, labels: Ints, seed: int, rows: Ints | None = None) -> Floats:
        """See Refittable."""
        scores: Floats = self._scorer.fit(labels.tolist(), seed, rows).score(self._features)
        return scores


class CommandModel:
    """The user's command with {train}, {request}, {scores} and, where it has one, {seed}: a process for every fit."""

    def __init__(
        self, line: str, training: Training, structures: Sequence[str], time_limit_seconds: float, log: Path
    ) -> None:
        self._line, self._training, self._log = line, training, log
        self._seconds = time_limit_seconds
        self._keys = [sha256_bytes(smiles.encode("utf-8")) for smiles in structures]
        self._request = list(dict(zip(self._keys, structures, strict=True)).items())

    def scores(self, labels: Ints, seed: int, rows: Ints | None = None) -> Floats:
        """See Refittable."""
        chosen = range(len(labels)) if rows is None else rows.tolist()
        training = self._training
        with tempfile.TemporaryDirectory(prefix="hetero2-refit-") as name:
            folder = Path(name)
            files = {part: folder / f"{part}.csv" for part in ("train", "request", "scores")}
            _write(
                files["train"],
                ["id", "smiles", "label"],
                [(training.ids[i], training.texts[i], int(labels[i])) for i in chosen],
            )
            _write(files["request"], ["id", "smiles"], self._request)
            command.run(self._line, {**files, "seed": seed}, self._seconds, self._log)
            by_key = command.read_scores(files["scores"], score_table.read)
        scores = np.array([by_key[key].score if key in by_key else np.nan for key in self._keys])
        if not np.isfinite(scores).any():
            raise HeteroError(
                "scores.command: a refit scored none of the structures in its request", "return its column id unchanged"
            )
        return scores


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.writelines(",".join(map(cell, row)) + "\n" for row in itertools.chain([header], rows))


def scaffolds_of(smiles: Sequence[str]) -> list[str]:
    """Murcko scaffold of every training molecule."""
    return [murcko_scaffold(parse_known(text)) for text in smiles]


class NegatedModel:
    """A model whose scores change sign, since its lower scores are better."""

    def __init__(self, model: Refittable) -> None:
        self._model = model

    def scores(self, labels: Ints, seed: int, rows: Ints | None = None) -> Floats:
        """See Refittable."""
        return -self._model.scores(labels, seed, rows)


MODEL_SETTINGS = ("scores.source", "scores.command", "scores.higher_is_better", "guardrails.standardise")


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Options that name the model and its training set."""
    parser.add_argument("--train", type=Path, required=True, help="id,smiles,label")
    parser.add_argument(
        "--time-limit-seconds", type=positive, default=3600, help="command: each fit is stopped after so long"
    )


def model_of(args: argparse.Namespace, training: Any, structures: Sequence[str]) -> Refittable:
    """The model of these options, for `structures`; raises ConfigError where it cannot be fitted again."""
    model = _model_as_it_is(args, training, structures)
    return model if args.higher_is_better else NegatedModel(model)


def _model_as_it_is(args: argparse.Namespace, training: Any, structures: Sequence[str]) -> Refittable:
    if args.source == "command":
        if not args.command or "{train}" not in args.command:
            raise ConfigError(
                "scores.command: cannot be fitted again: it has no {train}",
                "let the command read its training set from {train}; see docs/statistics.md",
            )
        log = (args.log or args.out).with_suffix(".command.log")
        return CommandModel(args.command, training, structures, args.time_limit_seconds, log)
    if args.source not in REFERENCES:
        raise ConfigError(
            f"--source {args.source}: cannot be fitted again", f"known are command, {', '.join(REFERENCES)}"
        )
    return ReferenceModel(args.source, training, structures)
