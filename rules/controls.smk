# controls: what must stay silent, what competes with the score, and what refits say of the model.
rule control_sample:
    """The sample of molecules, with their decoys and a decoy's own decoys."""
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
        mem_mb=NEEDS.memory("control_sample"),
        runtime=NEEDS.runtime("control_sample"),
    params:
        code=flow.digest("stages.control_sample", "chem"),
        molecules=PLAN.shard_words("molecules"),
        decoys=PLAN.shard_words("decoys"),
        excluded=words("excluded_option"),
        sample=option("audit.control_sample"),
        seed=option("audit.seed"),
        strategy=option("decoys.strategy"),
        k=option("decoys.k"),
        quotas=option("decoys.quotas"),
        hard_mode=option("decoys.hard_mode"),
        seconds=option("guardrails.seconds_per_molecule"),
        mb=option("guardrails.mb_per_molecule"),
    shell:
        "python -m hetero2 control-sample --molecules {params.molecules} --decoys {params.decoys} {params.excluded} --sample {params.sample} --sample-seed {params.seed} "
        "--strategy {params.strategy} --k {params.k} --quotas {params.quotas:q} --hard-mode {params.hard_mode} --seconds-per-molecule {params.seconds} --mb-per-molecule {params.mb} "
        "--out {output:q} --log {log:q}"


rule refit:
    """Some fits of the learner, on its labels or on labels permuted in scaffold blocks."""
    input:
        control_sample=RUN("control_sample"),
        model=lambda w: list(PLAN.score_inputs(w.run).get("model", [])),
        train=lambda w: PLAN.training(w.run)["train"],
    output:
        RUN("refit"),
    log:
        LOG("refit/{chunk}"),
    benchmark:
        BENCHMARK("refit/{chunk}")
    conda:
        "../envs/model.yaml"
    resources:
        mem_mb=NEEDS.memory("refit"),
        runtime=NEEDS.runtime("refit"),
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.refit", "model"),
        contents=contents("score_inputs"),
        arguments=words("refit_arguments"),
        told=told("refit_arguments"),
        refits=option("audit.refits"),
        model_seeds=option("audit.model_seeds"),
        seed=option("audit.seed"),
        first_fit=lambda w: int(w.chunk) * flow.FITS_A_JOB,
        n_fits=flow.FITS_A_JOB,
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 refit --control-sample {input.control_sample:q} {params.arguments} --standardise {params.standardise} --time-limit-seconds {resources.command_seconds} --refits {params.refits} "
        "--model-seeds {params.model_seeds} --seed {params.seed} --first {params.first_fit} --count {params.n_fits} --out {output:q} --log {log:q}"


rule cross_validation:
    """Scaffold cross-validation of the learner on its training part."""
    input:
        model=lambda w: list(PLAN.score_inputs(w.run).get("model", [])),
        train=lambda w: PLAN.training(w.run)["train"],
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
        mem_mb=NEEDS.memory("cross_validation"),
        runtime=NEEDS.runtime("cross_validation"),
        command_seconds=lambda w: PLAN.command_seconds(w.run),
    params:
        code=flow.digest("stages.cross_validation", "model"),
        contents=contents("score_inputs"),
        arguments=words("refit_arguments"),
        told=told("refit_arguments"),
        seed=option("audit.seed"),
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 cross-validation {params.arguments} --standardise {params.standardise} --time-limit-seconds {resources.command_seconds} --seed {params.seed} "
        "--out {output:q} --log {log:q}"


rule controls:
    """Controls, and the verdict of the refits."""
    input:
        unpack(lambda w: PLAN.control_inputs(w.run)),
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
        mem_mb=NEEDS.memory("controls"),
        runtime=NEEDS.runtime("controls"),
    params:
        code=flow.digest("stages.controls", "model"),
        contents=contents("known_training"),
        scores=PLAN.shard_words("scores"),
        arguments=words("control_arguments"),
        told=told("control_arguments"),
        seed=option("audit.seed"),
        standardise=option("guardrails.standardise"),
    shell:
        "python -m hetero2 controls --control-sample {input.control_sample:q} --scores {params.scores} --library {input.library:q} {params.arguments} --standardise {params.standardise} --seed {params.seed} "
        "--out {output:q} --log {log:q}"
