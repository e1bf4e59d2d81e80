# scores: the request for scores, the scores file of the run, and the scores of each shard.
rule leakage:
    """What library, decoys and training set share; decoys that are known molecules are excluded."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
        train=given("known_training"),
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
        **job("leakage"),
    params:
        code=flow.digest("stages.leakage", "chem"),
        contents=contents("known_training"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        train=cli_args("training_arguments"),
        config=settings("audit.near_tanimoto", "guardrails.standardise"),
    shell:
        "python -m hetero2 leakage --molecules {params.molecules} --decoys {params.decoys} {params.train} "
        "--config {params.config:q} --leaks {output.leaks:q} --excluded {output.excluded:q} --log {log:q}"


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
        **job("score_request"),
    params:
        code=flow.digest("stages.score_request", "core"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
    shell:
        "python -m hetero2 score-request --molecules {params.molecules} --decoys {params.decoys} "
        "--excluded {input.excluded:q} --out {output:q} --log {log:q}"


rule score_source:
    """Obtain the scores file: the user's own, from the user's command, or from a reference scorer."""
    input:
        unpack(given("score_inputs")),
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
        **job("score_source"),
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.score_source", "model"),
        contents=contents("score_inputs"),
        arguments=cli_args("score_arguments"),
        config=settings(
            "scores.source",
            "scores.sha256",
            "scores.command",
            "input.structures",
            "guardrails.standardise",
        ),
        recorded=cli_args("score_settings"),
    shell:
        "python -m hetero2 score-source {params.arguments} --config {params.config:q} --settings {params.recorded:q} "
        "--time-limit-seconds {resources.command_seconds} --out {output.scores:q} --index {output.index:q} "
        "--facts {output.facts:q} --log {log:q}"


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
        **job("scores"),
    params:
        code=flow.digest("stages.scores", "core"),
        config=settings("scores.higher_is_better"),
    shell:
        "python -m hetero2 scores --molecules {input.molecules:q} --decoys {input.decoys:q} "
        "--scores-file {input.scores:q} --index {input.index:q} --excluded {input.excluded:q} "
        "--config {params.config:q} --out {output:q} --log {log:q}"


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
        **job("missing_scores"),
    params:
        code=flow.digest("stages.missing_scores", "core"),
        decoys=PLAN.shard_words("decoys"),
        scores=PLAN.shard_words("scores"),
    shell:
        "python -m hetero2 missing-scores --decoys {params.decoys} --scores {params.scores} "
        "--out {output:q} --log {log:q}"
