"""report: report.html, which a person reads first, and the summary for spreadsheets."""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hetero2.errors import InputError
from hetero2.inputs.decoys import check_shards, decoys_with_scores
from hetero2.io.columns import Ints
from hetero2.io.csv_writer import write_csv
from hetero2.io.files import write_text
from hetero2.pack import results
from hetero2.pack.verification.layout import CHECKSUMS, CRATE, DATAPACKAGE, DECOYS, MANIFEST, PAGES
from hetero2.report import card_data, evidence, index, page, spreadsheet, table
from hetero2.report.cards import Card
from hetero2.report.text.vocabulary import CALL
from hetero2.report.text.words import counted, number
from hetero2.runtime import identity, provenance
from hetero2.runtime.log import logger
from hetero2.runtime.seeds import sample
from hetero2.scoring.list_order import list_order

EXAMPLE = "hetero2 report --run my-run --config '{...}' --summary summary.csv ... (see rules/report.smk)"
_ROWS = 65_536  # rows that are Python objects at once
DRAWN = 4  # decoys of a card
DRAWING_BYTES, TABLE_DRAWING_BYTES = 2_000_000, 500_000
TOP = "Selected: the first of the list to send"
SUSPICIOUS = "Suspicious: the best scored of those that do not stand out, as far as not shown above"
RANDOM = "A random sample of the others"
Record = dict[str, Any]


def _drawn_at_random(rows: pa.Table, among: Ints, size: int, seed: int) -> Ints:
    """At most `size` of the rows `among`, in their order."""
    named = rows.select(["structure_hash", "id"]).take(pa.array(among)).append_column("row", pa.array(among))
    records = (key for batch in named.to_batches(_ROWS) for key in batch.to_pylist())
    return np.sort(np.array([record["row"] for record in sample(records, size, seed)], np.int64))


def chosen(rows: pa.Table, order: Ints, k: int, size: int, seed: int) -> dict[str, Ints]:
    """Indices of the rows that get a card: first of the k to send, best scored with NO_SIGNAL, random sample."""
    calls = pc.equal(rows["call"], "NO_SIGNAL").to_numpy()
    top = order[: min(size, k)]
    last = order[calls[order]]
    suspicious = last[np.isin(last, top, invert=True)][:size]
    rest = np.setdiff1d(order, np.concatenate([top, suspicious]))
    return {TOP: top, SUSPICIOUS: suspicious, RANDOM: _drawn_at_random(rows, rest, size, seed)}


def listed(rows: pa.Table, order: Ints, most: int, seed: int) -> tuple[Ints, str]:
    """(rows of the table: the list in order, then rows outside it; or its top and a sample; a caption saying which)."""
    n, others = len(rows), np.setdiff1d(np.arange(len(rows)), order)
    everyone = np.concatenate([order, others])
    if n <= most:
        return everyone, f"All {counted(n, 'row')} of the library, in the order of the list to send."
    top, rest = everyone[: most // 2], everyone[most // 2 :]
    drawn = np.zeros(n, bool)
    drawn[_drawn_at_random(rows, rest, most - most // 2, seed)] = True
    caption = (
        f"A part of the {number(n)} rows: the first {number(len(top))} of the list to send and "
        f"{number(drawn.sum())} drawn at random from the rest (seed {seed}). summary.csv holds all."
    )
    return np.concatenate([top, rest[drawn[rest]]]), caption


class Report:
    """The report of a run, from the options of the verb."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.config = args, args.config
        self.rows = card_data.read_rows(args.summary)
        self.hits = card_data.read_hits(args.truth, self.config["truth"]["source"])
        self.seed = int(self.config["selection"]["seed"])
        k = int(self.config["selection"]["k"])
        self.order = list_order(self.rows)
        self.places = chosen(self.rows, self.order, k, self.config["report"]["cards"], self.seed)
        self.decoys = self._decoys()
        self.rank = np.zeros(len(self.rows), np.int64)
        self.rank[self.order] = np.arange(1, len(self.order) + 1)

    def _records(self, place: Ints) -> list[Record]:
        return card_data.records(self.rows, place, self.rank, self.hits)

    def _hits_by_call(self) -> dict[str, tuple[int, int]]:
        """(number of molecules with truth, number of hits) of each call."""
        measured = [self.hits.get(name) for name in self.rows["id"].to_pylist()] if self.hits else []
        counts = Counter(
            pair for pair in zip(self.rows["call"].to_pylist(), measured, strict=False) if pair[1] is not None
        )
        return {call: (counts[call, True] + counts[call, False], counts[call, True]) for call in CALL.codes if measured}

    def evidence(self) -> evidence.Evidence:
        """The content of the pack's files, with numbers of summary.csv; raises InputError where these disagree."""
        args, ok = self.args, self.rows.filter(pc.is_valid(self.rows["p_value"]))
        facts = evidence.read(
            dict(results.given(args, results.READ)),
            args.cost_lift,
            facts=identity.manifest_facts(args.run_name, args.config, args.facts),
            lock_differences=provenance.lock_differences(provenance.locked_packages()),
            auc=ok["auc_tie_aware"].to_numpy(),
            p_value=ok["p_value"].to_numpy(),
            most_decoys=pc.max(ok["n_decoys_scored"]).as_py() or 0,
            hits_by_call=self._hits_by_call(),
            first=self._records(self.order[: min(evidence.FIRST, self.args.config["selection"]["k"])]),
        )
        if facts.n_rows != len(self.rows):
            raise InputError(f"{args.summary}: {len(self.rows)} rows, but {args.metrics} counts {facts.n_rows}")
        return facts

    def _decoys(self) -> pa.Table:
        """The decoys of all cards, in the order of the library's rows."""
        place = np.sort(np.concatenate(list(self.places.values())))
        return pa.concat_tables(decoys_with_scores(pa.array(place), self.args.decoys, self.args.scores))

    def groups(self) -> dict[str, list[Card]]:
        """The cards of each group; drawings stop at DRAWING_BYTES, so that the page stays small."""
        decoys = card_data.by_row(self.decoys.to_pylist())
        spent, cards = 0, dict[str, list[Card]]()
        for name, place in self.places.items():
            cards[name] = []
            for record in self._records(place):
                card = card_data.card(record, decoys.get(record["row"], []), DRAWN, spent < DRAWING_BYTES)
                spent += len(card.svg) + len(card.axis) + sum(len(decoy.svg) for decoy in card.decoys)
                cards[name].append(card)
        return cards

    def _drawings(self, records: list[Record]) -> list[str]:
        """The molecules of the first rows of the table, which the first screen shows as well."""
        drawings, spent = list[str](), 0
        for record in records[: page.STATIC_ROWS]:
            drawings.append(card_data.drawing(record) if spent < TABLE_DRAWING_BYTES else "")
            spent += len(drawings[-1])
        return drawings

    def table(self) -> table.Table:
        """The rows that the page sorts and filters."""
        place, caption = listed(self.rows, self.order, self.config["report"]["table_rows"], self.seed)
        records = self._records(place)
        shown = table.table(records, caption, self._drawings(records))
        if len(shown.rows) == len(place):
            return shown
        return shown._replace(
            caption=f"{caption} The first {number(len(shown.rows))} of them, since their cells are long."
        )


def contents(args: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """(name, what it is) of the files of the pack."""
    full, truth = args.config["pack"]["artifacts"] == "full", args.truth is not None
    absent = set() if full else {DECOYS}
    absent |= set() if truth else set(results.TRUTH.values())
    yield from ((name, text) for name, text in index.FILES.items() if name not in absent)
    yield "index.md", "the same in fewer words, as text"
    yield "scores*", "the scores that were used"
    if full:
        yield PAGES, "a page for every molecule"
    yield "workflow/", "the workflow that made this pack"
    yield MANIFEST, "inputs, digests, seeds and every file"
    yield CHECKSUMS, "for sha256sum -c"
    yield f"{CRATE}, {DATAPACKAGE}", "the same as a Workflow Run Crate and as a data package"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    identity.add_arguments(parser)
    results.add_arguments(parser, results.READ)
    for name in ("decoys", "scores"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--out", type=Path, required=True, help="where to write report.html")
    parser.add_argument("--card-decoys", type=Path, required=True, help="where to write the decoys of its cards")
    parser.add_argument("--spreadsheet", type=Path, required=True, help="where to write the summary for spreadsheets")


def run(args: argparse.Namespace) -> None:
    """Write report.html and summary_spreadsheet.csv."""
    check_shards(args)
    report = Report(args)
    text = page.render(report.evidence(), report.groups(), report.table(), list(contents(args)))
    spreadsheet.write(args.summary, args.spreadsheet)
    write_csv(args.card_decoys, [card_data.decoy_list(report.rows, report.decoys)], card_data.DECOYS)
    write_text(args.out, text)
    logger.info("%s: %d bytes", args.out.name, len(text.encode("utf-8")))
