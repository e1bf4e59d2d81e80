# summary: one line a molecule, and the counts.
rule summary:
    """Gather the shards into summary.csv and metrics.json."""
    input:
        molecules=SHARD("molecules"),
        audit=SHARD("audit"),
        calls=RUN("calls"),
    output:
        summary=report(
            RUN("summary"),
            caption="captions/summary.rst",
            category="Results",
            subcategory="{run}",
            labels={"file": "{run}/summary.csv"},
        ),
        metrics=report(
            RUN("metrics"),
            caption="captions/metrics.rst",
            category="Results",
            subcategory="{run}",
            labels={"file": "{run}/metrics.json"},
        ),
    log:
        LOG("summary"),
    benchmark:
        BENCHMARK("summary")
    conda:
        "../envs/core.yaml"
    resources:
        **job("summary"),
    params:
        code=flow.digest("stages.summary", "core"),
        molecules=PLAN.shard_words("molecules"),
        audit=PLAN.shard_words("audit"),
        config=settings("guardrails", "decoys", "pack.artifacts"),
    shell:
        "python -m hetero2 summary --molecules {params.molecules} --audit {params.audit} --calls {input.calls:q} "
        "--config {params.config:q} --summary {output.summary:q} --metrics {output.metrics:q} --log {log:q}"
