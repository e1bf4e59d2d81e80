# decoys: the matched decoys of every molecule, a shard at a time.
rule decoys_shard:
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
    wildcard_constraints:
        run=PLAN.runs_with_structures(True),
    conda:
        "../envs/chem.yaml"
    resources:
        mem_mb=NEEDS.memory("decoys_shard"),
        runtime=NEEDS.runtime("decoys_shard"),
    params:
        code=flow.digest("stages.decoys_shard", "chem"),
        shards=told("shard_count"),
        strategy=option("decoys.strategy"),
        k=option("decoys.k"),
        seed=option("decoys.seed"),
        seed_strategy=option("decoys.seed_strategy"),
        quotas=option("decoys.quotas"),
        hard_mode=option("decoys.hard_mode"),
        max_atoms=option("guardrails.max_atoms"),
        require_connected=option("guardrails.require_connected"),
        standardise=option("guardrails.standardise"),
        seconds=option("guardrails.seconds_per_molecule"),
        mb=option("guardrails.mb_per_molecule"),
    shell:
        "python -m hetero2 decoys-shard --input {input:q} --shard {wildcards.shard} --shards {params.shards} "
        "--molecules {output.molecules:q} --decoys {output.decoys:q} --strategy {params.strategy} --k {params.k} --seed {params.seed} --seed-strategy {params.seed_strategy} "
        "--quotas {params.quotas:q} --hard-mode {params.hard_mode} --max-atoms {params.max_atoms} --require-connected {params.require_connected} "
        "--standardise {params.standardise} --seconds-per-molecule {params.seconds} --mb-per-molecule {params.mb} --log {log:q}"


rule score_only_input:
    """Molecules, decoys and scores of one shard where only ids and scores were given."""
    input:
        rows=RUN("input"),
        scores=lambda w: PLAN.scores_file(w.run),
    output:
        molecules=RUN("molecules"),
        decoys=RUN("decoys"),
        scores=RUN("scores"),
    log:
        LOG("score_only_input/{shard}"),
    benchmark:
        BENCHMARK("score_only_input/{shard}")
    wildcard_constraints:
        run=PLAN.runs_with_structures(False),
    conda:
        "../envs/chem.yaml"
    resources:
        mem_mb=NEEDS.memory("score_only_input"),
        runtime=NEEDS.runtime("score_only_input"),
    params:
        code=flow.digest("stages.score_only_input", "chem"),
        shards=told("shard_count"),
        higher_is_better=option("scores.higher_is_better"),
    shell:
        "python -m hetero2 score-only-input --input {input.rows:q} --shard {wildcards.shard} --shards {params.shards} --scores-file {input.scores:q} "
        "--higher-is-better {params.higher_is_better} --molecules {output.molecules:q} --decoys {output.decoys:q} --scores {output.scores:q} --log {log:q}"


rule decoy_quality:
    """What could tell the molecules from their decoys, other than their structure."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
    output:
        report(
            RUN("decoy_quality"),
            caption="captions/decoy_quality.rst",
            category="Decoys",
            subcategory="{run}",
            labels={"file": "{run}/decoy_quality.json"},
        ),
    log:
        LOG("decoy_quality"),
    benchmark:
        BENCHMARK("decoy_quality")
    conda:
        "../envs/model.yaml"
    resources:
        mem_mb=NEEDS.memory("decoy_quality"),
        runtime=NEEDS.runtime("decoy_quality"),
    params:
        code=flow.digest("stages.decoy_quality", "model"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        k=option("decoys.k"),
        sample=option("decoys.quality_sample"),
        seed=option("decoys.seed"),
    shell:
        "python -m hetero2 decoy-quality --molecules {params.molecules} --decoys {params.decoys} --k {params.k} "
        "--sample {params.sample} --seed {params.seed} --out {output:q} --log {log:q}"
