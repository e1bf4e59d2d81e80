"""Choosing a batch: today's order and the new one draft it in turn from what is neither measured nor pending."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hetero2.campaign.choosing.labels import LEAST
from hetero2.campaign.choosing.orders import FittedScreen, ranked
from hetero2.campaign.library import Features
from hetero2.campaign.measurements import FAILED
from hetero2.campaign.rounds import NEW, TODAY, State
from hetero2.errors import HeteroError
from hetero2.screening.interleaving import Interleaved, interleave
from hetero2.screening.screen import Settings

_DECIMALS = 6  # of what a person reads in a batch
_BY = {"score": "today's score", "size": "size", "listed": "place in the library"}
Array = NDArray[Any]
Floats = NDArray[np.float64]
Record = dict[str, Any]


class Choice(NamedTuple):
    """What a round buys: rows of a batch (campaign_batch.v1), and the facts that round.json holds of them."""

    rows: list[Record]
    facts: Record


def choose(
    state: State, number: int, size: int, features: Features, workers: int, scores: Mapping[str, float] | None = None
) -> Choice:
    """Choose a batch of at most `size` molecules.

    scores: an order from elsewhere by id, larger is better, in place of the screen. Raises HeteroError where nothing is
    left to buy.
    """
    settings, library = state.settings, state.library
    eligible = state.eligible()
    if not len(eligible):
        raise HeteroError(
            f"nothing is left to buy: all {len(library.distinct())} molecules of the library are measured or pending",
            "tell what was measured, or start a campaign with a larger library",
        )
    limit, labels = state.limit(), state.labels()
    notes = [*([limit.note] if limit.note else []), *labels.notes]
    fitted: FittedScreen | None = None
    if scores is not None:
        method, new = "scores", np.array([scores.get(name, np.nan) for name in library.ids], float)
        n_without = int(np.isnan(new[eligible]).sum())
        notes += [f"{n_without} molecules have no score in the table, and come last in the new order"] * (n_without > 0)
    elif labels.n >= LEAST:
        method = "screen"
        trust = Settings(trust=settings.trust_score)
        fitted = FittedScreen.fit(library, labels, state.elsewhere, trust, settings.seed)
        new = fitted.means(features, eligible, workers)
    else:
        method, new = "today", library.today
    orders = {arm: ranked(values, eligible, library.hashes) for arm, values in ((TODAY, library.today), (NEW, new))}
    picks = interleave(
        orders[TODAY],
        orders[NEW],
        library.frameworks,
        size,
        settings.per_framework,
        settings.control_share,
        int(np.random.SeedSequence([settings.seed, number]).generate_state(1)[0]),
        state.passed_over(),
    )
    if len(picks.rows) < size:
        notes.append(f"{len(picks.rows)} molecules are left, fewer than the {size} of a batch")
    facts = {
        "method": method,
        "labels": labels.n,
        "hits": int(labels.measured.is_hit.sum()),
        "hit_at": limit.hit_at,
        "today_slope": None if fitted is None else round(fitted.screen.support.slope, _DECIMALS),
        "today_supported": None if fitted is None else round(fitted.screen.support.probability, _DECIMALS),
        "counts": {
            "eligible": len(eligible),
            "measured": len(state.latest()),
            "failed": sum(m.status == FAILED for m in state.latest().values()),
            "pending": len(state.pending()),
            "picks": len(picks.rows),
            "picks_today": int((~picks.new_arm).sum()),
            "picks_new": int(picks.new_arm.sum()),
            "picks_in_both": int(picks.both.sum()),
        },
        "share_shared": round(picks.share_shared, _DECIMALS),
        "passed_over": [library.ids[row] for row in picks.passed_over],
        "notes": notes,
    }
    return Choice(_batch_rows(picks, orders, method, new, fitted, state), facts)


def _batch_rows(
    picks: Interleaved,
    orders: Mapping[str, Array],
    method: str,
    new: Floats,
    fitted: FittedScreen | None,
    state: State,
) -> list[Record]:
    """Rows of campaign_batch.v1 for picks."""
    library, settings = state.library, state.settings
    ranks = {arm: {row: place for place, row in enumerate(order.tolist(), start=1)} for arm, order in orders.items()}
    records = [
        {
            "id": library.ids[row],
            "smiles": library.smiles[row],
            "arm": NEW if is_new else TODAY,
            "in_both": in_both,
            "rank_today": ranks[TODAY][row],
            "rank_new": ranks[NEW][row],
            "today": _number(library.today[row] * (-1 if settings.today_lower_is_better else 1)),
            "score": _number(new[row]) if method == "scores" else None,
            "mean": None,
            "sd": None,
            "nearest_measured_id": None,
            "nearest_measured_similarity": None,
        }
        for row, is_new, in_both in zip(*(column.tolist() for column in picks[:3]), strict=True)
    ]
    if fitted is not None:
        detail = fitted.details(library, picks.rows)
        for record, mean, sd, nearest, similarity in zip(records, *detail, strict=True):
            record |= {
                "mean": _number(mean),
                "sd": _number(sd),
                "nearest_measured_id": fitted.labels.ids[nearest],
                "nearest_measured_similarity": _number(similarity),
            }
    total = len(orders[TODAY])
    return [record | {"why": _why(record, method, settings.today_order, total)} for record in records]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), _DECIMALS) + 0.0


def _why(record: Record, method: str, today_order: str, total: int) -> str:
    """Why a molecule was picked, in words."""
    by_today = f"rank {record['rank_today']:,} of {total:,} by {_BY[today_order]}"
    by_today += f" ({record['today']:g})" if today_order != "listed" and record["today"] is not None else ""
    if record["arm"] == TODAY or method == "today":
        reason = by_today
    elif method == "scores":
        reason = f"rank {record['rank_new']:,} of {total:,} by the scores given"
    else:
        near = f"{record['nearest_measured_id']}, similarity {record['nearest_measured_similarity']:.2f}"
        reason = f"rank {record['rank_new']:,} of {total:,} by the screen; nearest measured: {near}"
    return reason + ("; the other order alone would buy it too" if record["in_both"] else "")
