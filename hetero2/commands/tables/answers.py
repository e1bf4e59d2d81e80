"""What an audit in memory says: trust and worth of the score, with the words and figures of a report."""

from collections import Counter
from typing import Any

import pyarrow.compute as pc

from hetero2.commands.decoy_sets import Audited
from hetero2.commands.tables.results import Audit
from hetero2.errors import ConfigError
from hetero2.inputs.summary_rows import as_read
from hetero2.report.evidence import Evidence
from hetero2.report.plots import figures
from hetero2.report.plots.svg import Figure
from hetero2.report.text import answer, isomers
from hetero2.runtime.threads import one_thread
from hetero2.stages import diagnosis, utility
from hetero2.stats.benefit.hit_curve import curve
from hetero2.stats.benefit.utility import report

SHARE, LEAST = 0.1, 10  # of the molecules with truth, and at least: bought, where nobody said how many
Record = dict[str, Any]
# What controls.json would say where no control was run.
_NO_CONTROLS: Record = {
    "audit": {"status": isomers.CONTROLS_NOT_RUN, "reason": "the controls are part of a run"},
    "inference": {"verdict": "NOT_ASSESSABLE", "explanation": None, "explained_by": []},
}


def judged(
    audited: Audited, hits: dict[str, bool] | None, k: int | None, higher_is_better: bool, settings: Record
) -> tuple[Record, Record | None]:
    """(diagnosis.v1, hits bought by the score) of audited molecules; None for these where nothing is known of hits.

    `hits`: whether a molecule is one, by id; `k`: how many would be bought, None for a tenth of those with truth;
    `settings`: the sections `audit` and `selection`.
    """
    rows = as_read(audited.summary, diagnosis.COLUMNS)
    labels = diagnosis.with_truth(rows, hits)
    with one_thread():
        trust = diagnosis.of_rows(rows, labels, higher_is_better, settings["audit"]["seed"])
    return trust, None if hits is None else _bought(audited, hits, k, settings["selection"]["seed"])


def _bought(audited: Audited, hits: dict[str, bool], k: int | None, seed: int) -> Record:
    rows = as_read(audited.summary, utility.COLUMNS, ["sample_part"])
    library = utility.library_of(rows, hits, None)
    n = len(library.hit)
    size = k or max(min(LEAST, n), round(SHARE * n), 1)
    bought = report(library, size, [], seed, None)
    return {
        "truth_coverage": utility.coverage(rows, hits, size),
        "price_per_evaluation": None,
        "utility": bought,
        "curve": curve(library, size),
    }


def evidence(audit: Audit) -> Evidence:
    """An audit as what a report is made from; what only a run has is empty."""
    ranked = audit.summary.filter(pc.is_valid(audit.summary["p_value"]))
    truth = None if audit.utility is None else {"truth_source": "external"}
    return Evidence(
        facts={"scores": {"source": "external"}, "truth": truth, "inputs": [], "config": {"scores": {}}},
        lock_differences=(),
        metrics=audit.metrics,
        quality={},
        controls=_NO_CONTROLS | {"library": audit.library},
        hardness=audit.hardness_curve.to_pylist(),
        leaks=Counter(audit.leakage["kind"].to_pylist()),
        diagnosis=audit.diagnosis,
        utility=audit.utility,
        auc=ranked["auc_tie_aware"].to_numpy(),
        p_value=ranked["p_value"].to_numpy(),
        most_decoys=pc.max(ranked["n_decoys_scored"]).as_py() or 0,
        curve=() if audit.utility is None else audit.utility["curve"],
    )


def sentences(audit: Audit) -> list[str]:
    """The answer, then what it leaves out."""
    whole = evidence(audit)
    return [answer.answer(whole), *answer.more(whole)]


def figure(audit: Audit, name: str | None) -> Figure:
    """A figure of the report by its name; None: hits where there are any, else the AUC by hardness."""
    whole = evidence(audit)
    drawings = {
        "hardness": lambda: figures.hardness(whole.hardness),
        "score_against_decoys": lambda: figures.score_against_decoys(whole.auc, whole.p_value, whole.most_decoys),
    }
    if whole.primary is not None and whole.worth is not None:
        k, few = whole.primary["k"], whole.worth["evidence"]["reason"]
        drawings |= {
            "cumulative_hits": lambda: figures.cumulative_hits(whole.curve, k, whole.present, few),
            "hit_rate": lambda: figures.hit_rate(whole.curve, k, whole.present, few),
        }
    chosen = name or ("cumulative_hits" if "cumulative_hits" in drawings else "hardness")
    if chosen not in drawings:
        raise ConfigError(f"there is no figure {chosen!r} of this audit", f"there are {', '.join(drawings)}")
    return drawings[chosen]()
