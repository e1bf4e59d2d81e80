# cost_lift: what acting on the audit is worth.
rule cost_lift:
    """Measure hit rates of the top K on truth."""
    input:
        summary=RUN("summary"),
        truth=RUN("truth"),
    output:
        RUN("cost_lift"),
    log:
        LOG("cost_lift"),
    benchmark:
        BENCHMARK("cost_lift")
    conda:
        "../envs/core.yaml"
    resources:
        **job("cost_lift"),
    params:
        code=flow.digest("stages.cost_lift", "core"),
        config=settings("selection.k", "selection.seed", "truth.source"),
    shell:
        "python -m hetero2 cost-lift --summary {input.summary:q} --truth {input.truth:q} --config {params.config:q} "
        "--out {output:q} --log {log:q}"


rule utility:
    """What acting on the audit is worth compared with present practice."""
    input:
        summary=RUN("summary"),
        truth=RUN("truth"),
        cost_lift=RUN("cost_lift"),
        baseline=given("baseline"),
        screen=lambda w: PLAN.screen_files(w.run),
    output:
        utility=report(
            RUN("utility"),
            caption="captions/utility.rst",
            category="Worth",
            subcategory="{run}",
            labels={"file": "{run}/utility_report.json"},
        ),
        curve=RUN("hit_curve"),
    log:
        LOG("utility"),
    benchmark:
        BENCHMARK("utility")
    conda:
        "../envs/model.yaml"
    resources:
        **job("utility"),
    params:
        code=flow.digest("stages.utility", "model"),
        contents=contents("baseline"),
        arguments=cli_args("baseline_arguments"),
        screen=cli_args("screen_results"),
        config=cli_args("utility_settings"),
    shell:
        "python -m hetero2 utility --summary {input.summary:q} --truth {input.truth:q} --cost-lift {input.cost_lift:q} "
        "{params.arguments} {params.screen} --config {params.config:q} --out {output.utility:q} "
        "--curve {output.curve:q} --log {log:q}"


rule candidates:
    """The list that a team sends downstream, and the decoys of those selected."""
    input:
        summary=RUN("summary"),
        decoys=SHARD("decoys"),
        scores=SHARD("scores"),
    output:
        candidates=report(
            RUN("candidates"),
            caption="captions/candidates.rst",
            category="Results",
            subcategory="{run}",
            labels={"file": "{run}/ranked_candidates.csv"},
        ),
        decoys=RUN("selected_decoys"),
    log:
        LOG("candidates"),
    benchmark:
        BENCHMARK("candidates")
    conda:
        "../envs/model.yaml"
    resources:
        **job("candidates"),
    params:
        code=flow.digest("stages.candidates", "model"),
        decoys=PLAN.shard_words("decoys"),
        scores=PLAN.shard_words("scores"),
        config=settings("selection.k", "selection.k_list"),
    shell:
        "python -m hetero2 candidates --summary {input.summary:q} --decoys {params.decoys} --scores {params.scores} "
        "--config {params.config:q} --out {output.candidates:q} --selected-decoys {output.decoys:q} --log {log:q}"
