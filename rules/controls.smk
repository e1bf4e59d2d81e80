# controls: what must stay silent, what competes with the score, and what refits say of the model.
rule control_sample:
    """The control sample: molecules with their decoys; for refits also one decoy of each with decoys of its own."""
    input:
        molecules=SHARD("molecules"),
        decoys=SHARD("decoys"),
        excluded=lambda w: PLAN.excluded(w.run),
    output:
        RUN("control_sample"),
    log:
        LOG("control_sample"),
    benchmark:
        BENCHMARK("control_sample")
    conda:
        "../envs/chem.yaml"
    resources:
        **job("control_sample"),
    params:
        code=flow.digest("stages.control_sample", "chem"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        excluded=cli_args("excluded_arguments"),
        queries=cli_args("query_arguments"),
        config=settings(
            "audit.control_sample",
            "audit.seed",
            "decoys.strategy",
            "decoys.k",
            "decoys.quotas",
            "decoys.hard_mode",
            "guardrails.seconds_per_molecule",
            "guardrails.mb_per_molecule",
        ),
    shell:
        "python -m hetero2 control-sample --molecules {params.molecules} --decoys {params.decoys} {params.excluded} "
        "{params.queries} --config {params.config:q} --out {output:q} --log {log:q}"


rule refit:
    """Some fits of the learner, on its labels or on labels permuted in scaffold groups."""
    input:
        control_sample=RUN("control_sample"),
        model=given("model_files"),
        train=given("brought", "scores.train"),
    output:
        RUN("refit"),
    log:
        LOG("refit/{chunk}"),
    benchmark:
        BENCHMARK("refit/{chunk}")
    conda:
        "../envs/model.yaml"
    resources:
        **job("refit"),
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.refit", "model"),
        contents=contents("score_inputs"),
        config=settings(
            "scores.source",
            "scores.command",
            "scores.higher_is_better",
            "guardrails.standardise",
            "audit.seed",
            "audit.refits",
            "audit.model_seeds",
        ),
        first_fit=lambda w: int(w.chunk) * flow.FITS_A_JOB,
        n_fits=flow.FITS_A_JOB,
    shell:
        "python -m hetero2 refit --control-sample {input.control_sample:q} --train={input.train:q} "
        "--config {params.config:q} --time-limit-seconds {resources.command_seconds} "
        "--first {params.first_fit} --count {params.n_fits} --out {output:q} --log {log:q}"


rule cross_validation:
    """Scaffold cross-validation of the learner on its training part."""
    input:
        model=given("model_files"),
        train=given("brought", "scores.train"),
        # no model runs before it is known that there is something to audit
        auditable=ancient(RUN("excluded")),
    output:
        RUN("cross_validation"),
    log:
        LOG("cross_validation"),
    benchmark:
        BENCHMARK("cross_validation")
    conda:
        "../envs/model.yaml"
    resources:
        **job("cross_validation"),
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.cross_validation", "model"),
        contents=contents("score_inputs"),
        config=settings(
            "scores.source",
            "scores.command",
            "scores.higher_is_better",
            "guardrails.standardise",
            "audit.seed",
        ),
    shell:
        "python -m hetero2 cross-validation --train={input.train:q} --config {params.config:q} "
        "--time-limit-seconds {resources.command_seconds} --out {output:q} --log {log:q}"


rule controls:
    """Controls, and the verdict of the refits."""
    input:
        unpack(given("control_inputs")),
        control_sample=RUN("control_sample"),
        scores=SHARD("scores"),
        library=RUN("library"),
    output:
        report(
            RUN("controls"),
            caption="captions/controls.rst",
            category="Audit",
            subcategory="{run}",
            labels={"file": "{run}/controls.json"},
        ),
    log:
        LOG("controls"),
    benchmark:
        BENCHMARK("controls")
    conda:
        "../envs/model.yaml"
    resources:
        **job("controls"),
    params:
        code=flow.digest("stages.controls", "model"),
        contents=contents("known_training"),
        scores=PLAN.shard_words("scores"),
        arguments=cli_args("control_arguments"),
        config=cli_args("control_settings"),
    shell:
        "python -m hetero2 controls --control-sample {input.control_sample:q} --scores {params.scores} "
        "--library {input.library:q} {params.arguments} --config {params.config:q} --out {output:q} --log {log:q}"
