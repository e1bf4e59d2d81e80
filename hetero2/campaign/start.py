"""Setting up a campaign: its folder is there whole, or not at all."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from hetero2.campaign import ledger
from hetero2.campaign.layout import CONTRACT, Layout, Settings, check_new, whole
from hetero2.campaign.library import Library, read_library, write_library
from hetero2.campaign.measurements import Measurement, read_measurements
from hetero2.campaign.structures import Limits, check_usable
from hetero2.campaign.today import Scores, coverage, read_today
from hetero2.inputs.recognised.in_form import AS_THEY_ARE, InForm
from hetero2.io.contracts import write_json
from hetero2.io.csv_reader import read_csv
from hetero2.io.csv_writer import cell
from hetero2.io.files import check_file, sha256_file, write_text
from hetero2.io.tables import number
from hetero2.runtime.provenance import file_facts

Record = dict[str, Any]


class Sources(NamedTuple):
    """The files that a user brings: library, today's scores with their column, known measurements.

    `files`: the user's own, where some of these were written anew in the form of their contract.
    """

    library: Path
    today: Path | None
    today_column: str
    known: Path | None
    files: InForm = AS_THEY_ARE


def _today(sources: Sources, settings: Settings, lower_is_better: bool | None) -> tuple[Scores, Settings]:
    """(today's scores by id, larger is better; the settings with what these scores are)."""
    if sources.today is None:
        return Scores({}, []), settings
    scores, lower = read_today(sources.today, sources.today_column, lower_is_better)
    return scores, replace(settings, today_lower_is_better=lower)


def start(
    out: Path,
    rows: Sequence[Record],
    sources: Sources,
    settings: Settings,
    limits: Limits,
    today_lower_is_better: bool | None = None,
    workers: int = 1,
) -> Record:
    """Set up a campaign; return its campaign.json.

    rows: of the library, numbered and marked as the stage `input` does it. Raises ConfigError where the folder is not
    new, and InputError for what cannot be used; then there is no folder.
    """
    check_new(out, "name a new folder; a campaign goes on with `hetero2 campaign next`")
    for path in (sources.library, sources.today, sources.known):
        if path is not None:
            check_file(path)
    scores, settings = _today(sources, settings, today_lower_is_better)
    with whole(out) as folder:
        return _fill(Layout(folder), rows, sources, settings, limits, scores, workers)


def _fill(
    layout: Layout,
    rows: Sequence[Record],
    sources: Sources,
    settings: Settings,
    limits: Limits,
    scores: Scores,
    workers: int,
) -> Record:
    def today(record: Record) -> float | None:
        if settings.today_order == "size":
            return float(record["heavy_atoms"])
        return -float(record["row"]) if settings.today_order == "listed" else scores.by_id.get(record["id"])

    write_library(layout.library, layout.features, rows, today, limits, workers)
    library = read_library(layout.library)
    check_usable(library.status, library.reasons, library.smiles[0], sources.library)
    notes = [*scores.notes, *_notes(library)]
    if sources.today is not None:
        usable = [name for name, status in zip(library.ids, library.status, strict=True) if status == "OK"]
        notes.append(coverage(scores.by_id, usable, sources.today))
    in_library = library.places()
    _write_elsewhere(layout.elsewhere, {key: score for key, score in scores.by_id.items() if key not in in_library})
    measurements: list[Measurement] = []
    if sources.known is not None:
        measurements, notes_of_known = read_measurements(sources.known, library, settings.standardise)
        hashes = set(library.hashes) - {""}
        n_inside = sum(measurement.structure_hash in hashes for measurement in measurements)
        notes += [*notes_of_known, f"{sources.known.name}: {len(measurements)} known molecules"]
        notes += [f"{n_inside} of them are in the library: they are kept out of batches"] * (n_inside > 0)
    files = {"library": sources.library, "today": sources.today, "known": sources.known}
    roles = {role: sources.files.own.get(role, path) for role, path in files.items()}
    record = {
        "campaign_schema": CONTRACT,
        "settings": settings.as_record(),
        "inputs": [file_facts(role, path) for role, path in roles.items() if path is not None],
        "files": {path.name: sha256_file(path) for path in layout.computed},
        "counts": {
            **{status: library.status.count(status) for status in ("OK", "SKIP", "ERROR")},
            "structures": len(library.distinct()),
        },
        "notes": [sources.files.told(note) for note in notes],
    }
    write_json(layout.campaign, record, CONTRACT)
    layout.measurements.mkdir()
    layout.rounds.mkdir()
    if sources.known is not None:
        ledger.tell(layout, measurements, file_facts("known", roles["known"] or sources.known), ledger.KNOWN)
    return record


def _notes(library: Library) -> list[str]:
    n_ok, n_distinct = library.status.count("OK"), len(library.distinct())
    n_bad = len(library.ids) - n_ok
    notes = (
        [f"{n_bad} of {len(library.ids)} rows have no usable id or structure, and are never bought"] if n_bad else []
    )
    if n_ok > n_distinct:
        notes.append(
            f"{n_ok - n_distinct} molecules have the structure of an earlier one: only the first may be bought"
        )
    return notes


def _write_elsewhere(path: Path, scores: dict[str, float]) -> None:
    lines = ["id,score", *(",".join(map(cell, row)) for row in scores.items())]
    write_text(path, "\n".join(lines) + "\n")


def read_elsewhere(path: Path) -> dict[str, float]:
    """Today's scores of ids that are not in the library, larger is better."""
    return {row["id"]: number(row["score"]) for _, row in read_csv(path, ["id", "score"])}
