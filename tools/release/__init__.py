"""From a tag to a registered, attested pack: plan, build, publish, registry, lineage, milestones."""
