"""What a campaign does for tables in memory: each action is that of `hetero2 campaign`."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from hetero2.campaign import actions
from hetero2.campaign import report as campaign_report
from hetero2.campaign.evidence.written import write_report
from hetero2.campaign.rounds import BATCH
from hetero2.commands import campaign as verb
from hetero2.commands import campaign_options
from hetero2.commands.tables.files import Brought, as_files, as_verb, parsed
from hetero2.commands.tables.results import CampaignReport
from hetero2.commands.tables.screening import KNOWN
from hetero2.inputs.recognised.in_form import in_form
from hetero2.inputs.recognised.written import Names
from hetero2.io.in_memory import from_cells

Record = dict[str, Any]


def start(folder: Path, sources: Mapping[str, Any], options: Mapping[str, Any]) -> Record:
    """Set up a campaign from library, today and known; `options`: those of the verb. Returns campaign.json."""
    columns = {"library": ("id", "smiles"), "today": ("id", options["today_column"]), "known": KNOWN}
    with as_files(**{name: Brought(sources[name], columns[name]) for name in columns}) as files:
        names = {"input" if name == "library" else name: path for name, path in files.items()}
        args = parsed(campaign_options.add_start, out=folder, **names, **options)
        plan = args.base_rate, args.expected_rate, args.planned_rounds
        return verb.started(args, args.out, plan)


def next_batch(
    folder: Path, size: int | None, scores: tuple[Any, str], without_new_measurements: bool, workers: int
) -> pa.Table:
    """The batch to measure (campaign_batch.v1), chosen now or standing; `scores`: a table, and its column."""
    data, column = scores
    with as_files(scores=Brought(data, ("id", column))) as files:
        columns = {"scores": (column, "--scores-column")}
        with in_form({"scores": files.get("scores")}, Names(), columns) as forms:
            chosen, _ = actions.next_round(
                folder, size, forms.path("scores"), column, without_new_measurements, workers, forms
            )
    return _batch(chosen.folder / "batch.csv", [pick["id"] for pick in chosen.picks])


def _batch(path: Path, ids: list[str]) -> pa.Table:
    """batch.csv as it was written; people may have added their results to it, or have moved its rows."""
    with path.open(newline="", encoding="utf-8") as handle:
        table = from_cells(csv.reader(handle), BATCH, str(path))
    places = {name: place for place, name in enumerate(table["id"].to_pylist())}
    return table.take([places[name] for name in ids if name in places])


def _told(results: Any) -> Any:
    """Results as a table: of a mapping of ids to values, or to True and False."""
    if not isinstance(results, Mapping) or "id" in results:
        return results
    is_label = all(value is None or isinstance(value, bool) for value in results.values())
    return {"id": [str(name) for name in results], "label" if is_label else "value": list(results.values())}


def tell(folder: Path, results: Any) -> list[str]:
    """Record results; what became of them, a line an entry."""
    with (
        as_files(results=Brought(_told(results), KNOWN)) as files,
        in_form({"measured": files["results"]}, Names()) as forms,
    ):
        recorded = actions.tell(folder, forms.brought["measured"].path, forms)
    return [*verb.recorded_lines(*recorded), verb.pending_line(folder)]


def status(folder: Path) -> list[str]:
    """Where a campaign stands, a line an entry."""
    return list(verb.status_lines(actions.read_state(folder)))


def report(folder: Path, out: Path | None) -> CampaignReport:
    """The report of a campaign, written as the verb does it."""
    with as_verb():
        document = campaign_report.report(actions.read_state(folder))
        return CampaignReport(document, write_report(folder, document, out or folder / "report"))
