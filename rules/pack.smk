# pack: the evidence in one folder and one zip.
rule pack:
    """Collect, list and zip the evidence."""
    input:
        config=RUN("config"),
        facts=lambda w: PLAN.facts(w.run),
        summary=RUN("summary"),
        metrics=RUN("metrics"),
        scores=lambda w: PLAN.scores_file(w.run),
        utility=lambda w: PLAN.utility_files(w.run),
    output:
        manifest=RUN("pack"),
        zip=RUN("zip"),
        sha256=RUN("zip_sha256"),
    log:
        LOG("pack"),
    benchmark:
        BENCHMARK("pack")
    conda:
        "../envs/chem.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=flow.pack_digest(),
        utility=lambda w, input: PLAN.pack_arguments(w.run),
        compression=option("pack.compression"),
        folder=subpath(output.manifest, parent=True),
    shell:
        "python -m hetero2 pack --run {wildcards.run} --config {input.config} --facts {input.facts} --summary {input.summary} "
        "--metrics {input.metrics} --scores-file {input.scores} {params.utility} --compression {params.compression} "
        "--pack {params.folder} --zip {output.zip} --log {log}"
