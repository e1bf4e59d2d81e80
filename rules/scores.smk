# scores: the request for scores, the scores file of the run, and the scores of each shard.
rule score_request:
    """List every structure that needs a score, once."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
    output:
        RUN("score_request"),
    log:
        LOG("score_request"),
    benchmark:
        BENCHMARK("score_request")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=flow.digest("stages.score_request", "core"),
    shell:
        "python -m hetero2 score-request --molecules {input.molecules:q} --decoys {input.decoys:q} --out {output:q} --log {log:q}"


rule score_source:
    """Obtain the scores file: the user's own, from the user's command, or from a reference scorer."""
    input:
        unpack(lambda w: PLAN.score_inputs(w.run)),
    output:
        scores=RUN("score_source"),
        facts=RUN("score_facts"),
    log:
        LOG("score_source/{scores_file}"),
    benchmark:
        BENCHMARK("score_source/{scores_file}")
    conda:
        "../envs/model.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.score_source", "model"),
        arguments=lambda w: PLAN.score_arguments(w.run),
        settings=lambda w: PLAN.score_settings(w.run),
    shell:
        "python -m hetero2 score-source {params.arguments} --time-limit-seconds {resources.command_seconds} --settings {params.settings:q} --out {output.scores:q} "
        "--facts {output.facts:q} --log {log:q}"


rule scores:
    """Attach a score to every molecule and decoy of one shard."""
    input:
        molecules=RUN("molecules"),
        decoys=RUN("decoys"),
        scores=lambda w: PLAN.scores_file(w.run),
    output:
        RUN("scores"),
    log:
        LOG("scores/{shard}"),
    benchmark:
        BENCHMARK("scores/{shard}")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=flow.digest("stages.scores", "core"),
        higher_is_better=option("scores.higher_is_better"),
    shell:
        "python -m hetero2 scores --molecules {input.molecules:q} --decoys {input.decoys:q} --scores-file {input.scores:q} "
        "--higher-is-better {params.higher_is_better} --out {output:q} --log {log:q}"
