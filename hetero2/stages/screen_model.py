"""screen-model: fit the screen of a library on known measurements."""

import argparse
from pathlib import Path

import numpy as np

from hetero2.campaign import library_screen
from hetero2.campaign.structures import LIMITS, limits_of
from hetero2.io.files import atomic_path, pretty_json, write_text
from hetero2.io.tables import read_parquet
from hetero2.runtime.log import notice
from hetero2.runtime.provenance import file_facts
from hetero2.runtime.settings import add_settings
from hetero2.screening.screen import Settings

EXAMPLE = (
    "hetero2 screen-model --input input/rows.parquet --known known.csv --model model.npz --z z.npy --facts facts.json"
)
_SETTINGS = tuple(
    f"screen.{name}"
    for name in "hit_at lower_is_better today_lower_is_better today_column representative trust seed".split()
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the library, what is known of molecules, today's score and the three files to write."""
    parser.add_argument("--input", type=Path, required=True, help="the numbered library")
    parser.add_argument("--known", type=Path, required=True, help="id, smiles, and value or label (1/0)")
    parser.add_argument("--today", type=Path, help="the team's score: a table with id and score")
    add_settings(parser, *_SETTINGS, *LIMITS)
    parser.add_argument("--model", type=Path, required=True, help="where to write the model")
    parser.add_argument("--z", type=Path, required=True, help="where to write the places by today's score")
    parser.add_argument("--facts", type=Path, required=True, help="where to write what is recorded")


def options_of(args: argparse.Namespace) -> library_screen.Options:
    """How the library is screened."""
    settings = Settings(representative=args.representative, trust=args.trust)
    return library_screen.Options(args.hit_at, args.lower_is_better, args.today_lower_is_better, settings, args.seed)


def run(args: argparse.Namespace) -> None:
    """Fit and write the model."""
    rows = read_parquet(args.input, "input_row.v1", ["id", "smiles", "status"])
    fitted = library_screen.fit(rows, args.known, args.today, args.today_column, options_of(args), limits_of(args))
    for note in fitted.facts["notes"]:
        notice("%s", note)
    inputs = [file_facts(role, path) for role, path in (("known", args.known), ("today", args.today)) if path]
    library_screen.save(fitted.model, args.model)
    with atomic_path(args.z) as temporary, temporary.open("wb") as handle:
        np.lib.format.write_array(handle, fitted.z, allow_pickle=False)
    write_text(args.facts, pretty_json({"kind": "screen", "inputs": inputs, **fitted.facts}))
