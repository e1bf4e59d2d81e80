# diagnosis: can this score be trusted? It judges the score, and changes no list.
rule diagnosis:
    """Compare the score with labels, trivial competitors and bulk properties."""
    input:
        unpack(given("diagnosis_inputs")),
        summary=RUN("summary"),
    output:
        report(
            RUN("diagnosis"),
            caption="captions/diagnosis.rst",
            category="Audit",
            subcategory="{run}",
            labels={"file": "{run}/diagnosis.json"},
        ),
    log:
        LOG("diagnosis"),
    benchmark:
        BENCHMARK("diagnosis")
    conda:
        "../envs/model.yaml"
    resources:
        **job("diagnosis"),
    params:
        code=flow.digest("stages.diagnosis", "model"),
        contents=contents("diagnosis_inputs"),
        arguments=cli_args("diagnosis_arguments"),
        config=settings(
            "audit.seed",
            "guardrails.standardise",
            "scores.higher_is_better",
            "truth.source",
        ),
    shell:
        "python -m hetero2 diagnosis --summary {input.summary:q} {params.arguments} --config {params.config:q} "
        "--out {output:q} --log {log:q}"
