# report: what a person reads first, and where asked for a page for every molecule.
rule report:
    """Write report.html and the summary for spreadsheets."""
    input:
        facts=lambda w: PLAN.facts(w.run),
        summary=RUN("summary"),
        metrics=RUN("metrics"),
        quality=RUN("decoy_quality"),
        controls=RUN("controls"),
        curve=RUN("hardness_curve"),
        leakage=RUN("leakage"),
        diagnosis=RUN("diagnosis"),
        decoys=SHARD("decoys"),
        scores=SHARD("scores"),
        utility=lambda w: PLAN.utility_files(w.run),
    output:
        report=report(
            RUN("report"),
            caption="captions/report.rst",
            category="Results",
            subcategory="{run}",
            labels={"file": "{run}/report.html"},
        ),
        decoys=RUN("card_decoys"),
        spreadsheet=RUN("spreadsheet"),
    log:
        LOG("report"),
    benchmark:
        BENCHMARK("report")
    conda:
        "../envs/report.yaml"
    resources:
        **job("report"),
    params:
        code=flow.provenance.pack_digest(),
        config=cli_args("identity"),
        decoys=PLAN.shard_words("decoys"),
        scores=PLAN.shard_words("scores"),
        arguments=cli_args("result_arguments"),
    shell:
        "python -m hetero2 report --run {wildcards.run} --config {params.config:q} --facts {input.facts:q} "
        "--summary {input.summary:q} --metrics {input.metrics:q} --decoy-quality {input.quality:q} "
        "--controls {input.controls:q} --hardness-curve {input.curve:q} --leakage {input.leakage:q} "
        "--diagnosis {input.diagnosis:q} --decoys {params.decoys} --scores {params.scores} {params.arguments} "
        "--out {output.report:q} --card-decoys {output.decoys:q} --spreadsheet {output.spreadsheet:q} --log {log:q}"


rule pages:
    """Draw the molecules of one shard with all their decoys, a page each."""
    input:
        molecules=RUN("molecules"),
        audit=RUN("audit"),
        calls=RUN("calls"),
        decoys=RUN("decoys"),
        scores=RUN("scores"),
        truth=lambda w: PLAN.utility_files(w.run)[:1],
    output:
        RUN("pages"),
    log:
        LOG("pages/{shard}"),
    benchmark:
        BENCHMARK("pages/{shard}")
    conda:
        "../envs/report.yaml"
    resources:
        **job("pages"),
    params:
        code=flow.digest("stages.pages", "report"),
        config=settings("truth.source"),
        arguments=cli_args("pages_arguments"),
    shell:
        "python -m hetero2 pages --run {wildcards.run} --molecules {input.molecules:q} --audit {input.audit:q} "
        "--calls {input.calls:q} --decoys {input.decoys:q} --scores {input.scores:q} {params.arguments} "
        "--config {params.config:q} --out {output:q} --log {log:q}"
