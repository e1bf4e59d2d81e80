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
        **job("decoys_shard"),
    params:
        code=flow.digest("stages.decoys_shard", "chem"),
        shards=cli_args("shard_count"),
        config=settings(
            "decoys.strategy",
            "decoys.k",
            "decoys.seed",
            "decoys.seed_strategy",
            "decoys.quotas",
            "decoys.hard_mode",
            "guardrails",
        ),
    shell:
        "python -m hetero2 decoys-shard --input {input:q} --shard {wildcards.shard} --shards {params.shards} "
        "--config {params.config:q} --molecules {output.molecules:q} --decoys {output.decoys:q} --log {log:q}"


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
        **job("score_only_input"),
    params:
        code=flow.digest("stages.score_only_input", "chem"),
        shards=cli_args("shard_count"),
        config=settings("scores.higher_is_better"),
    shell:
        "python -m hetero2 score-only-input --input {input.rows:q} --shard {wildcards.shard} --shards {params.shards} "
        "--scores-file {input.scores:q} --config {params.config:q} --molecules {output.molecules:q} "
        "--decoys {output.decoys:q} --scores {output.scores:q} --log {log:q}"


rule decoy_quality:
    """What could tell the molecules from their decoys, other than structure."""
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
        **job("decoy_quality"),
    params:
        code=flow.digest("stages.decoy_quality", "model"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        config=settings("decoys.k", "decoys.quality_sample", "decoys.seed"),
    shell:
        "python -m hetero2 decoy-quality --molecules {params.molecules} --decoys {params.decoys} "
        "--config {params.config:q} --out {output:q} --log {log:q}"
