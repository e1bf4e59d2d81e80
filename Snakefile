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


localrules:
    value_utility_realtruth,
    score_requests,


rule value_utility_realtruth:
    """Evidence that a score, and acting on its audit, is worth something on measured truth."""
    default_target: True
    input:
        finished("value_utility_realtruth"),


rule score_requests:
    """Only the list of structures that need a score, for a model that is run elsewhere."""
    input:
        requested("value_utility_realtruth"),


onsuccess:
    tell_results()


onerror:
    tell_errors()
