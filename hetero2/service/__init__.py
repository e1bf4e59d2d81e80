"""Runs of registered workflows for a team, over HTTP: the pipeline, in a sandbox, under leases in a database."""
