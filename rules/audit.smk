# audit: can the score tell each molecule from its decoys.
rule audit:
    """Audit the molecules of one shard."""
    input:
        molecules=RUN("molecules"),
        scores=RUN("scores"),
    output:
        RUN("audit"),
    log:
        LOG("audit/{shard}"),
    benchmark:
        BENCHMARK("audit/{shard}")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=flow.digest("stages.audit", "core"),
    shell:
        "python -m hetero2 audit --molecules {input.molecules:q} --scores {input.scores:q} --run {wildcards.run} "
        "--out {output:q} --log {log:q}"
