# screen: the library ranked by a few known molecules; asked for by the target `screen` (docs/screen.md).
rule screen_model:
    """Fit the screen on known measurements, centred on the library."""
    input:
        unpack(given("screen_inputs")),
        rows=RUN("input"),
    output:
        model=RUN("screen_model"),
        z=RUN("screen_z"),
        facts=RUN("screen_facts"),
    log:
        LOG("screen_model"),
    benchmark:
        BENCHMARK("screen_model")
    conda:
        "../envs/model.yaml"
    resources:
        **job("screen_model"),
    params:
        code=flow.digest("stages.screen_model", "model"),
        contents=contents("screen_inputs"),
        arguments=cli_args("screen_arguments"),
        config=settings(
            "screen.hit_at",
            "screen.lower_is_better",
            "screen.today_lower_is_better",
            "screen.today_column",
            "screen.representative",
            "screen.trust",
            "screen.seed",
            "guardrails",
        ),
    shell:
        "python -m hetero2 screen-model --input {input.rows:q} {params.arguments} --config {params.config:q} "
        "--model {output.model:q} --z {output.z:q} --facts {output.facts:q} --log {log:q}"


rule screen_shard:
    """Predict the molecules of one shard of the library."""
    input:
        rows=RUN("input"),
        model=RUN("screen_model"),
        z=RUN("screen_z"),
    output:
        RUN("screen_shard"),
    log:
        LOG("screen/{shard}"),
    benchmark:
        BENCHMARK("screen/{shard}")
    conda:
        "../envs/model.yaml"
    resources:
        **job("screen_shard"),
    params:
        code=flow.digest("stages.screen_shard", "model"),
        shards=cli_args("shard_count"),
        config=settings("guardrails"),
    shell:
        "python -m hetero2 screen-shard --input {input.rows:q} --shard {wildcards.shard} --shards {params.shards} "
        "--model {input.model:q} --z {input.z:q} --config {params.config:q} --out {output:q} --log {log:q}"


rule screen_list:
    """Rank the library."""
    input:
        SHARD("screen_shard"),
    output:
        RUN("screen_list"),
    log:
        LOG("screen_list"),
    benchmark:
        BENCHMARK("screen_list")
    conda:
        "../envs/model.yaml"
    resources:
        **job("screen_list"),
    params:
        code=flow.digest("stages.screen_list", "model"),
        shards=PLAN.shard_words("screen_shard"),
    shell:
        "python -m hetero2 screen-list --shards {params.shards} --out {output:q} --log {log:q}"
