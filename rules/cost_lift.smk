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
        mem_mb=2000,
        runtime=30,
    params:
        code=flow.digest("stages.cost_lift", "core"),
        k=option("selection.k"),
        seed=option("selection.seed"),
        source=option("truth.source"),
    shell:
        "python -m hetero2 cost-lift --summary {input.summary:q} --truth {input.truth:q} --truth-source {params.source} "
        "--k {params.k} --seed {params.seed} --out {output:q} --log {log:q}"
