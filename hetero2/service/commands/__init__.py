"""Verbs of the service: serve, worker, remote."""
