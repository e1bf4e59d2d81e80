"""The page of a campaign: it says what the report says, and needs nothing else."""

import re

import pytest

from hetero2.campaign.evidence.page import campaign_page
from hetero2.campaign.evidence.text import answer
from hetero2.campaign.report import report
from tests.unit.campaign.test_report import state_of


@pytest.mark.parametrize(
    ("hits_today", "hits_new", "sentence"),
    [
        (1, 12, "Yes: it buys more hits than today's order."),
        (12, 1, "No: today's order buys more hits."),
        (5, 6, "Not shown: the interval includes 0."),
    ],
)
def test_it_begins_with_the_answer_and_stands_alone(hits_today, hits_new, sentence):
    document = report(state_of(hits_today, hits_new))
    page = campaign_page(document, "my-campaign")
    assert f'<p class="answer">{sentence}</p>'.replace("'", "&#39;") in page
    assert page.count("<svg") == 3
    assert not re.search(r'<script|<link|src=|href="(?!#)|url\((?!#)|https?://(?!www\.w3\.org)', page)
    today, new = (document["arms"][arm] for arm in ("today", "new"))
    for arm in (today, new):
        assert f'<td class="figure">{arm["bought"]}</td><td class="figure">{arm["hits"]}</td>' in page
    look = document["looks"][-1]
    assert f"{100 * look['low']:+.1f} to {100 * look['high']:+.1f}" in page
    assert "Chance is not drawn" in page


def test_money_is_named_where_the_new_order_is_better_and_a_price_is_given():
    state = state_of(1, 12)
    page = campaign_page(report(state), "c")
    assert "worth" not in page
    state = state._replace(settings=type(state.settings)(**{**vars(state.settings), "price_per_measurement": 250.0}))
    document = report(state)
    saved = document["measurements_at_todays_rate"]
    assert saved["money_saved"] == pytest.approx(250 * saved["saved"])
    assert f"worth {saved['money_saved']:g} at 250 each" in campaign_page(document, "c")


def test_before_the_first_round_there_is_a_page_too():
    state = state_of(1, 1, n_rounds=0)
    page = campaign_page(report(state), "<i>odd</i>")
    assert "there is no round yet" in page
    assert "&lt;i&gt;odd" in page
    assert "<svg" not in page


def test_a_plan_that_was_too_small_is_named():
    state = state_of(5, 6)
    plan = {"base_rate": 0.1, "expected_rate": 0.2, "rounds": 4, "per_arm": 20, "power": 0.123}
    document = report(state._replace(settings=type(state.settings)(**{**vars(state.settings), "planned": plan})))
    assert answer(document).endswith("the interval includes 0; its planned power was 12.3 %, below 80 %.")
    state = state_of(1, 12)
    settings = {**vars(state.settings), "planned": plan}
    document = report(state._replace(settings=type(state.settings)(**settings)))
    assert (document["verdict"], document["reason"]) == ("not_shown", "planned_power_below_80")
    settings["planned"] = plan | {"power": 0.9}
    document = report(state._replace(settings=type(state.settings)(**settings)))
    assert (document["verdict"], "planned power" in answer(document)) == ("new_better", False)
