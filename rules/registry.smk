# registry: the verified pack as a registry row; timings beside it.
rule registry_row:
    """Verify the zip and describe it."""
    input:
        manifest=RUN("pack"),
        zip=RUN("zip"),
    output:
        row=RUN("registry_row"),
        runtime=RUN("runtime"),
    log:
        LOG("registry_row"),
    benchmark:
        BENCHMARK("registry_row")
    conda:
        "../envs/core.yaml"
    resources:
        **job("registry_row"),
    params:
        code=flow.digest("stages.registry_row", "core"),
        pack=subpath(input.manifest, parent=True),
        benchmarks=lambda w: PLAN.folder(w.run) / "benchmarks",
        config=settings("execution"),
    shell:
        "python -m hetero2 registry-row --pack {params.pack:q} --zip {input.zip:q} "
        "--benchmarks {params.benchmarks:q} --config {params.config:q} --row {output.row:q} "
        "--runtime {output.runtime:q} --log {log:q}"


rule separation:
    """Known bad and known good scores side by side: what the audit makes of each."""
    input:
        rows=expand(RUN("registry_row"), run=PLAN.runs_of(SEVERAL)),
        metrics=expand(RUN("metrics"), run=PLAN.runs_of(SEVERAL)),
        zips=expand(RUN("zip"), run=PLAN.runs_of(SEVERAL)),
    output:
        separation=PLAN.separation,
        page=PLAN.beside_separation("separation.html")[0],
        zips=PLAN.beside_separation("{run}_evidence_pack.zip"),
    log:
        PLAN.beside_separation("logs/separation.log"),
    benchmark:
        PLAN.beside_separation("benchmarks/separation.tsv")[0]
    conda:
        "../envs/report.yaml"
    resources:
        **job("separation"),
    params:
        code=flow.digest("stages.separation", "report"),
        variants=flow.variants(SEVERAL),
        folder=subpath(output.separation, parent=True),
    shell:
        "python -m hetero2 separation --variants {params.variants} --rows {input.rows:q} "
        "--metrics {input.metrics:q} --zips {input.zips:q} --out {params.folder:q} --log {log:q}"
