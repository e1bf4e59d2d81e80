# scores: the request for scores, the scores file of the run, and the scores of each shard.
rule leakage:
    """What library, decoys and training set share; decoys that are none take no part in the audit."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
        train=lambda w: PLAN.known_training(w.run),
    output:
        leaks=RUN("leaks"),
        excluded=RUN("excluded"),
    log:
        LOG("leakage"),
    benchmark:
        BENCHMARK("leakage")
    conda:
        "../envs/chem.yaml"
    resources:
        mem_mb=NEEDS.memory("leakage"),
        runtime=NEEDS.runtime("leakage"),
    params:
        code=flow.digest("stages.leakage", "chem"),
        contents=contents("known_training"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        train=words("training_option"),
        near=option("audit.near_tanimoto"),
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 leakage --molecules {params.molecules} --decoys {params.decoys} {params.train} --near {params.near} "
        "--standardise {params.standardise} --leaks {output.leaks:q} --excluded {output.excluded:q} --log {log:q}"


rule score_request:
    """List every structure that needs a score, once."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
        excluded=RUN("excluded"),
    output:
        RUN("score_request"),
    log:
        LOG("score_request"),
    benchmark:
        BENCHMARK("score_request")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=NEEDS.memory("score_request"),
        runtime=NEEDS.runtime("score_request"),
    params:
        code=flow.digest("stages.score_request", "core"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
    shell:
        "python -m hetero2 score-request --molecules {params.molecules} --decoys {params.decoys} --excluded {input.excluded:q} --out {output:q} --log {log:q}"


rule score_source:
    """Obtain the scores file: the user's own, from the user's command, or from a reference scorer."""
    input:
        unpack(lambda w: PLAN.score_inputs(w.run)),
    output:
        scores=RUN("score_source"),
        index=RUN("score_index"),
        facts=RUN("score_facts"),
    log:
        LOG("score_source/{scores_file}"),
    benchmark:
        BENCHMARK("score_source/{scores_file}")
    priority: 50
    conda:
        "../envs/model.yaml"
    resources:
        mem_mb=NEEDS.memory("score_source"),
        runtime=NEEDS.runtime("score_source"),
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.score_source", "model"),
        contents=contents("score_inputs"),
        arguments=words("score_arguments"),
        told=told("score_arguments"),
        settings=lambda w: PLAN.score_settings(w.run),
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 score-source {params.arguments} --standardise {params.standardise} --time-limit-seconds {resources.command_seconds} --settings {params.settings:q} --out {output.scores:q} "
        "--index {output.index:q} --facts {output.facts:q} --log {log:q}"


rule scores:
    """Attach a score to every molecule and decoy of one shard."""
    input:
        molecules=RUN("molecules"),
        decoys=RUN("decoys"),
        excluded=RUN("excluded"),
        scores=lambda w: PLAN.scores_file(w.run),
        index=lambda w: PLAN.score_index(w.run),
    output:
        RUN("scores"),
    log:
        LOG("scores/{shard}"),
    benchmark:
        BENCHMARK("scores/{shard}")
    wildcard_constraints:
        run=PLAN.runs_with_structures(True),
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=NEEDS.memory("scores"),
        runtime=NEEDS.runtime("scores"),
    params:
        code=flow.digest("stages.scores", "core"),
        higher_is_better=option("scores.higher_is_better"),
    shell:
        "python -m hetero2 scores --molecules {input.molecules:q} --decoys {input.decoys:q} --scores-file {input.scores:q} "
        "--index {input.index:q} --excluded {input.excluded:q} --higher-is-better {params.higher_is_better} --out {output:q} --log {log:q}"


rule missing_scores:
    """The decoys that are still without a score."""
    input:
        decoys=SHARD("decoys"),
        scores=SHARD("scores"),
    output:
        RUN("missing_scores"),
    log:
        LOG("missing_scores"),
    benchmark:
        BENCHMARK("missing_scores")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=NEEDS.memory("missing_scores"),
        runtime=NEEDS.runtime("missing_scores"),
    params:
        code=flow.digest("stages.missing_scores", "core"),
        decoys=PLAN.shard_words("decoys"),
        scores=PLAN.shard_words("scores"),
    shell:
        "python -m hetero2 missing-scores --decoys {params.decoys} --scores {params.scores} --out {output:q} --log {log:q}"
