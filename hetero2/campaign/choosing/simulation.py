"""The loop of a campaign on known truth: what each order alone would have found, round by round."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from hetero2.campaign.choosing.choice import choose
from hetero2.campaign.choosing.labels import is_hit
from hetero2.campaign.ledger import KNOWN, MEASURED, Entry, Ledger
from hetero2.campaign.library import feature_blocks
from hetero2.campaign.measurements import OK, Measurement
from hetero2.campaign.rounds import HIT, Outcome, Round, State
from hetero2.errors import ConfigError, InputError
from hetero2.io.tables import quoted

Record = dict[str, Any]


class Curve(NamedTuple):
    """Molecules bought and hits among them after each round, and what became of each in the end."""

    bought: list[int]
    hits: list[int]
    outcomes: Sequence[Outcome] = ()


def simulate(
    state: State, truth: Mapping[str, Measurement], share: float, rounds: int, features: Path, workers: int
) -> Curve:
    """Go through `rounds` rounds with today's order drafting `share` of each batch; 0 and 1: one order alone.

    state: of a campaign that has just been started; truth: the result of every molecule that may be bought. Ends where
    nothing is left to buy.
    """
    state = state._replace(settings=replace(state.settings, control_share=share))
    blocks = list(feature_blocks(features))  # every round needs them
    curve = Curve([], [])
    scores: dict[str, float] | None = {} if share == 1 else None  # today's order alone needs no screen to be fitted
    for number in range(1, rounds + 1):
        if not len(state.eligible()):
            break
        choice = choose(state, number, state.settings.batch, blocks, workers, scores)
        picks = [{name: row[name] for name in ("id", "arm", "in_both")} for row in choice.rows]
        record = {"round": number, "picks": picks, "passed_over": choice.facts["passed_over"]}
        entry = Entry(Path(), {"kind": MEASURED}, [truth[row["id"]] for row in choice.rows])
        state = state._replace(
            rounds=[*state.rounds, Round(Path(), record, False)], ledger=Ledger([*state.ledger.entries, entry])
        )
        outcomes = state.outcomes()
        curve.bought.append(len(outcomes))
        curve.hits.append(sum(outcome.result == HIT for outcome in outcomes))
        curve = curve._replace(outcomes=outcomes)
    return curve


def check_truth(state: State, truth: Mapping[str, Measurement], path: Path) -> None:
    """Raise InputError where a molecule that may be bought has no result, or none of them is a hit.

    ConfigError where no hit is defined.
    """
    eligible = [state.library.ids[row] for row in state.eligible()]
    missing = [molecule_id for molecule_id in eligible if molecule_id not in truth]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} molecules of the library have no result, the first is {quoted(missing[0])}",
            "a simulation needs the result of each; a failed one is status failed",
        )
    limit, lower = state.value_threshold(), state.settings.lower_is_better
    results = [m for m in truth.values() if m.status == OK]
    if any(m.label is None and (limit.hit_at is None or not limit.is_fixed) for m in results):
        raise ConfigError("a simulation must know what a hit is", "set --hit-at, or give known values or labels")
    if not any(is_hit(truth[molecule_id].value, truth[molecule_id].label, limit, lower) for molecule_id in eligible):
        raise InputError(
            f"{path}: no molecule is a hit, of the {len(eligible)} that may be bought",
            "a simulation counts hits; check --hit-at, --lower-is-better and the labels",
        )


def for_equal_hits(curve: Curve, n_hits: int) -> int | None:
    """Molecules bought at the end of the first round that has so many hits; None where none has."""
    return next((bought for bought, hits in zip(*curve[:2], strict=True) if hits >= n_hits), None)


def drawn(state: State, truth: Mapping[str, Measurement], n_library: int, n_known: int, seed: int) -> State:
    """The start of a campaign on `n_library` random molecules of the library, with `n_known` of the rest known.

    state: of a campaign that has just been started, on all molecules there are. One seed draws one library, however
    many are known. Raises ConfigError where there are fewer molecules.
    """
    distinct = state.library.distinct()
    if n_library + n_known > len(distinct):
        raise ConfigError(
            f"there are {len(distinct)} molecules, fewer than {n_library} for the library and {n_known} known ones",
            "draw a smaller library",
        )
    rows = np.random.Generator(np.random.PCG64(seed)).permutation(distinct)
    in_library = set(rows[:n_library].tolist())
    status = [text if row in in_library else "SKIP" for row, text in enumerate(state.library.status)]
    entries = [Entry(Path(), {"kind": KNOWN}, [truth[state.library.ids[row]] for row in rows[n_library:][:n_known]])]
    return state._replace(
        settings=replace(state.settings, seed=seed),
        library=state.library._replace(status=status),
        ledger=Ledger(entries if n_known else []),
    )


def table(today: Curve, new: Curve, n_hits: int, n_molecules: int) -> Sequence[str]:
    """Both curves beside chance, and what today's final hits would have cost with the new order."""
    lines = [f"{n_hits} hits among {n_molecules} molecules", f"{'bought':>8}{'chance':>8}{'today':>8}{'new':>8}"]
    for row, bought in enumerate(today.bought):
        by_chance = bought * n_hits / n_molecules
        lines.append(f"{bought:>8}{by_chance:>8.1f}{today.hits[row]:>8}{new.hits[row]:>8}")
    needed = for_equal_hits(new, today.hits[-1])
    equal = f"the new order has them after {needed}" if needed is not None else "the new order does not reach them"
    return [*lines, f"today's order finds {today.hits[-1]} hits with {today.bought[-1]} measurements; {equal}"]
