"""Edits of a pack in one place, and what verification must say of each once the pack is sealed again."""

import re
from collections.abc import Callable
from typing import Any

from tests.resealed import (
    Change,
    Edit,
    Files,
    Row,
    all_of,
    cells,
    content,
    put_rows,
    recount,
    removed,
    rows_of,
    table,
    text,
    value,
)

ALONE = "only the digest of the zip can tell: it does not follow from anything in the pack"
SUMMARY, METRICS, UTILITY, TRUTH = "summary.csv", "metrics.json", "utility_report.json", "truth.csv"
LIFT, CURVE, RANKED, MANIFEST = "cost_lift_report.json", "hit_curve.csv", "ranked_candidates.csv", "manifest.json"
CONTROLS, QUALITY, DIAGNOSIS = "controls.json", "decoy_quality.json", "diagnosis.json"
SELECTED, CARDS, SCORES = "selected_decoys.csv", "card_decoys.csv", "scores.csv"
HARDNESS, LEAKAGE, REPORT, INDEX = "hardness_curve.csv", "leakage.csv", "report.html", "index.md"
_AT = "utility.at.0.methods"


def _plus(more: float) -> Callable[[Any], Any]:
    return lambda old: str(float(old) + more) if isinstance(old, str) else old + more


def _failed(row: Row) -> bool:
    return row["verdict"] == "FAIL"


def _scored(row: Row) -> bool:
    return bool(row["score"])


def _any(_: Row) -> bool:
    return True


def _number_in(name: str, pattern: str) -> Change:
    """Raise the number that a pattern finds first in a text."""

    def change(files: Files) -> None:
        old = files[name].decode()
        match = re.search(pattern, old)
        assert match, f"{name}: nothing matches {pattern}"
        start, end = match.span(1)
        files[name] = (old[:start] + str(int(match.group(1).replace(",", "")) + 7) + old[end:]).encode()

    return change


def _without_truth(files: Files) -> None:
    removed(TRUTH, UTILITY, LIFT, CURVE)(files)
    value(MANIFEST, "truth", None)(files)
    value(MANIFEST, "config.truth.source", "none")(files)
    files["config.yaml"] = re.sub(rb"(truth:\n(?:  .*\n)*?  source: )external", rb"\1none", files["config.yaml"])


def _shown_as(name: str, source: str) -> Change:
    """Take the cells of one table into its copy for spreadsheets."""

    def change(files: Files) -> None:
        rows = rows_of(files, name)
        put_rows(files, name, rows[::-1] if source == "reversed" else rows)

    return change


def _swapped(rows: list[Row], one: int, other: int) -> list[Row]:
    """Two lines change places and keep their ranks."""
    ranks = rows[one]["rank"], rows[other]["rank"]
    rows[one], rows[other] = rows[other], rows[one]
    rows[one]["rank"], rows[other]["rank"] = ranks
    return rows


def _foreign(rows: list[Row]) -> list[Row]:
    stranger = dict(rows[0], id="STRANGER", rank="1", canonical_smiles="CCO")
    return [stranger, *(dict(row, rank=str(int(row["rank"]) + 1)) for row in rows)]


_SCHEMAS_EMPTY = all_of(
    lambda files: files.update({name: b"{}\n" for name in files if name.startswith("workflow/schemas/")}),
    value(METRICS, "anything", 1),
)

# The table of edits of the default pack that verification missed, in its order.
LISTED = (
    Edit("summary: verdict, metrics kept", cells(SUMMARY, _failed, verdict="PASS"), METRICS, "verdict_counts"),
    Edit(
        "summary: verdict with its counts", all_of(cells(SUMMARY, _failed, verdict="PASS"), recount), SUMMARY, "verdict"
    ),
    Edit(
        "summary: all verdicts with counts",
        all_of(cells(SUMMARY, _failed, True, verdict="PASS"), recount),
        SUMMARY,
        "verdict",
    ),
    Edit("summary: slack", cells(SUMMARY, _failed, slack="-0.001"), SUMMARY, "slack"),
    Edit("summary: auc_tie_aware", cells(SUMMARY, _failed, auc_tie_aware="0.987"), SUMMARY, "slack"),
    Edit("summary: gate", cells(SUMMARY, _failed, gate="0.5"), SUMMARY, "slack"),
    Edit("summary: p_value", cells(SUMMARY, _failed, p_value="0.0123"), SUMMARY, "p_value"),
    Edit("summary: score", cells(SUMMARY, _failed, score=_plus(0.01)), "", "score"),
    Edit("summary: call", cells(SUMMARY, lambda r: r["call"] == "NO_SIGNAL", call="SIGNAL"), METRICS, "call_counts"),
    Edit("metrics: call_counts", value(METRICS, "call_counts.SIGNAL", _plus(300)), METRICS, "call_counts"),
    *(
        Edit(
            f"metrics: {key}",
            value(METRICS, key, _plus(more)),
            METRICS,
            key.rpartition(".k")[0] or key.partition(".")[0],
        )
        for key, more in {
            "mean_slack": 0.1,
            "median_slack": 0.1,
            "p25_slack": 0.1,
            "p75_slack": 0.01,
            "median_margin": 0.01,
            "pass_expected_by_chance": -1.0,
            "rows_with_fewer_than_19_scored_decoys": 1,
            "share_rows_with_n_decoys_gt_0": -0.01,
            "scores_coverage.decoys_missing": 4,
            "scores_coverage.rows_total": 10,
            "config.decoys.k": 1,
        }.items()
    ),
    Edit(
        "summary: row deleted, counts too",
        all_of(table(SUMMARY, lambda rows: rows[1:]), recount),
        METRICS,
        "rows_total",
    ),
    Edit(
        "summary: row twice, counts too",
        all_of(table(SUMMARY, lambda rows: rows[:1] + rows), recount),
        SUMMARY,
        "its id",
    ),
    Edit("cost_lift: hits", value(LIFT, "methods.filtered_score_plus_audit_topk.hits", _plus(-1)), LIFT, "hits"),
    Edit(
        "cost_lift: hits, rate and uplift",
        all_of(
            value(LIFT, "methods.filtered_score_plus_audit_topk.hits", 20),
            value(LIFT, "methods.filtered_score_plus_audit_topk.hit_rate", 1.0),
            value(LIFT, "uplift_score_plus_audit_vs_random", lambda _: 0.97531),
        ),
        LIFT,
        "hits",
    ),
    Edit("cost_lift: interval", value(LIFT, "methods.baseline_score_only_topk.ci_low", _plus(0.3)), LIFT, "ci_low"),
    Edit("cost_lift: N_ok", value(LIFT, "N_ok", _plus(5)), LIFT, "N_ok"),
    Edit("cost_lift: K_effective", value(LIFT, "K_effective", _plus(-1)), LIFT, "K_effective"),
    Edit("cost_lift: unknown rate", value(LIFT, "unknown_bucket_rate", 0.5), LIFT, "unknown_bucket_rate"),
    Edit("utility: library.PASS.hits", value(UTILITY, "library.PASS.hits", _plus(9)), UTILITY, "library.PASS.hits"),
    Edit(
        "utility: library.PASS.hit_rate",
        value(UTILITY, "library.PASS.hit_rate", 0.99),
        UTILITY,
        "library.PASS.hit_rate",
    ),
    Edit(
        "utility: library.score_topk",
        value(UTILITY, "library.score_topk.expected_hits", _plus(1)),
        UTILITY,
        "score_topk",
    ),
    Edit("utility: uplift", value(UTILITY, "utility.uplift.against.random.uplift", _plus(0.4)), UTILITY, "uplift"),
    Edit(
        "utility: expected_hits", value(UTILITY, f"{_AT}.score_topk.expected_hits", _plus(1)), UTILITY, "expected_hits"
    ),
    Edit("utility: roc_auc", value(UTILITY, "utility.score_metrics.roc_auc.value", 0.999), UTILITY, "roc_auc"),
    Edit("utility: before_after", value(UTILITY, "utility.before_after.after.hits", _plus(3)), UTILITY, "before_after"),
    Edit(
        "utility: non_inferior",
        value(UTILITY, "utility.before_after.non_inferiority.non_inferior", lambda old: not old),
        UTILITY,
        "non_inferior",
    ),
    Edit("utility: extrapolation", value(UTILITY, "utility.extrapolation.sent", _plus(1000)), UTILITY, "extrapolation"),
    Edit("hit_curve: a value", cells(CURVE, lambda r: r["k"] == "20", expected_hits=_plus(1)), CURVE, "expected_hits"),
    Edit("hit_curve: a rate of 7", cells(CURVE, _any, hit_rate="7"), CURVE, "hit_rate"),
    Edit("ranked: two ranks swapped", table(RANKED, lambda rows: _swapped(rows, 0, 60)), RANKED, "rank"),
    Edit("ranked: a foreign molecule", table(RANKED, _foreign), RANKED, "STRANGER"),
    Edit("ranked: call", cells(RANKED, _any, call="NO_SIGNAL"), RANKED, "call"),
    Edit("ranked: score", cells(RANKED, _any, score=_plus(0.01)), RANKED, "score"),
    Edit("ranked: smiles", cells(RANKED, _any, canonical_smiles="CCO"), RANKED, "smiles"),
    Edit(
        "ranked: selected_at_k",
        cells(RANKED, lambda r: bool(r["selected_at_k"]), selected_at_k=""),
        RANKED,
        "selected_at_k",
    ),
    Edit("ranked: header only", table(RANKED, lambda _: []), RANKED, ""),
    Edit("ranked: garbage", content(RANKED, b"garbage\n"), RANKED, ""),
    Edit("selected decoys: scores", cells(SELECTED, _any, True, score=_plus(-0.1)), SELECTED, "score"),
    Edit("selected decoys: rows removed", table(SELECTED, lambda rows: rows[3:]), SELECTED, ""),
    Edit("scores: one score", cells(SCORES, _any, score=_plus(0.01)), "", "score"),
    Edit("scores: a row removed", table(SCORES, lambda rows: rows[1:]), "", "score"),
    Edit("scores: garbage", content(SCORES, b"garbage\n"), SCORES, ""),
    Edit(
        "truth: a label",
        cells(TRUTH, lambda r: r["expensive_label"] == "FAIL", expensive_label="PASS"),
        MANIFEST,
        "n_pass",
    ),
    Edit("truth: all rows but one removed", table(TRUTH, lambda rows: rows[:1]), MANIFEST, "n_"),
    Edit("manifest: truth.n_pass", value(MANIFEST, "truth.n_pass", _plus(1)), MANIFEST, "n_pass"),
    Edit("manifest: scores.n_scores", value(MANIFEST, "scores.n_scores", _plus(1)), MANIFEST, "n_scores"),
    Edit("manifest: seeds", value(MANIFEST, "seeds.selection", 77), MANIFEST, "seeds"),
    Edit("manifest: config.decoys.k", value(MANIFEST, "config.decoys.k", 21), "", "config"),
    Edit("config.yaml: a value", text("config.yaml", "fdr: 0.1", "fdr: 0.2"), "", "config"),
    Edit("config.yaml: empty", content("config.yaml", b""), "config.yaml", ""),
    Edit("manifest: code_digest", value(MANIFEST, "code_digest", "0" * 64), INDEX, "run_id"),
    Edit("manifest: source_commit", value(MANIFEST, "source_commit", "0" * 40), None, ALONE),
    Edit("manifest: run", value(MANIFEST, "run", "another"), MANIFEST, "run"),
    Edit("manifest: tool_version", value(MANIFEST, "tool_version", "9.9.9"), None, ALONE),
    Edit("manifest: versions", value(MANIFEST, "versions.numpy", "1.0.0"), MANIFEST, "versions"),
    Edit("manifest: a role", value(MANIFEST, "roles_of", {SUMMARY: "metrics"}), MANIFEST, "role"),
    Edit(
        "environment: matches_lock",
        value("environment.json", "matches_lock", lambda old: not old),
        "environment.json",
        "lock",
    ),
    Edit("controls: p value", value(CONTROLS, "inference.p_value", 0.001), CONTROLS, "p_value"),
    Edit(
        "controls: audit status",
        value(CONTROLS, "audit.status", lambda old: "FAILED" if old == "OK" else "OK"),
        CONTROLS,
        "audit",
    ),
    Edit("decoy quality: doe", value(QUALITY, "measures.doe.estimate", 0.4), QUALITY, "doe"),
    Edit("decoy quality: decoys", value(QUALITY, "decoys", _plus(50)), QUALITY, "decoys"),
    Edit("hardness: auc", cells(HARDNESS, lambda r: r["bin"] == "hard", auc="0.95"), HARDNESS, "hard"),
    Edit("leakage: emptied", table(LEAKAGE, lambda _: []), "", "leakage"),
    Edit("removed: leakage", removed(LEAKAGE), LEAKAGE, "required"),
    Edit("removed: missing scores", removed("missing_decoy_scores"), "missing_decoy_scores.csv", "required"),
    Edit("removed: decoy quality", removed(QUALITY), QUALITY, "required"),
    Edit("removed: hardness curve", removed(HARDNESS), HARDNESS, "required"),
    Edit("report: a number", _number_in(REPORT, r"hold (\d+)"), REPORT, ""),
    Edit("report: another script", content(REPORT, b"<script>alert(1)</script>"), REPORT, "script"),
    Edit("index: a number", _number_in(INDEX, r"Rows: (\d+) audited"), INDEX, "Rows"),
    Edit(
        "summary copy: a value",
        cells("summary_spreadsheet.csv", _scored, score="0.123"),
        "summary_spreadsheet.csv",
        "row",
    ),
    Edit(
        "summary copy: a formula",
        cells("summary_spreadsheet.csv", _any, id="=cmd|'/c calc'!A1"),
        "summary_spreadsheet.csv",
        "row",
    ),
    Edit("card decoys: score", cells(CARDS, _scored, score=_plus(0.01)), CARDS, "score"),
    Edit("schemas: all empty", _SCHEMAS_EMPTY, "workflow/schemas", ""),
    Edit("workflow: Snakefile replaced", content("workflow/Snakefile", b"rule all:\n"), "workflow/Snakefile", ""),
    Edit("workflow: rules removed", removed("workflow/rules/audit.smk"), "workflow/rules/audit.smk", ""),
    Edit("no truth at all", _without_truth, "", ""),
    Edit(
        "report dropped from the configuration",
        all_of(lambda f: _dropped(f, "report"), removed(REPORT, CARDS, "card_decoys_s", "summary_s")),
        "",
        "",
    ),
    Edit("manifest: acceptance loosened", value(MANIFEST, "config.acceptance.max_fail_rate", 1.0), "", "config"),
)


def _dropped(files: Files, key: str) -> None:
    """Take a section out of both configurations."""
    import json

    from hetero2.io.files import pretty_json

    facts = json.loads(files[MANIFEST])
    del facts["config"][key]
    files[MANIFEST] = pretty_json(facts).encode()
    files["config.yaml"] = re.sub(rb"(?m)^" + key.encode() + rb":\n(  .*\n)*", b"", files["config.yaml"])


# Further edits, of the same kind.
FURTHER = (
    Edit("cost_lift: random hits", value(LIFT, "methods.baseline_random.hits", _plus(1)), LIFT, "baseline_random"),
    Edit("cost_lift: upper end", value(LIFT, "methods.baseline_random.ci_high", _plus(0.05)), LIFT, "ci_high"),
    Edit("cost_lift: seed", value(LIFT, "seed", 9), LIFT, "seed"),
    Edit("cost_lift: K_requested", value(LIFT, "K_requested", 21), LIFT, "K_requested"),
    Edit("cost_lift: eligibility", value(LIFT, "eligibility.rows_eligible_for_cost_lift", _plus(1)), LIFT, "eligib"),
    Edit(
        "cost_lift: decoys", value(LIFT, "scores_coverage.decoys_scored_total", _plus(1)), LIFT, "decoys_scored_total"
    ),
    Edit("cost_lift: said to be refused", value(UTILITY, "cost_lift_v1.reason", "no reason"), UTILITY, "cost_lift_v1"),
    Edit(
        "utility: auc interval", value(UTILITY, "utility.score_metrics.roc_auc.ci_low", _plus(0.02)), UTILITY, "ci_low"
    ),
    Edit("utility: bedroc", value(UTILITY, "utility.score_metrics.bedroc_20.value", _plus(-0.1)), UTILITY, "bedroc"),
    Edit(
        "utility: enrichment factor",
        value(UTILITY, "utility.score_metrics.enrichment_factor_5_percent.value", _plus(0.5)),
        UTILITY,
        "enrichment_factor_5",
    ),
    Edit(
        "utility: uplift interval",
        value(UTILITY, "utility.uplift.against.random.ci_low", _plus(0.05)),
        UTILITY,
        "ci_low",
    ),
    Edit(
        "utility: list interval", value(UTILITY, "utility.list.against.random.ci_high", _plus(0.05)), UTILITY, "ci_high"
    ),
    Edit("utility: Wilson", value(UTILITY, f"{_AT}.score_topk.wilson_low", _plus(0.05)), UTILITY, "wilson_low"),
    Edit("utility: chance", value(UTILITY, f"{_AT}.random.hits_high", _plus(1)), UTILITY, "hits_high"),
    Edit("utility: price", value(UTILITY, "price_per_evaluation", 1.0), UTILITY, "price"),
    Edit("utility: cost per hit", value(UTILITY, f"{_AT}.score_topk.cost_per_hit", 1.0), UTILITY, "cost_per_hit"),
    Edit("utility: coverage", value(UTILITY, "truth_coverage.with_truth", _plus(-1)), UTILITY, "with_truth"),
    Edit(
        "utility: hits of the list", value(UTILITY, "truth_coverage.of_the_list.hits", _plus(1)), UTILITY, "of_the_list"
    ),
    Edit("utility: around K", value(UTILITY, "utility.around_k.compared.0.more", _plus(-3)), UTILITY, "around_k"),
    Edit(
        "utility: design effect",
        value(UTILITY, "utility.uplift.discordant.design_effect", 1.0),
        UTILITY,
        "design_effect",
    ),
    Edit("utility: evidence", value(UTILITY, "utility.evidence.hits", _plus(2)), UTILITY, "evidence"),
    Edit(
        "utility: lists coincide",
        value(UTILITY, "utility.uplift.coincides_with_score", lambda old: not old),
        UTILITY,
        "coincides",
    ),
    Edit("hit_curve: rows removed", table(CURVE, lambda rows: rows[12:]), CURVE, "K"),
    Edit("hit_curve: Wilson", cells(CURVE, _any, wilson_high="0.9"), CURVE, "wilson_high"),
    Edit("hit_curve: chance", cells(CURVE, lambda r: r["method"] == "random", hits_high="9"), CURVE, "hits_high"),
    Edit("truth: a foreign id", cells(TRUTH, _any, molecule_id="STRANGER"), "", ""),
    Edit("truth: its source", cells(TRUTH, _any, truth_source="proxy_rule_v1"), TRUTH, "truth_source"),
    Edit("controls: verdict", value(CONTROLS, "inference.verdict", "RESOLVES_STRUCTURE"), CONTROLS, "verdict"),
    Edit("controls: a refit", value(CONTROLS, "inference.fits.0.dispersion_z", -9.0), CONTROLS, "inference"),
    Edit("controls: a quick look", value(CONTROLS, "inference.quick_look", False), CONTROLS, "quick_look"),
    Edit("controls: silent", value(CONTROLS, "negative.formula.mean_z", 8.0), CONTROLS, "silent"),
    Edit("controls: positive control", value(CONTROLS, "planted.found", lambda old: not old), CONTROLS, "planted"),
    Edit("controls: calls", value(CONTROLS, "library.calls.SIGNAL", _plus(5)), CONTROLS, "calls"),
    Edit("controls: mean AUC", value(CONTROLS, "library.mean_auc", 0.9), CONTROLS, "mean_auc"),
    Edit("controls: mean z turned", value(CONTROLS, "library.mean_z", lambda old: -old), CONTROLS, "mean_z"),
    Edit(
        "controls: interpretation",
        value(CONTROLS, "library.interpretation", "SIGNAL_ON_HARD"),
        CONTROLS,
        "interpretation",
    ),
    Edit("controls: trend", value(CONTROLS, "library.trend.p_value", 0.9), CONTROLS, "trend"),
    Edit("controls: fdr", value(CONTROLS, "library.fdr", 0.01), CONTROLS, "fdr"),
    Edit(
        "controls: explanation",
        value(CONTROLS, "inference.explanation", "EXPLAINED_BY_NOVELTY"),
        CONTROLS,
        "explanation",
    ),
    Edit("controls: interval", value(CONTROLS, "score.auc_ci_low", _plus(0.05)), CONTROLS, "interval"),
    Edit("controls: sample", value(CONTROLS, "sample.seed", 5), CONTROLS, "sample"),
    Edit("decoy quality: target met", value(QUALITY, "targets.doe.met", lambda old: not old), QUALITY, "targets"),
    Edit("decoy quality: coverage", value(QUALITY, "coverage.estimate", 0.9), QUALITY, "coverage"),
    Edit("decoy quality: share", value(QUALITY, "hardness.shares.hard", _plus(0.1)), QUALITY, "shares"),
    Edit(
        "decoy quality: seen",
        value(QUALITY, "planted_leak.topology_auc.seen", lambda old: not old),
        QUALITY,
        "planted_leak",
    ),
    Edit("decoy quality: molecules", value(QUALITY, "molecules", _plus(-1)), QUALITY, "molecules"),
    Edit("decoy quality: alerts", value(QUALITY, "alerts.molecules", _plus(1)), QUALITY, "alerts"),
    Edit("decoy quality: decoys looked at", value(QUALITY, "alerts.decoys", _plus(1)), QUALITY, "alerts.decoys"),
    Edit("hardness: interval", cells(HARDNESS, lambda r: r["bin"] == "all", ci_low="0.59"), HARDNESS, "all"),
    Edit("hardness: molecules", cells(HARDNESS, lambda r: r["bin"] == "all", n_molecules="9"), HARDNESS, "all"),
    Edit("hardness: a bin", table(HARDNESS, lambda rows: rows[1:]), HARDNESS, "bins"),
    Edit(
        "diagnosis: answer",
        value(DIAGNOSIS, "answer", lambda old: "no" if old == "yes" else "yes"),
        DIAGNOSIS,
        "answer",
    ),
    Edit("diagnosis: codes", value(DIAGNOSIS, "codes", ["LABELS_SEEN"]), DIAGNOSIS, "codes"),
    Edit("diagnosis: auc", value(DIAGNOSIS, "ranking.auc", 0.97), DIAGNOSIS, "ranking.auc"),
    Edit("diagnosis: interval", value(DIAGNOSIS, "ranking.ci_low", _plus(0.05)), DIAGNOSIS, "ci_low"),
    Edit("diagnosis: labels", value(DIAGNOSIS, "labels.hits", _plus(1)), DIAGNOSIS, "labels.hits"),
    Edit("diagnosis: heavy atoms", value(DIAGNOSIS, "ranking.competitors.0.auc", 0.5), DIAGNOSIS, "heavy_atoms"),
    Edit("diagnosis: gain", value(DIAGNOSIS, "ranking.competitors.0.ci_low", _plus(0.01)), DIAGNOSIS, "ci_low"),
    Edit(
        "diagnosis: rank correlation",
        value(DIAGNOSIS, "bulk_properties.rank_correlation_heavy_atoms", 0.9),
        DIAGNOSIS,
        "rank",
    ),
    Edit(
        "diagnosis: property model",
        value(DIAGNOSIS, "bulk_properties.is_property_model", True),
        DIAGNOSIS,
        "is_property_model",
    ),
    Edit("diagnosis: sign", value(DIAGNOSIS, "sign.all_at_most_zero", lambda old: not old), DIAGNOSIS, "sign"),
    Edit(
        "ranked copy: a value",
        cells("ranked_candidates_spreadsheet.csv", _any, score="9"),
        "ranked_candidates_spreadsheet.csv",
        "",
    ),
    Edit(
        "selected copy: a row",
        table("selected_decoys_spreadsheet.csv", lambda rows: rows[1:]),
        "selected_decoys_spreadsheet.csv",
        "",
    ),
    Edit("card copy: a text", cells("card_decoys_spreadsheet.csv", _any, move="x"), "card_decoys_spreadsheet.csv", ""),
    Edit("leakage copy: emptied", content("leakage_spreadsheet.csv", b"\xef\xbb\xbf"), "leakage_spreadsheet.csv", ""),
    Edit("index: run", _number_in(INDEX, r"Decoys: .*up to (\d+) per"), INDEX, "Decoys"),
    Edit("index: above decoys", _number_in(INDEX, r"audited rows (\d+) are above"), INDEX, "above"),
    Edit("index: calls", _number_in(INDEX, r"- (\d+) stand out"), INDEX, "stand out"),
    Edit("index: hits", _number_in(INDEX, r"\| the best by score \| (\d+) of"), INDEX, "best by score"),
    Edit("index: cost_lift", _number_in(INDEX, r"by the audit's AUC, then id \| (\d+) of"), INDEX, "audit's AUC"),
    Edit("index: labels", _number_in(INDEX, r"labels: (\d+) measured"), INDEX, "labels"),
    Edit("index: met", text(INDEX, ": met", ": **not met**"), INDEX, "met"),
    Edit("index: emptied", content(INDEX, b"\n"), INDEX, "does not name summary.csv"),
    Edit(
        "index: cut", lambda files: files.update({INDEX: files[INDEX][:2000]}), INDEX, "no line begins with '## Files'"
    ),
    Edit("index: a file less", text(INDEX, "- `leakage.csv`: ", "- leakage: "), INDEX, "does not name leakage.csv"),
    Edit("index: a file more", text(INDEX, "- `leakage.csv`", "- `raw.csv`, `leakage.csv`"), INDEX, "names raw.csv"),
    Edit("report: table", _number_in(REPORT, r'id="rows">\[\[(\d+),'), REPORT, "row"),
    Edit(
        "report: a row of the page",
        text(REPORT, '<td class="rank figure" data-label="rank">1<', '<td class="rank figure" data-label="rank">2<'),
        REPORT,
        "row",
    ),
    Edit("report: a second script", text(REPORT, "</body>", "<script>1</script></body>"), REPORT, "script"),
    Edit("report: a handler", text(REPORT, "<body>", '<body onload="1">'), REPORT, "onload"),
    Edit("report: its policy", text(REPORT, "default-src &#39;none&#39;", "default-src *"), REPORT, "policy"),
    Edit("report: run_id", text(REPORT, '<code class="long">', '<code class="long">00'), REPORT, "run_id"),
    Edit("report: answer", text(REPORT, '<p class="answer">', '<p class="answer">Surely. '), REPORT, "answer"),
)
EDITS = LISTED + FURTHER
