# truth: the measured labels, verified before use.
rule truth:
    """Verify a truth file by sha256 and contract, and take it in."""
    input:
        truth=lambda w: PLAN.brought(w.run, "truth.path"),
    output:
        truth=RUN("truth"),
        facts=RUN("truth_facts"),
    log:
        LOG("truth"),
    benchmark:
        BENCHMARK("truth")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=flow.digest("stages.truth", "core"),
        sha256=option("truth.sha256"),
        source=option("truth.source"),
    shell:
        "python -m hetero2 truth --path={input.truth:q} --sha256 {params.sha256:q} --source {params.source} "
        "--out {output.truth:q} --facts {output.facts:q} --log {log:q}"
