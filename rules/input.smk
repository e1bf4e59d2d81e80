# input: the data set or suite if one is named, and the numbered rows of the library.
rule dataset:
    """Write the library, training part and truth of a data set that comes with a package."""
    output:
        library=RUN("dataset_input"),
        train=RUN("dataset_train"),
        truth=RUN("dataset_truth"),
        facts=RUN("dataset_facts"),
    log:
        LOG("dataset"),
    benchmark:
        BENCHMARK("dataset")
    conda:
        "../envs/chem.yaml"
    resources:
        **job("dataset"),
    params:
        code=flow.digest("stages.dataset", "chem"),
        name=config_value("input.dataset"),
        config=settings(
            "dataset.activity_threshold",
            "dataset.test_share",
            "dataset.split_seed",
            "dataset.source_sha256",
        ),
        folder=subpath(output.library, parent=True),
    shell:
        "python -m hetero2 dataset {params.name} --config {params.config:q} --out {params.folder:q} --log {log:q}"


rule suite:
    """Write the ten molecules of the suite, in turn, and their scores file."""
    output:
        library=RUN("suite_input"),
        scores=RUN("suite_scores"),
        facts=RUN("suite_facts"),
    log:
        LOG("suite"),
    benchmark:
        BENCHMARK("suite")
    conda:
        "../envs/chem.yaml"
    resources:
        **job("suite"),
    params:
        code=flow.digest("stages.suite", "chem"),
        config=settings(
            "dataset.rows",
            "dataset.full_cover_count",
            "decoys.strategy",
            "decoys.k",
            "decoys.seed",
        ),
        folder=subpath(output.library, parent=True),
    shell:
        "python -m hetero2 suite --config {params.config:q} --out {params.folder:q} --log {log:q}"


rule stress_input:
    """Write the odd rows of the stress target."""
    output:
        library=RUN("stress_input"),
        facts=RUN("stress_facts"),
    log:
        LOG("stress_input"),
    benchmark:
        BENCHMARK("stress_input")
    conda:
        "../envs/chem.yaml"
    resources:
        **job("stress_input"),
    params:
        code=flow.digest("stages.stress_input", "chem"),
        config=settings("dataset.rows", "dataset.shuffle_seed"),
        folder=subpath(output.library, parent=True),
    shell:
        "python -m hetero2 stress-input --config {params.config:q} --out {params.folder:q} --log {log:q}"


rule download:
    """Fetch truth or scores that the configuration names by URL and sha256."""
    output:
        RUN("download"),
    log:
        LOG("download/{brought}"),
    benchmark:
        BENCHMARK("download/{brought}")
    priority: 100
    localrule: True
    conda:
        "../envs/core.yaml"
    resources:
        **job("download"),
        # no parameter: how it is fetched runs nothing again
        settings=settings("execution.download"),
    params:
        code=flow.digest("stages.download", "core"),
        variable=lambda w: PLAN.url_variable(w),
        sha256=lambda w: PLAN.downloaded(w, "sha256"),
    shell:
        "python -m hetero2 download --url-variable {params.variable} --sha256 {params.sha256} "
        "--config {resources.settings:q} --out {output:q} --log {log:q}"


rule input:
    """Number the rows of the library, mark bad ids."""
    input:
        library=given("brought", "input.path"),
    output:
        rows=RUN("input"),
        facts=RUN("input_facts"),
    log:
        LOG("input"),
    benchmark:
        BENCHMARK("input")
    conda:
        "../envs/chem.yaml"
    resources:
        **job("input"),
    params:
        code=flow.digest("stages.input", "chem"),
        contents=contents("brought", "input.path"),
        config=cli_args("input_settings"),
    shell:
        "python -m hetero2 input --library={input.library:q} --config {params.config:q} --out {output.rows:q} "
        "--facts {output.facts:q} --log {log:q}"
