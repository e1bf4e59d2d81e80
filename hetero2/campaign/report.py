"""Before and after: what each arm of a campaign bought and found, and whether their difference is shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hetero2.campaign.choosing.labels import is_hit
from hetero2.campaign.ledger import KNOWN
from hetero2.campaign.rounds import FAILURE, HIT, MISS, NEW, PENDING, TODAY, Outcome, State
from hetero2.chem.molecules import parse
from hetero2.chem.scaffold import generic_framework
from hetero2.stats.sequential.comparison import Look, count_round, looks, verdict

CONTRACT = "campaign_report.v1"
_DECIMALS = 6
Record = dict[str, Any]


def _arm(outcomes: Sequence[Outcome], arm: str) -> Record:
    """What an arm bought, counting what both would have bought for both."""
    bought = [o for o in outcomes if (o.arm == arm or o.in_both) and o.result in (HIT, MISS)]
    hits = [outcome for outcome in bought if outcome.result == HIT]
    return {
        "bought": len(bought),
        "hits": len(hits),
        "hit_rate": round(len(hits) / len(bought), _DECIMALS) if bought else None,
        "frameworks_among_hits": len({outcome.framework for outcome in hits}),
    }


def _look(number: int, look: Look, planned_power: float | None) -> Record:
    conclusion = verdict(look, planned_power)
    return {
        "round": number,
        "n_today": look.n_today,
        "hits_today": look.hits_today,
        "n_new": look.n_new,
        "hits_new": look.hits_new,
        "difference": None if look.difference is None else round(look.difference, _DECIMALS),
        "low": round(look.low, _DECIMALS),
        "high": round(look.high, _DECIMALS),
        "verdict": conclusion.call,
        "reason": conclusion.reason,
    }


def _by_round(state: State, outcomes: Sequence[Outcome]) -> list[Record]:
    """Molecules with a result and hits of each arm up to the end of each round."""
    numbers = [chosen.record["round"] for chosen in state.rounds]
    arms = {number: [o for o in outcomes if o.round <= number] for number in numbers}
    return [
        {
            "round": number,
            **{arm: {name: _arm(arms[number], arm)[name] for name in ("bought", "hits")} for arm in (TODAY, NEW)},
        }
        for number in numbers
    ]


HIT_BEFORE, MEASURED_BEFORE, NEW_FRAMEWORK = "hit_before", "measured_before", "new"


def hits_by_framework(outcomes: Iterable[Outcome], had_hit: Mapping[str, bool]) -> Record:
    """Hits of each arm by what was known of their generic Murcko framework before their round.

    outcomes: in the order in which they were bought; had_hit: for each framework measured before the campaign, whether
    one of its molecules was a hit.
    """
    counts = {arm: dict.fromkeys((HIT_BEFORE, MEASURED_BEFORE, NEW_FRAMEWORK), 0) for arm in (TODAY, NEW)}
    measured, of_this_round, number = dict(had_hit), list[Outcome](), 0
    for outcome in outcomes:
        if outcome.round != number:
            for earlier in of_this_round:
                measured[earlier.framework] = measured.get(earlier.framework, False) or earlier.result == HIT
            of_this_round, number = [], outcome.round
        if outcome.result in (HIT, MISS):
            of_this_round.append(outcome)
        if outcome.result == HIT:
            had = measured.get(outcome.framework)
            where = NEW_FRAMEWORK if had is None else HIT_BEFORE if had else MEASURED_BEFORE
            for arm in (TODAY, NEW):
                counts[arm][where] += outcome.arm == arm or outcome.in_both
    return counts


def frameworks_at_start(state: State) -> dict[str, bool]:
    """For each generic Murcko framework among the molecules known at the start, whether one of them is a hit."""
    had_hit: dict[str, bool] = {}
    limit, lower = state.limit(), state.settings.lower_is_better
    for entry in state.ledger.entries:
        for measurement in entry.measurements if entry.record["kind"] == KNOWN else ():
            mol = parse(measurement.canonical_smiles) if measurement.canonical_smiles else None
            hit = is_hit(measurement.value, measurement.label, limit, lower)
            if mol is not None and hit is not None:
                framework = generic_framework(mol)
                had_hit[framework] = had_hit.get(framework, False) or hit
    return had_hit


def looks_of(state: State, outcomes: Sequence[Outcome]) -> list[Record]:
    """What is known after each round; a round without a result changes nothing."""
    decided = [
        [o for o in outcomes if o.round == chosen.record["round"] and o.result in (HIT, MISS)]
        for chosen in state.rounds
    ]
    counts = [
        count_round(
            np.array([outcome.arm == NEW for outcome in of_round], bool),
            np.array([outcome.in_both for outcome in of_round], bool),
            np.array([outcome.result == HIT for outcome in of_round], bool),
        )
        for of_round in decided
    ]
    plan = state.settings.planned
    power = None if plan is None else plan["power"]
    return [_look(number, look, power) for number, look in enumerate(looks(counts), start=1)]


def _saved(today: Record, new: Record, price: float | None) -> Record:
    """How many measurements today's order would need for the hits of the new one, at the hit rate that it has shown."""
    if not today["hits"]:
        return {"for_equal_hits": None, "saved": None, "money_saved": None}
    needed = new["hits"] * today["bought"] / today["hits"]
    saved = round(needed - new["bought"], 1)
    money = None if price is None else round(saved * price, 2)
    return {"for_equal_hits": round(needed, 1), "saved": saved, "money_saved": money}


def report(state: State) -> Record:
    """The document campaign_report.v1."""
    outcomes, limit = state.outcomes(), state.limit()
    today, new = _arm(outcomes, TODAY), _arm(outcomes, NEW)
    by_look, labels = looks_of(state, outcomes) if limit.is_fixed else [], state.labels()
    n_known = sum(len(entry.measurements) for entry in state.ledger.entries if entry.record["kind"] == KNOWN)
    return {
        "report_schema": CONTRACT,
        "rounds": len(state.rounds),
        "hit_at": limit.hit_at,
        "hits_are_fixed": limit.is_fixed,
        "planned": state.settings.planned,
        "price_per_measurement": state.settings.price_per_measurement,
        "known_at_start": n_known,
        "labels": labels.n,
        "picks": len(outcomes),
        "pending": sum(outcome.result == PENDING for outcome in outcomes),
        "failed": sum(outcome.result == FAILURE for outcome in outcomes),
        "arms": {TODAY: today, NEW: new},
        "hits_by_framework": hits_by_framework(outcomes, frameworks_at_start(state)),
        "new_with_known_counted": {
            "bought": new["bought"] + n_known,
            "hit_rate": round(new["hits"] / (new["bought"] + n_known), _DECIMALS) if new["bought"] + n_known else None,
        },
        "measurements_at_todays_rate": _saved(today, new, state.settings.price_per_measurement),
        "by_round": _by_round(state, outcomes),
        "looks": by_look,
        "verdict": by_look[-1]["verdict"] if by_look else "not_shown",
        "reason": by_look[-1]["reason"] if by_look else ("no_rounds" if limit.is_fixed else "hits_are_not_fixed"),
        "notes": [*([limit.note] if limit.note else []), *labels.notes],
    }
