# campaign: choosing molecules to measure, batch by batch; asked for by targets of their own (docs/targets.md).
SIMULATION = partial(PLAN.beside_runs, "value_campaign")


rule campaign_simulation:
    """Campaigns on measured compounds: what each order alone would have found."""
    output:
        result=SIMULATION("campaign_simulation.json")[0],
        rest=SIMULATION("report.html", "campaign_evidence_pack.zip", "campaign_evidence_pack.zip.sha256"),
    log:
        SIMULATION("logs/campaign_simulation.log"),
    benchmark:
        SIMULATION("benchmarks/campaign_simulation.tsv")[0]
    conda:
        "../envs/report.yaml"
    resources:
        **job("campaign_simulation"),
    params:
        code=flow.digest("stages.campaign_simulation", "report"),
        folder=subpath(output.result, parent=True),
    shell:
        "python -m hetero2 campaign-simulation --hit-at 8 --out {params.folder:q} --log {log:q}"
