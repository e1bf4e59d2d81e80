# decoys: the matched decoys of every molecule, a shard at a time.
rule decoys:
    """Guardrails, decoys and structure facts of one shard."""
    input:
        RUN("input"),
    output:
        molecules=RUN("molecules"),
        decoys=RUN("decoys"),
    log:
        LOG("decoys/{shard}"),
    benchmark:
        BENCHMARK("decoys/{shard}")
    conda:
        "../envs/chem.yaml"
    resources:
        mem_mb=1500,
        runtime=120,
    params:
        code=flow.digest("stages.decoys", "chem"),
        shards=lambda w: len(PLAN.shards(w.run)),
        strategy=option("decoys.strategy"),
        k=option("decoys.k"),
        seed=option("decoys.seed"),
        seed_strategy=option("decoys.seed_strategy"),
        quotas=option("decoys.quotas"),
        hard_mode=option("decoys.hard_mode"),
        max_atoms=option("guardrails.max_atoms"),
        require_connected=option("guardrails.require_connected"),
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 decoys-shard --input {input:q} --shard {wildcards.shard} --shards {params.shards} "
        "--molecules {output.molecules:q} --decoys {output.decoys:q} --strategy {params.strategy} --k {params.k} --seed {params.seed} --seed-strategy {params.seed_strategy} "
        "--quotas {params.quotas:q} --hard-mode {params.hard_mode} --max-atoms {params.max_atoms} --require-connected {params.require_connected} "
        "--standardise {params.standardise} --log {log:q}"


rule decoy_quality:
    """What could tell the molecules from their decoys, other than their structure."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
    output:
        RUN("decoy_quality"),
    log:
        LOG("decoy_quality"),
    benchmark:
        BENCHMARK("decoy_quality")
    conda:
        "../envs/model.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=flow.digest("stages.decoy_quality", "model"),
        k=option("decoys.k"),
        sample=option("decoys.quality_sample"),
        seed=option("decoys.seed"),
    shell:
        "python -m hetero2 decoy-quality --molecules {input.molecules:q} --decoys {input.decoys:q} --k {params.k} "
        "--sample {params.sample} --seed {params.seed} --out {output:q} --log {log:q}"
