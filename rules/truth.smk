# truth: the labels, verified before use.
rule proxy_truth:
    """Labels by a rule that can see nothing but the library."""
    input:
        lambda w: PLAN.brought(w.run, "input.path"),
    output:
        RUN("proxy_truth"),
    log:
        LOG("proxy_truth"),
    benchmark:
        BENCHMARK("proxy_truth")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=flow.digest("stages.proxy_truth", "core"),
    shell:
        "python -m hetero2 proxy-truth --library={input:q} --out {output:q} --log {log:q}"


rule truth:
    """Verify a truth file by sha256 and contract, and take it in."""
    input:
        truth=lambda w: PLAN.truth_file(w.run),
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
