# input: the data set if one is named, and the numbered rows of the library.
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
        mem_mb=1000,
        runtime=30,
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
        "../envs/core.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=flow.digest("stages.input", "core"),
        sha256=option("input.sha256"),
    shell:
        "python -m hetero2 input --library={input.library:q} --sha256 {params.sha256:q} --out {output.rows:q} "
        "--facts {output.facts:q} --log {log:q}"
