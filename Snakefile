# HETERO-2: input → decoys → scores → audit → summary → truth → cost_lift → diagnosis → report → pack → registry.
from snakemake.utils import min_version

min_version("9.0")


report: "rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/input.smk"
include: "rules/decoys.smk"
include: "rules/scores.smk"
include: "rules/audit.smk"
include: "rules/controls.smk"
include: "rules/summary.smk"
include: "rules/truth.smk"
include: "rules/cost_lift.smk"
include: "rules/screen.smk"
include: "rules/campaign.smk"
include: "rules/diagnosis.smk"
include: "rules/report.smk"
include: "rules/pack.smk"
include: "rules/registry.smk"


# snakemake --cores N TARGET [--configfile my.yaml]: one overlay in config/runs a target, told in docs/targets.md.
for target in PLAN.targets:

    rule:
        name:
            target
        default_target: target == PLAN.default_target
        input:
            finished(target),
        localrule: True


rule all:
    input:
        [finished(target) for target in PLAN.targets],
        SIMULATION("campaign_simulation.json"),
    localrule: True


# Only the list of structures that need a score, for a model that is run elsewhere.
rule score_requests:
    input:
        each_run(PLAN.default_target, "score_request"),
    localrule: True


# The library ranked by the known molecules of `screen.known`, without decoys, scores or truth.
rule screen:
    input:
        each_run(PLAN.default_target, "screen_list"),
    localrule: True


# Campaigns simulated on measured compounds (docs/campaign.md).
rule value_campaign:
    input:
        SIMULATION("campaign_simulation.json"),
    localrule: True


onstart:
    or_exit(startup.enter, PLAN, workflow, LOCK)
    startup.spend_less_on_jobs(workflow)
    progress.start(DISPLAY, PLAN, workflow)


onsuccess:
    show_results()


onerror:
    DISPLAY.end_with(end_messages.last_words(PLAN, workflow))
