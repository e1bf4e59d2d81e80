"""campaign: rounds of choosing a batch, measuring it, telling the results, and learning from them."""

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hetero2.campaign import actions
from hetero2.campaign.layout import Settings
from hetero2.campaign.measurements import FAILED
from hetero2.campaign.rounds import HIT, NEW, PENDING, TODAY, Outcome, State
from hetero2.campaign.start import Sources, start
from hetero2.campaign.today import ORDERS
from hetero2.chem.structures.guardrails import Guardrails
from hetero2.errors import ConfigError, InputError
from hetero2.inputs.sdf import read_any
from hetero2.inputs.usable_rows import with_an_id
from hetero2.runtime import isolated
from hetero2.runtime.cli_types import natural, positive
from hetero2.runtime.log import printable
from hetero2.runtime.settings import add_option
from hetero2.stages.input import mark

EXAMPLE = "hetero2 campaign start --input library.csv --today docking.csv --batch 50 --out my-campaign"
_GUARDRAILS = tuple(
    f"guardrails.{name}"
    for name in ("max_atoms", "require_connected", "standardise", "seconds_per_molecule", "mb_per_molecule")
)
_SHOWN = 10  # ids, of many, that a person reads


def _share(text: str) -> float:
    """A share from 0 to 1."""
    value = _number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value


def _number(text: str) -> float:
    """A finite number."""
    from hetero2.io.tables import number

    value = number(text)
    if value != value:
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def _price(text: str) -> float:
    """A number of at least 0."""
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is less than 0")
    return value


def _workers() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=positive, help="processes or threads (default: all cores); changes no result")


def _add_campaign(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--campaign", type=Path, required=True, help="folder of the campaign")


def _add_start(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input", type=Path, required=True, help="library: .csv, .csv.gz, .parquet, .smi or .sdf")
    parser.add_argument("--out", type=Path, required=True, help="folder of the campaign; it must be new or empty")
    today = parser.add_mutually_exclusive_group(required=True)
    today.add_argument("--today", type=Path, help="the score you choose by today: a table with id and score")
    today.add_argument(
        "--today-order", choices=ORDERS[1:], help="the order you choose by today: largest first, or as listed"
    )
    parser.add_argument("--today-column", default="score", help="column of --today with the score (default score)")
    parser.add_argument(
        "--today-lower-is-better",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="of today's score, as of a docking score (default: larger is better)",
    )
    parser.add_argument("--known", type=Path, help="molecules measured before: id, smiles, and value or label (1/0)")
    parser.add_argument("--batch", type=positive, required=True, help="molecules per round")
    parser.add_argument("--hit-at", type=_number, help="measured value from which on a molecule is a hit")
    parser.add_argument("--lower-is-better", action="store_true", help="of measured values (default: larger is better)")
    parser.add_argument(
        "--control-share",
        type=_share,
        default=0.5,
        help="share of a batch that today's order drafts, so that both are measured (default 0.5)",
    )
    parser.add_argument(
        "--per-framework", type=positive, default=2, help="most picks of a generic Murcko framework (default 2)"
    )
    parser.add_argument("--seed", type=natural, default=0, help="of the coin of the draft, and of samples (default 0)")
    parser.add_argument("--price-per-measurement", type=_price, help="to report money saved")
    parser.add_argument(
        "--trust-score",
        type=_share,
        default=0.2,
        help="probability, before any label, that today's score says something (default 0.2)",
    )
    for key in _GUARDRAILS:
        add_option(parser, key)
    _add_workers(parser)


def _add_next(parser: argparse.ArgumentParser) -> None:
    _add_campaign(parser)
    parser.add_argument("--batch", type=positive, help="molecules of this round (default: as at the start)")
    parser.add_argument("--scores", type=Path, help="use this order (id, score; larger is better), not the screen")
    parser.add_argument("--scores-column", default="score", help="column of --scores with the score (default score)")
    parser.add_argument(
        "--without-new-measurements",
        action="store_true",
        help="choose another batch even if nothing was told since the last one",
    )
    _add_workers(parser)


def _add_tell(parser: argparse.ArgumentParser) -> None:
    _add_campaign(parser)
    parser.add_argument(
        "--measured", type=Path, required=True, help="results: id, value or label (1/0); optionally status, smiles"
    )


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        print(printable(line))


def _noted(notes: Sequence[str]) -> list[str]:
    return [f"note: {note}" for note in notes]


def _start(args: argparse.Namespace) -> None:
    rows = list(with_an_id(mark(read_any(args.input)), args.input))
    if not rows:
        raise InputError(f"{args.input}: no row after the header", "give at least one molecule")
    if args.today is None and args.today_lower_is_better is not None:
        raise ConfigError("--today-lower-is-better is about the scores of --today", "leave it out with --today-order")
    settings = Settings(
        batch=args.batch,
        control_share=args.control_share,
        per_framework=args.per_framework,
        seed=args.seed,
        hit_at=args.hit_at,
        lower_is_better=args.lower_is_better,
        price_per_measurement=args.price_per_measurement,
        today_order=args.today_order or "score",
        today_lower_is_better=args.today_order == "listed",
        trust_score=args.trust_score,
        standardise=args.standardise,
    )
    guardrails = Guardrails(args.max_atoms, args.require_connected, args.standardise)
    limits = guardrails, isolated.Limits(args.seconds_per_molecule, args.mb_per_molecule)
    sources = Sources(args.input, args.today, args.today_column, args.known)
    workers = args.workers or _workers()
    record = start(args.out, rows, sources, settings, limits, args.today_lower_is_better, workers)
    counts = record["counts"]
    _print([f"{counts['structures']} molecules may be bought; campaign in {args.out}", *_noted(record["notes"])])
    _print([f"next: hetero2 campaign next --campaign {args.out}"])


def _next(args: argparse.Namespace) -> None:
    chosen, is_new = actions.next_round(
        args.campaign,
        args.batch,
        args.scores,
        args.scores_column,
        args.without_new_measurements,
        args.workers or _workers(),
    )
    record = chosen.record
    counts, batch = record["counts"], chosen.folder / "batch.csv"
    if not is_new:
        _print(
            [
                f"round {record['round']}: nothing was told since it was chosen, so it stands: {batch}",
                "note: --without-new-measurements chooses another batch nevertheless",
            ]
        )
        return
    by = {
        "screen": f"the screen on {record['labels']} labels ({record['hits']} hits)",
        "scores": "the scores given",
        "today": "the same order again",
    }[record["method"]]
    pending = [f"{counts['pending']} picks of earlier rounds have no result yet, and are not bought again"]
    _print(
        [
            f"round {record['round']}: {counts['picks']} of {counts['eligible']} molecules: {batch}",
            f"  drafted by today's order {counts['picks_today']}, by {by} {counts['picks_new']}; "
            f"each alone would buy {counts['picks_in_both']} of them",
            *_noted(pending if counts["pending"] else []),
            *_noted(record["notes"]),
        ]
    )


def _result(outcome: Mapping[str, Any]) -> str:
    parts = [f"{name} {outcome[name]:g}" for name in ("value", "label") if outcome[name] is not None]
    return " and ".join(parts) or str(outcome["status"])


def _changes(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for change in changes[:_SHOWN]:
        yield f"changed: {change['id']}: was {_result(change['was'])}, is now {_result(change['is'])}"
    if len(changes) > _SHOWN:
        yield f"changed: … and {len(changes) - _SHOWN} more"


def _tell(args: argparse.Namespace) -> None:
    recorded, notes = actions.tell(args.campaign, args.measured)
    if recorded.entry is None:
        _print([f"nothing new: all {recorded.n_same} results were told before", *_noted(notes)])
    else:
        same = f", {recorded.n_same} told before" if recorded.n_same else ""
        _print(
            [
                f"recorded: {recorded.n_new} new results, {len(recorded.changes)} changed{same}: {recorded.entry}",
                *_changes(recorded.changes),
                *_noted(notes),
            ]
        )
    pending = actions.read_state(args.campaign).pending()  # the results are safe, whatever is wrong with the rest
    _print([f"{len(pending)} picks have no result yet"] if pending else ["every pick has a result"])


def _arm(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.result for outcome in outcomes)
    measured = counts.total() - counts[PENDING]
    arm = outcomes[0].arm if outcomes else "no arm"
    return f"{arm} {counts.total()} picks, {measured} measured, {counts[HIT]} hits"


def _status_lines(state: State) -> Iterator[str]:
    """Where a campaign stands: rounds, results by arm, what is pending, what was changed."""
    latest, limit = state.latest(), state.limit()
    failed = sum(measurement.status == FAILED for measurement in latest.values())
    labels = state.labels()
    yield f"{len(state.eligible())} molecules may be bought; {len(latest)} measured, {failed} of them failed"
    yield f"labels to learn from: {labels.n}, hits among them: {int(labels.measured.is_hit.sum())}"
    for chosen in state.rounds:
        number = chosen.record["round"]
        arms = ([o for o in state.outcomes() if (o.round, o.arm) == (number, arm)] for arm in (TODAY, NEW))
        yield f"round {number}: {'; '.join(map(_arm, arms))}"
        if chosen.batch_changed:
            yield f"note: {chosen.folder / 'batch.csv'} was changed since; the campaign goes by round.json beside it"
    pending = state.pending()
    if pending:
        shown = ", ".join(pending[:_SHOWN]) + (", …" if len(pending) > _SHOWN else "")
        yield f"pending, not bought again: {len(pending)}: {shown}"
    for entry in state.ledger.entries:
        yield from (f"{entry.table.name}: {line}" for line in _changes(entry.record["changes"]))
    yield from _noted([*([limit.note] if limit.note else []), *labels.notes])


def _status(args: argparse.Namespace) -> None:
    _print(list(_status_lines(actions.read_state(args.campaign))))


_ACTIONS = {
    "start": (_add_start, _start, "set up a campaign: library, today's score, what is known"),
    "next": (_add_next, _next, "choose the next batch to measure"),
    "tell": (_add_tell, _tell, "record what was measured"),
    "status": (_add_campaign, _status, "print where the campaign stands"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the action, with the options of each."""
    actions_parser = parser.add_subparsers(dest="action", required=True, metavar="|".join(_ACTIONS))
    for name, (add, _, text) in _ACTIONS.items():
        action_parser = actions_parser.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add(action_parser)
        action_parser.add_argument("--log", type=Path, default=argparse.SUPPRESS, help="write a log to this file")


def run(args: argparse.Namespace) -> None:
    """Do what was asked."""
    _ACTIONS[args.action][1](args)
