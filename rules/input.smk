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
        mem_mb=NEEDS.memory("dataset"),
        runtime=NEEDS.runtime("dataset"),
    params:
        code=flow.digest("stages.dataset", "chem"),
        name=option("input.dataset"),
        threshold=option("dataset.activity_threshold"),
        share=option("dataset.test_share"),
        seed=option("dataset.split_seed"),
        pins=option("dataset.source_sha256"),
        folder=subpath(output.library, parent=True),
    shell:
        "python -m hetero2 dataset {params.name} --out {params.folder:q} --threshold {params.threshold} --test-share {params.share} "
        "--split-seed {params.seed} --source-sha256 {params.pins:q} --log {log:q}"


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
        mem_mb=NEEDS.memory("suite"),
        runtime=NEEDS.runtime("suite"),
    params:
        code=flow.digest("stages.suite", "chem"),
        rows=option("dataset.rows"),
        strategy=option("decoys.strategy"),
        k=option("decoys.k"),
        seed=option("decoys.seed"),
        full_cover_count=option("dataset.full_cover_count"),
        folder=subpath(output.library, parent=True),
    shell:
        "python -m hetero2 suite --rows {params.rows} --strategy {params.strategy} --k {params.k} --seed {params.seed} "
        "--full-cover-count {params.full_cover_count} --out {params.folder:q} --log {log:q}"


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
        mem_mb=NEEDS.memory("stress_input"),
        runtime=NEEDS.runtime("stress_input"),
    params:
        code=flow.digest("stages.stress_input", "chem"),
        rows=option("dataset.rows"),
        seed=option("dataset.shuffle_seed"),
        folder=subpath(output.library, parent=True),
    shell:
        "python -m hetero2 stress-input --rows {params.rows} --seed {params.seed} --out {params.folder:q} --log {log:q}"


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
        mem_mb=NEEDS.memory("download"),
        runtime=NEEDS.runtime("download"),
        settings=lambda w: PLAN.download_settings(w.run),
    params:
        code=flow.digest("stages.download", "core"),
        variable=lambda w: PLAN.url_variable(w),
        sha256=lambda w: PLAN.downloaded(w, "sha256"),
    shell:
        "python -m hetero2 download --url-variable {params.variable} --sha256 {params.sha256} --settings {resources.settings:q} --out {output:q} --log {log:q}"


rule input:
    """Number the rows of the library, mark bad ids."""
    input:
        library=lambda w: PLAN.brought(w.run, "input.path"),
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
        mem_mb=NEEDS.memory("input"),
        runtime=NEEDS.runtime("input"),
    params:
        code=flow.digest("stages.input", "chem"),
        contents=contents("brought", "input.path"),
        sha256=option("input.sha256"),
        options=lambda w: PLAN.input_arguments(w.run),
    shell:
        "python -m hetero2 input --library={input.library:q} --sha256 {params.sha256:q} {params.options} --out {output.rows:q} "
        "--facts {output.facts:q} --log {log:q}"
