# truth: the labels, verified before use.
rule proxy_truth:
    """Labels by a rule that can read nothing but the library."""
    input:
        given("brought", "input.path"),
    output:
        RUN("proxy_truth"),
    log:
        LOG("proxy_truth"),
    benchmark:
        BENCHMARK("proxy_truth")
    conda:
        "../envs/core.yaml"
    resources:
        **job("proxy_truth"),
    params:
        code=flow.digest("stages.proxy_truth", "core"),
        contents=contents("brought", "input.path"),
    shell:
        "python -m hetero2 proxy-truth --library={input:q} --out {output:q} --log {log:q}"


rule truth:
    """Verify a truth file by sha256 and contract, and take it in."""
    input:
        truth=given("truth_file"),
    output:
        truth=RUN("truth"),
        facts=RUN("truth_facts"),
    log:
        LOG("truth"),
    benchmark:
        BENCHMARK("truth")
    priority: 50
    conda:
        "../envs/core.yaml"
    resources:
        **job("truth"),
    params:
        code=flow.digest("stages.truth", "core"),
        contents=contents("truth_file"),
        config=settings("truth.sha256", "truth.source"),
        arguments=cli_args("truth_arguments"),
    shell:
        "python -m hetero2 truth --path={input.truth:q} --config {params.config:q} {params.arguments} "
        "--out {output.truth:q} --facts {output.facts:q} --log {log:q}"


rule leakage_list:
    """leakage.csv: what is shared, and ids of the truth that match nothing."""
    input:
        unpack(given("leakage_inputs")),
        rows=RUN("input"),
    output:
        RUN("leakage"),
    log:
        LOG("leakage_list"),
    benchmark:
        BENCHMARK("leakage_list")
    conda:
        "../envs/core.yaml"
    resources:
        **job("leakage_list"),
    params:
        code=flow.digest("stages.leakage_list", "core"),
        contents=contents("known_training"),
        arguments=cli_args("leakage_arguments"),
        config=settings("truth.source"),
    shell:
        "python -m hetero2 leakage-list --input {input.rows:q} {params.arguments} --config {params.config:q} "
        "--out {output:q} --log {log:q}"
