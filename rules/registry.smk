# registry: the verified pack as a registry row; timings beside it.
rule registry:
    """Verify the zip and describe it."""
    input:
        manifest=RUN("pack"),
        zip=RUN("zip"),
    output:
        row=RUN("registry_row"),
        runtime=RUN("runtime"),
    log:
        LOG("registry"),
    benchmark:
        BENCHMARK("registry")
    conda:
        "../envs/core.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=flow.digest("stages.registry", "core"),
        pack=subpath(input.manifest, parent=True),
        benchmarks=lambda w: PLAN.folder(w.run) / "benchmarks",
        execution=option("execution"),
    shell:
        "python -m hetero2 registry --pack {params.pack:q} --zip {input.zip:q} --benchmarks {params.benchmarks:q} "
        "--execution {params.execution:q} --row {output.row:q} --runtime {output.runtime:q} --log {log:q}"
