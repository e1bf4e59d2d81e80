"""What is done with a campaign: choose the next batch, record measurements. Each holds the campaign meanwhile."""

from pathlib import Path
from typing import NamedTuple

from hetero2.campaign import ledger
from hetero2.campaign.choosing.choice import choose
from hetero2.campaign.layout import Layout
from hetero2.campaign.ledger import Told, read_ledger
from hetero2.campaign.library import read_library
from hetero2.campaign.measurements import read_measurements
from hetero2.campaign.rounds import Round, State, check_ids, read_rounds, write_round
from hetero2.campaign.start import read_elsewhere
from hetero2.campaign.today import coverage, read_new_order
from hetero2.errors import ConfigError, GateError
from hetero2.inputs.recognised.in_form import AS_THEY_ARE, InForm
from hetero2.io.files import check_file, sha256_file
from hetero2.runtime.provenance import file_facts


class Next(NamedTuple):
    """The round whose batch is to be measured now; is_new: it was chosen just now."""

    round: Round
    is_new: bool


class Recorded(NamedTuple):
    """What became of a file of measurements, and what a person should know of it."""

    told: Told
    notes: list[str]


def read_state(folder: Path) -> State:
    """All of a campaign, with every digest checked: raises GateError where a file was changed or is missing."""
    layout = Layout(folder)
    record = layout.read()
    for name, digest in record["files"].items():
        if sha256_file(folder / name) != digest:
            raise GateError(f"{folder / name}: was changed after the campaign was started", "restore the file")
    measurements, rounds = read_ledger(layout), read_rounds(layout)
    digests = measurements.files()
    for chosen in rounds:
        files = chosen.record["measurements"]
        if files != digests[: len(files)]:
            raise GateError(
                f"{chosen.folder}: rests on measurements that are not in the ledger any more",
                "restore the folder measurements",
            )
    library = read_library(layout.library)
    check_ids(rounds, library)
    return State(layout.settings(), library, measurements, rounds, read_elsewhere(layout.elsewhere))


def next_round(
    folder: Path,
    size: int | None = None,
    scores: Path | None = None,
    scores_column: str = "score",
    without_new_measurements: bool = False,
    workers: int = 1,
    files: InForm = AS_THEY_ARE,
) -> Next:
    """Choose and write the next batch, `size` molecules where that is given.

    scores: a table with an order of the library (id, score; larger is better) to use in place of the screen; files: the
    user's own, where it was written anew. Where the last batch has picks without a result and nothing was told since,
    it stands, unless `without_new_measurements`.
    Raises ConfigError where it stands, but is not what `size` and `scores` ask for.
    """
    layout = Layout(folder)
    if scores is not None:
        check_file(scores)
    with layout.held():
        state = read_state(folder)
        told = state.ledger.files()
        waits = state.rounds and state.rounds[-1].record["measurements"] == told and state.pending()
        if waits and not without_new_measurements:
            _check_stands(state.rounds[-1], size, files.own.get("scores", scores))
            return Next(state.rounds[-1], False)
        number = len(state.rounds) + 1
        table, notes, source = None, list[str](), None
        if scores is not None:
            by_id, notes = read_new_order(scores, scores_column)
            notes = [files.told(note) for note in (*notes, coverage(by_id, state.library.ids, scores))]
            table, source = by_id, file_facts("scores", files.own.get("scores", scores))
        choice = choose(state, number, size or state.settings.batch, layout.features, workers, table)
        record = {**choice.facts, "measurements": told, "scores": source}
        record["notes"] = [*notes, *record["notes"]]
        write_round(layout, number, choice.rows, record)
        return Next(read_rounds(layout)[-1], True)


def _check_stands(chosen: Round, size: int | None, scores: Path | None) -> None:
    """Raise ConfigError where a round that stands was chosen with another size or other scores than are asked for."""
    counts, source = chosen.record["counts"], chosen.record["scores"]
    unused = ["--batch"] if size is not None and counts["picks"] != min(size, counts["eligible"]) else []
    if scores is not None and (source is None or source["sha256"] != sha256_file(scores)):
        unused.append("--scores")
    if unused:
        raise ConfigError(
            f"round {chosen.record['round']} stands, since nothing was told after it was chosen, and was chosen "
            f"without this {' and '.join(unused)}",
            "tell its results first, or choose another batch nevertheless with --without-new-measurements",
        )


def tell(folder: Path, path: Path, files: InForm = AS_THEY_ARE) -> Recorded:
    """Record a file of measurements (known_measurements.v1); `files`: the user's own, where it was written anew."""
    check_file(path)
    layout = Layout(folder)
    settings, library = layout.settings(), read_library(layout.library)
    measurements, notes = read_measurements(path, library, settings.standardise)
    with layout.held():
        notes = [files.told(note) for note in (*notes, *read_ledger(layout).notes)]
        facts = file_facts("measured", files.own.get("measured", path))
        return Recorded(ledger.tell(layout, measurements, facts, ledger.MEASURED), notes)
