"""Can this score be trusted: in plain words, in at most two lines of a terminal."""

import textwrap
from dataclasses import replace

import pytest

from hetero2.report import index
from hetero2.report.text import answer, trust
from hetero2.report.text.vocabulary import TRUST
from hetero2.stats.diagnosis import answer as decided
from hetero2.stats.diagnosis.competitors import FITTED, NEAREST_HIT, PROPERTY_MODEL, UNFITTED
from tests.unit.report.runs import changed

AREA = {"auc": 0.756, "ci_low": 0.731, "ci_high": 0.78, "reason": None}
LABELS = {"source": "truth", "reason": None, "n": 2522, "hits": 1311, "scaffolds": 1836}
BULK = {"n": 2000, "rank_correlation_heavy_atoms": 0.474, "rank_correlation_logp": -0.38, "explained_share": 0.523}
BULK |= {"reason": None, "is_property_model": False}


def competitor(name, score_is="better", auc=0.6, low=0.084, high=0.151):
    direction = 1 if name in UNFITTED else None
    entry = {"name": name, "direction": direction, "auc": auc, "reason": None, "ci_low": low, "ci_high": high}
    return entry | {"score_is": score_is}


def diagnosed(run, labels=LABELS, area=AREA, bulk=BULK, sign=None, **score_is):
    """The run with a diagnosis whose answer and codes follow from its parts."""
    sign = {"higher_is_better": True, "all_at_most_zero": False, "all_equal": False, **(sign or {})}
    entries = [competitor(name, score_is.get(name, "better")) for name in (*UNFITTED, *FITTED)]
    if area["ci_low"] is None:
        entries = [entry | {"ci_low": None, "ci_high": None, "score_is": None} for entry in entries]
    ranking = area | {"competitors": entries}
    reply, codes = decided.answer(labels, ranking, sign, bulk)
    parts = {"answer": reply, "codes": codes, "labels": labels, "sign": sign, "ranking": ranking}
    return replace(run, diagnosis={**parts, "bulk_properties": bulk})


def said(run):
    text = trust.sentence(run).removeprefix("Can this score be trusted? ")
    assert len(textwrap.wrap(f"  {trust.sentence(run)}", 118)) <= 2
    return text


NO_AREA = {"auc": 0.6, "ci_low": None, "ci_high": None}
YES = "Yes: it tells hits from non-hits better than chance, counting atoms and logP"
PROPERTIES = BULK | {"explained_share": 0.853, "is_property_model": True}


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (
            {},
            f"{YES} (ROC-AUC 0.76, 0.73 to 0.78).",
        ),
        (
            {PROPERTY_MODEL: "no_better", NEAREST_HIT: "undecided"},
            f"{YES} (ROC-AUC 0.76, 0.73 to 0.78); not shown to beat a property model or the nearest known hit.",
        ),
        (
            {"labels": LABELS | {"source": "out_of_fold"}, NEAREST_HIT: "no_better", PROPERTY_MODEL: "no_better"},
            f"{YES} (ROC-AUC 0.76, 0.73 to 0.78, cross-validated); not shown "
            "to beat a property model or the nearest known hit.",
        ),
        (
            {"bulk": PROPERTIES, PROPERTY_MODEL: "no_better"},
            f"{YES} (ROC-AUC 0.76, 0.73 to 0.78); it is a property model (bulk properties explain 85 % of its order).",
        ),
        (
            {"heavy_atoms": "no_better"},
            "No: it is no better than counting atoms (ROC-AUC 0.76, 0.73 to 0.78; difference +0.08 to +0.15).",
        ),
        (
            {"logp": "undecided"},
            "Not shown: these labels do not show that it is better than logP (ROC-AUC 0.76, 0.73 to "
            "0.78; difference +0.08 to +0.15).",
        ),
        (
            {"area": AREA | {"auc": 0.5, "ci_low": 0.45, "ci_high": 0.55}},
            "No: it is no better than chance (ROC-AUC 0.50, 0.45 to 0.55).",
        ),
        (
            {"area": AREA | {"auc": 0.3, "ci_low": 0.25, "ci_high": 0.35}},
            "No: hits score lower than non-hits (ROC-AUC 0.30, 0.25 to 0.35); check scores.higher_is_better.",
        ),
        (
            {"labels": LABELS | {"source": "training"}},
            "Not shown: the only labels are those that the model was fitted on (ROC-AUC 0.76, 0.73 to 0.78).",
        ),
        (
            {
                "labels": LABELS | {"source": "none", "reason": "no_truth_and_no_training_set"},
                "area": NO_AREA | {"reason": "fewer_than_10_hits"},
                "bulk": PROPERTIES,
            },
            "Not shown: there are no labels (truth, or scores.train); it is a property model (bulk properties "
            "explain 85 % of its order).",
        ),
        (
            {
                "labels": LABELS | {"n": 1, "hits": 1, "scaffolds": 1},
                "area": NO_AREA | {"reason": "fewer_than_10_hits"},
            },
            "Not shown: at least 10 hits are needed (1 label, 1 hit, 1 scaffold).",
        ),
        (
            {"area": NO_AREA | {"reason": "fewer_than_30_scaffolds"}},
            "Not shown: at least 30 scaffolds are needed (2,522 labels, 1,311 hits, 1,836 scaffolds).",
        ),
        ({"sign": {"all_equal": True}}, "Not shown: all scores are equal."),
        (
            dict.fromkeys(UNFITTED),
            "Not shown: without structures it cannot be compared with counting atoms (ROC-AUC 0.76, 0.73 to 0.78).",
        ),
    ],
)
def test_the_answer_in_plain_words(rich, case, text):
    assert said(diagnosed(rich, **case)) == text


def test_the_parts_come_in_order_and_name_their_numbers(rich):
    folds = changed(rich, controls__cross_validation={"auc": 0.81, "by_fold": [], "n": 9, "reason": None})
    parts = list(trust.parts(diagnosed(folds, property_model="no_better")))
    assert [what for what, _ in parts] == [
        "sign",
        "labels",
        *["beside"] * 4,
        "bulk properties",
        "refits",
        "isomers",
    ]
    assert parts[0][1] == "larger values are declared better (scores.higher_is_better); the labels agree"
    assert parts[1][1] == (
        "2,522 measured labels: 1,311 hits, 1,836 scaffolds; ROC-AUC 0.76, 0.73 to 0.78 (95 % over resampled scaffolds)"
    )
    assert parts[2][1] == (
        "counting atoms: ROC-AUC 0.60, more is better; the score is better (+0.16, difference +0.08 to +0.15)"
    )
    assert "a property model, fitted in folds of whole scaffolds: ROC-AUC 0.60; the score is no better" in parts[4][1]
    assert parts[6][1] == (
        "bulk properties explain 52 % of its order, in folds of whole scaffolds; rank correlation +0.47 with heavy "
        "atoms, −0.38 with logP"
    )
    assert parts[7][1].startswith("scaffold cross-validation on the training labels: ROC-AUC 0.81; ")
    assert answer.more(folds)[-1].endswith(f" Not shown: {parts[8][1].removeprefix('not shown, ')}.")


def test_values_like_docking_energies_are_pointed_out(rich):
    first = next(iter(trust.parts(diagnosed(rich, sign={"all_at_most_zero": True}))))[1]
    assert first.endswith("but no value is above 0, as with docking energies, where lower is better")
    turned = {"all_at_most_zero": True, "higher_is_better": False}
    first = next(iter(trust.parts(diagnosed(rich, sign=turned))))[1]
    assert first == "smaller values are declared better (scores.higher_is_better); the labels agree"


def test_a_pack_without_a_diagnosis_is_read_as_before(rich):
    older = replace(rich, diagnosis=None)
    assert trust.sentence(older) is None
    assert list(trust.parts(older)) == []
    assert answer.answer(older).startswith("Does it tell molecules from their isomers? ")


def test_the_section_stands_before_what_the_audit_says(pack, small_evidence):
    text = index.render(pack, small_evidence.facts, [])
    assert 0 < text.index(f"## {TRUST.asked}") < text.index("## What the audit says about the score")
    assert trust.sentence(small_evidence) in text
    html = (pack / "report.html").read_text(encoding="utf-8")
    assert html.index('id="worth"') < html.index('id="trust"') < html.index('id="audit"')
