"""campaign: rounds of choosing a batch, measuring it, telling the results, and learning from them."""

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hetero2.campaign import actions, report
from hetero2.campaign.choosing import simulation
from hetero2.campaign.choosing.labels import is_hit
from hetero2.campaign.evidence import saved
from hetero2.campaign.evidence.pack import verify_pack
from hetero2.campaign.evidence.text import lines
from hetero2.campaign.evidence.written import write_report
from hetero2.campaign.layout import Layout, Settings
from hetero2.campaign.ledger import Told
from hetero2.campaign.measurements import FAILED, read_measurements
from hetero2.campaign.planned_power import planned
from hetero2.campaign.rounds import HIT, NEW, PENDING, TODAY, Outcome, State
from hetero2.campaign.start import Sources, start
from hetero2.campaign.structures import limits_of
from hetero2.commands import campaign_options as options
from hetero2.commands.own_columns import names_of
from hetero2.errors import ConfigError
from hetero2.inputs.recognised.in_form import in_form
from hetero2.inputs.sdf import read_any
from hetero2.inputs.usable_rows import with_an_id
from hetero2.io.files import atomic_path
from hetero2.report.text.vocabulary import NO, PACK, YES, Answer
from hetero2.report.text.words import counted
from hetero2.runtime.cli_types import cores
from hetero2.runtime.log import printable
from hetero2.stages.input import mark
from hetero2.stats.sequential.planning import plan

EXAMPLE = "hetero2 campaign start --input library.csv --today docking.csv --batch 50 --out my-campaign"
_SHOWN = 10  # ids, of many, that a person reads


def _print(lines: Sequence[str]) -> None:
    for line in lines:
        print(printable(line))


def _noted(notes: Sequence[str]) -> list[str]:
    return [f"note: {note}" for note in notes]


def started(
    args: argparse.Namespace, out: Path, plan_of: tuple[float | None, float | None, int | None] = (None, None, None)
) -> dict[str, Any]:
    """Start a campaign in `out` from the options of `start`; return its campaign.json."""
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
    settings = replace(settings, planned=planned(*plan_of, settings))
    own = {"library": args.input, "today": args.today, "known": args.known}
    columns = {"today": (args.today_column, "--today-column")}
    with in_form(own, names_of(args), columns) as files:
        library = files.brought["library"].path
        rows = list(with_an_id(mark(read_any(library)), library))
        sources = Sources(library, files.path("today"), args.today_column, files.path("known"), files)
        return start(out, rows, sources, settings, limits_of(args), args.today_lower_is_better, args.workers or cores())


def _start(args: argparse.Namespace) -> None:
    record = started(args, args.out, (args.base_rate, args.expected_rate, args.planned_rounds))
    counts = record["counts"]
    _print([f"{counts['structures']} molecules may be bought; campaign in {args.out}", *_noted(record["notes"])])
    _print([f"next: hetero2 campaign next --campaign {args.out}"])


def _next(args: argparse.Namespace) -> None:
    columns = {"scores": (args.scores_column, "--scores-column")}
    with in_form({"scores": args.scores}, names_of(args), columns) as files:
        chosen, is_new = actions.next_round(
            args.campaign,
            args.batch,
            files.path("scores"),
            args.scores_column,
            args.without_new_measurements,
            args.workers or cores(),
            files,
        )
    record = chosen.record
    counts, batch = record["counts"], chosen.folder / "batch.csv"
    if args.copy_to is not None:
        with atomic_path(args.copy_to) as temporary:
            shutil.copyfile(batch, temporary)
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


def recorded_lines(recorded: Told, notes: Sequence[str]) -> list[str]:
    """What became of a file of measurements."""
    if recorded.entry is None:
        return [f"nothing new: all {recorded.n_same} results were told before", *_noted(notes)]
    same = f", {recorded.n_same} told before" if recorded.n_same else ""
    return [
        f"recorded: {recorded.n_new} new results, {len(recorded.changes)} changed{same}: {recorded.entry}",
        *_changes(recorded.changes),
        *_noted(notes),
    ]


def pending_line(campaign: Path) -> str:
    """How many picks have no result."""
    pending = actions.read_state(campaign).pending()
    return f"{len(pending)} picks have no result yet" if pending else "every pick has a result"


def _tell(args: argparse.Namespace) -> None:
    with in_form({"measured": args.measured}, names_of(args)) as files:
        recorded = actions.tell(args.campaign, files.brought["measured"].path, files)
    _print(recorded_lines(*recorded))
    _print([pending_line(args.campaign)])  # the results are safe, whatever is wrong with the rest


def _arm(outcomes: Sequence[Outcome]) -> str:
    counts = Counter(outcome.result for outcome in outcomes)
    measured = counts.total() - counts[PENDING]
    arm = outcomes[0].arm if outcomes else "no arm"
    return f"{arm} {counts.total()} picks, {measured} measured, {counts[HIT]} hits"


def status_lines(state: State) -> Iterator[str]:
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
    _print(list(status_lines(actions.read_state(args.campaign))))


def _report(args: argparse.Namespace) -> None:
    document = report.report(actions.read_state(args.campaign))
    out = args.out or args.campaign / "report"
    written = write_report(args.campaign, document, out)
    _print([*lines(document), *_noted(document["notes"]), *(f"written: {path}" for path in written)])


def _save(args: argparse.Namespace) -> None:
    saved.save(args.campaign, args.out)
    _print([f"written: {args.out}", f"next: hetero2 campaign restore --saved {args.out} --out FOLDER"])


def _restore(args: argparse.Namespace) -> None:
    saved.restore(args.saved, args.out)
    _print([f"campaign in {args.out}", f"next: hetero2 campaign status --campaign {args.out}"])


def _verify(args: argparse.Namespace) -> int:
    problems = verify_pack(args.pack)
    _print([f"PROBLEM {problem}" for problem in problems])
    _print([_in_order(len(problems)).sentence()])
    return int(bool(problems))


def _in_order(n_problems: int) -> Answer:
    """Whether the pack of a campaign is in order."""
    if n_problems:
        return Answer(PACK.asked, NO, counted(n_problems, "problem"))
    return Answer(PACK.asked, YES, "every file and the chain of rounds are in order")


def _plan(args: argparse.Namespace) -> None:
    planned = plan(args.base_rate, args.expected_rate, args.per_round, args.seed)
    sequential = planned.sequential_per_arm
    _print(
        [
            f"to show {_percent(args.base_rate)} against {_percent(args.expected_rate)} with a power of 80 %, each arm "
            "must buy, of molecules that only one order would buy:",
            f"  {planned.fixed_per_arm} where it is looked at once, at the end",
            f"  {sequential} where it is looked at after every round of {args.per_round} per arm "
            f"({planned.expected_per_arm:.0f} on average, if it stops once shown)"
            if sequential is not None and planned.expected_per_arm is not None
            else f"  more than {6 * planned.fixed_per_arm} where it is looked at after every round",
        ]
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:g} %"


def _simulate(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="hetero2-") as folder:
        layout = Layout(Path(folder, "campaign"))
        record = started(args, layout.folder)
        state = actions.read_state(layout.folder)
        with in_form({"truth": args.truth}, names_of(args)) as files:
            path = files.brought["truth"].path
            measurements, notes = read_measurements(path, state.library, args.standardise)
            notes = [files.told(note) for note in notes]
            truth = {measurement.id: measurement for measurement in measurements}
            simulation.check_truth(state, truth, path)
        limit = state.limit()
        workers = args.workers or cores()
        today, new = (
            simulation.simulate(state, truth, share, args.rounds, layout.features, workers) for share in (1.0, 0.0)
        )
    eligible = [truth[state.library.ids[row]] for row in state.eligible()]
    n_hits = sum(is_hit(m.value, m.label, limit, args.lower_is_better) is True for m in eligible)
    _print([*_noted([*record["notes"], *notes]), *simulation.table(today, new, n_hits, len(eligible))])


_Action = tuple[Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int | None], str]
_ACTIONS: Mapping[str, _Action] = {
    "start": (options.add_start, _start, "set up a campaign: library, today's score, what is known"),
    "next": (options.add_next, _next, "choose the next batch to measure"),
    "tell": (options.add_tell, _tell, "record what was measured"),
    "report": (options.add_report, _report, "compare the two orders by what was measured: a page and a pack"),
    "verify": (options.add_verify, _verify, "verify the pack of a campaign: its files, and the chain of its rounds"),
    "save": (options.add_save, _save, "write the campaign to one file, to go on with elsewhere"),
    "restore": (options.add_restore, _restore, "make the folder of a campaign of such a file"),
    "plan": (options.add_plan, _plan, "say how many molecules must be bought to show a difference"),
    "simulate": (options.add_simulate, _simulate, "go through a campaign on known truth, with each order alone"),
    "status": (options.add_campaign, _status, "print where the campaign stands"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the action, with the options of each."""
    actions_parser = parser.add_subparsers(dest="action", required=True, metavar="|".join(_ACTIONS))
    for name, (add, _, text) in _ACTIONS.items():
        action_parser = actions_parser.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add(action_parser)
        action_parser.add_argument("--log", type=Path, default=argparse.SUPPRESS, help="write a log to this file")


def run(args: argparse.Namespace) -> int | None:
    """Do what was asked; the exit code, where it is not 0."""
    return _ACTIONS[args.action][1](args)
