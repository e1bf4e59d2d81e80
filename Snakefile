# HETERO-2: input → decoys → scores → audit → summary → truth → cost_lift → pack → registry.
# snakemake --cores N value_utility_realtruth [--configfile my.yaml]
from snakemake.utils import min_version

min_version("9.0")


include: "rules/common.smk"
include: "rules/input.smk"
include: "rules/decoys.smk"
include: "rules/scores.smk"
include: "rules/audit.smk"
include: "rules/controls.smk"
include: "rules/summary.smk"
include: "rules/truth.smk"
include: "rules/cost_lift.smk"
include: "rules/pack.smk"
include: "rules/registry.smk"


# The named targets, one overlay in config/runs each: docs/targets.md says what each of them shows.
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
    localrule: True


# Only the list of structures that need a score, for a model that is run elsewhere.
rule score_requests:
    input:
        requested(PLAN.default_target),
    localrule: True


onstart:
    guard.enter_or_exit(PLAN, workflow)
    tell_progress()


onsuccess:
    tell_results()


onerror:
    tell_errors()
