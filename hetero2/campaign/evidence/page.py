"""The page of a campaign, from its report."""

from typing import Any

from hetero2.campaign.evidence.text import ORDERS, answered, details, percent
from hetero2.campaign.report import HIT_BEFORE, MEASURED_BEFORE, NEW_FRAMEWORK
from hetero2.campaign.rounds import NEW, TODAY
from hetero2.report.campaign_page import PageTable, render
from hetero2.report.plots.campaigns import Curve, difference_by_round, frameworks_of_hits, hits_by_measurements
from hetero2.report.plots.svg import Figure

Record = dict[str, Any]
FILE = "report.json"
WHERE = {
    NEW_FRAMEWORK: "framework not measured before its round",
    MEASURED_BEFORE: "framework measured before, without a hit",
    HIT_BEFORE: "framework that had a hit before",
}
_NO_CHANCE = (
    "What both orders would buy counts for both. Chance is not drawn: the share of hits in the library is unknown, "
    "since no molecule was picked at random."
)


def _arms(document: Record) -> PageTable:
    header = ("order", "measured", "hits", "hit rate", "frameworks among hits")
    rows = []
    for name, label in ORDERS.items():
        arm = document["arms"][name]
        cells = (arm["bought"], arm["hits"], percent(arm["hit_rate"]), arm["frameworks_among_hits"])
        rows.append((label, *map(str, cells)))
    return PageTable("What each order bought, and found", header, rows)


def _rounds(document: Record) -> PageTable:
    header = ("round", "today: hits of measured", "new: hits of measured", "difference, points", "95 %, at every look")
    by_round = {look["round"]: look for look in document["looks"]}
    rows = []
    for counts in document["by_round"]:
        look = by_round.get(counts["round"])
        difference = "" if look is None or look["difference"] is None else f"{100 * look['difference']:+.1f}"
        interval = "" if look is None else f"{100 * look['low']:+.1f} to {100 * look['high']:+.1f}"
        arms = (f"{counts[arm]['hits']} of {counts[arm]['bought']}" for arm in (TODAY, NEW))
        rows.append((str(counts["round"]), *arms, difference, interval))
    return PageTable("Round by round, counted from the first", header, rows)


def figures(document: Record) -> list[Figure]:
    """Hits by measurements, the difference by round, and the frameworks of the hits of the new order."""
    curves = [
        Curve(label, *([counts[name][what] for counts in document["by_round"]] for what in ("bought", "hits")))
        for name, label in ((NEW, ORDERS[NEW]), (TODAY, ORDERS[TODAY]))
    ]
    hits = {name: document["arms"][name]["hits"] for name in (TODAY, NEW)}
    title = f"The new order has {hits[NEW]} hits, today's {hits[TODAY]}"
    where = document["hits_by_framework"][NEW]
    rows = [(label, where[name]) for name, label in WHERE.items()]
    of_frameworks = f"{where[NEW_FRAMEWORK]} of {hits[NEW]} hits of the new order are on frameworks not measured before"
    note = "Generic Murcko frameworks of what was known at the start and picked in earlier rounds."
    return [
        hits_by_measurements("hits_by_measurements", title, curves, None, _NO_CHANCE, FILE),
        difference_by_round(document["looks"], FILE),
        frameworks_of_hits(rows, of_frameworks, note, FILE),
    ]


def campaign_page(document: Record, name: str) -> str:
    """report.html of a campaign; document: campaign_report.v1."""
    better, notes = answered(document), document["notes"]
    tables = [_arms(document), *([_rounds(document)] if document["by_round"] else [])]
    return render(name, better.asked, better.reply(), details(document), tables, figures(document), notes)
