# pack: the evidence in one folder and one zip.
rule pack:
    """Collect, list and zip the evidence."""
    input:
        facts=lambda w: PLAN.facts(w.run),
        summary=RUN("summary"),
        metrics=RUN("metrics"),
        quality=RUN("decoy_quality"),
        controls=RUN("controls"),
        curve=RUN("hardness_curve"),
        candidates=RUN("candidates"),
        selected=RUN("selected_decoys"),
        leakage=RUN("leakage"),
        diagnosis=RUN("diagnosis"),
        missing=RUN("missing_scores"),
        scores_file=lambda w: PLAN.scores_file(w.run),
        utility=lambda w: PLAN.utility_files(w.run),
        report=RUN("report"),
        spreadsheet=RUN("spreadsheet"),
        card_decoys=RUN("card_decoys"),
        pages=PLAN.shards_if_full("pages"),
        decoys=PLAN.shards_if_full("decoys"),
        scores=PLAN.shards_if_full("scores"),
    output:
        manifest=RUN("pack"),
        zip=report(
            RUN("zip"),
            caption="captions/pack.rst",
            category="Results",
            subcategory="{run}",
            labels={"file": "{run}/{run}_evidence_pack.zip"},
        ),
        sha256=RUN("zip_sha256"),
        statement=RUN("statement"),
    log:
        LOG("pack"),
    benchmark:
        BENCHMARK("pack")
    conda:
        "../envs/report.yaml"
    resources:
        **job("pack"),
    params:
        code=flow.provenance.pack_digest(),
        config=cli_args("identity"),
        utility=cli_args("result_arguments"),
        full=PLAN.words_if_full("pages", "decoys", "scores"),
        release=config_value("release"),
        folder=subpath(output.manifest, parent=True),
    shell:
        "python -m hetero2 pack --run {wildcards.run} --config {params.config:q} --facts {input.facts:q} "
        "--summary {input.summary:q} --metrics {input.metrics:q} --decoy-quality {input.quality:q} "
        "--controls {input.controls:q} --hardness-curve {input.curve:q} --candidates {input.candidates:q} "
        "--selected-decoys {input.selected:q} --leakage {input.leakage:q} --diagnosis {input.diagnosis:q} "
        "--missing-scores {input.missing:q} --scores-file {input.scores_file:q} --report {input.report:q} "
        "--spreadsheet {input.spreadsheet:q} --card-decoys {input.card_decoys:q} {params.utility} {params.full} "
        "--release {params.release:q} --pack {params.folder:q} --zip {output.zip:q} --log {log:q}"
