"""The figures of the page: they say what the numbers say, are legible, and are the same bytes everywhere."""

import json
import os
import re
import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from hetero2.report.plots import figures, svg
from hetero2.report.text.sentences import LEAKS

QUOTAS = {"easy": 0.3, "medium": 0.4, "hard": 0.3}


def method(hits, k, base=0.4):
    rate = hits / k
    return {
        "expected_hits": hits,
        "hit_rate": rate,
        "wilson_low": max(0.0, rate - k**-0.5 / 2),
        "wilson_high": min(1.0, rate + k**-0.5 / 2),
        "enrichment": rate / base,
    }


def curve(audit=0.8, score=0.7, baseline=None, n=500, base=0.4):
    """Rates that go to the base rate where all are bought."""
    points = []
    for k in (1, 2, 5, 10, 20, 50, 100, 200, n):
        left = 1 - k / n
        rates = {"score_plus_audit_topk": audit, "score_topk": score}
        if baseline is not None and k <= n // 2:
            rates["baseline_topk"] = baseline
        methods = {name: method(k * (base + (rate - base) * left), k, base) for name, rate in rates.items()}
        half = 2 * (k * base * (1 - base) * left) ** 0.5
        drawn = {"hits_low": max(0.0, k * base - half) // 1, "hits_high": min(k, k * base + half + 0.999) // 1}
        points.append({"k": k, "methods": methods | {"random": method(k * base, k, base) | drawn}})
    return points


def bins(hard=(0.6, 0.55, 0.65), n=533):
    ends = {"easy": (0.0, 0.5), "medium": (0.5, 0.7), "hard": (0.7, 1.0), "all": (0.0, 1.0)}
    auc = {"easy": (0.72, 0.65, 0.79), "medium": (0.69, 0.62, 0.75), "hard": hard, "all": (0.67, 0.61, 0.73)}
    return [
        {"bin": name, "tanimoto_from": low, "tanimoto_to": high, "n_molecules": n, "n_scaffolds": 9, "n_decoys": 9 * n}
        | dict(zip(("auc", "ci_low", "ci_high"), auc[name], strict=True))
        | {"reason": None if auc[name][0] is not None else "no_molecules"}
        for name, (low, high) in ends.items()
    ]


def audited(auc, half=0.05, **more):
    return {"n": 200, "mean_auc": auc, "auc_ci_low": auc - half, "auc_ci_high": auc + half, "mean_z": 1.0} | more


def controls(**more):
    fits = [{"model_seed": 0, "refit": i, "n_scored": 9, "mean_auc": 0.4 + 0.01 * i} for i in range(20)]
    return {
        "audit": {"status": "OK", "reason": None},
        "sample": {"molecules": 200, "seed": 0},
        "score": audited(0.67),
        "negative": {name: audited(0.5, silent=True) for name in ("constant", "formula", "molecular_weight", "random")},
        "novelty": {
            name: audited(0.52)
            for name in ("fragment_popularity", "nearest_training_neighbour", "synthetic_accessibility")
        },
        "planted": {"mean_z": 21.2, "n_signal": 126, "found": True, "reason": None},
        "drift": audited(0.6),
        "inference": {
            "verdict": "NOT_SHOWN", "reason": None, "p_value": 0.1, "refits": 19, "fits": fits,
            "explanation": "EXPLAINED_BY_NOVELTY", "explained_by": ["nearest_training_neighbour"],
        },
    } | more  # fmt: skip


def quality(topology=False):
    names = ("doe", "property_auc", "topology_auc", "synthetic_accessibility", "fragment_popularity")
    measure = {"estimate": 0.5, "ci_low": 0.45, "ci_high": 0.55, "upper_bound": 0.04}
    return {
        "reason": None,
        "decoys": 10_660,
        "sample": {"molecules": 200, "seed": 0},
        "coverage": {"estimate": 1.0, "target": 0.99, "met": True},
        "connected": {"estimate": 1.0, "target": 1.0, "met": True},
        "hardness": {
            "shares": {"easy": 0.27, "medium": 0.42, "hard": 0.31},
            "tanimoto": {"p05": 0.41, "median": 0.61, "p95": 0.87},
        },
        "measures": dict.fromkeys((*names, "rare_fragments", "reference_similarity"), measure),
        "targets": {name: {"target": 0.6, "met": name != "topology_auc" or topology} for name in names},
        "property_differences": {
            name: {"p05": -10.86, "median": 0.0, "p95": 13.99} if name == "d_tpsa" else None
            for name in ("d_logp", "d_tpsa", "d_hbond_donors", "d_hbond_acceptors", "d_rotatable_bonds")
        },
        "alerts": {"molecules": 200, "molecules_with_alert": 7, "decoys": 4000, "decoys_with_new_alert": 3},
    }


def metrics(skip=0, reasons=()):
    return {
        "counts": {"OK": 533, "SKIP": skip, "ERROR": 0},
        "top_reasons": list(reasons),
        "scores_coverage": {"decoys_scored": 9, "decoys_total": 10, "rows_missing_scores_input": 1},
    }


def separation(separated=True, rate=1.0):
    def one(median, passed):
        return {"median_slack": median, "p25_slack": -1.0, "p75_slack": 0.0, "pass_rate": passed, "rows_ok": 200}

    variants = {"BAD-constant": one(-0.5, 0.0), "BAD-random": one(0.0, 0.6), "GOOD-synthetic": one(0.0, rate)}
    return {"separated": separated, "variants": variants}


def ranked(n, decoys=20, seed=0):
    rng = np.random.Generator(np.random.PCG64(seed))
    above = rng.integers(0, decoys + 1, n)
    return 1 - above / decoys, (1 + above) / (decoys + 1)


def every():
    """All figures of a page, drawn."""
    return [
        figures.hit_rate(curve(baseline=0.6), 50, "baseline_topk"),
        figures.cumulative_hits(curve(baseline=0.6), 50, "baseline_topk"),
        figures.hit_rate(curve(), 50, comparison=True),
        figures.hardness(bins()),
        figures.score_against_decoys(*ranked(533), 20),
        figures.controls(controls()),
        figures.decoy_quality(quality(), QUOTAS),
        figures.coverage(metrics(7, [["too_many_atoms", 6], ["<b>$x^2$ & \x07\u4e2d", 1]])),
        figures.leakage({"decoy_in_library": 48, "molecule_near_training": 16}, 533, True),
        figures.separation(separation()),
    ]


@pytest.fixture(scope="module")
def drawn():
    return every()


HUGE = [
    lambda: figures.hit_rate(curve(n=10**8, base=1e-4, audit=3e-4, score=2e-4), 50),
    lambda: figures.cumulative_hits(curve(n=10**8, base=1e-4, audit=3e-4, score=2e-4), 10**8),
    lambda: figures.hardness(bins(n=123_456_789)),
    lambda: figures.score_against_decoys(*ranked(10**6), 20),
    lambda: figures.decoy_quality(quality() | {"decoys": 10**11, "alerts": dict.fromkeys(quality()["alerts"], 10**9)}),
    lambda: figures.coverage(
        {"counts": {"OK": 5 * 10**9, "SKIP": 1, "ERROR": 2}, "top_reasons": [["a_" * 60, 3]] * 30}
    ),
    lambda: figures.leakage(dict.fromkeys(LEAKS, 10**9), 10**9, True),
    lambda: figures.controls(
        controls(inference={"fits": [{"refit": i, "mean_auc": i / 5000} for i in range(5000)], "refits": 4999})
    ),
]


def texts(svg):
    """(text, left, top, right, bottom) of all text that is not turned, as wide as matplotlib's font makes it."""
    for element in ElementTree.fromstring(svg).iter("text"):
        size = float(re.search(r"font-size: ([\d.]+)px", element.get("style"))[1])
        font = FontProperties(
            family="DejaVu Sans", size=size, weight="bold" if "weight" in element.get("style") else 400
        )
        width, _, _ = TextToPath().get_text_width_height_descent(element.text, font, False)
        moved = re.match(r"translate\(([\d.-]+) ([\d.-]+)\)", element.get("transform", ""))
        if "rotate(-90" in element.get("transform", ""):
            continue
        x, y = map(float, moved.groups() if moved else (element.get("x"), element.get("y")))
        anchor = re.search(r"text-anchor: (\w+)", element.get("style"))
        left = x - width * {"middle": 0.5, "end": 1.0}.get(anchor[1] if anchor else "start", 0.0)
        yield element.text, left, y - 0.75 * size, left + width, y + 0.2 * size


def assert_legible(figure):
    height = float(re.search(r'viewBox="0 0 640 ([\d.]+)"', figure.svg)[1])
    boxes = list(texts(figure.svg))
    assert len(boxes) >= 3
    for text, left, top, right, bottom in boxes:
        assert left >= -1, (figure.key, text, left)
        assert top >= 0, (figure.key, text, top)
        assert right <= 641, (figure.key, text, right)
        assert bottom <= height, (figure.key, text, bottom)
    for first, second in combinations(boxes, 2):
        apart = first[3] <= second[1] or second[3] <= first[1] or first[4] <= second[2] + 1 or second[4] <= first[2] + 1
        assert apart, (figure.key, first, second)
    assert min(map(float, re.findall(r"font-size: ([\d.]+)px", figure.svg))) * 0.75 >= 8


def test_every_figure_is_one_svg_that_can_stand_in_a_page(drawn):
    ids = []
    for figure in drawn:
        root = ElementTree.fromstring(figure.svg)
        assert (root.tag, root.get("role"), root.get("aria-label")) == ("svg", "img", figure.title)
        assert not {"width", "height"} & set(root.attrib)
        assert {element.tag for element in root.iter()} <= {
            "svg",
            "g",
            "defs",
            "path",
            "use",
            "text",
            "clipPath",
            "rect",
        }
        for word in ("http", "<!--", "<?", "DOCTYPE", "xlink", "matplotlib", "font-family: "):
            assert word not in figure.svg, (figure.key, word)
        assert "DejaVu Sans" in root.get("font-family")
        ids_here = [element.get("id") for element in root.iter() if element.get("id")]
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', figure.svg))
        assert used == set(ids_here), figure.key
        assert all(name.startswith(figure.key + "-") for name in ids_here)
        ids += ids_here
        assert figure.title
        assert figure.note
        assert figure.files
    assert len(ids) == len(set(ids))
    assert len({figure.key for figure in drawn}) == len(drawn)


def test_text_is_large_and_neither_cut_off_nor_covered(drawn):
    for figure in drawn:
        assert_legible(figure)


@pytest.mark.parametrize("make", HUGE)
def test_huge_numbers_fit_and_a_library_of_a_million_takes_no_more_room(make):
    figure = make()
    assert len(figure.svg) < 60_000
    assert_legible(figure)


def test_text_of_the_data_is_text(drawn):
    shown = [text for text, *_ in texts(drawn[7].svg)]
    assert "why: <b>$x^2$ &  ?" in shown
    assert svg.plain("x" * 99) == "x" * 45 + "..."


def test_the_bytes_follow_from_the_numbers_alone(drawn, tmp_path):
    """Neither the seed of hashes nor the user's settings, nor a list of fonts that is not there, is seen."""
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nsvg.fonttype: path\nfont.family: serif\naxes.grid: True\n")
    code = "import runpy, json, sys; print(json.dumps([one.svg for one in runpy.run_path(sys.argv[1])['every']()]))"
    env = os.environ | {"PYTHONHASHSEED": "77", "MPLCONFIGDIR": str(tmp_path), "TZ": "Asia/Tokyo"}
    run = subprocess.run([sys.executable, "-c", code, __file__], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert run.stderr == ""
    assert json.loads(run.stdout) == [figure.svg for figure in drawn]


@pytest.mark.parametrize(
    ("score", "today", "words"),
    [
        (0.8, 0.7, "the list finds 76 hits per 100, 9 more than today's filter and 1.9 times what chance finds"),
        (0.8, 0.8, "76 hits per 100, as many as today's filter and 1.9 times"),
        (0.45, 0.7, "22.5 fewer than today's filter, within what draws from this library give (13 to 27 of 50)"),
        (0.1, 0.1, "13 hits per 100, as many as today's filter and fewer than chance finds (13 to 27 of 50)"),
    ],
)
def test_the_title_of_the_hit_rate_holds_for_all_signs(score, today, words):
    assert words in figures.hit_rate(curve(score=score, baseline=today), 50, "baseline_topk").title


def test_the_list_is_drawn_first_and_the_audit_only_in_the_comparison():
    alone, compared = figures.hit_rate(curve(), 50), figures.hit_rate(curve(), 50, comparison=True)
    assert "NO_SIGNAL" not in alone.svg
    assert (
        "a list with those that do not stand out at the end finds 76 hits per 100, 9 more than the score"
        in compared.title
    )
    assert (alone.key, compared.key) == ("hit_rate", "audit_hit_rate")


def test_too_few_hits_are_no_finding():
    few = "fewer_than_10_hits"
    assert figures.hit_rate(curve(), 50, few=few).title == (
        "Not shown: at K = 50 the list holds 33.5 hits (fewer than 10 hits)"
    )
    assert "33.5 hits, too few to compare;" in figures.cumulative_hits(curve(), 50, few=few).title


def test_today_is_the_filter_in_use_where_there_is_one():
    with_filter, without = (
        figures.hit_rate(curve(baseline=rate), 50, present)
        for rate, present in ((0.6, "baseline_topk"), (None, "score_topk"))
    )
    assert "9 more than today's filter" in with_filter.title
    assert "today's filter: 58" in [rate[0] for rate in texts(with_filter.svg)]
    assert "the list, by score: 67" in [rate[0] for rate in texts(without.svg)]
    assert "filter" not in without.svg
    assert "K = 50" in [rate[0] for rate in texts(without.svg)]


def test_cumulative_hits_count_and_know_all_hits_only_where_all_are_bought():
    whole, part = figures.cumulative_hits(curve(), 50), figures.cumulative_hits(curve()[:-1], 50)
    assert whole.title == ("Buying the 50 best by score finds 33.5 hits; choosing at random finds 20")
    assert "There are 200 hits in all" in whole.note
    assert "in all is not drawn" in part.note
    assert "within what draws from this library give (200 to 200 of 500)" in figures.hit_rate(curve(), 500).title


def test_a_curve_of_one_k_or_of_none():
    for make in (figures.hit_rate, figures.cumulative_hits):
        assert make(curve()[5:6], 50).svg
        assert make([], 50).svg == ""
        assert "no molecule has both" in make([], 50).note


@pytest.mark.parametrize(
    ("hard", "words"),
    [
        ((0.6, 0.55, 0.65), "Against hard decoys the AUC is 0.600 (0.550 to 0.650): above chance"),
        ((0.4, 0.3, 0.45), "below chance"),
        ((0.55, 0.45, 0.65), "not distinguishable from chance"),
        ((0.6, None, None), "is 0.600, without an interval"),
        ((None, None, None), "There are no hard decoys; against all decoys the AUC is 0.670 (0.610 to 0.730)"),
    ],
)
def test_hardness_says_what_hard_decoys_show(hard, words):
    figure = figures.hardness(bins(hard))
    assert words in figure.title
    shown = [text for text, *_ in texts(figure.svg)]
    assert {"0.720", "533 molecules", "4,797 decoys"} <= set(shown)
    assert ("none" in shown) == (hard[0] is None)


def test_no_hardness_without_molecules():
    rows = [row | {"auc": None, "ci_low": None, "ci_high": None, "reason": "no_molecules"} for row in bins()]
    assert (figures.hardness(rows).svg, figures.hardness([]).svg) == ("", "")
    assert "no molecules" in figures.hardness(rows).note


def test_p_values_have_a_bar_for_each_value_that_they_can_take():
    auc, p_value = ranked(1000)
    assert figures._levels(p_value) == 21
    mixed = np.concatenate([ranked(1000, decoys, decoys)[1] for decoys in (7, 11, 13, 17)])
    assert figures._levels(mixed) == 0
    better = figures.score_against_decoys(np.array([0.95, 1.0]), np.array([2 / 21, 1 / 21]), 20)
    assert better.title.startswith("A molecule outranks 97.5 % of its decoys on average, more than the 50 %")
    assert "p is at most 0.05 for 50.0 %" in better.title
    assert "less than" in figures.score_against_decoys(1 - auc * 0.9, p_value, 20).title or auc.mean() < 0.5
    assert figures.score_against_decoys(np.zeros(3), np.ones(3), 20).title.count("less than") == 1
    assert figures.score_against_decoys(np.full(3, 0.5), np.ones(3), 20).title.count(", like the") == 1
    assert figures.score_against_decoys(np.zeros(0), np.zeros(0), 0).svg == ""


def test_controls_give_the_verdict():
    title = figures.controls(controls()).title
    for words in (
        "The audit works",
        "not shown to do better than 19 refits (p = 0.1)",
        "familiarity explains it: nearest",
    ):
        assert words in title
    why = {"status": "FAILED", "reason": "not silent: molecular_weight"}
    loud = controls(audit=why) | {"negative": {"molecular_weight": audited(0.9, 0.2, silent=False)}}
    assert (
        "does not work on this library (not silent: molecular weight): do not rely on any"
        in figures.controls(loud).title
    )
    assert "NOT_SHOWN" not in figures.controls(loud).title
    assert "0.900, NOT SILENT" in [text for text, *_ in texts(figures.controls(loud).svg)]
    unsure = controls(audit={"status": "INCONCLUSIVE", "reason": "fewer_than_20_molecules"})
    assert "is not shown (fewer than 20 molecules)" in figures.controls(unsure).title


def test_controls_without_numbers_say_why():
    nothing = {"n": 0, "mean_auc": None, "mean_z": None, "reason": "no_molecules"}
    document = controls(
        score=nothing,
        negative={"formula": nothing | {"silent": None, "reason": "no_structures"}},
        novelty={"fragment_popularity": nothing},
        planted={"mean_z": None, "n_signal": None, "found": None, "reason": "fewer_than_20_molecules"},
        drift={"mean_auc": None, "reason": "the_scorer_cannot_be_fitted_again"},
        inference={"verdict": "NOT_ASSESSABLE", "reason": "no_refits", "fits": [], "p_value": None},
    )
    figure = figures.controls(document)
    shown = [text for text, *_ in texts(figure.svg)]
    assert "that the model tells isomers is not shown (no refits)" in figure.title
    assert {"no structures; not assessed", "not assessed: fewer than 20 molecules", "no molecules"} <= set(shown)
    assert_legible(figure)
    for empty in ({}, dict.fromkeys(controls())):
        assert figures.controls(empty).svg == ""
        assert "is not shown" in figures.controls(empty).title


def test_decoys_meet_their_targets_or_not():
    figure = figures.decoy_quality(quality(), QUOTAS)
    assert figure.title == "The decoys meet 6 of 7 targets; not met: topology (forest)"
    shown = [text for text, *_ in texts(figure.svg)]
    assert {"3 of 4,000", "−1.09, 0, +1.40", "target 40 %", "medium 42 %", "0.540 > 0.6: not met"} <= set(shown)
    assert figures.decoy_quality(quality(True)).title == "The decoys meet 7 of 7 targets"
    assert "target 40 %" not in figures.decoy_quality(quality()).svg


def test_decoys_that_cannot_be_judged():
    old = {key: value for key, value in quality().items() if key not in ("property_differences", "alerts")}
    assert "alert" not in figures.decoy_quality(old).svg
    open_ = quality() | {"measures": None, "targets": None, "alerts": None, "property_differences": None}
    assert figures.decoy_quality(open_).title == "The decoys meet 2 of 2 targets"
    few = {"estimate": 0.5, "ci_low": None, "ci_high": None, "upper_bound": None, "reason": "fewer than 10 scaffolds"}
    unknown = quality() | {"measures": {"topology_auc": few}, "targets": {"topology_auc": {"target": 0.6, "met": None}}}
    assert figures.decoy_quality(unknown).title == "The decoys meet 2 of 2 targets; 1 could not be judged"
    without = {"decoys": 0, "reason": "no_structures", "coverage": {"estimate": None, "target": 0.99, "met": None}}
    assert "no structures" in figures.decoy_quality(without).title
    assert figures.decoy_quality(without).svg == ""


def test_coverage_counts_rows_and_reasons():
    assert figures.coverage(metrics()).title == "533 of 533 rows of the library were audited"
    figure = figures.coverage(metrics(467, [["too_many_atoms", 400], ["disconnected", 67]]))
    assert figure.title.endswith("533 of 1,000 rows of the library were audited; 467 were not, most often: "
                                 "too many atoms (400)")  # fmt: skip
    assert {"533 (53.3 %)", "why: disconnected", "67"} <= {text for text, *_ in texts(figure.svg)}
    assert figures.coverage({"counts": {"OK": 0}}).svg == ""


def test_leakage_says_what_was_not_looked_for():
    with_training, without_training = (
        figures.leakage({"decoy_in_library": 2}, 10, is_known) for is_known in (True, False)
    )
    assert with_training.title == "2 decoys are molecules of the library and were excluded"
    assert without_training.title.endswith("; the training set is not known")
    assert [is_known[0] for is_known in texts(without_training.svg)].count("not checked") == 3
    assert "not checked" not in with_training.svg
    assert figures.leakage({}, 10, True).title == "No leakage was found among 10 rows"
    assert figures.leakage(None, 10, True).svg == ""


def test_separation_says_whether_good_and_bad_are_told_apart():
    assert figures.separation(separation()).title.startswith("The audit tells known good scores")
    assert "does not tell" in figures.separation(separation(False, None)).title
    assert "GOOD-synthetic undefined" in figures.separation(separation(False, None)).title
    assert figures.separation({}).svg == ""


def test_what_is_met_is_drawn_where_its_number_lies():
    """The points of a panel: the place of a number on the page follows from the axis from 0 to 1."""
    low, high = (figures.controls(controls(score=audited(auc))).svg for auc in (0.2, 0.7))
    places = [[float(x) for x in re.findall(r'<use[^>]* x="([\d.]+)"', svg)] for svg in (low, high)]
    moved = [b - a for a, b in zip(*places, strict=True) if a != b]
    assert moved == [pytest.approx(0.5 * 210, abs=0.1)]
