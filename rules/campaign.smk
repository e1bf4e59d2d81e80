# campaign: choosing molecules to measure, batch by batch; asked for by targets of their own (docs/targets.md).
SIMULATION = partial(PLAN.beside_runs, "value_campaign")


rule campaign_simulation:
    """Campaigns on measured compounds: what each order alone would have found."""
    output:
        result=SIMULATION("campaign_simulation.json")[0],
        rest=SIMULATION(
            "report.html",
            "campaign_evidence_pack.zip",
            "campaign_evidence_pack.zip.sha256",
        ),
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


rule campaign_batch:
    """Choose the next batch of a campaign."""
    input:
        CAMPAIGN.measured,
    output:
        CAMPAIGN.beside("next_batch.csv"),
    log:
        CAMPAIGN.beside("logs/campaign_batch.log"),
    benchmark:
        CAMPAIGN.beside("benchmarks/campaign_batch.tsv")[0]
    conda:
        "../envs/model.yaml"
    resources:
        **job("campaign_batch"),
    params:
        code=flow.digest("stages.campaign_batch", "model"),
        campaign=CAMPAIGN.folder,
    shell:
        "python -m hetero2 campaign-batch --campaign {params.campaign:q} --out {output:q} --log {log:q}"


rule campaign_report:
    """What each order of a campaign bought and found, as a page and a pack."""
    input:
        CAMPAIGN.all,
    output:
        CAMPAIGN.beside(
            "report.json",
            "report.html",
            "campaign_evidence_pack.zip",
            "campaign_evidence_pack.zip.sha256",
        ),
    log:
        CAMPAIGN.beside("logs/campaign_report.log"),
    benchmark:
        CAMPAIGN.beside("benchmarks/campaign_report.tsv")[0]
    conda:
        "../envs/report.yaml"
    resources:
        **job("campaign_report"),
    params:
        code=flow.digest("stages.campaign_report", "report"),
        campaign=CAMPAIGN.folder,
        folder=subpath(output[0], parent=True),
    shell:
        "python -m hetero2 campaign-report --campaign {params.campaign:q} --out {params.folder:q} --log {log:q}"
