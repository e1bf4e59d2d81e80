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
        hard_mode=option("decoys.hard_mode"),
        max_atoms=option("guardrails.max_atoms"),
        require_connected=option("guardrails.require_connected"),
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 decoys --input {input:q} --shard {wildcards.shard} --shards {params.shards} "
        "--molecules {output.molecules:q} --decoys {output.decoys:q} --strategy {params.strategy} --k {params.k} --seed {params.seed} --seed-strategy {params.seed_strategy} "
        "--hard-mode {params.hard_mode} --max-atoms {params.max_atoms} --require-connected {params.require_connected} "
        "--standardise {params.standardise} --log {log:q}"
