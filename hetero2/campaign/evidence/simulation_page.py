"""The answer and the page of simulated campaigns, from campaign_simulation.v1."""

from typing import Any

from matplotlib.figure import Figure as Canvas

from hetero2.campaign.evidence.page import WHERE
from hetero2.campaign.report import NEW_FRAMEWORK
from hetero2.report.campaign_page import PageTable, render
from hetero2.report.plots import svg
from hetero2.report.plots.campaigns import Curve, frameworks_of_hits, hits_by_measurements
from hetero2.report.plots.svg import Figure, Row

Record = dict[str, Any]
FILE = "campaign_simulation.json"


def _name(scenario: Record) -> str:
    return "none known" if scenario["known"] == 0 else f"{scenario['known']} known"


def _known(scenario: Record) -> str:
    return "with no molecule known before" if scenario["known"] == 0 else f"with {scenario['known']} known before"


def answer(document: Record) -> str:
    """How many hits each order finds, on average, and how often the new one finds more."""
    design, text = document["design"], []
    for scenario in document["scenarios"]:
        last = scenario["by_batch"][-1]
        text.append(
            f"{_known(scenario)} the new order finds {last['new']:.1f} hits, "
            f"today's {last['today']:.1f} and chance {last['chance']:.1f}"
        )
    bought = document["scenarios"][0]["by_batch"][-1]["bought"]
    return f"buying {bought:g} of {design['library']:,}, {'; '.join(text)} (means of {len(design['seeds'])} campaigns)"


def details(document: Record) -> list[str]:
    """What stands behind the answer, a sentence each."""
    data, design, text = document["data"], document["design"], []
    for scenario in document["scenarios"]:
        n_campaigns, equal = len(scenario["campaigns"]), scenario["for_equal_hits"]
        needed = "" if equal["mean"] is None else f", after {equal['mean']:.1f} of {design['bought']} on average"
        text.append(
            f"{_known(scenario)}: more hits than today in {scenario['better']} of {n_campaigns} campaigns, as many in "
            f"{scenario['equal']}, fewer in {scenario['worse']}; the paired 95 % interval over frameworks is above 0 "
            f"in {scenario['intervals_above_0']} and below 0 in {scenario['intervals_below_0']}; today's hits are "
            f"reached in {equal['reached']}{needed}"
        )
    better = "at most" if data["lower_is_better"] else "at least"
    rule = "a label of 1" if data["hit_at"] is None else f"a value of {better} {data['hit_at']:g}"
    return [
        *text,
        f"today's order is {document['today']}",
        f"{data['name']}: {data['hits']} of {data['molecules']} molecules are hits ({rule}); each campaign draws "
        f"{design['library']} of them at random as its library, and those known before from the rest",
        f"{design['rounds']} batches of {design['batch']}, at most {design['per_framework']} of a generic framework in "
        "a batch; the molecules known before were measured too, and are not counted as bought",
    ]


def _campaigns(scenario: Record) -> PageTable:
    header = ("seed", "hits in the library", "chance", "today", "new", "new − today, 95 %", "for today's hits")
    rows = []
    for campaign in scenario["campaigns"]:
        difference = f"{campaign['new'] - campaign['today']:+d}"
        if campaign["low"] is not None:
            difference += f" ({campaign['low']:+.0f} to {campaign['high']:+.0f})"
        needed = campaign["for_equal_hits"]
        cells = (campaign["hits_in_library"], f"{campaign['chance']:.1f}", campaign["today"], campaign["new"])
        rows.append(
            (str(campaign["seed"]), *map(str, cells), difference, "not reached" if needed is None else str(needed))
        )
    return PageTable(f"Each campaign, {_name(scenario)}", header, rows)


def _differences(document: Record) -> Figure:
    """The difference of hits of each campaign, with its interval over frameworks."""
    key, rows = "differences", list[Row]()
    for scenario in document["scenarios"]:
        rows.append(Row(f"{_name(scenario)} before"))
        for campaign in scenario["campaigns"]:
            gain = campaign["new"] - campaign["today"]
            rows.append(Row(f"seed {campaign['seed']}", gain, campaign["low"], campaign["high"], f"{gain:+d} hits"))
    ends = [abs(end) for row in rows for end in (row.value, row.low, row.high) if end is not None]
    reach = 1.1 * max(ends, default=1.0) or 1.0
    n_better = sum(scenario["better"] for scenario in document["scenarios"])
    n_campaigns = sum(len(scenario["campaigns"]) for scenario in document["scenarios"])
    title = f"The new order finds more hits than today's in {n_better} of {n_campaigns} campaigns"

    def paint(canvas: Canvas) -> None:
        svg.forest(canvas, 4, rows, "hits, new − today", (-reach, reach), 0.0)

    note = "Bars: 95 %, paired bootstrap over the generic frameworks of each library. The libraries of different seeds "
    note += "share molecules, so the campaigns are not independent."
    return Figure(key, title, svg.draw(key, title, svg.forest_height(rows) + 4, paint), note, (FILE,))


def _hits(document: Record) -> Figure:
    scenarios, bought = document["scenarios"], document["design"]["bought"]
    by_batch = {_name(scenario): scenario["by_batch"] for scenario in reversed(scenarios)}

    def curve(label: str, rows: list[Record], column: str) -> Curve:
        return Curve(label, [row["bought"] for row in rows], [row[column] for row in rows])

    curves = [curve(f"new, {label}", rows, "new") for label, rows in by_batch.items()]
    curves.append(curve("today", scenarios[0]["by_batch"], "today"))
    last = scenarios[0]["by_batch"][-1]
    hits = " and ".join(f"{rows[-1]['new']:.1f} ({label})" for label, rows in by_batch.items())
    title = f"With {bought} measurements the new order finds {hits} hits, today's {last['today']:.1f}"
    note = f"Means of {len(document['design']['seeds'])} campaigns. Chance: so many molecules bought at random."
    return hits_by_measurements("hits_by_measurements", title, curves, last["chance"] / last["bought"], note, FILE)


def _frameworks(scenario: Record) -> Figure:
    counts = {name: sum(c["new_hits_by_framework"][name] for c in scenario["campaigns"]) for name in WHERE}
    n_hits = sum(counts.values())
    title = f"{counts[NEW_FRAMEWORK]} of {n_hits} hits of the new order ({_name(scenario)}) lie on new frameworks"
    note = "Generic Murcko frameworks of what was known at the start and bought in earlier batches; all campaigns."
    return frameworks_of_hits([(label, counts[name]) for name, label in WHERE.items()], title, note, FILE)


def simulation_page(document: Record, name: str) -> str:
    """report.html of simulated campaigns; document: campaign_simulation.v1."""
    figures = [_hits(document), _differences(document), _frameworks(document["scenarios"][-1])]
    tables = [_campaigns(scenario) for scenario in document["scenarios"]]
    question = "Would learning from results have found more hits than going by today's order?"
    notes = [
        "Simulated on measured results of one data set: it says nothing of another library or another score of today."
    ]
    return render(name, question, answer(document), details(document), tables, figures, notes)
