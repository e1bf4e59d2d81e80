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
        **job("audit"),
    params:
        code=flow.digest("stages.audit", "core"),
    shell:
        "python -m hetero2 audit --molecules {input.molecules:q} --scores {input.scores:q} --run {wildcards.run} "
        "--out {output:q} --log {log:q}"


rule calls:
    """Call the molecules that stand out from their decoys, over the whole library; AUC by hardness of the decoys."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
        scores=SHARD("scores"),
    output:
        calls=RUN("calls"),
        curve=report(
            RUN("hardness_curve"),
            caption="captions/hardness_curve.rst",
            category="Audit",
            subcategory="{run}",
            labels={"file": "{run}/hardness_curve.csv"},
        ),
        library=RUN("library"),
    log:
        LOG("calls"),
    benchmark:
        BENCHMARK("calls")
    conda:
        "../envs/model.yaml"
    resources:
        **job("calls"),
    params:
        code=flow.digest("stages.calls", "model"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        scores=PLAN.shard_words("scores"),
        config=settings("audit.fdr", "audit.method", "audit.min_decoys", "decoys.k"),
    shell:
        "python -m hetero2 calls --molecules {params.molecules} --decoys {params.decoys} --scores {params.scores} "
        "--config {params.config:q} --calls {output.calls:q} --curve {output.curve:q} --library {output.library:q} "
        "--log {log:q}"
